"""Malformed pictures, a hundred of them: made from good ones, or by hand where no program would write them.

Each comes with what may become of it: refused, or read all the same where a reader may ignore what is wrong.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow

from tests.live.pages import archive, draw, encoded

SIDE = 60
DIGIT = 2
"""Of every page here."""
PNG_START = b"\x89PNG\r\n\x1a\n"


class Case(NamedTuple):
    """A file, and what may become of it besides being refused.

    readable: it may be read as the digit it shows, or as blank where that is lost.
    is_mangled: its pixels are others than they were, and may look like any digit.
    """

    name: str
    data: bytes
    readable: bool = False
    is_mangled: bool = False


def chunk(kind: bytes, data: bytes, crc: int | None = None) -> bytes:
    """Encode a PNG chunk, with a checksum of one's own if need be."""
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body) if crc is None else crc)


def png(width: int, height: int, pixels: bytes, depth: int = 8, colour: int = 0, extra: bytes = b"") -> bytes:
    """Encode a PNG from what its header says and what it holds, whether they agree or not."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(pixels, 1))
    return PNG_START + chunk(b"IHDR", header) + extra + data + chunk(b"IEND", b"")


@cache
def cases() -> list[Case]:
    """Make all of them."""
    page = draw("two", side=SIDE)
    good = {form: encoded(page, form) for form in ("PNG", "JPEG", "WEBP", "GIF", "BMP")}
    found = [
        *_cut(good),
        *_flipped(good),
        *_sizes(good),
        *_pngs(),
        *_bombs(),
        *_exif(page),
        *_mixed(good, page),
    ]
    names = [case.name for case in found]
    assert len(set(names)) == len(names)
    return found


def _cut(good: dict[str, bytes]) -> Iterator[Case]:
    for form, data in good.items():
        for share in (0.1, 0.5, 0.95):
            # What has come by then of a JPEG, GIF or WebP may be enough for a decoder.
            yield Case(f"{form} cut at {share:.0%}", data[: int(len(data) * share)], share > 0.9)
        yield Case(f"{form} of 4 bytes", data[:4])
        yield Case(f"{form} without its beginning", data[8:])
        yield Case(f"{form} with its end twice", data + data[-40:], True)


def _flipped(good: dict[str, bytes]) -> Iterator[Case]:
    for form, data in good.items():
        for at in (0.3, 0.6):
            broken = bytearray(data)
            start = int(len(data) * at)
            broken[start : start + 24] = b"\xff\0" * 12
            yield Case(f"{form} overwritten at {at:.0%}", bytes(broken), True, True)
        yield Case(f"{form} all zeros behind its head", data[:32] + bytes(len(data) - 32), True)


def _sizes(good: dict[str, bytes]) -> Iterator[Case]:
    """Sizes that lie, in each format's own place."""
    places = {"GIF": (6, "<HH"), "BMP": (18, "<ii")}
    for form, (at, layout) in places.items():
        for size in ((0, 0), (0, SIDE), (SIDE, 0), (SIDE * 4, SIDE * 4), (30_000, 30_000)):
            broken = bytearray(good[form])
            struct.pack_into(layout, broken, at, *size)
            # A GIF's page may be larger than its picture: then the rest is paper.
            yield Case(f"{form} of {size[0]}x{size[1]}", bytes(broken), form == "GIF" or size == (SIDE, 0))
    for size in ((0, 0), (0, SIDE), (SIDE, 0), (65_535, 65_535), (SIDE, 65_000)):
        broken = bytearray(good["JPEG"])
        at = broken.index(b"\xff\xc0") + 5
        struct.pack_into(">HH", broken, at, size[1], size[0])
        yield Case(f"JPEG of {size[0]}x{size[1]}", bytes(broken), size == (SIDE, 65_000))
    webp = bytearray(good["WEBP"])
    at = webp.index(b"\x9d\x01\x2a") + 3
    for size in ((0, 0), (16_383, 16_383)):
        struct.pack_into("<HH", webp, at, *size)
        yield Case(f"WebP of {size[0]}x{size[1]}", bytes(webp))
    struct.pack_into("<i", bmp := bytearray(good["BMP"]), 22, -SIDE)
    yield Case("BMP upside down", bytes(bmp), True, True)
    struct.pack_into("<i", bmp, 22, -(1 << 31))
    yield Case("BMP of minus two thousand million rows", bytes(bmp))
    struct.pack_into("<I", bmp := bytearray(good["BMP"]), 10, 1 << 31)
    yield Case("BMP with pixels beyond its end", bytes(bmp))
    struct.pack_into("<H", bmp := bytearray(good["BMP"]), 28, 7)
    yield Case("BMP of seven bits", bytes(bmp))


def _pngs() -> Iterator[Case]:
    grey = np.asarray(draw("two", side=SIDE, mode="L", paper=255, pen=0))
    rows = b"".join(b"\0" + row.tobytes() for row in grey)
    yield Case("PNG by hand", png(SIDE, SIDE, rows), True)
    yield Case("PNG of no width", png(0, SIDE, rows))
    yield Case("PNG of no height", png(SIDE, 0, rows))
    yield Case("PNG of negative width", png(1 << 31, SIDE, rows))
    yield Case("PNG of too few rows", png(SIDE, SIDE, rows[: len(rows) // 2]), True, True)
    yield Case("PNG of too many rows", png(SIDE, SIDE, rows * 2), True)
    yield Case("PNG of rows that are longer", png(SIDE // 2, SIDE, rows), True)
    yield Case("PNG of an unknown filter", png(SIDE, SIDE, b"\x09" + rows[1:]))
    yield Case("PNG of depth 3", png(SIDE, SIDE, rows, depth=3))
    yield Case("PNG of colour 5", png(SIDE, SIDE, rows, colour=5))
    yield Case("PNG of a palette that is missing", png(SIDE, SIDE, rows, colour=3), True)
    palette = chunk(b"PLTE", bytes(7))
    yield Case(
        "PNG of a palette of two colours and a third", png(SIDE, SIDE, rows, colour=3, extra=palette), True
    )
    huge = struct.pack(">I", 0x7FFFFFFF) + b"tEXt"
    yield Case("PNG with a chunk of 2 GB", png(SIDE, SIDE, rows, extra=huge))
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10_000_000), 1))
    yield Case("PNG with a bomb of text", png(SIDE, SIDE, rows, extra=text), True)
    profile = chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(10_000_000), 1))
    yield Case("PNG with a bomb of a profile", png(SIDE, SIDE, rows, extra=profile), True)
    yield Case(
        "PNG with a wrong checksum of a remark", png(SIDE, SIDE, rows, extra=chunk(b"tEXt", b"a\0b", 1)), True
    )
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(rows))
    yield Case("PNG with a wrong checksum of its head", PNG_START + chunk(b"IHDR", header, 1) + pixels)
    yield Case("PNG without a head", PNG_START + pixels)
    yield Case("PNG without pixels", PNG_START + chunk(b"IHDR", header) + chunk(b"IEND", b""))
    yield Case("PNG with a short head", PNG_START + chunk(b"IHDR", header[:5]) + pixels)
    many = b"".join(chunk(b"tEXt", b"k%d\0v" % number) for number in range(20_000))
    yield Case("PNG with twenty thousand remarks", png(SIDE, SIDE, rows, extra=many), True)
    frames = chunk(b"acTL", struct.pack(">II", 0xFFFFFFFF, 0))
    yield Case("PNG of four thousand million frames", png(SIDE, SIDE, rows, extra=frames), True)
    wide = b"".join(b"\0" + row.astype(">u2").tobytes() for row in grey.astype(np.uint16) * 257)
    yield Case("PNG of 16 bits", png(SIDE, SIDE, wide, depth=16), True)
    yield Case("PNG of half its 16 bits", png(SIDE, SIDE, wide[: len(wide) // 2], depth=16), True, True)


def _bombs() -> Iterator[Case]:
    """Small files that say they are huge, and small files that are."""
    flat = bytes(3_000_000)
    yield Case("PNG bomb", png(50_000, 50_000, flat))
    yield Case("PNG of 16 million pixels too few", png(4_096, 4_096, flat[:1000]))
    yield Case("PNG of one row of a million", png(1_000_000, 1, flat[:1_000_001]), True)
    yield Case("PNG of one column of a million", png(1, 1_000_000, flat[:2_000_000]), True)
    yield Case("PNG with more pixels than it says", png(8, 8, flat), True)
    for form in ("GIF", "WEBP", "JPEG"):
        file = io.BytesIO()
        Pillow.new("L", (4_200, 4_200)).save(file, form, quality=1, method=0)
        yield Case(f"{form} of 17 million pixels", file.getvalue())
    file = io.BytesIO()
    Pillow.new("1", (4_200, 4_200)).save(file, "BMP")
    yield Case("BMP of 17 million pixels", file.getvalue())


def _exif(page: Pillow.Image) -> Iterator[Case]:
    """Whatever is said of how the camera was held, the picture itself is good."""
    for name, orientation in (("nothing", 0), ("nine", 9), ("65535", 65_535)):
        exif = Pillow.Exif()
        exif[0x0112] = orientation
        yield Case(f"JPEG held {name}", encoded(page, "JPEG", exif=exif), True)
    for name, exif_data in (
        ("garbage", b"Exif\0\0" + b"\xde\xad\xbe\xef" * 20),
        ("half a head", b"Exif\0\0II*"),
        (
            "a list that points at itself",
            b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\x08\0\0\0",
        ),
        ("sixty thousand entries", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12"),
        ("text for a number", b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0abc\0\0\0\0\0"),
    ):
        yield Case(f"JPEG whose EXIF is {name}", encoded(page, "JPEG", exif=exif_data), True)
        yield Case(f"PNG whose EXIF is {name}", encoded(page, "PNG", exif=exif_data), True)


def _mixed(good: dict[str, bytes], page: Pillow.Image) -> Iterator[Case]:
    """Files that are two things, or another than they say."""
    yield Case("PNG and a ZIP behind it", good["PNG"] + archive([("a", b"b")]), True)
    yield Case("ZIP and a PNG behind it", archive([("a", b"b")]) + good["PNG"])
    yield Case("JPEG and HTML behind it", good["JPEG"] + b"<script>alert(1)</script>", True)
    yield Case("GIF that is JavaScript", b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)")
    yield Case("head of a PNG, body of a JPEG", good["PNG"][:33] + good["JPEG"])
    yield Case("WebP that says it is sound", good["WEBP"][:8] + b"WAVE" + good["WEBP"][12:])
    yield Case("PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj")
    yield Case("TIFF", encoded(page, "TIFF"))
    yield Case("PPM", encoded(page, "PPM"))
    yield Case("ICO", encoded(page, "ICO"))
    yield Case(
        "SVG that asks for a file",
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
    )
    yield Case("PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 60 60\n")
    yield Case("nothing but zeros", bytes(1000))
    yield Case("nothing but ones", b"\xff" * 1000)
    frames = [draw("two", side=SIDE), draw("three", side=SIDE), draw("four", side=SIDE)]
    for form in ("GIF", "WEBP", "PNG"):
        file = io.BytesIO()
        frames[0].save(file, form, save_all=True, append_images=frames[1:], duration=1)
        data = file.getvalue()
        yield Case(f"moving {form}", data, True)
        yield Case(f"moving {form} cut within its second frame", data[: int(len(data) * 0.6)], True)
