"""Fuzzing guided by coverage: what reached code that nothing had reached before is mutated further.

    python -m tests.fuzz.guided KIND [FLAG …]        such as: picture -runs=100000 -seed=1

Needs atheris: pip install 'live-digits[fuzz]' (Linux). KIND is one of tests.fuzz's. Flags are libFuzzer's: it
stops at the first input that is neither read nor refused, takes too long or too much memory, and keeps it.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("Expected atheris: pip install 'live-digits[fuzz]'")

with atheris.instrument_imports(include=["live", "PIL", "zipfile", "python_multipart"]):
    from live.errors import LiveError
    from tests.fuzz.kinds import SHARES, kinds

FLAGS = ("-timeout=5", "-rss_limit_mb=1000", "-max_len=65536", "-len_control=0", "-print_final_stats=1")


def main() -> None:
    """Fuzz one kind of input, beginning with our own examples of it."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in SHARES:
        sys.exit(f"Expected one of {', '.join(SHARES)}, got {name!r}")
    kind = kinds()[name]

    def try_one(data: bytes) -> None:
        with contextlib.suppress(LiveError):
            kind.read(data)

    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(kind.examples + kind.excesses):
            (Path(folder) / str(number)).write_bytes(data)
        atheris.Setup([sys.argv[0], *FLAGS, *sys.argv[2:], folder], try_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
