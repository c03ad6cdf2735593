"""Rendering ink: golden images, MNIST's normalisation, and what must not change an image."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from live import ink
from tests.live.drawings import DRAWINGS, Strokes

GOLDEN = Path(__file__).parent / "golden"

coordinate = st.integers(-300, 300)
stroke = st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=12)
drawing = st.lists(stroke, min_size=1, max_size=4)


def image_of(strokes: Strokes) -> NDArray[np.float32]:
    image: NDArray[np.float32] = ink.render([ink.from_strokes(strokes)])[0]
    return image


def centre_of_mass(image: NDArray[np.float32]) -> tuple[float, float]:
    rows, columns = np.indices(image.shape)
    return float((columns * image).sum() / image.sum()), float((rows * image).sum() / image.sum())


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_looks_as_its_golden_image(name: str) -> None:
    golden = np.asarray(Image.open(GOLDEN / f"{name}.png"), np.float32) / 255
    np.testing.assert_allclose(image_of(DRAWINGS[name]), golden, atol=1.5 / 255)


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_digit_fills_the_box_of_mnist_and_is_centred_by_mass(name: str) -> None:
    image = image_of(DRAWINGS[name])
    inked = image > 0.5
    assert max(inked.any(0).sum(), inked.any(1).sum()) in (19, 20, 21)
    # Where lines meet, ink is cut off at 1 and weighs less than the path does. MNIST's own images, moved by
    # whole pixels, are as far from it: 0.5 at most.
    np.testing.assert_allclose(centre_of_mass(image), (14, 14), atol=0.5)


def test_ink_has_the_amount_that_mnist_has() -> None:
    images = ink.render([ink.from_strokes(strokes) for strokes in DRAWINGS.values()])
    assert 0.10 < images.mean() < 0.16  # MNIST's training images: 0.1307
    assert 0.05 < (images > 250 / 255).mean() < 0.12  # 0.0736


@given(drawing, st.integers(-500, 500), st.integers(-500, 500))
def test_moving_changes_nothing(strokes: Strokes, dx: int, dy: int) -> None:
    moved = [[(x + dx, y + dy) for x, y in points] for points in strokes]
    np.testing.assert_allclose(image_of(moved), image_of(strokes), atol=0.02)


@given(drawing, st.floats(0.01, 1000))
def test_scaling_changes_nothing(strokes: Strokes, factor: float) -> None:
    scaled = [[(x * factor, y * factor) for x, y in points] for points in strokes]
    # A stroke may round to one sample more or fewer, and a sample to the next of 64 sub-pixel places.
    np.testing.assert_allclose(image_of(scaled), image_of(strokes), atol=0.1)


@given(drawing, st.integers(0, 47))
def test_repeating_a_point_changes_nothing(strokes: Strokes, which: int) -> None:
    points = strokes[which % len(strokes)]
    at = which % len(points)
    repeated = [list(points) for points in strokes]
    repeated[which % len(strokes)].insert(at, points[at])
    np.testing.assert_allclose(image_of(repeated), image_of(strokes), atol=1e-6)


@given(drawing)
def test_splitting_segments_changes_nothing(strokes: Strokes) -> None:
    split = []
    for points in strokes:
        finer = [points[0]]
        for (x0, y0), (x1, y1) in pairwise(points):
            finer += [((x0 + x1) / 2, (y0 + y1) / 2), (x1, y1)]
        split.append(finer)
    np.testing.assert_allclose(image_of(split), image_of(strokes), atol=0.1)


@given(st.lists(drawing, min_size=1, max_size=5))
def test_a_batch_is_its_drawings_one_by_one(batch: list[Strokes]) -> None:
    together = ink.render([ink.from_strokes(strokes) for strokes in batch])
    assert together.shape == (len(batch), 28, 28)
    assert together.dtype == np.float32
    for image, strokes in zip(together, batch, strict=True):
        np.testing.assert_array_equal(image, image_of(strokes))


@given(drawing)
def test_images_are_between_paper_and_ink(strokes: Strokes) -> None:
    image = image_of(strokes)
    assert image.min() >= 0
    assert image.max() <= 1
    assert image.max() > 0.5


@pytest.mark.parametrize("strokes", [[], [[]], [[], []]])
def test_a_blank_drawing_is_a_white_image(strokes: Strokes) -> None:
    drawing = ink.from_strokes(strokes)
    assert not drawing.counts.size
    assert not ink.render([drawing]).any()


def test_blank_drawings_do_not_disturb_the_batch() -> None:
    blank, seven = ink.from_strokes([]), ink.from_strokes(DRAWINGS["seven"])
    images = ink.render([blank, seven, blank])
    assert not images[[0, 2]].any()
    np.testing.assert_array_equal(images[1], ink.render([seven])[0])


@pytest.mark.parametrize("strokes", [[[(5, 5)]], [[(-7, 3)] * 40], [[(1e300, 1e300)]], [[(0, 0)], [(0, 0)]]])
def test_a_drawing_of_no_size_is_a_dot_in_the_middle(strokes: Strokes) -> None:
    image = image_of(strokes)
    assert image[14, 14] == 1
    assert 0 < (image > 0.5).sum() <= 12
    np.testing.assert_allclose(centre_of_mass(image), (14, 14), atol=1e-4)


@pytest.mark.parametrize("factor", [1e-200, 1e-6, 1e6, 1e150, 1e304, -1e304])
def test_huge_and_tiny_coordinates_keep_their_shape(factor: float) -> None:
    scaled = [[(abs(factor) * x, abs(factor) * y) for x, y in points] for points in DRAWINGS["seven"]]
    expected = DRAWINGS["seven"]
    if factor < 0:
        scaled = [[(-x, -y) for x, y in points] for points in scaled]
        expected = [[(-x, -y) for x, y in points] for points in expected]
    if factor == 1e-200:
        # Smaller than any unit: a dot.
        assert (image_of(scaled) > 0.5).sum() <= 12
    else:
        np.testing.assert_allclose(image_of(scaled), image_of(expected), atol=0.1)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_coordinate_that_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="Expected finite coordinates"):
        ink.from_strokes([[(0, 0), (1, bad)]])


def test_a_point_of_one_number_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected points of at least two numbers, got one of 1"):
        ink.from_strokes([[(0, 0), (1,)]])


def test_counts_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="Expected 3 points, as the strokes' counts add up to, got 2"):
        ink.from_arrays(np.zeros((2, 2), np.int16), np.array([2, 1]))


def test_time_and_pressure_are_ignored() -> None:
    with_time = [[(x, y, 0.5, 17) for x, y in points] for points in DRAWINGS["seven"]]
    np.testing.assert_array_equal(ink.render([ink.from_strokes(with_time)])[0], image_of(DRAWINGS["seven"]))


def test_darkness_widens_lines_one_drawing_at_a_time() -> None:
    seven = ink.from_strokes(DRAWINGS["seven"])
    thin, plain, wide = ink.render([seven] * 3, np.array([0.6, 1.0, 1.6])).sum((1, 2))
    assert thin < plain < wide


def test_ink_far_from_the_centre_of_mass_is_cut_off_not_wrapped_around() -> None:
    scribble = [(x % 7, y % 5) for x, y in zip(range(3000), range(3000), strict=True)]
    image = image_of([scribble, [(3, 5), (3, 100)]])
    assert image[:4].any(1).sum() <= 4
    assert not image[:, :3].any()
    assert image[-1].any()


@pytest.mark.parametrize(("x", "y", "edge"), [(-1, 0, 0), (1, 0, 1), (0, -1, 2), (0, 1, 3)])
def test_ink_that_leaves_the_image_comes_in_on_no_other_side_and_in_nobodys(
    x: int, y: int, edge: int
) -> None:
    scribble = [(n % 7, n % 5) for n in range(3000)]
    far, seven = [scribble, [(3, 3), (3 + 100 * x, 3 + 100 * y)]], DRAWINGS["seven"]
    images = ink.render([ink.from_strokes(strokes) for strokes in (seven, far, seven)])
    np.testing.assert_array_equal(images, [image_of(seven), image_of(far), image_of(seven)])
    edges = images[1][:, :3], images[1][:, -3:], images[1][:3], images[1][-3:]
    assert [number for number in range(4) if edges[number].any()] == [edge]


def test_darkness_is_each_drawings_own_beside_blank_ones() -> None:
    seven = ink.from_strokes(DRAWINGS["seven"])
    _, thin, wide = ink.render([ink.BLANK, seven, seven], np.array([1.0, 0.6, 1.6])).sum((1, 2))
    np.testing.assert_allclose([thin, wide], ink.render([seven] * 2, np.array([0.6, 1.6])).sum((1, 2)))
