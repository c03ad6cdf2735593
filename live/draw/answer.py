"""The answer, as it moves: the digit and what to believe of it, ten bars, and what the model saw."""

import base64

import msgspec
import numpy as np
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Digits, Static

from live.draw.shades import blank, shade
from live.ink import SIDE
from live.messages import Prediction

_PARTS = " ▏▎▍▌▋▊▉█"
"""A cell filled by none to eight eighths."""
_SAID = {"digit": "", "unsure": "unsure", "not_a_digit": "not a digit", "blank": "draw a digit"}


class Answer(Vertical):
    """Shows predictions."""

    def compose(self) -> ComposeResult:
        """Lay out what shows one."""
        with Horizontal(id="headline"):
            yield Digits("", id="digit")
            yield Static(_SAID["blank"], id="verdict")
        yield Bars()
        yield Seen()

    def show(self, prediction: Prediction) -> None:
        """Show a prediction."""
        is_digit = prediction.verdict in ("digit", "unsure")
        self.query_one("#digit", Digits).update(str(prediction.digit) if is_digit else "")
        said = _SAID[prediction.verdict]
        sure = f"{prediction.confidence:.1%}" if is_digit else ""
        self.query_one("#verdict", Static).update(f"{sure}\n{said}".strip())
        self.query_one(Bars).show(prediction.probabilities or [0.0] * 10)
        self.query_one(Seen).show(prediction.input)


class Bars(Widget):
    """Ten probabilities."""

    def __init__(self) -> None:
        super().__init__()
        self.probabilities = [0.0] * 10

    def show(self, probabilities: list[float]) -> None:
        """Show others."""
        self.probabilities = probabilities
        self.refresh()

    def render(self) -> Text:
        """Draw a bar for each digit, the longest one bright."""
        room = max(self.size.width - 9, 1)
        longest = max(self.probabilities)
        text = Text()
        for digit, share in enumerate(self.probabilities):
            eighths = round(share * room * 8)
            bar = _PARTS[8] * (eighths // 8) + (_PARTS[eighths % 8] if eighths % 8 else "")
            style = "bold bright_green" if share == longest > 0 else "cyan"
            text.append(f"{digit} ").append(f"{bar:{room}}", style).append(f"{share:7.1%}\n")
        return text


class Seen(Widget):
    """The image that the model saw."""

    def __init__(self) -> None:
        super().__init__()
        self._image = np.zeros((SIDE, SIDE), np.float32)

    def show(self, image: str | msgspec.UnsetType) -> None:
        """Show another, as a prediction has it."""
        if image is not msgspec.UNSET:
            pixels = np.frombuffer(base64.b64decode(image), np.uint8).reshape(SIDE, SIDE)
            self._image = pixels.astype(np.float32) / np.float32(255)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Show two rows of the image as a row of cells."""
        if 2 * y + 1 >= SIDE:
            return blank(self.size.width)
        return shade(self._image[2 * y], self._image[2 * y + 1])
