"""For helpers, who heed no signals: terminals, systemd and `timeout` send them to a whole group."""

import signal


def leave_signals_to_the_server() -> None:
    """Ignore what asks a process to end: the server ends its helpers itself, by closing what they read."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        # Windows has no SIGHUP.
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
