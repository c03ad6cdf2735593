"""Mutates pictures, frames, archives and forms, and checks that each is read or refused as a client is told.

    python -m tests.fuzz [--inputs 100000] [--seed 0]

Anything but a right answer or a LiveError is a crash, more than 2 s a hang, and growing memory a leak. Prints
how many inputs of each kind were read, and refused for being too large or otherwise wrong; ends with 1, and
the input in hex, at the first failure.
"""

import argparse
import contextlib
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator

from live.errors import LiveError, TooLarge
from tests.fuzz.kinds import SHARES, Kind, kinds

MAX_S = 2.0
MAX_GROWTH_KB = 50_000
INTERESTING = (b"\0", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff")


class TooLong(BaseException):
    """It takes too long; no Exception, so that what reads can't take it for a fault of its own."""


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
    """Try so many inputs; return how many of each kind came to what. Raises AssertionError."""
    rng = random.Random(seed)
    known = kinds()
    for name, kind in known.items():
        for data in kind.examples:
            found = attempt(name, kind, data)
            assert found == "read", f"{name}: {found}, {data.hex()}"
        for data in kind.excesses:
            found = attempt(name, kind, data)
            assert found == "too large", f"{name}: {found} and not too large, {data.hex()}"
    told: Counter[tuple[str, str]] = Counter()
    before_kb = 0
    for number in range(inputs):
        if number == inputs // 5:
            before_kb = _memory_kb()
        [name] = rng.choices(list(SHARES), list(SHARES.values()))
        corpus = known[name].examples + known[name].excesses
        told[name, attempt(name, known[name], mutate(rng.choice(corpus), rng, corpus))] += 1
    growth = _memory_kb() - before_kb
    assert growth < MAX_GROWTH_KB, f"memory grew by {growth} kB"
    return told


def attempt(name: str, kind: Kind, data: bytes, max_s: float = MAX_S) -> str:
    """Have an input read; return "read", "refused" or "too large". Raises AssertionError with the input."""
    try:
        with _alarm(max_s):
            kind.read(data)
    except TooLarge:
        return "too large"
    except LiveError:
        return "refused"
    except TooLong:
        raise AssertionError(f"{name}: more than {max_s} s for {data.hex()}") from None
    except Exception as error:
        raise AssertionError(f"{name}: {error!r} from {data.hex()}") from error
    return "read"


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise TooLong after so long, by the clock on the wall: who sleeps takes no processor time."""

    def ring(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


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
    for name in SHARES:
        each = (f"{told[name, what]:7} {what}" for what in ("read", "refused", "too large"))
        print(f"{name:14}{''.join(each)}")
    print(f"{options.inputs} inputs, no crash, hang or leak, in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
