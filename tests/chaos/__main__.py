"""Faults on purpose.

    python -m tests.chaos [matrix [--only TEXT] | fuzz [--steps 10000] | soak [--minutes 30] | autobahn]

Starts every server itself, on the loopback. Exit code 1 when a promise was broken, 130 when stopped.
"""

import argparse
from pathlib import Path

from live.__main__ import HelpFormatter
from tests.chaos import autobahn, fuzz, matrix, soak
from tests.command import run

_STEPS = 10_000


def main() -> bool:
    """Do one part; the matrix and a fuzz if none is named. Return whether something went wrong."""
    parser = argparse.ArgumentParser(
        "python -m tests.chaos",
        description="Do harm to a server, and look what becomes of its sessions.",
        epilog="Without a part: the matrix, and then a fuzz.",
    )
    parser.set_defaults(do=lambda _: matrix.run("") & fuzz.run(_STEPS, 0))
    parts = parser.add_subparsers(metavar="PART")

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        return parts.add_parser(name, help=summary, description=summary, formatter_class=HelpFormatter)

    part = add("matrix", "fault after fault, while fifty sessions draw")
    part.add_argument("--only", default="", metavar="TEXT", help="only faults whose name has this in it")
    part.set_defaults(do=lambda options: matrix.run(options.only))

    part = add("fuzz", "random sessions, right and wrong, whose books must agree")
    part.add_argument("--steps", type=int, default=_STEPS, metavar="N", help="how many, at least")
    part.add_argument("--seed", type=int, default=0, metavar="N", help="another one, other sessions")
    part.set_defaults(do=lambda options: fuzz.run(options.steps, options.seed))

    part = add("soak", "sessions that come and go for long: nothing may grow")
    part.add_argument("--minutes", type=float, default=30.0, metavar="N", help="how long")
    load = part.add_mutually_exclusive_group()
    load.add_argument("--load", type=float, default=0.7, metavar="SHARE", help="of what it can do at most")
    load.add_argument(
        "--per-s", type=float, metavar="N", help="snapshots a second, instead of finding that out"
    )
    part.add_argument(
        "--plot",
        type=Path,
        default=Path("soak.svg"),
        metavar="FILE",
        help="the picture; beside it goes a .json",
    )
    part.set_defaults(do=lambda o: soak.run(o.minutes, o.load, o.per_s, o.plot))

    part = add("autobahn", "Autobahn's cases for a websocket")
    part.add_argument("--wstest", default="wstest", metavar="COMMAND", help="what runs them")
    part.set_defaults(do=lambda options: autobahn.run(options.wstest))

    options = parser.parse_args()
    return not options.do(options)


if __name__ == "__main__":
    run(main)
