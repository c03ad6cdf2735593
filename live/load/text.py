"""A report in words, for a terminal: a line a second while it runs, the sum of it at the end."""

import os
import sys
from typing import TextIO

from live.load.books import Guarantee
from live.load.plan import Plan
from live.load.report import Report, Second, Times

_COLUMNS = 80
"""Of a terminal that does not say how many it has."""
_BUSY = 0.9
"""Of a core: a tester that needs more may be what is measured."""


class Progress:
    """Shows the seconds go by, on one line of a terminal, or on a line each elsewhere."""

    def __init__(self, plan: Plan, stream: TextIO = sys.stderr) -> None:
        self._plan = plan
        self._stream = stream
        self._is_open = False
        """There is a line that is not ended."""

    def __call__(self, second: Second) -> None:
        """Show a second."""
        line = (
            f"{second.at:4.0f} of {self._plan.seconds:g} s   {second.sent:,}/s sent   "
            f"{second.answered:,}/s answered   p50 {_ms(second.p50)}   p99 {_ms(second.p99)}"
        )
        if second.cpu_s is not None and second.rss_bytes is not None:
            line += f"   server {second.cpu_s:.0%} of a core, {second.rss_bytes / 1e6:.0f} MB"
        if self._stream.isatty():
            # One column less, or some terminals go on to the next line.
            self._stream.write(f"\r\x1b[K{line[: self._columns() - 1]}")
            self._is_open = True
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()

    def stop(self) -> None:
        """Say that it is being ended, and what it still waits for."""
        self.end()
        self._stream.write(
            f"stopping: waiting up to {self._plan.grace_s:g} s for last answers; Ctrl+C ends that, too\n"
        )
        self._stream.flush()

    def end(self) -> None:
        """End the line, before anything else is written."""
        if self._is_open:
            self._stream.write("\n")
            self._stream.flush()
            self._is_open = False

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or _COLUMNS
        except OSError:
            return _COLUMNS


def describe_plan(plan: Plan) -> str:
    """Say what is going to be done."""
    how = "as fast as answers come" if plan.is_closed else f"at {plan.rate:g} snapshots a second each"
    pause = f", {plan.pause_s:g} s between drawings" if plan.pause_s and not plan.is_closed else ""
    grown = "drawings sent whole" if plan.steps == 1 else f"drawings growing in {plan.steps} snapshots"
    form = "JSON" if plan.is_json else "binary"
    return f"{plan.sessions:,} sessions {how}{pause}, for {plan.seconds:g} s; {grown}, {form} ink"


def describe(report: Report) -> str:
    """Say what was found."""
    total = report.outcome
    turn = "" if report.plan.is_closed else ", less the wait for their turn"
    never = f"; {total.unanswered:,} never were, and waited to the end" if total.unanswered else ""
    lines = [
        (
            "sessions",
            f"opened {total.opened:,}{_counts('refused', total.refused)}{_counts('closed', total.closed)}",
        ),
        (
            "snapshots",
            f"sent {total.sent:,} ({report.sent_per_s:,.0f}/s)   "
            f"answered {total.answered:,} ({report.answers_per_s:,.0f}/s)   "
            f"dropped {total.dropped:,}   errors {sum(total.errors.values()):,}{_counts('', total.errors)}",
        ),
        ("latency", f"{_times(report.latency)}   of answered snapshots, from when they were due"),
        ("", f"{_times(report.wait)}   of all, until they or a newer one were answered{never}"),
        ("first answer", f"{_times(report.first)}   from connecting{turn}"),
        ("fairness", _fairness(report)),
    ]
    if report.is_cut_short:
        is_whole = report.measured_s >= report.plan.seconds
        when = "while last answers were awaited" if is_whole else f"after {report.measured_s:g} s"
        lines.insert(0, ("stopped", when))
    if report.lost_workers:
        of = f"{report.lost_workers} of {report.plan.processes} processes"
        lines.insert(0, ("TESTER LOST", f"{of}; of their sessions only what they had told of is counted"))
    if report.is_too_fast:
        asked, limit = report.plan.rate, report.limit_per_s
        lines.insert(0, ("TOO FAST", f"{asked:g} snapshots a second each, where the server takes {limit:g}"))
    if report.judged:
        share = report.right / report.judged
        lines.append(("read right", f"{share:.2%} of {report.judged:,} finished drawings that were answered"))
    lines.append(("server", _server(report)))
    if report.batch is not None:
        lines.append(("", f"predicted {report.batch:.1f} snapshots together, in the mean, as it says"))
    lines.append(("tester", _tester(report)))
    lines += [("guarantee", f"{_kept(report, guarantee)}: {guarantee.value}") for guarantee in Guarantee]
    return "\n".join(f"{name:<14}{text}" for name, text in lines)


def _kept(report: Report, guarantee: Guarantee) -> str:
    sessions = report.outcome.broken[guarantee]
    return f"BROKEN in {sessions:,} of {report.outcome.connected:,} sessions" if sessions else "kept"


def _fairness(report: Report) -> str:
    if report.jain is None:
        return "none: too few answers a session to compare"
    return f"{report.jain:.4f}   Jain's index of answers a session"


def _server(report: Report) -> str:
    rss = report.rss_bytes
    if report.pid is None:
        return "not watched: give its --pid to see its processor time and memory"
    watched = f"{report.program}, process {report.pid}"
    if report.cores is None or not rss:
        return f"not seen: {watched} is gone, or not ours to see"
    each, seen_s = report.cpu_us_per_answer, len(rss)
    spent = "" if each is None else f"{each:.0f} µs processor time an answer, "
    gone = f"; gone after {seen_s} s" if seen_s < len(report.seconds) else ""
    return (
        f"{watched}: {spent}{report.cores:.0%} of a core; "
        f"memory {rss[0] / 1e6:.1f} … {rss[-1] / 1e6:.1f} MB, at most {max(rss) / 1e6:.1f}{gone}"
    )


def _tester(report: Report) -> str:
    busy = report.busiest_worker
    text = f"processes {report.plan.processes}, the busiest {busy:.0%} of a core"
    if not report.plan.is_closed:
        text += f"; sent {_ms(report.lag.at(50))} late at p50, {_ms(report.lag.at(99))} at p99"
    if report.withheld:
        text += f"; held back {report.withheld:,} that a full socket would not take"
    if busy > _BUSY:
        text += ". TOO BUSY: what was measured may be the tester; use more --processes"
    return text


def _times(times: Times) -> str:
    return "  ".join(f"{name} {_ms(value)}" for name, value in times.percentiles.items())


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.{2 if value < 10 else 1 if value < 100 else 0}f} ms"


def _counts(what: str, counts: dict[str, int]) -> str:
    if not counts:
        return ""
    each = ", ".join(f"{key}: {n:,}" for key, n in counts.items())
    return f"   {what} {sum(counts.values()):,} ({each})" if what else f" ({each})"
