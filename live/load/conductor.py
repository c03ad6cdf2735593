"""The conductor: starts the workers, tells them when, collects what they count, watches the server.

Runs in the process of the command (or of the bench); it never touches a websocket, so it can take its time.
"""

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, NamedTuple

from live.errors import StartError
from live.load.alarm import clock
from live.load.plan import Plan
from live.load.report import Report, Second
from live.load.tally import Outcome, Tally
from live.load.watch import Usage, Watch
from live.load.worker import Begin, Opened, Start, Stop, work

_LEAD_S = 0.3
"""From the last session's opening to the beginning of what is measured: everybody draws by then."""
_LATE_S = 0.05
"""Workers are stopped a little after the last tick, so that its tally is whole."""
_MAX_SILENCE_S = 60.0
"""Of a worker, beyond what its plan says: it starts, and it has graces of its own."""

_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)

Progress = Callable[[Second], None]


class _Cast(NamedTuple):
    """A worker, and the pipe that leads to it."""

    process: BaseProcess
    pipe: Connection


def run(
    plan: Plan,
    watch: Watch | None = None,
    progress: Progress = lambda _: None,
    on_stop: Callable[[], None] = lambda: None,
) -> Report:
    """Do what the plan says, and report. Raises StartError when no session can be opened at all.

    Ctrl+C or SIGTERM ends it with a report of what has been measured, and once more, without waiting for the
    last answers; raises KeyboardInterrupt while nothing has been measured.
    progress: called once a second with what that second was like; on_stop: when it is ended, before it waits.
    """
    report = Report(plan, watch.pid, watch.program) if watch else Report(plan)
    with _interrupted_by(signal.default_int_handler), _workers(plan) as cast:
        _hear_all(cast, Opened, plan.grace_s)
        _tell(cast, Start(clock() + _LATE_S))
        try:
            opened = _hear_all(cast, Opened, plan.ramp_s)
            if any(one.sessions for one in opened):
                _tell(cast, Begin(begin := clock() + _LEAD_S))
                _measure(plan, cast, begin, watch, report, progress)
        except KeyboardInterrupt:
            if not report.seconds:
                raise
            report.is_cut_short = True
        _settle(plan, cast, report, on_stop)
        report.lost_workers = plan.processes - len(cast)
    if not report.outcome.opened:
        reasons = ", ".join(f"{reason} ({n})" for reason, n in report.outcome.refused.items())
        raise StartError(f"Expected to open sessions at {plan.url}, but: {reasons or 'stopped before'}")
    return report


def _measure(
    plan: Plan, cast: list[_Cast], begin: float, watch: Watch | None, report: Report, progress: Progress
) -> None:
    """Collect a tally from everyone, every second, and look at the server in between."""
    report.add_ramp(_hear_all(cast, Tally, _LEAD_S))
    before = _look(watch)
    for tick in range(1, plan.seconds + 1):
        time.sleep(max(begin + tick - clock(), 0))
        after = _look(watch)
        used = (after.cpu_s - before.cpu_s, after.rss_bytes) if before and after else (None, None)
        progress(report.add_second(tick, _hear_all(cast, Tally, 1), *used))
        before = after
    time.sleep(_LATE_S)


def _settle(plan: Plan, cast: list[_Cast], report: Report, on_stop: Callable[[], None]) -> None:
    """Collect what came of the sessions; an interrupt ends the wait for last answers, and nothing else."""

    def hurry(*_: object) -> None:
        report.is_cut_short = True
        _tell(cast, Stop())

    with _interrupted_by(hurry):
        if report.is_cut_short:
            on_stop()
        _tell(cast, Stop())
        for outcome in _hear_all(cast, Outcome, plan.grace_s, report.add_tail):
            report.add_outcome(outcome)


def _look(watch: Watch | None) -> Usage | None:
    try:
        return watch.look() if watch else None
    except ProcessLookupError:
        return None


# ---- workers


@contextmanager
def _workers(plan: Plan) -> Iterator[list[_Cast]]:
    """Start the workers, and give a list of them; whatever happens, they end."""
    context = multiprocessing.get_context("spawn")
    cast: list[_Cast] = []
    try:
        with _no_interrupts():
            for index in range(plan.processes):
                ours, theirs = context.Pipe()
                process: BaseProcess = context.Process(target=work, args=(plan, index, theirs), daemon=True)
                process.start()
                theirs.close()
                cast.append(_Cast(process, ours))
        yield cast.copy()
    finally:
        for one in cast:
            one.pipe.close()
        for one in cast:
            one.process.join(timeout=1)
            if one.process.is_alive():
                one.process.kill()
                one.process.join()


@contextmanager
def _interrupted_by(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Have Ctrl+C and SIGTERM do something, for a while."""
    before = {number: signal.signal(number, handler) for number in _INTERRUPTS}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Keep them for later, and from what is started meanwhile, which would say so in a traceback each."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # It is started with the first process, and lets signals through again.
    resource_tracker.ensure_running()
    heard: list[int] = []
    # What is blocked is so for what is started, too; here, a library's thread may hear it all the same.
    with _interrupted_by(lambda number, _: heard.append(number)):
        signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _INTERRUPTS)
    if heard:
        raise KeyboardInterrupt


def _tell(cast: list[_Cast], message: Any) -> None:
    for one in cast:
        # Whoever is gone is missed when it should answer.
        with suppress(ConnectionError):
            one.pipe.send(message)


def _hear_all(
    cast: list[_Cast], kind: type, within_s: float, on_other: Callable[[Any], None] = lambda _: None
) -> list[Any]:
    """Wait for one message of a kind from every worker that lives; what else comes goes to `on_other`.

    Whoever has died, or is silent for a minute, is struck off. Raises StartError when nobody is left.
    """
    heard: dict[Any, Any] = {}
    until = clock() + within_s + _MAX_SILENCE_S
    while missing := [one.pipe for one in cast if one.pipe not in heard]:
        ready = wait(missing, max(until - clock(), 0))
        if not ready:
            cast[:] = [one for one in cast if one.pipe in heard]
            break
        for pipe in ready:
            try:
                message = pipe.recv()  # type: ignore[union-attr, call-arg]
            except (EOFError, OSError):
                cast[:] = [one for one in cast if one.pipe is not pipe]
                continue
            if isinstance(message, kind):
                heard[pipe] = message
            else:
                on_other(message)
    if not cast:
        raise StartError("Expected the processes of the tester to keep up, but they have died or hang")
    return list(heard.values())
