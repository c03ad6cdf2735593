"""The acts: what is done to a scene while a crowd draws; each returns what is worth a note."""

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import httpx

from tests.chaos import network
from tests.chaos.clients import Misbehave
from tests.chaos.crowd import Crowd, Habits, Phase
from tests.chaos.scene import Scene
from tests.conftest import ROOT
from tests.live.pages import draw, encoded
from tests.wire import NO_FRAME

SECONDS = 5.0
"""How long clients misbehave."""
_STOPPED_S = 10.0
_REST_S = 1.0
_LOOK_S = 0.5
_SPARE_FILES = 10
_FAR = 20
_GIVEN_UP_S = 90.0
"""A ping every 20 s, and 20 s for its answer; 30 s for what was sent."""

Act = Callable[[Scene], str]


def misbehaving(misbehave: Misbehave, codes: Sequence[int]) -> Act:
    """Make an act of clients, in a process that gives way; codes: that the server is to close them with."""

    def act(scene: Scene) -> str:
        place = (scene.server.host, str(scene.server.port))
        command = [sys.executable, "-m", "tests.chaos.clients", misbehave.__name__, *place, str(SECONDS)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            _have_give_way(process.pid)
            try:
                told, _ = process.communicate(timeout=10 * SECONDS)
            finally:
                process.kill()
        assert process.returncode == 0, f"Expected clients to {misbehave.__name__}, but they failed"
        return tell_closes({int(code): count for code, count in json.loads(told).items()}, codes)

    return act


def tell_closes(closes: dict[int, int], codes: Sequence[int]) -> str:
    """Tell what misbehaving clients were closed with, beside the codes that they are to be closed with."""
    # Who still sends when it is closed may be reset before it has read with what.
    with_a_word = set(closes) - {NO_FRAME}
    note = f"closed with {closes}" if closes or codes else ""
    return marked(note, with_a_word <= set(codes) and bool(with_a_word) == bool(codes))


def restart(scene: Scene) -> str:
    """Stop it as an operator does."""
    code = scene.restart(signal.SIGTERM)
    return marked(f"exit code {code}", code == 0)


def kill(scene: Scene) -> str:
    """Stop it as a power cut does."""
    code = scene.restart(signal.SIGKILL)
    return marked(f"exit code {code}", code == -signal.SIGKILL)


def freeze(scene: Scene) -> str:
    """Stop the process, and have it go on as if nothing had been."""
    scene.server.process.send_signal(signal.SIGSTOP)
    time.sleep(_STOPPED_S)
    scene.server.process.send_signal(signal.SIGCONT)
    return _settled(scene)


def sabotaged(word: str) -> Act:
    """Make an act of a batch that goes wrong."""

    def act(scene: Scene) -> str:
        before = scene.process.num_threads()
        scene.sabotage(word)
        note = ""
        if word in ("exit", "hang"):
            unready_s = scene.wait_until("stuck" if word == "hang" else "503", 8)
            back_s = scene.wait_until("200", 30)
            note = f"`/readyz` said so after {unready_s or 0:.1f} s, until {back_s or 0:.1f} s later"
            if unready_s is None or back_s is None:
                note = "**`/readyz` did not tell the truth**"
        time.sleep(_REST_S)
        after = scene.process.num_threads()
        return f"{note}{'; ' if note else ''}threads {before} → {after}"

    return act


def end_threads(scene: Scene) -> str:
    """Have the predict thread end until the server does, and start another."""
    scene.end_threads()
    code = scene.server.process.wait(timeout=30)
    scene.restart(signal.SIGTERM)
    return marked(f"exit code {code}", code == 1)


def exhaust_files(scene: Scene) -> str:
    """Leave the server no file to open, and connect."""
    pid, used = scene.server.process.pid, scene.process.num_fds()
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + _SPARE_FILES, before[1]))

    async def connect() -> int:
        opened = [
            await asyncio.open_connection(scene.server.host, scene.server.port)
            for _ in range(10 * _SPARE_FILES)
        ]
        await asyncio.sleep(SECONDS)
        for _, writer in opened:
            writer.transport.abort()
        return len(opened)

    asyncio.run(connect())
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    return _settled(scene)


def fill_disk(scene: Scene) -> str:
    """Leave an upload no room."""
    pid = scene.server.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1 << 21, before[1]))
    refused = httpx.post(f"{scene.server.url}v1/batch", content=b"x" * (1 << 23), timeout=30)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    return marked(f"the upload got {refused.status_code}", refused.status_code == 503)


def kill_decoder(scene: Scene) -> str:
    """Kill the process that decodes pictures, and send one."""
    picture = encoded(draw("six"), "PNG")
    url = f"{scene.server.url}v1/predict"
    told: list[int] = []
    for _ in range(5):
        told.append(httpx.post(url, content=picture, timeout=30).status_code)
        for child in scene.process.children():
            child.kill()
    read = told.count(200)
    note = f"{read} of {len(told)} pictures read, each after the last one's decoder was killed"
    return marked(note, read == len(told))


def kill_worker(scene: Scene) -> str:
    """Kill one of the workers as the kernel does when memory is short."""
    workers = scene.server.worker_pids()
    os.kill(min(workers), signal.SIGKILL)
    back_s = scene.wait_until("200", 30)
    return f"{len(workers)} workers; ready after {back_s:.1f} s" if back_s is not None else "**not ready**"


def hang_worker(scene: Scene) -> str:
    """Stop one of the workers for good, as one that waits for a disk that does not answer."""
    workers = scene.server.worker_pids()
    hung = min(workers)
    os.kill(hung, signal.SIGSTOP)
    gone_s = _wait(lambda: hung not in scene.server.worker_pids(), _GIVEN_UP_S)
    is_back = _wait(lambda: len(scene.server.worker_pids()) == len(workers), _GIVEN_UP_S) is not None
    if gone_s is None or not is_back:
        return "**not replaced**"
    return f"killed after {gone_s:.0f} s, and replaced"


def let_pass(_: Scene) -> str:
    """Do nothing: the scene itself is the fault."""
    time.sleep(SECONDS)
    return ""


def cut_network(seconds: float | None) -> Act:
    """Make an act of a cable that is cut between some and the server, for so long, or until given up."""

    def act(scene: Scene) -> str:
        with network.apart() as name, Crowd(Habits(_far_url(scene), _FAR, network=name)) as far:
            _wait(lambda: far.look().answering == _FAR, _GIVEN_UP_S)
            sessions = scene.sessions
            network.cut()
            given_up_s = _wait(lambda: scene.sessions <= sessions - _FAR, seconds or _GIVEN_UP_S)
            phases: list[Phase] = [far.look()]
            network.mend()

            def are_back() -> bool:
                phases.append(far.look())
                return phases[-1].answering == _FAR

            back_s = _wait(are_back, _GIVEN_UP_S)
            seen = sum((phase.seen for phase in phases), start=far.look(is_last=True).seen)
        note = f"{_FAR} cut off: "
        if given_up_s is not None:
            note += f"given up after {given_up_s:.0f} s, "
        note += f"closed {dict(seen.closes)}, all drew on {back_s or 0:.1f} s after it was mended"
        if seconds is not None:
            is_fine = back_s is not None and not (given_up_s or seen.closes or seen.broken)
        else:
            # Who was given up could not be told.
            is_fine = back_s is not None and given_up_s is not None
        return note if is_fine else f"**{note}, broken: {dict(seen.broken)}**"

    return act


def marked(note: str, is_kept: bool) -> str:
    """Mark a note that tells of a broken promise, for a table and for who looks for one."""
    return note if is_kept else f"**{note}**"


def _have_give_way(pid: int) -> None:
    """Have a process run only where nobody else would: harm comes from machines of its own, elsewhere."""
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.setpriority(os.PRIO_PROCESS, pid, 19)


def _far_url(scene: Scene) -> str:
    return f"ws://{network.OUR_ADDRESS}:{scene.server.port}/v1/live"


def _wait(is_so: Callable[[], bool], seconds: float) -> float | None:
    """Wait until it is so; return how long that took, if it did."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if is_so():
            return time.monotonic() - began
        time.sleep(_LOOK_S)
    return None


def _settled(scene: Scene) -> str:
    """Say whether it is ready."""
    back_s = scene.wait_until("200", 30)
    return "ready" if back_s is not None else "**not ready**"
