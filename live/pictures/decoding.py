"""The decoding process: pictures in on its standard input, images out on its standard output.

    python -m live.pictures.decoding [bulk]          started, fed and ended by decoder.py alone

Request: u32 length, u32 width (0: an encoded file), u64 most pixels, then the bytes. Reply: u8 status (0
done, else an index into `FAULTS` plus one), u32 length, then the image as float32 or the message.
Little-endian.
"""

import contextlib
import io
import os
import sys
from struct import Struct

from live.deaf import leave_signals_to_the_server
from live.errors import BadPicture, LiveError, TooLarge

REQUEST = Struct("<IIQ")
REPLY = Struct("<BI")
FAULTS: tuple[type[LiveError], ...] = (BadPicture, TooLarge)

BULK = "bulk"
"""The argument of a process that decodes what nobody watches."""
_NICENESS, _BULK_NICENESS = 5, 15
_MAX_MEMORY = 1 << 30
"""Bytes of address space: a process that had read 16 million pixels with transparency had used 0.6 GB."""


def main() -> None:
    """Answer requests one by one until the input ends."""
    leave_signals_to_the_server()
    _take_less_than_the_server()
    _warm_up()
    if sys.argv[1:] == [BULK]:
        _step_back()
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    while header := requests.read(REQUEST.size):
        length, width, max_pixels = REQUEST.unpack(header)
        status, payload = _answer(requests.read(length), width, max_pixels)
        replies.write(REPLY.pack(status, len(payload)) + payload)
        replies.flush()
    # What the interpreter does at its end can take a minute of a process that has stepped back.
    os._exit(0)


def _answer(data: bytes, width: int, max_pixels: int) -> tuple[int, bytes]:
    from live.pictures.picture import read_file, read_grey

    try:
        image = read_grey(data, width, max_pixels) if width else read_file(data, max_pixels)
    except MemoryError:
        return 1 + FAULTS.index(TooLarge), b"Expected a picture that fits into a gibibyte of memory"
    except FAULTS as fault:
        return 1 + FAULTS.index(type(fault)), fault.message.encode()
    return 0, image.tobytes()


def _warm_up() -> None:
    """Read a bar, so that all that reading takes is imported.

    Left to the first picture, after stepping back and with every core taken, it took a minute.
    """
    from PIL import Image

    bar, file = Image.new("L", (32, 32), 255), io.BytesIO()
    bar.paste(0, (12, 4, 20, 28))
    bar.save(file, "GIF")
    _answer(file.getvalue(), 0, bar.width * bar.height)


def _take_less_than_the_server() -> None:
    """Take less of the processor than those who draw, and no more than a share of the memory."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))


def _step_back() -> None:
    """Leave the processor to everybody else.

    Linux lets a process that is only nice finish its slice, for some milliseconds, before whoever woke up;
    one that is idle by policy it interrupts at once. Beside a ZIP of a thousand pictures the p99 of those who
    draw was 2.1 times what it is alone, and is 1.3 times that; but where no processor rests, a picture waits.
    """
    if hasattr(os, "nice"):
        os.nice(_BULK_NICENESS - _NICENESS)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


if __name__ == "__main__":
    main()
