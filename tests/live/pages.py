"""Pages with a hand-drawn digit on them for the tests, as pictures of any kind."""

import io
from collections.abc import Sequence

from PIL import Image as Pillow
from PIL import ImageDraw

from tests.live.drawings import DRAWINGS

Colour = tuple[int, ...] | int


def draw(
    digit: str = "three",
    side: int = 280,
    at: tuple[float, float] = (0.2, 0.2),
    size: float = 0.6,
    width: float = 0.06,
    paper: Colour = (255, 255, 255),
    pen: Colour = (0, 0, 0),
    mode: str = "RGB",
) -> Pillow.Image:
    """Draw a digit; place, size and line width are shares of the page's side."""
    page = Pillow.new(mode, (side, side), paper)
    add(page, digit, at, size, width, pen)
    return page


def add(
    page: Pillow.Image,
    digit: str,
    at: tuple[float, float],
    size: float,
    width: float,
    pen: Colour,
) -> None:
    """Draw another digit on a page."""
    side = page.width
    brush = ImageDraw.Draw(page)
    wide = max(round(width * side), 1)
    for stroke in DRAWINGS[digit]:
        path = [((at[0] + size * x / 100) * side, (at[1] + size * y / 100) * side) for x, y in stroke]
        brush.line(path, pen, wide, "curve")
        for x, y in (path[0], path[-1]):
            brush.circle((x, y), wide / 2, pen)


def encoded(page: Pillow.Image, form: str = "PNG", **options: object) -> bytes:
    """Encode a page as a file."""
    file = io.BytesIO()
    page.save(file, form, **options)
    return file.getvalue()


def archive(members: Sequence[tuple[str, bytes]]) -> bytes:
    """Zip some files."""
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as found:
        for name, contents in members:
            found.writestr(name, contents)
    return file.getvalue()
