"""The members: who is connected, how many may be, and how all of them are seen off.

Let in and out by endpoint.py, looked after by service.py. Knows no websocket: whoever draws is a `Member`.
"""

import asyncio
import logging
import random
from typing import Protocol

from live.census import Census
from live.counts import Counts
from live.errors import Overloaded, TooMany
from live.gate import whose
from live.messages import GoAway
from live.metrics import Metrics
from live.settings import Settings

log = logging.getLogger(__name__)

_GOODBYE_S = 0.5
"""How long a goodbye may take to reach a client, and the client's last snapshot to reach us."""


class Member(Protocol):
    """Someone who is connected."""

    address: str
    """Where from."""

    @property
    def counts(self) -> Counts:
        """What they have counted."""

    def check(self, now: float) -> None:
        """End what has been idle, or open, for too long at `now` (seconds)."""

    async def leave(self, message: GoAway, after_s: float) -> None:
        """Say goodbye, end what is under way, and go."""


class Members:
    """Those of one process; the census may count those of others, too. Owned by one event loop."""

    def __init__(self, settings: Settings, census: Census, metrics: Metrics) -> None:
        self._settings = settings
        self._census = census
        self._metrics = metrics
        self._present: set[Member] = set()
        self._is_empty = asyncio.Event()

    def check_room(self, address: str) -> None:
        """Raise Overloaded when the server is full, TooMany when this address is."""
        if self._census.total >= self._settings.max_sessions:
            raise Overloaded(
                f"Expected fewer than {self._settings.max_sessions} sessions: the server is full"
            )
        most, who = self._settings.max_sessions_per_address, whose(address)
        if who and self._census.of(who) >= most:
            raise TooMany(f"Expected at most {most} sessions from one address, got one more")

    def enter(self, member: Member) -> None:
        """Count someone in. Raises what `check_room` does."""
        self.check_room(member.address)
        self._census.enter(whose(member.address))
        self._present.add(member)
        self._metrics.sessions_opened += 1

    def leave(self, member: Member) -> None:
        """Count someone out."""
        self._present.discard(member)
        self._census.leave(whose(member.address))
        self._metrics.ended += member.counts
        if not self._present:
            self._is_empty.set()

    def check(self, now: float) -> None:
        """Have everyone end whose time is up at `now` (seconds)."""
        for member in list(self._present):
            member.check(now)

    def counts(self) -> list[Counts]:
        """List what each has counted."""
        return [member.counts for member in self._present]

    async def see_off(self) -> None:
        """Say goodbye, spread over half of the time, so that not everybody comes back at once."""
        if not self._present:
            return
        self._is_empty.clear()
        settings = self._settings
        message = GoAway("restart", settings.reconnect_ms)
        window_s = min(settings.drain_s / 2, 1e-3 * len(self._present))
        grace_s = min(settings.drain_s / 4, _GOODBYE_S)
        async with asyncio.TaskGroup() as tasks:
            for member in list(self._present):
                tasks.create_task(member.leave(message, grace_s + random.uniform(0, window_s)))
            try:
                await asyncio.wait_for(self._is_empty.wait(), settings.drain_s)
            except TimeoutError:
                log.warning("%d sessions had not ended after %g s", len(self._present), settings.drain_s)
