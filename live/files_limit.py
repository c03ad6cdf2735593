"""The limit on open files: each connection is one, and shells allow 256 (macOS) or 1,024 of them at first."""

import contextlib

_ENOUGH = (65_536, 10_240)
"""What to ask for where the system names no limit of its own, and takes no such answer: macOS."""


def raise_file_limit() -> int | None:
    """Allow this process as many open files as it may have; return how many, or None where nobody knows."""
    try:
        import resource
    except ImportError:
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    endless = resource.RLIM_INFINITY
    if soft == endless:
        return None
    for asked in (hard, *_ENOUGH):
        if asked == endless or asked > soft:
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (asked, hard))
                return None if asked == endless else asked
    return soft
