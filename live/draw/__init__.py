"""Drawing in a terminal, `live-digits draw`: with the mouse, and bars that move while one draws.

    sheet (mouse → ink) ──▶ app ══▶ live.client ══▶ a server
         answer (what comes back) ◀──┘

Needs the extra [draw]. Where the terminal tells the mouse's place in pixels, the ink is as fine as that; else
it goes from cell to cell.
"""

import argparse
import asyncio
import contextlib
import signal
import sys

from live.errors import StartError
from live.remote import REACH_S, add_token, reaching
from live.settings import read_token, seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    add = parser.add_argument
    add("url", metavar="URL", nargs="?", default="http://127.0.0.1:8000", help="the server that reads")
    add("--model", default="", help="which of its models reads (default: the server's)")
    add_token(parser)
    wait = f"seconds to wait for the server at the start; at most {REACH_S:g} if it is not there at all"
    add("--timeout-s", type=seconds, default=10.0, help=wait)


def main(options: argparse.Namespace) -> int:
    """Draw until the user quits. Raises StartError without the extra, a server or a terminal."""
    try:
        from live.draw.app import DrawApp
    except ImportError as error:
        raise StartError(
            f"Expected {error.name}, which drawing needs: pip install 'live-digits[draw]'"
        ) from None
    from live.client import Client

    async def draw() -> tuple[str | None, int]:
        client = Client(
            options.url,
            model=options.model or None,
            include=["input"],
            token=read_token(options),
            timeout_s=options.timeout_s,
            reach_s=REACH_S,
        )
        async with client:
            _check_terminal()
            app = DrawApp(client, options.model)
            for number in (signal.SIGINT, signal.SIGTERM):
                # Windows has none of this, and no way to end a program gently.
                with contextlib.suppress(NotImplementedError):
                    asyncio.get_running_loop().add_signal_handler(number, app.stop, number)
            return await app.run_async(), app.return_code or 0

    with reaching(options.url):
        complaint, code = asyncio.run(draw())
    if complaint:
        raise StartError(complaint)
    return code


def _check_terminal() -> None:
    # Textual reads the first, and on Unix draws on the last.
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if not (stream and stream.isatty()):
            raise StartError(f"Expected a terminal to draw in, but {name} is none")
