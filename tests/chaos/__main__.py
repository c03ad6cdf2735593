"""Faults on purpose.

    python -m tests.chaos [matrix [--only TEXT] | fuzz [--steps 10000] | soak [--minutes 30] | autobahn]

Starts every server itself, on the loopback. Exit code 1 when a promise was broken.
"""

import argparse
from pathlib import Path

from tests.chaos import autobahn, fuzz, matrix, soak
from tests.command import run


def main() -> int:
    """Do one part; the matrix and a fuzz if none is named."""
    parser = argparse.ArgumentParser(
        description="Do harm to a server, and look what becomes of its sessions."
    )
    parser.add_argument("part", nargs="?", choices=["matrix", "fuzz", "soak", "autobahn"])
    parser.add_argument("--only", default="", metavar="TEXT", help="only faults whose name has this in it")
    parser.add_argument("--steps", type=int, default=10_000, help="of a fuzz (default: 10000)")
    parser.add_argument("--seed", type=int, default=0, help="of a fuzz (default: 0)")
    parser.add_argument("--minutes", type=float, default=30.0, help="of a soak (default: 30)")
    parser.add_argument("--load", type=float, default=0.7, help="of a soak, of what it can do (default: 0.7)")
    parser.add_argument("--per-s", type=float, default=0.0, help="snapshots a second, if that is known")
    parser.add_argument(
        "--plot", type=Path, default=Path("soak.svg"), help="where a soak is drawn (default: soak.svg)"
    )
    parser.add_argument("--wstest", default="wstest", metavar="COMMAND", help="Autobahn's (default: wstest)")
    options = parser.parse_args()
    if options.part == "autobahn":
        return 0 if autobahn.run(options.wstest) else 1
    if options.part == "soak":
        return 0 if soak.run(options.minutes, options.load, options.per_s, options.plot) else 1
    if options.part == "fuzz":
        return 0 if fuzz.run(options.steps, options.seed) else 1
    is_fine = matrix.run(options.only)
    if not options.part:
        is_fine &= fuzz.run(options.steps, options.seed)
    return 0 if is_fine else 1


if __name__ == "__main__":
    run(main)
