"""The command line: `live-digits COMMAND`. Each command is a module, imported only when it is asked for.

Such a module has `add_arguments(parser)`, and `main(options)`, which returns the exit code.
"""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence

from live import __version__
from live.errors import StartError

COMMANDS = {
    "serve": ("live.server", "serve the page and the websocket"),
    "cluster": ("live.cluster", "serve on a Ray cluster"),
    "predict": ("live.predict", "read pictures, ink files, folders and ZIP archives"),
    "draw": ("live.draw", "draw with the mouse in the terminal"),
    "load": ("live.load", "draw with many hands at once, and check every answer"),
}
"""Name → module and what it does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code: 0 done, 1 it could not be done, 2 wrong usage, 130 stopped."""
    _open_streams()
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except StartError as error:
        print(f"live-digits: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(arguments: Sequence[str]) -> int:
    wanted = next((word for word in arguments if word in COMMANDS), None)
    parser = argparse.ArgumentParser("live-digits", description="Read digits while they are drawn.")
    parser.add_argument("--version", action="version", version=f"live-digits {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary, formatter_class=HelpFormatter)
        if name == wanted:
            importlib.import_module(module).add_arguments(command)
    options = parser.parse_args(arguments)
    assert wanted
    code: int = importlib.import_module(COMMANDS[wanted][0]).main(options)
    return code


class HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows defaults where there are any: nothing is none, and what is said in words stays as it is."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        is_nothing = action.default is None or action.default is False or action.default in ("", ())
        is_said = "(default" in (action.help or "")
        return action.help if is_nothing or is_said else super()._get_help_string(action)


def _open_streams() -> None:
    """Put nothing where a standard stream was closed: there is None, and its number is the next file's.

    What an output's encoding lacks is escaped.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - it stays open
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
