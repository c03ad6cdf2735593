"""Real pens: every digit of writers whom no model has seen, as binary ink through a real websocket."""

from pathlib import Path

import numpy as np
import pytest

from tests.bench.pens import binary_ink, read_through_socket
from tests.conftest import SHARED_DATA, RunningServer
from trainer import unipen
from trainer.datasets import read_pens

UNIPEN = SHARED_DATA / "unipen" / "train_r01_v07-train-donors.tar.gz"


@pytest.fixture(scope="module")
def pens() -> list[unipen.Sample]:
    if not Path(UNIPEN).exists():
        pytest.skip("needs UNIPEN, which is not part of the project")
    return read_pens(UNIPEN).validation


@pytest.mark.parametrize(
    ("model", "least"), [("compact", 0.99), ("large", 0.99), ("classic", 0.98), ("mlp", 0.98)]
)
async def test_real_pen_digits_are_read_at_their_last_point(
    server: RunningServer, pens: list[unipen.Sample], model: str, least: float
) -> None:
    assert len(pens) == 2_011
    found = await read_through_socket(server, [sample.ink for sample in pens], binary_ink, model)
    labels = [int(sample.label) for sample in pens]
    assert np.mean(found.digits == labels) >= least
