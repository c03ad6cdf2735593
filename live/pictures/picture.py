"""Pictures: an encoded file or raw grey bytes → the image that a model sees.

decoding → **picture** → paper; the image goes back to the session. Whatever the file says is checked before
it is believed: format, size in pixels (before anything is decompressed), orientation, transparency. Costs
milliseconds, up to a second for the largest photos: the server calls it in a process of its own (decoder.py).
No state.
"""

import io
import warnings

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError, WebPImagePlugin

from live.errors import BadPicture, TooLarge
from live.ink import Image
from live.pictures.light import Page
from live.pictures.paper import read_page

FORMATS = ("PNG", "JPEG", WebPImagePlugin.WebPImageFile.format, "GIF", "BMP")
"""What is tried, whatever else Pillow could open: every further decoder is a further way in."""

_ENOUGH = 1024
"""Longer side of a page, in pixels; a larger one is reduced at once. A JPEG is not even decoded larger."""
_SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
_MUCH_INK = 0.35
"""Of a picture: if more of it is opaque, it shows paper too."""


def read_file(data: bytes, max_pixels: int) -> Image:
    """Read a PNG, JPEG, WebP, GIF or BMP file; of a moving one, the first frame.

    Raises BadPicture when it is none or can't be decoded, TooLarge when it has more pixels than allowed.
    """
    with warnings.catch_warnings():
        # Pillow warns of odd metadata and of sizes that are checked here anyway.
        warnings.simplefilter("ignore")
        page = _open(data, max_pixels)
    return read_page(page)


def read_grey(data: bytes, width: int, max_pixels: int) -> Image:
    """Read rows of `width` bytes, 0 black … 255 white, of any polarity.

    Raises BadPicture when the bytes are no whole number of rows, TooLarge when they are too many.
    """
    if width < 1 or not data or len(data) % width:
        raise BadPicture(f"Expected whole rows of {width} grey pixels, got {len(data)} bytes")
    if len(data) > max_pixels:
        raise TooLarge(f"Expected a picture of at most {max_pixels} pixels, got {len(data)}")
    page = Pillow.frombuffer("L", (width, len(data) // width), data)
    return read_page(_reduced(page))


def _open(data: bytes, max_pixels: int) -> Page:
    try:
        with Pillow.open(io.BytesIO(data), formats=FORMATS) as picture:
            pixels = picture.width * picture.height
            if pixels > max_pixels:
                raise TooLarge(f"Expected a picture of at most {max_pixels} pixels, got {pixels}")
            picture.draft("RGB", (_ENOUGH, _ENOUGH))
            picture.load()
            return _reduced(_opaque(_upright(picture)))
    except (TooLarge, MemoryError):
        raise
    except Pillow.DecompressionBombError:
        raise TooLarge(f"Expected a picture of at most {max_pixels} pixels, got far more") from None
    except UnidentifiedImageError:
        got = "something else" if data else "nothing"
        raise BadPicture(f"Expected a PNG, JPEG, WebP, GIF or BMP file, got {got}") from None
    except Exception as error:
        # Pillow's decoders raise whatever they come upon: OSError, SyntaxError, struct.error, IndexError …
        kind = type(error).__name__
        raise BadPicture(f"Expected a picture that can be decoded, got one that is broken ({kind})") from None


def _upright(picture: Pillow.Image) -> Pillow.Image:
    """Turn a photo the way the camera was held, unless what it says of that can't be read."""
    try:
        return ImageOps.exif_transpose(picture) or picture
    except MemoryError:
        raise
    except Exception:
        # Pillow raises SyntaxError, struct.error and others of metadata; the pixels are good all the same.
        return picture


def _opaque(picture: Pillow.Image) -> Page:
    """Bring any mode to L or RGB, transparency filled with paper."""
    if picture.mode in _SIXTEEN_BIT:
        return _stretched(picture)
    if picture.mode in ("1", "L"):
        picture = picture.convert("L") if "transparency" not in picture.info else picture.convert("LA")
    if picture.mode == "L":
        return picture
    if picture.mode in ("LA", "La", "PA") or "transparency" in picture.info or "A" in picture.getbands():
        return _filled(_reduced(picture.convert("RGBA")))
    return picture.convert("RGB")


def _stretched(picture: Pillow.Image) -> Page:
    """Bring 16-bit and floating grey to 8 bits: from its darkest to its lightest."""
    values = np.nan_to_num(np.asarray(picture, np.float32))
    low, high = float(values.min()), float(values.max())
    # Sixteen bits that use only a few of their levels are noise, not contrast to be stretched.
    span = max(high - low, 257.0 if high > 255 else 1.0)
    return Pillow.fromarray(((values - low) * (255 / span)).astype(np.uint8))


def _filled(picture: Pillow.Image) -> Page:
    """Fill what is transparent with paper: what is opaque may be ink alone, or ink on its own paper."""
    pixels = np.asarray(picture)
    alpha = pixels[:, :, 3]
    opaque = pixels[alpha > 127][:, :3]
    if not opaque.size:
        opaque = pixels[alpha > 0][:, :3]
    if alpha.min() == 255 or not opaque.size:
        return picture.convert("RGB") if opaque.size else Pillow.new("L", picture.size, 255)
    brightness = opaque.mean(axis=1)
    dark, light = np.percentile(brightness, (5, 95))
    if light - dark > 64 and len(opaque) > _MUCH_INK * alpha.size:
        paper = tuple(int(level) for level in np.median(opaque, axis=0))
    else:
        paper = (255, 255, 255) if brightness.mean() < 128 else (0, 0, 0)
    page = Pillow.new("RGBA", picture.size, (*paper, 255))
    return Pillow.alpha_composite(page, picture).convert("RGB")


def _reduced(picture: Pillow.Image) -> Pillow.Image:
    factor = max(picture.size) // _ENOUGH
    return picture.reduce(factor) if factor > 1 else picture
