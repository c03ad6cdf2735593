"""The command line: `live-digits serve`."""

import argparse
import sys
from pathlib import Path

from live import __version__
from live.errors import StartError
from live.settings import KNOBS, Settings


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit code: 0 done, 1 could not start, 2 wrong usage."""
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    del options["command"]
    # Imported late: help and usage errors need no server.
    from live.server import serve

    try:
        serve(Settings(**options))
    except StartError as error:
        print(f"live-digits: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("live-digits", description="Read digits while they are drawn.")
    parser.add_argument("--version", action="version", version=f"live-digits {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser(
        "serve",
        help="serve the page and the websocket",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    for knob in KNOBS:
        kind = Path if isinstance(knob.default, Path) else type(knob.default)
        flag = f"--{knob.name.replace('_', '-')}"
        serve.add_argument(flag, type=kind, default=knob.default, **knob.metadata)
    return parser


if __name__ == "__main__":
    sys.exit(main())
