"""Models apart: what leaves the process, and what comes of it."""

import asyncio

import numpy as np
import pytest

from live import apart, recogniser
from live.errors import Internal
from live.ink import from_strokes
from live.inquiry import Inquiry
from live.messages import Snapshot
from live.service import Service
from live.settings import WEIGHTS, Settings
from live.verdict import Scores
from tests.live.drawings import DRAWINGS


class Elsewhere:
    """Models behind the seam, as another process has them."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[int, ...], np.dtype[np.uint8]]] = []
        self.is_gone = False
        self._scores = {
            card.name: recogniser.load(card, WEIGHTS, "litert").scores
            for card in recogniser.find_cards(WEIGHTS)
        }

    async def predict(self, model: str, images: apart.Bytes) -> Scores:
        self.asked.append((model, images.shape, images.dtype))
        if self.is_gone:
            raise ConnectionError
        return self._scores[model](apart.from_bytes(images))


async def test_a_server_may_have_its_models_elsewhere(caplog: pytest.LogCaptureFixture) -> None:
    elsewhere = Elsewhere()
    load = apart.load_apart(elsewhere.predict, asyncio.get_running_loop())
    service = Service(Settings(model="classic"), load=load)
    running = asyncio.create_task(service.run())
    await service.until_ready()
    elsewhere.asked.clear()
    snapshots = [Snapshot(0, 0, from_strokes(DRAWINGS[name])) for name in ("seven", "two", "five")]
    asking = [Inquiry(service, snapshot, "compact", ()).ask() for snapshot in snapshots]
    assert [answer.digit for answer in await asyncio.gather(*asking)] == [7, 2, 5]
    assert {(model, kind) for model, _, kind in elsewhere.asked} == {("compact", np.dtype(np.uint8))}
    # The first goes alone, the others wait for it and go together.
    assert [shape for _, shape, _ in elsewhere.asked] in ([(1, 28, 28), (2, 28, 28)], [(3, 28, 28)])
    elsewhere.is_gone = True
    with pytest.raises(Internal):
        await Inquiry(service, snapshots[0], "compact", ()).ask()
    elsewhere.is_gone = False
    assert (await Inquiry(service, snapshots[0], "compact", ()).ask()).digit == 7
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_greys_come_back_as_they_went() -> None:
    images = np.random.default_rng(0).random((5, 28, 28), dtype=np.float32)
    back = apart.from_bytes(apart.to_bytes(images))
    assert back.dtype == np.float32
    assert np.abs(back - images).max() <= 0.5 / 255 + 1e-6
