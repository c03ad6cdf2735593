"""The load tester, `live-digits load URL`: draws with thousands of hands at once, and checks every answer.

    plan ──▶ conductor ══▶ worker × n ══▶ hand × many ──▶ websocket
                 ▲              ├ pacer      └ books: what each session was promised
    report ◀─────┴─── tally ◀───┘                     watch: the server's processor time and memory
       └──▶ text (terminal), page (HTML), JSON

An open loop by default: snapshots are due when a pen would have drawn them, however slow the server is, and
their latency is counted from then.
"""

import argparse
import os
import sys
from pathlib import Path

import msgspec

from live.address import websocket_url
from live.blocking import Blocking
from live.errors import BadMessage, StartError
from live.ink_file import EXAMPLES
from live.load import files, frames
from live.load.plan import MOST_STEPS, Plan
from live.output import writing
from live.remote import REACH_S, add_token, reaching
from live.settings import number, read_token, seconds

_LEAST_RATE, _MOST_RATE = 1e-3, 1e5
"""Snapshots a second of one session: at less a test shows nothing, and no tester sends more."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the load tester."""
    add = parser.add_argument
    count, rate = number(int, least=1), number(float, _LEAST_RATE, _MOST_RATE)
    add("url", metavar="URL", help="a server: http://127.0.0.1:8000, or ws://127.0.0.1:8000/v1/live")
    add("--sessions", type=count, default=100, help="how many draw at once")
    add("--rate", type=rate, default=30.0, help="snapshots a second that each sends while drawing")
    add("--closed", action="store_true", help="each sends as fast as it is answered, whatever the rate")
    add("--seconds", type=count, default=10, help="how long to measure, after all sessions are open")
    add("--ramp", type=seconds, default=1.0, help="seconds over which the sessions are opened")
    add(
        "--pause",
        type=seconds,
        default=0.0,
        help="seconds between two drawings of a session, without --closed",
    )
    add(
        "--steps",
        type=number(int, least=1, most=MOST_STEPS),
        default=16,
        help="snapshots that a drawing grows through; 1 sends it whole",
    )
    add("--ink", type=Path, default=EXAMPLES, help="file of drawings, with labels or without")
    add("--json-ink", action="store_true", help="send ink as JSON instead of binary")
    add("--model", default="", help="which of the server's models is to read (default: the server's)")
    add_token(parser)
    add("--processes", type=count, default=max((os.cpu_count() or 1) // 2, 1), help="processes that draw")
    add(
        "--niceness",
        type=int,
        choices=range(20),
        metavar="NICENESS",
        default=0,
        help="of those processes, 0 … 19: others on this machine go first (default: 0, nobody does)",
    )
    add(
        "--pid",
        type=count,
        help="process of the server, to be watched (default: found, if it is local and no proxy's)",
    )
    add("--json", type=Path, metavar="FILE", help="write the report to FILE, as JSON")
    add("--html", type=Path, metavar="FILE", help="write the report to FILE, as a page with plots")


def main(options: argparse.Namespace) -> int:
    """Load a server, and report.

    Returns 1 when it broke a guarantee, or a process of ours died, 130 when stopped before any answer. Raises
    StartError when it can't be done, or came to nothing.
    """
    plan = _plan(options)
    try:
        from live.load import conductor, page, text
        from live.load.watch import Watch, find_pid
    except ImportError as error:
        raise StartError(
            f"Expected {error.name}, which the load tester needs: pip install 'live-digits[load]'"
        ) from None
    paths = [path for path in (options.json, options.html) if path]
    files.check(*paths)
    words = sys.stderr if any(map(files.is_output, paths)) else sys.stdout
    _check_model(plan)
    pid = options.pid or find_pid(plan.url)
    watch = Watch(pid) if pid else None
    with writing("the plan"):
        print(text.describe_plan(plan), file=words, flush=True)
    progress = text.Progress(plan)
    try:
        report = conductor.run(plan, watch, progress, progress.stop)
    finally:
        progress.end()
    faults = []
    if options.json:
        faults += files.write(options.json, msgspec.json.format(msgspec.json.encode(report.summary())))
    if options.html:
        faults += files.write(options.html, page.render(report).encode())
    # Last: a reader that has had enough ends it, and the files are there by then.
    with writing("the report"):
        print(text.describe(report), file=words, flush=True)
    if faults:
        raise StartError("; ".join(faults))
    if report.is_cut_short and not report.outcome.answered:
        return 130
    if not report.outcome.answered:
        raise StartError(f"Expected answers to {report.outcome.sent:,} snapshots, got none")
    return 0 if report.is_kept else 1


def _plan(options: argparse.Namespace) -> Plan:
    if options.closed and options.pause:
        raise StartError("Expected --pause without --closed, which draws as fast as it is answered")
    with reaching(options.url):
        url = websocket_url(options.url)
    plan = Plan(
        url=url,
        sessions=options.sessions,
        rate=options.rate,
        seconds=options.seconds,
        ramp_s=options.ramp,
        is_closed=options.closed,
        steps=options.steps,
        pause_s=options.pause,
        ink=options.ink,
        is_json=options.json_ink,
        model=options.model,
        token=read_token(options),
        processes=min(options.processes, options.sessions),
        niceness=options.niceness,
    )
    _check_ink(plan)
    return plan


def _check_ink(plan: Plan) -> None:
    try:
        for drawing in plan.drawings:
            frames.animate(drawing, 1, plan.is_json)
    except BadMessage as error:
        raise StartError(str(error)) from None
    except ValueError as error:
        raise StartError(f"{error}, in {plan.ink}") from None
    except OSError as error:
        raise StartError(f"Expected ink in {plan.ink}, but: {error.strerror or error}") from None


def _check_model(plan: Plan) -> None:
    # A session whose configuration is refused would wait, and send nothing; the client raises.
    if plan.model:
        with reaching(plan.url), Blocking(plan.url, model=plan.model, token=plan.token, reach_s=REACH_S):
            pass
