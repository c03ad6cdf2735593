"""Mutates pictures, frames, archives and forms, and checks that each is read or refused as a client is told.

    python -m tests.fuzz [--inputs 100000] [--seed 0]

Anything but an answer or a LiveError is a crash, more than 2 s a hang, and growing memory a leak. Prints how
many inputs of each kind were read and refused; ends with 1, and the input in hex, at the first failure.
"""

import argparse
import asyncio
import io
import json
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable

from msgspec.structs import replace

from live import parsing
from live.errors import LiveError
from live.pictures.archives import read_archive
from live.pictures.picture import read_file, read_grey
from live.settings import Settings
from live.uploads import receive
from tests.live.drawings import DRAWINGS, binary_ink
from tests.live.pages import archive, draw, encoded

LIMITS = replace(Settings().limits, points=1_000, strokes=50, picture_pixels=1 << 20)
MAX_S = 2.0
MAX_GROWTH_KB = 50_000
BOUNDARY = b"--b"
INTERESTING = (b"\0", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff")

Check = Callable[[bytes], object]


def seeds() -> dict[str, tuple[list[bytes], Check]]:
    """List what to begin with and what reads it, by kind."""
    page = draw(side=40)
    forms = [("PNG", {}), ("JPEG", {}), ("WEBP", {}), ("WEBP", {"lossless": True}), ("GIF", {}), ("BMP", {})]
    pictures = [encoded(page, form, **options) for form, options in forms]
    modes = ("1", "L", "LA", "P", "RGBA", "I;16")
    pictures += [encoded(page.convert("L").convert(mode)) for mode in modes]
    drawings = [[[(round(x), round(y)) for x, y in s] for s in strokes] for strokes in DRAWINGS.values()]
    ink = [binary_ink(strokes, seq) for seq, strokes in enumerate(drawings)]
    ink += [b"\2\1\0\0\0\0\0\0\0\0\0\0" + pictures[0], b"\2\0\x28\0\0\0\0\0\0\0\0\0" + bytes(1600)]
    texts = [json.dumps({"type": "ink", "seq": 1, "strokes": strokes}).encode() for strokes in drawings]
    texts.append(b'{"type":"configure","model":"classic","include":["input"]}')
    archives = [archive([("a/b.png", pictures[0]), ("c.jpg", pictures[1])])]
    head = b'\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\n'
    bodies = [BOUNDARY + head + pictures[0] + b"\r\n" + BOUNDARY + b"--\r\n"]
    return {
        "picture": (pictures, lambda data: read_file(data, LIMITS.picture_pixels)),
        "raw grey": ([b"\x28" + bytes(1600)], _read_grey),
        "binary frame": (ink, lambda data: parsing.decode(data, LIMITS)),
        "text frame": (texts, _decode_text),
        "body": (texts[:-1], lambda data: parsing.decode_body(data, LIMITS)),
        "archive": (archives, _read_archive),
        "form": (bodies, lambda data: asyncio.run(_receive(data))),
    }


SHARES = {
    "picture": 30, "raw grey": 3, "binary frame": 25, "text frame": 20, "body": 10, "archive": 8, "form": 4
}  # fmt: skip
"""Of all inputs, in per cent."""


def mutate(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """Change some bytes, cut, repeat, insert or splice, one to six times."""
    found = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(found) + 1)
        length = min(rng.choice((1, 1, 2, 4, 16, 200)), len(found) - at)
        change = rng.randrange(6)
        if change == 0 and at < len(found):
            found[at] ^= 1 << rng.randrange(8)
        elif change == 1:
            found[at : at + length] = rng.choice(INTERESTING)
        elif change == 2:
            del found[at : at + length]
        elif change == 3:
            found[at:at] = found[at : at + length]
        elif change == 4:
            found[at:at] = rng.randbytes(length)
        else:
            other = rng.choice(others)
            found[at:] = other[min(at, len(other)) :]
    return bytes(found[:65_536])


def fuzz(inputs: int, seed: int) -> Counter[tuple[str, str]]:
    """Try so many inputs; return how many of each kind were read and refused. Raises AssertionError."""
    rng = random.Random(seed)
    kinds = seeds()
    for corpus, check in kinds.values():
        for data in corpus:
            check(data)
    told: Counter[tuple[str, str]] = Counter()
    before_kb = 0
    for number in range(inputs):
        if number == inputs // 5:
            before_kb = _memory_kb()
        [kind] = rng.choices(list(SHARES), list(SHARES.values()))
        corpus, check = kinds[kind]
        data = mutate(rng.choice(corpus), rng, corpus)
        began = time.process_time()
        try:
            check(data)
            told[kind, "read"] += 1
        except LiveError:
            told[kind, "refused"] += 1
        except Exception as error:
            raise AssertionError(f"{kind}: {error!r} from {data.hex()}") from error
        seconds = time.process_time() - began
        assert seconds < MAX_S, f"{kind}: {seconds:.1f} s for {data.hex()}"
    growth = _memory_kb() - before_kb
    assert growth < MAX_GROWTH_KB, f"memory grew by {growth} kB"
    return told


def _decode_text(data: bytes) -> object:
    return parsing.decode(data.decode(errors="replace"), LIMITS)


def _read_grey(data: bytes) -> object:
    return read_grey(data[1:], data[0] if data else 0, LIMITS.picture_pixels)


def _read_archive(data: bytes) -> object:
    return list(read_archive(io.BytesIO(data), 0, len(data), 1 << 20, 100))


async def _receive(data: bytes) -> object:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 500):
            yield data[start : start + 500]

    upload = await receive(chunks(), "multipart/form-data; boundary=b", 1 << 20, 10)
    upload.close()
    return upload.parts


def _memory_kb() -> int:
    """Return the most memory that was ever in use: it stops rising, unless something leaks."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Fuzz, and print what came of it."""
    parser = argparse.ArgumentParser(description="Feed mutated input to everything that reads any.")
    parser.add_argument("--inputs", type=int, default=100_000, help="how many (default: 100000)")
    parser.add_argument("--seed", type=int, default=0, help="another one, other inputs (default: 0)")
    options = parser.parse_args()
    began = time.perf_counter()
    try:
        told = fuzz(options.inputs, options.seed)
    except AssertionError as failure:
        print(failure)
        sys.exit(1)
    for kind in SHARES:
        print(f"{kind:14}{told[kind, 'read']:7} read {told[kind, 'refused']:7} refused")
    print(f"{options.inputs} inputs, no crash, hang or leak, in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
