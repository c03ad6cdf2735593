"""A server's processes simulated, event by event: what they would answer on machines that we do not have.

What an answer costs is measured; what becomes of it when many meet is not computed but played: snapshots that
supersede each other, batches that grow with the load, an interpreter that two threads share, cores that all
share.
"""

import math
import random
from collections import deque
from collections.abc import Generator
from dataclasses import asdict, dataclass, field

import simpy

from live.lanes import batch_size
from live.settings import Settings

Steps = Generator[simpy.Event, object, None]


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Processor time, seconds an answer."""

    take: float
    """In the event loop, before: from the socket, parsed, queued."""
    prepare: float
    """In the predict thread, holding the interpreter: rendered and judged."""
    model: float
    """In the predict thread, without it."""
    give: float
    """In the event loop, after: encoded, to the socket."""
    ask: float = 0.0
    """The tester's, if it is on the same machine; of a thread of its own."""

    @property
    def serving(self) -> float:
        """All but the tester's."""
        return self.take + self.prepare + self.model + self.give

    def slowed(self, times: float) -> "Costs":
        """Say what they are on cores that take so many times as long."""
        return Costs(**{name: cost * times for name, cost in asdict(self).items()})


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """Who draws."""

    sessions: int
    is_closed: bool = False
    """Each sends when it is answered; the rest plays no part then."""
    rate: float = 30.0
    """Snapshots a second while a digit is drawn."""
    steps: int = 16
    """Snapshots of a digit."""
    every_s: float = 10.0
    """From the beginning of a digit to that of the next."""


@dataclass
class Played:
    """What came of it, after the time to warm up."""

    seconds: float
    sent: int = 0
    answered: int = 0
    latencies_s: list[float] = field(default_factory=list)

    @property
    def answers_per_s(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds

    def at_ms(self, percent: float) -> float:
        """Find a percentile of latency, in milliseconds; infinite when nothing was answered."""
        found = sorted(self.latencies_s)
        return found[int(percent / 100 * (len(found) - 1))] * 1e3 if found else float("inf")


def play(costs: Costs, crowd: Crowd, processes: int, cores: float, seconds: float) -> Played:
    """Play a crowd on one machine, for so long after a fifth of it to warm up.

    cores: not whole when others leave only a part of one; then as many as it touches, each slower.
    """
    whole = math.ceil(cores)
    world = _World(costs.slowed(whole / cores), crowd, processes, whole, seconds)
    world.env.run(1.2 * seconds)
    return world.played


@dataclass
class _Session:
    process: "_Process"
    sent_at: float | None = None
    """When the snapshot that waits was sent; a newer one takes its place."""
    answered: simpy.Event | None = None


class _World:
    def __init__(self, costs: Costs, crowd: Crowd, processes: int, cores: int, seconds: float) -> None:
        self.env = simpy.Environment()
        self.costs, self.crowd = costs, crowd
        self.cores = simpy.Resource(self.env, cores)
        self.tester = simpy.Resource(self.env)
        self.played = Played(seconds)
        self.begin = 0.2 * seconds
        serving = [_Process(self) for _ in range(processes)]
        rng = random.Random(0)
        for i in range(crowd.sessions):
            session = _Session(serving[i % processes])
            draw = self._draw_closed if crowd.is_closed else self._draw_open
            self.env.process(draw(session, rng.uniform(0, 0.1 if crowd.is_closed else crowd.every_s)))

    def work(self, thread: simpy.Resource, seconds: float) -> Steps:
        """Keep a thread, or the right to one, and a core busy."""
        with thread.request() as turn:
            yield turn
            with self.cores.request() as core:
                yield core
                yield self.env.timeout(seconds)

    def _draw_closed(self, session: _Session, after: float) -> Steps:
        yield self.env.timeout(after)
        while True:
            sent_at = self.env.now
            session.answered = self.env.event()
            self._send(session)
            yield session.answered
            # An answer has come when the tester has read it, and not before.
            yield from self.work(self.tester, self.costs.ask)
            self.count(sent_at)

    def _draw_open(self, session: _Session, after: float) -> Steps:
        yield self.env.timeout(after)
        crowd = self.crowd
        while True:
            for _ in range(crowd.steps):
                self._send(session)
                yield self.env.timeout(1 / crowd.rate)
            yield self.env.timeout(crowd.every_s - crowd.steps / crowd.rate)

    def _send(self, session: _Session) -> None:
        self.played.sent += self.env.now > self.begin
        self.env.process(session.process.take(session, self.env.now))

    def count(self, sent_at: float) -> None:
        if self.env.now > self.begin:
            self.played.answered += 1
            self.played.latencies_s.append(self.env.now - sent_at)


class _Process:
    """An event loop and a predict thread, which share an interpreter."""

    def __init__(self, world: _World) -> None:
        self.world = world
        self.interpreter = simpy.Resource(world.env)
        self.predicting = simpy.Resource(world.env)
        self.waiting: deque[_Session] = deque()
        self.has_work = world.env.event()
        world.env.process(self._predict())

    def take(self, session: _Session, sent_at: float) -> Steps:
        yield from self.world.work(self.interpreter, self.world.costs.take)
        if session.sent_at is None:
            self.waiting.append(session)
        session.sent_at = sent_at
        if not self.has_work.triggered:
            self.has_work.succeed()

    def _predict(self) -> Steps:
        world, costs = self.world, self.world.costs
        scored: simpy.Event = world.env.timeout(0)
        last = given = scored
        while True:
            # While whole batches wait, the next is rendered before predict is done with the last.
            yield scored if len(self.waiting) >= Settings.max_batch else given
            if not self.waiting:
                self.has_work = world.env.event()
                yield self.has_work
            size = batch_size(len(self.waiting), Settings.max_batch)
            batch = [self.waiting.popleft() for _ in range(min(size, len(self.waiting)))]
            taken = [(session, session.sent_at) for session in batch]
            for session in batch:
                session.sent_at = None
            yield from world.work(self.interpreter, costs.prepare * len(batch))
            scored, last = last, world.env.process(world.work(self.predicting, costs.model * len(batch)))
            given = world.env.process(self._give(last, taken))

    def _give(self, scored: simpy.Event, taken: "list[tuple[_Session, float | None]]") -> Steps:
        yield scored
        for session, sent_at in taken:
            yield from self.world.work(self.interpreter, self.world.costs.give)
            if session.answered:
                session.answered.succeed()
            else:
                self.world.count(sent_at or 0.0)
