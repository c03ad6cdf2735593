"""Newcomers: somebody new, again and again, who asks a server how it is, whatever else goes on."""

import threading
import time
import urllib.request
from http.client import HTTPException
from typing import Self

_BETWEEN_S = 0.1


class Newcomers:
    """Ask a server for its health, at once and then ten times a second, each on a connection of its own.

    In a thread. url: of the server, with a slash at its end; patience_s: after which one gives up.
    """

    def __init__(self, url: str, patience_s: float) -> None:
        self.asked = self.failed = 0
        self.longest_s = 0.0
        """The longest that there was no answer for."""
        self._url = f"{url}healthz"
        self._patience_s = patience_s
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._come)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _come(self) -> None:
        since, is_done_with = time.monotonic(), True
        # Who is not let in yet comes again, and is waited for.
        while not (self.asked and self._is_over.wait(_BETWEEN_S) and is_done_with):
            since = time.monotonic() if is_done_with else since
            self.asked += 1
            try:
                urllib.request.urlopen(self._url, timeout=self._patience_s).close()
                is_done_with = True
            except (OSError, HTTPException):
                self.failed += 1
                is_done_with = time.monotonic() - since > self._patience_s
            self.longest_s = max(self.longest_s, time.monotonic() - since)
