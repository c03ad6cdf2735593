"""What a load test found, in numbers: kept up to date while it runs, summed up at its end."""

from array import array
from typing import Any

import msgspec
import numpy as np
from hdrh.histogram import HdrHistogram

from live.load.plan import Plan
from live.load.tally import Outcome, Tally

PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 99.9, "max": 100.0}
_MAX_US = 3_600_000_000
_DIGITS = 3
"""Significant, of a time in a histogram."""

_FAIR_TURNS = 5
"""Then one more turn for some leaves Jain's index at 0.99 or above."""


class Times:
    """A histogram of times."""

    def __init__(self) -> None:
        self._histogram = HdrHistogram(1, _MAX_US, _DIGITS)

    def add(self, seconds: "array[float]") -> None:
        """Count some times in."""
        if seconds:
            us = np.clip(np.rint(np.asarray(seconds) * 1e6), 1, _MAX_US).astype(int)
            for value, count in zip(*np.unique(us, return_counts=True), strict=True):
                self._histogram.record_value(int(value), int(count))

    def at(self, percentile: float) -> float | None:
        """Milliseconds that so many percent stay under; None where nothing was counted."""
        if not self._histogram.get_total_count():
            return None
        value: int = self._histogram.get_value_at_percentile(percentile)
        return value / 1e3

    @property
    def percentiles(self) -> dict[str, float | None]:
        """The usual ones, in milliseconds."""
        return {name: self.at(percentile) for name, percentile in PERCENTILES.items()}


class Second(msgspec.Struct):
    """One second of the test. Times in milliseconds, None where there was none."""

    at: float
    """When it ended, in seconds of measuring."""
    sent: int
    answered: int
    dropped: int
    errors: int
    p50: float | None
    p99: float | None
    cpu_s: float | None = None
    """The server's."""
    rss_bytes: int | None = None


class Report:
    """Filled by the conductor: seconds as they pass, then tails, then what came of each worker's sessions."""

    def __init__(self, plan: Plan, pid: int | None = None, program: str = "") -> None:
        self.plan = plan
        self.pid = pid
        self.program = program
        """What is watched: a process, and what it is called."""
        self.is_cut_short = False
        self.lost_workers = 0
        """Those that died: of their sessions there is nothing but the seconds that they had told of."""
        self.seconds: list[Second] = []
        self.latency = Times()
        self.wait = Times()
        self.lag = Times()
        self.first = Times()
        self.outcome = Outcome()
        self.judged = self.right = self.withheld = self.answered = 0
        self.batches = 0.0
        self.limit_per_s: float | None = None
        """Snapshots a second that the server takes from a session, if it has said so."""
        self.busiest_worker = 0.0

    # ---- filling

    def add_second(
        self, at: float, tallies: list[Tally], cpu_s: float | None, rss_bytes: int | None
    ) -> Second:
        """Add a second that is over; return what it was like."""
        latencies: list[float] = []
        for tally in tallies:
            self._add(tally)
            latencies += tally.latencies
        p50, p99 = (np.percentile(latencies, [50, 99]) * 1e3).tolist() if latencies else (None, None)
        second = Second(
            at,
            sum(tally.sent for tally in tallies),
            sum(tally.answered for tally in tallies),
            sum(tally.dropped for tally in tallies),
            sum(tally.errors for tally in tallies),
            p50,
            p99,
            cpu_s,
            rss_bytes,
        )
        self.seconds.append(second)
        return second

    def add_ramp(self, tallies: list[Tally]) -> None:
        """Add what came before measuring began: of it, only first answers count."""
        for tally in tallies:
            self.first.add(tally.firsts)
            self.limit_per_s = tally.limit_per_s or self.limit_per_s

    def add_tail(self, message: object) -> None:
        """Add what came after measuring ended: late answers count, and those that never came."""
        if isinstance(message, Tally):
            self._add(message)

    def add_outcome(self, outcome: Outcome) -> None:
        """Add what came of one worker's sessions."""
        self.outcome += outcome
        self.busiest_worker = max(self.busiest_worker, outcome.busy)

    def _add(self, tally: Tally) -> None:
        self.latency.add(tally.latencies)
        self.wait.add(tally.waits)
        self.lag.add(tally.lags)
        self.first.add(tally.firsts)
        self.answered += tally.answered
        self.batches += tally.batches
        self.judged += tally.judged
        self.right += tally.right
        self.withheld += tally.withheld

    # ---- summing up

    @property
    def is_kept(self) -> bool:
        """No guarantee was broken, and every worker lived to tell."""
        return not (self.outcome.broken or self.lost_workers)

    @property
    def is_too_fast(self) -> bool:
        """More was to be sent than the server takes from a session: it will refuse some, and may close."""
        limit = self.limit_per_s
        return not self.plan.is_closed and limit is not None and self.plan.rate > limit

    @property
    def measured_s(self) -> float:
        """How long was measured."""
        return self.seconds[-1].at if self.seconds else 0.0

    @property
    def answers_per_s(self) -> float:
        """While it was measured."""
        return self._per_s("answered")

    @property
    def sent_per_s(self) -> float:
        """While it was measured."""
        return self._per_s("sent")

    @property
    def jain(self) -> float | None:
        """Jain's index of fairness: 1 when every session had as many answers, 1/n when one had them all.

        None in an open loop of too few turns: some sessions had one more than others, and sent more.

        Source: Jain, Chiu and Hawe, "A Quantitative Measure of Fairness", DEC-TR-301, 1984.
        """
        if not self.plan.is_closed and self.measured_s < _FAIR_TURNS * self.plan.turn_s:
            return None
        answers = np.array(self.outcome.answers_a_session, float)
        squares = float((answers**2).sum())
        return float(answers.sum()) ** 2 / (len(answers) * squares) if squares else None

    @property
    def batch(self) -> float | None:
        """How many snapshots the server predicted together, in the mean; None if it does not say."""
        return self.answered / self.batches if self.batches else None

    @property
    def cpu_us_per_answer(self) -> float | None:
        """The server's processor time, microseconds an answer."""
        used = [(second.cpu_s, second.answered) for second in self.seconds if second.cpu_s is not None]
        answers = sum(answered for _, answered in used)
        return sum(cpu_s for cpu_s, _ in used) / answers * 1e6 if answers else None

    @property
    def cores(self) -> float | None:
        """The server's processor time a second."""
        used = [second.cpu_s for second in self.seconds if second.cpu_s is not None]
        return sum(used) / len(used) if used else None

    @property
    def rss_bytes(self) -> list[int]:
        """The server's memory, second by second."""
        return [second.rss_bytes for second in self.seconds if second.rss_bytes is not None]

    def _per_s(self, what: str) -> float:
        return (
            sum(getattr(second, what) for second in self.seconds) / self.measured_s if self.seconds else 0.0
        )

    def summary(self) -> dict[str, Any]:
        """Sum up, as JSON can say it. Times in milliseconds, rates a second."""
        total = self.outcome
        rss = self.rss_bytes
        plan: dict[str, Any] = msgspec.to_builtins(self.plan, enc_hook=str)
        del plan["token"]
        return {
            "plan": plan,
            "is_cut_short": self.is_cut_short,
            "measured_s": self.measured_s,
            "sessions": {"opened": total.opened, "refused": total.refused, "closed": total.closed},
            "snapshots": {
                "sent": total.sent,
                "answered": total.answered,
                "dropped": total.dropped,
                "errors": total.errors,
                "unanswered": total.unanswered,
                "limit_per_s": self.limit_per_s,
                "withheld": self.withheld,
                "sent_per_s": self.sent_per_s,
                "answered_per_s": self.answers_per_s,
            },
            "latency_ms": self.latency.percentiles,
            "any_answer_ms": self.wait.percentiles,
            "first_answer_ms": self.first.percentiles,
            "jain": self.jain,
            "finished_drawings": {"judged": self.judged, "right": self.right},
            "broken_guarantees": {guarantee.name.lower(): n for guarantee, n in total.broken.items()},
            "server": {
                "pid": self.pid,
                "program": self.program,
                "cpu_us_per_answer": self.cpu_us_per_answer,
                "cores": self.cores,
                "batch": self.batch,
                "rss_bytes": {"first": rss[0], "last": rss[-1], "max": max(rss)} if rss else None,
            },
            "tester": {
                "lag_ms": self.lag.percentiles,
                "lost_processes": self.lost_workers,
                "busiest_core": self.busiest_worker if self.seconds else None,
            },
            "seconds": msgspec.to_builtins(self.seconds),
        }
