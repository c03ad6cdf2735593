"""The books that fuzz keeps beside a session know a broken promise from one that is kept."""

import json
from base64 import b64encode
from typing import Any

import pytest

from tests.chaos.promises import Books, Broken, Configuration, Sent

MLP = Configuration("mlp", ["input"])
INPUT = b64encode(bytes(784)).decode()
SEVEN = [0.01] * 7 + [0.91, 0.01, 0.01]
PREDICTION: dict[str, Any] = {
    "type": "prediction", "seq": 0, "rev": 0, "model": "compact", "verdict": "digit", "digit": 7,
    "confidence": 0.91, "probabilities": SEVEN, "dropped": 0,
}  # fmt: skip


def books(*before: Configuration, after: tuple[Configuration, ...] = ()) -> Books:
    """Keep books of a session that sent a snapshot, having configured before, and again after it."""
    found = Books(received=1)
    found.configurations += before
    found.valid[0] = Sent(0, len(before))
    found.configurations += after
    return found


def take(kept: Books, **changed: Any) -> None:
    kept.take(json.dumps(PREDICTION | changed).encode())


def test_a_right_prediction_settles_its_snapshot() -> None:
    kept = books()
    take(kept)
    assert kept.is_settled
    kept.check()


@pytest.mark.parametrize(
    "changed",
    [
        {"probabilities": [0.2] * 5, "confidence": 0.2, "digit": 0},
        {"probabilities": [1.2, -0.2, *[0.0] * 8], "confidence": 1.2, "digit": 0},
        {"probabilities": [0.1] * 9 + [0.05], "confidence": 0.1, "digit": 0},
        {"digit": 3, "confidence": 0.01},
        {"digit": 3},
        {"confidence": -5},
        {"verdict": "blank"},
        {"verdict": "perhaps"},
        {"dropped": -1},
        {"rev": 1},
        {"seq": 1},
        {"model": "mlp"},
        {"input": INPUT},
    ],
)
def test_a_wrong_prediction_breaks_a_promise(changed: dict[str, Any]) -> None:
    with pytest.raises(Broken):
        take(books(), **changed)


def test_a_configuration_holds_for_what_is_sent_after_it() -> None:
    take(books(MLP), model="mlp", input=INPUT)
    for changed in ({"input": INPUT}, {"model": "mlp"}, {"model": "mlp", "input": INPUT[4:]}):
        with pytest.raises(Broken):
            take(books(MLP), **changed)


def test_a_configuration_may_hold_for_what_was_sent_just_before_it() -> None:
    take(books(after=(MLP,)))
    take(books(after=(MLP,)), model="mlp", input=INPUT)


def test_a_configuration_must_be_confirmed_as_it_was_asked_for() -> None:
    confirmation = {"type": "configured", "model": MLP.model, "include": MLP.include}
    kept = books(MLP)
    take(kept, model="mlp", input=INPUT)
    assert not kept.is_settled
    kept.take(json.dumps(confirmation).encode())
    assert kept.is_settled
    with pytest.raises(Broken):
        kept.take(json.dumps(confirmation).encode())
    with pytest.raises(Broken):
        books(MLP).take(json.dumps(confirmation | {"model": "compact"}).encode())


def test_only_who_asked_is_explained_to() -> None:
    kept = books()
    take(kept)
    with pytest.raises(Broken):
        kept.take(b'{"type": "explanation", "seq": 0}')
    kept = books(Configuration("compact", ["explanation"]))
    take(kept)
    kept.take(b'{"type": "explanation", "seq": 0}')
