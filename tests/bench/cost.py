"""What an answer costs the server, what it would have to cost at least, and where it goes."""

from collections import defaultdict
from statistics import median

from tests.bench.anatomy import dissect
from tests.bench.bench import Bench
from tests.bench.echo import running_echo
from tests.bench.model import run_alone

ROUNDS = 3
"""Everything is measured in turns, so that a busy moment of the machine touches all alike."""
BATCH = 32
SESSIONS = 64


def measure(bench: Bench) -> None:
    """Compare processor time an answer with the floor: an echo and the model, in the same run."""
    found = _measure_in_turns(bench)
    ours, echo, model = found["ours"], found["echo"], found["bare model"]
    floor = echo + model
    bench.table.head(
        f"What an answer costs: `{bench.model}`, one process, {SESSIONS} sessions in a closed loop"
    )
    add = bench.table.add
    add("server processor time an answer", f"{ours:.0f} µs")
    add("floor: bare uvicorn echo, a message", f"{echo:.1f} µs")
    add(f"floor: bare model, an image in a batch of {BATCH}", f"{model:.1f} µs")
    add("answer ÷ floor", f"{ours / floor:.2f}", "≤ 2.0", ours / floor <= 2)
    add("answers a second and core", f"{1e6 / ours:,.0f}", "about 10,000", 1e6 / ours >= 9_500)
    add("answers a second, as measured beside the tester", f"{found['rate']:,.0f}")
    add("JSON ink ÷ binary ink", f"{found['json'] / ours:.2f}", "≤ 1.5", found["json"] / ours <= 1.5)
    for step in ("parse", "render", "model", "judge", "encode"):
        add(f"where it goes: {step}", f"{found[step]:.1f} µs")
        ours -= found[step]
    add("where it goes: socket and uvicorn (the echo)", f"{echo:.1f} µs")
    add("where it goes: sessions, queue, tasks, threads", f"{ours - echo:.1f} µs")


def _measure_in_turns(bench: Bench) -> dict[str, float]:
    """Return medians, in µs of processor time an answer; and the rate, in answers a second."""
    seconds = max(bench.seconds // ROUNDS, 1)
    found: defaultdict[str, list[float]] = defaultdict(list)
    images = bench.images(BATCH)
    with bench.target() as target, running_echo() as echo:
        bench.load(target, sessions=SESSIONS, seconds=1)
        for turn in range(ROUNDS):
            bench.table.note(f"cost, turn {turn + 1} of {ROUNDS}")
            found["echo"].append(echo.drive(bench.frames, SESSIONS, seconds).cpu_us)
            found["bare model"].append(run_alone(bench.model, images, seconds / 2).cpu_us)
            report = bench.load(target, sessions=SESSIONS, seconds=seconds)
            found["ours"].append(report.cpu_us_per_answer or 0.0)
            found["rate"].append(report.answers_per_s)
            report = bench.load(target, sessions=SESSIONS, seconds=seconds, is_json=True)
            found["json"].append(report.cpu_us_per_answer or 0.0)
            for step, cpu_us in dissect(bench.model, bench.frames, BATCH, seconds / 2).items():
                found[step].append(cpu_us)
    return {name: median(values) for name, values in found.items()}
