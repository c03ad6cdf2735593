"""The program that draws in a terminal: what the sheet holds goes to the server, what comes back is shown.

Two tasks beside the terminal's own: one sends the newest ink, one receives predictions.
"""

import asyncio
import signal
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Footer, Static

from live.client import Client, Refused
from live.draw.answer import Answer
from live.draw.sheet import Room, Sheet

_LOOK_S = 0.2
"""How often the connection is looked at."""


class DrawApp(App[str]):
    """Draws with a client that is connected. Returns why the server lets nobody in any more, or None."""

    TITLE = "Live Digits"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        ("u", "undo", "Undo"),
        ("c", "clear", "Clear"),
        ("m", "switch_model", "Another model"),
        ("q", "quit", "Quit"),
        # The terminal sends it as a key; Textual would only say how to quit.
        Binding("ctrl+c", "stop", show=False, priority=True),
    ]
    CSS = """
    Screen { background: #0d1117; color: #e6edf3; }
    Horizontal { height: 1fr; }
    Sheet { width: 1fr; margin: 1 1 0 2; background: #161b22; }
    Answer { width: 34; margin: 1 2 0 1; }
    #headline { height: 4; }
    #digit { width: 6; color: ansi_bright_green; }
    #verdict { width: 1fr; height: 3; content-align: left middle; }
    Bars { height: 11; }
    Seen { width: 28; height: 14; display: none; }
    Answer.tall Seen { display: block; }
    #status { height: 1; margin: 0 2; color: #8b949e; }
    #status.lost { color: ansi_bright_yellow; }
    """

    def __init__(self, client: Client, model: str = "") -> None:
        super().__init__()
        self._client = client
        limits = client.ready.limits
        self._sheet = Sheet(Room(limits.strokes, limits.points))
        self._answer = Answer()
        self._status = Static(id="status")
        self._chosen = model or self._default
        self._read_by = self._chosen
        self._is_changed = asyncio.Event()
        self._is_new = False

    def compose(self) -> ComposeResult:
        """Lay out the sheet, the answer, and the line below."""
        with Horizontal():
            yield self._sheet
            yield self._answer
        yield self._status
        yield Footer()

    def on_mount(self) -> None:
        """Start sending and receiving."""
        self.run_worker(self._send())
        self.run_worker(self._receive())
        self.set_interval(_LOOK_S, self._look)
        self._show_status()

    def on_resize(self) -> None:
        """Show what the model saw where there is room for it."""
        self._answer.set_class(self.size.height >= 34, "tall")

    # ---- what the user does

    def on_sheet_changed(self, message: Sheet.Changed) -> None:
        """Have the ink sent."""
        self._is_new |= message.is_new
        self._is_changed.set()

    def on_sheet_full(self) -> None:
        """Say why no more ink comes."""
        self.notify("The server reads no longer drawings than this one", severity="warning")

    def action_undo(self) -> None:
        """Take the last stroke away."""
        self._sheet.undo()

    def action_clear(self) -> None:
        """Take all ink away."""
        self._sheet.clear()

    def action_stop(self) -> None:
        """End as other commands do that are interrupted."""
        self.stop(signal.SIGINT)

    def stop(self, number: signal.Signals) -> None:
        """End because of a signal, and leave the terminal as it was."""
        self.exit(return_code=128 + number)

    async def action_switch_model(self) -> None:
        """Have the server's next model read."""
        models = self._models
        at = models.index(self._chosen) + 1 if self._chosen in models else 0
        await self._have_read_by(models[at % len(models)])

    # ---- the server

    @property
    def _models(self) -> list[str]:
        return [model.name for model in self._client.ready.models]

    @property
    def _default(self) -> str:
        return next(model.name for model in self._client.ready.models if model.default)

    async def _have_read_by(self, model: str) -> None:
        self._chosen = model
        await self._client.configure(model=model)
        self._is_changed.set()

    async def _send(self) -> None:
        while True:
            await self._is_changed.wait()
            self._is_changed.clear()
            is_new, self._is_new = self._is_new, False
            try:
                await self._client.send(self._sheet.strokes, is_new=is_new)
            except Refused as refused:
                self.notify(refused.message, severity="warning")

    async def _receive(self) -> None:
        async for prediction in self._client.predictions():
            if prediction.rev == self._client.rev and not self._is_new:
                self._read_by = prediction.model
                self._answer.show(prediction)
                self._show_status()
        self.exit(str(self._client.failure))

    async def _look(self) -> None:
        self._show_status()
        # A server that was lost may have come back with other models.
        if self._chosen not in self._models:
            self.notify(f"The server has no {self._chosen} any more", severity="warning")
            await self._have_read_by(self._default)

    def _show_status(self) -> None:
        is_connected = self._client.is_connected
        self._status.set_class(not is_connected, "lost")
        told = f"{self._read_by} at {self._client.url}" if is_connected else "Connection lost; trying again …"
        self._status.update(told)
