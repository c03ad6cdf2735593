"""Real pens: every digit of UNIPEN's training donors, as binary ink through a real websocket."""

from pathlib import Path

import numpy as np
import pytest

from tests.bench.pens import binary_ink, read_through_socket
from tests.conftest import SHARED_DATA, RunningServer
from trainer import unipen

UNIPEN = SHARED_DATA / "unipen" / "train_r01_v07-train-donors.tar.gz"


@pytest.fixture(scope="module")
def pens() -> list[unipen.Sample]:
    if not Path(UNIPEN).exists():
        pytest.skip("needs UNIPEN, which is not part of the project")
    return unipen.read(UNIPEN).samples


async def test_real_pen_digits_are_read_at_their_last_point(
    server: RunningServer, pens: list[unipen.Sample]
) -> None:
    assert len(pens) == 12_494
    found = await read_through_socket(server, [sample.ink for sample in pens], binary_ink, "classic")
    labels = [int(sample.label) for sample in pens]
    assert np.mean(found.digits == labels) >= 0.95
