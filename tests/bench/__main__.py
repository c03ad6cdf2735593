"""The bench: measures everything that the README claims about speed, and says whether the goals are met.

    python -m tests.bench [--quick] [--model NAME] [--ink FILE | --unipen FOLDER-OR-TAR.GZ] [PART …]

Starts every server itself, on the loopback, and stops by itself after some minutes. Numbers of a busy machine
are worth little: what is compared is measured in the same run, and processor time rather than wall time
wherever that will do. Exit code 1 when a goal is missed, 130 when stopped.
"""

import argparse
import platform
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from live import ink_file
from live.files_limit import raise_file_limit
from live.ink_file import EXAMPLES, Drawing
from live.recogniser import PREFERRED_MODEL, find_cards
from live.settings import WEIGHTS
from tests.bench import browser, capacity, cost, crowd, explaining, flood, start, upload, waiting, workers
from tests.bench.bench import Bench
from tests.command import add_parts, run
from trainer import unipen

PARTS = {
    "start": start.measure,
    "cost": cost.measure,
    "latency": waiting.measure,
    "flood": flood.measure,
    "upload": upload.measure,
    "crowd": crowd.measure,
    "workers": workers.measure,
    "capacity": capacity.measure,
    "explaining": explaining.measure,
    "page": browser.measure,
}


def main() -> int:
    """Measure; return 1 when a goal is missed."""
    options = _options()
    raise_file_limit()
    with tempfile.TemporaryDirectory() as folder:
        ink = options.ink
        if options.unipen:
            ink = Path(folder) / "unipen.json"
            ink_file.write(ink, _median_drawings(options.unipen))
        bench = Bench(options.model, ink, seconds=3 if options.quick else 10, is_quick=options.quick)
        _describe(bench, options.unipen)
        for measure in options.parts:
            measure(bench)
    missed = bench.table.missed
    print(f"\nMissed: {'; '.join(line.what for line in missed)}." if missed else "\nEvery goal met.")
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    models = [card.name for card in find_cards(WEIGHTS)]
    default = PREFERRED_MODEL if PREFERRED_MODEL in models else models[0]
    parser = argparse.ArgumentParser(
        "python -m tests.bench", description="Measure what the README claims about speed."
    )
    add_parts(parser, PARTS)
    parser.add_argument("--model", choices=models, default=default, help=f"which model (default: {default})")
    parser.add_argument("--quick", action="store_true", help="measure briefly: to see that it works")
    ink = parser.add_mutually_exclusive_group()
    ink.add_argument(
        "--ink", type=Path, default=EXAMPLES, metavar="FILE", help="file of drawings (default: our own)"
    )
    ink.add_argument(
        "--unipen", type=Path, metavar="PATH", help="UNIPEN: its digits of about the median length"
    )
    return parser.parse_args()


def _median_drawings(path: Path, count: int = 500) -> list[Drawing]:
    """Take digits of UNIPEN whose number of points is near the median."""
    samples = sorted(unipen.read(path).samples, key=lambda sample: len(sample.ink.points))
    middle = len(samples) // 2
    near = samples[max(middle - count // 2, 0) : middle + count // 2]
    strokes = [np.split(sample.ink.points, np.cumsum(sample.ink.counts)[:-1]) for sample in near]
    return [
        Drawing([stroke.tolist() for stroke in drawn], str(sample.label))
        for sample, drawn in zip(near, strokes, strict=True)
    ]


def _describe(bench: Bench, is_unipen: bool) -> None:
    sizes = sorted(len(frame) for frame in bench.frames)
    what = "UNIPEN digits of median length" if is_unipen else f"drawings of {bench.ink.name}"
    print(f"{time.strftime('%Y-%m-%d')}, {platform.processor() or platform.machine()}, ", end="")
    print(
        f"{psutil.cpu_count()} cores, load {psutil.getloadavg()[0]:.1f}; Python {platform.python_version()}"
    )
    print(f"{what}: {len(sizes)}, of {sizes[len(sizes) // 2]} bytes as binary ink (median)")


if __name__ == "__main__":
    run(main)
