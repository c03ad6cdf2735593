"""What an answer costs the server, what it would have to cost at least, and where it goes."""

from statistics import median

from tests.bench.anatomy import dissect
from tests.bench.bench import Bench
from tests.bench.echo import running_echo
from tests.bench.model import run_alone

ROUNDS = 5
"""Everything is measured in turns, so that a busy moment of the machine touches all alike; and what is
compared is compared turn by turn."""
TURN_S = 2
BATCH = 32
SESSIONS = 64


def measure(bench: Bench) -> None:
    """Compare processor time an answer with the floor: an echo and the model, in the same run."""
    turns = _measure_in_turns(bench)
    found = {name: median(turn[name] for turn in turns) for name in turns[0]}
    ours, echo, model = found["ours"], found["echo"], found["bare model"]
    times = median(turn["ours"] / (turn["echo"] + turn["bare model"]) for turn in turns)
    as_json = median(turn["json"] / turn["ours"] for turn in turns)
    bench.table.head(
        f"What an answer costs: `{bench.model}`, one process, {SESSIONS} sessions in a closed loop"
    )
    add = bench.table.add
    add("server processor time an answer", f"{ours:.0f} µs")
    add("floor: bare uvicorn echo, a message", f"{echo:.1f} µs")
    add(f"floor: bare model, an image in a batch of {BATCH}", f"{model:.1f} µs")
    add("answer ÷ floor", f"{times:.2f}", "≤ 2.0", times <= 2)
    add("answers a second and core", f"{1e6 / ours:,.0f}", "about 10,000", 1e6 / ours >= 9_500)
    add("answers a second, as measured beside the tester", f"{found['rate']:,.0f}")
    add("snapshots predicted together, in the mean", f"{found['batch']:.0f}")
    add("JSON ink ÷ binary ink", f"{as_json:.2f}", "≤ 1.5", as_json <= 1.5)
    for step in ("parse", "render", "model", "judge", "encode"):
        add(f"where it goes: {step}", f"{found[step]:.1f} µs")
        ours -= found[step]
    add("where it goes: socket and uvicorn (the echo)", f"{echo:.1f} µs")
    add("where it goes: sessions, queue, tasks, threads", f"{ours - echo:.1f} µs")


def _measure_in_turns(bench: Bench) -> list[dict[str, float]]:
    """Return, of each turn, µs of processor time an answer; and the rate, in answers a second."""
    rounds = 2 if bench.is_quick else ROUNDS
    images = bench.images(BATCH)
    turns = []
    with bench.target() as target, running_echo() as echo:
        bench.load(target, sessions=SESSIONS, seconds=1)
        for turn in range(rounds):
            bench.table.note(f"cost, turn {turn + 1} of {rounds}")
            echoed = echo.drive(bench.frames, SESSIONS, TURN_S)
            ours = bench.load(target, sessions=SESSIONS, seconds=TURN_S)
            modelled = run_alone(bench.model, images, TURN_S / 2)
            as_json = bench.load(target, sessions=SESSIONS, seconds=TURN_S, is_json=True)
            turns.append(
                {
                    "ours": ours.cpu_us_per_answer or 0.0,
                    "rate": ours.answers_per_s,
                    "batch": ours.batch or 0.0,
                    "json": as_json.cpu_us_per_answer or 0.0,
                    "echo": echoed.cpu_us,
                    "bare model": modelled.cpu_us,
                    **dissect(bench.model, bench.frames, BATCH, TURN_S / 2),
                }
            )
    return turns
