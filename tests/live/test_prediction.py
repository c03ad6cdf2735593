"""A batch: prepared in the event loop, scored in the thread, judged in the event loop."""

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from live import ink
from live.ink import NORMALISATION, Images
from live.messages import Snapshot
from live.prediction import Answer, Models, Predictor, Question
from live.recogniser import Card, Recogniser
from live.session import Waiting
from live.spare import Work
from live.verdict import Scores
from tests.live.drawings import DRAWINGS

INKS = [ink.from_strokes(strokes) for strokes in DRAWINGS.values()]
BLANK = Waiting(Snapshot(0, 0, ink.BLANK), 0.0)
DRAWN = [Waiting(Snapshot(seq, 0, drawing), 0.0) for seq, drawing in enumerate(INKS)]


class Seen:
    """A model that remembers what it saw, and finds every image's digit in the amount of its ink."""

    def __init__(self) -> None:
        self.images: list[Images] = []

    def scores(self, images: Images) -> Scores:
        self.images.append(images)
        digits = images.sum((1, 2)).astype(int) % 10
        return np.asarray(np.eye(10)[digits] * 0.91 + 0.009, np.float32)

    def digit(self, image: Images) -> int:
        return int(image.sum()) % 10


def models(seen: Seen) -> Models:
    return Models({"m": Recogniser(Card("m", "", NORMALISATION, {}), seen.scores)})


async def answered(
    items: Sequence[Waiting | Work], seen: Seen | None = None, asked: list[Question] | None = None
) -> list[Answer]:
    """Have a batch answered, by models in this thread; asked: to note what they are asked."""
    run = models(seen or Seen())

    def ask(model: str, question: Question) -> "asyncio.Future[Any]":
        if asked is not None:
            asked.append(question)
        found: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        found.set_result(run(model, question))
        return found

    return await Predictor(ask)("m", items)


def digits(answers: Sequence[Answer]) -> list[int | None]:
    return [found.judgement.digit for found in answers]


@pytest.mark.parametrize("times", [1, 4])
async def test_each_is_answered_in_its_place_and_a_blank_one_without_the_model(times: int) -> None:
    seen = Seen()
    found = await answered([BLANK, *DRAWN[:2], BLANK, DRAWN[2]] * times, seen)
    expected = [seen.digit(image) for image in ink.render(INKS[:3])]
    assert digits(found) == [None, *expected[:2], None, expected[2]] * times
    assert [one.judgement.verdict == "blank" for one in found] == [True, False, False, True, False] * times
    assert [len(images) for images in seen.images] == [3 * times]


@pytest.mark.parametrize("count", [1, 20])
async def test_a_batch_of_blanks_needs_no_model(count: int) -> None:
    seen = Seen()
    assert digits(await answered([BLANK] * count, seen)) == [None] * count
    assert not seen.images


@pytest.mark.parametrize("others", [1, 20])
async def test_a_picture_is_its_own_image(others: int) -> None:
    image = np.zeros((28, 28), np.float32)
    image[:2, :2] = 1
    assert (
        digits(await answered([Waiting(Snapshot(0, 0, ink.BLANK), 0.0, image), *DRAWN[:1] * others]))[0] == 4
    )


SCRIBBLE = Waiting(Snapshot(0, 0, ink.from_strokes([[(x, x * x % 97) for x in range(5_000)]])), 0.0)


@pytest.mark.parametrize(
    ("items", "is_here"),
    [(DRAWN[:1] * 10, True), (DRAWN[:1] * 2, False), ([*DRAWN[:1] * 10, SCRIBBLE], False)],
    ids=["many", "few", "a long one"],
)
async def test_who_renders_makes_no_difference_to_the_answer(
    items: list[Waiting | Work], is_here: bool
) -> None:
    asked: list[Question] = []
    found = await answered(items, asked=asked)
    assert (asked[0].images is not None) == is_here
    whole = models(Seen()).answer("m", Question.about(items))
    assert [one.judgement for one in found] == [one.judgement for one in whole]


@pytest.mark.parametrize("times", [1, 20])
async def test_work_on_explanations_goes_on_between(times: int) -> None:
    images = ink.render(INKS[:3])
    work = Work("m", images, lambda: False)
    found = digits(await answered([*DRAWN[:1] * times, work, DRAWN[1]]))
    assert found[times] is None
    assert None not in found[:times]
    assert work.is_done
    assert len(np.concatenate(work.found)) == 3
    assert digits(await answered([Work("m", images, lambda: False)])) == [None]


def test_scores_that_are_no_numbers_are_our_fault() -> None:
    broken = Recogniser(
        Card("broken", "", NORMALISATION, {}), lambda images: np.full((len(images), 10), np.nan, np.float32)
    )
    question = Question.about(DRAWN)
    for asked in (question, question.rendered()):
        with pytest.raises(ValueError, match="Expected scores from broken"):
            Models({"broken": broken})("broken", asked)


async def test_what_cannot_be_prepared_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(model: str, question: Question) -> "asyncio.Future[Any]":
        asked.append(model)
        return asyncio.get_running_loop().create_future()

    def fail(drawings: object) -> None:
        raise MemoryError

    monkeypatch.setattr(ink, "render", fail)
    with pytest.raises(MemoryError):
        Predictor(ask)("m", DRAWN * 5)
    assert not asked
