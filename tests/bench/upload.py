"""A ZIP of ten thousand pictures: what those who draw notice of it."""

import http.client
import io
import json
import random
import threading
import time
import urllib.request
import zipfile

from tests.bench.bench import Bench
from tests.bench.table import latency, ms
from tests.live.drawings import DRAWINGS
from tests.live.pages import draw, encoded

PAGES = 50
"""Pictures that differ; the ZIP repeats them."""
SESSIONS = 64
SHARE = 0.3
"""Of the capacity, that those who draw use."""
TIMES = 2.0
"""So much longer may they wait beside an upload."""


def measure(bench: Bench) -> None:
    """Measure the latency of those who draw alone, beside an upload, and alone again."""
    pictures = 1_000 if bench.is_quick else 10_000
    with bench.target() as target:
        bench.table.note("those who draw, alone")
        before = bench.open_loop(target, SHARE, SESSIONS).latency
        with Upload(f"{target.server.url}v1/batch", zipped(pictures)) as upload:
            upload.has_begun.wait(30)
            bench.table.note(f"those who draw, beside a ZIP of {pictures:,} pictures")
            beside = bench.open_loop(target, SHARE, SESSIONS).latency
            lasted = upload.is_running
        after = bench.open_loop(target, SHARE, SESSIONS).latency
    alone_ms = ((before.at(99) or 0.0) + (after.at(99) or 0.0)) / 2
    ratio = (beside.at(99) or float("inf")) / alone_ms
    bench.table.head(
        f"Beside a ZIP of {pictures:,} pictures: {SESSIONS} sessions, {SHARE:.0%} of the capacity"
    )
    add = bench.table.add
    add("latency alone, before", latency(before.percentiles))
    add("latency beside the ZIP", latency(beside.percentiles))
    add("latency alone, after", latency(after.percentiles))
    add("p99 beside it ÷ alone", f"{ratio:.2f}", f"≤ {TIMES:g} × {ms(alone_ms)}", ratio <= TIMES)
    add("the ZIP ran all the while", str(lasted).lower(), "true", lasted)
    done = f"{upload.answered:,} answered, {upload.answered / upload.seconds:.0f}/s {upload.fault}".strip()
    add("its pictures", done, f"{pictures:,}", upload.answered == pictures)


def zipped(pictures: int) -> bytes:
    """Zip digits on pages of 280×280."""
    rng = random.Random(0)
    names = list(DRAWINGS)
    sizes = [rng.uniform(0.3, 0.9) for _ in range(PAGES)]
    pages = [encoded(draw(rng.choice(names), at=(0.05, 0.05), size=size)) for size in sizes]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(pictures):
            archive.writestr(f"{number}.png", pages[number % PAGES])
    return file.getvalue()


class Upload:
    """Uploads a ZIP and reads its lines in a thread of its own; on leaving, waits for the last."""

    def __init__(self, url: str, contents: bytes) -> None:
        self.answered = 0
        self.seconds = 0.0
        self.fault = ""
        """Why no more came."""
        self.has_begun = threading.Event()
        self._request = urllib.request.Request(url, contents, {"Content-Type": "application/zip"})
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether lines are still coming."""
        return self._thread.is_alive()

    def __enter__(self) -> "Upload":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if not kind:
            self._thread.join()

    def _run(self) -> None:
        began = time.perf_counter()
        try:
            with urllib.request.urlopen(self._request, timeout=120) as response:
                for line in response:
                    self.answered += "digit" in json.loads(line)
                    self.has_begun.set()
        except (OSError, http.client.HTTPException) as error:
            self.fault = str(error)
        self.seconds = time.perf_counter() - began
        self.has_begun.set()
