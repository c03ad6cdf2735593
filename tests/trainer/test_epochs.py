"""Epochs: what a model sees, and sees again."""

from dataclasses import replace

import numpy as np
import pytest

from tests.trainer.samples import CONFIG, ten_writers
from trainer import mnist
from trainer.datasets import NONE
from trainer.epochs import Epoch, Epochs
from trainer.errors import DataError


def test_epochs_hold_what_the_configuration_says(images: mnist.Mnist) -> None:
    epochs = Epochs(CONFIG, images.train, ten_writers())
    epoch = epochs.make(0)
    assert len(epoch.labels) == epochs.size == 64
    assert (epoch.labels == NONE).sum() == 16
    assert epoch.from_mnist.sum() == 32
    assert NONE not in epoch.labels[epoch.from_mnist]
    assert (epoch.images.min(), epoch.images.max()) == (0, 1)


@pytest.mark.parametrize("others", [0, 1, 3])
def test_an_epoch_may_hold_hardly_anything_that_is_no_digit(images: mnist.Mnist, others: int) -> None:
    epoch = Epochs(replace(CONFIG, others=others), images.train, ten_writers()).make(0)
    assert (epoch.labels == NONE).sum() == others


def test_an_epoch_is_the_same_every_time_and_unlike_the_next(images: mnist.Mnist) -> None:
    first, again, following = (Epochs(CONFIG, images.train, ten_writers()).make(k) for k in (0, 0, 1))
    np.testing.assert_array_equal(first.images, again.images)
    assert not np.array_equal(first.images, following.images)


def test_an_epoch_comes_again_in_another_order_before_the_next(images: mnist.Mnist) -> None:
    epochs = Epochs(replace(CONFIG, repeats=2), images.train, ten_writers())
    asked: list[int] = []

    def teach(epoch: Epoch) -> np.ndarray:
        asked.append(len(epoch.images))
        return epoch.labels * 2

    batches = [next(each) for each in [epochs.batches(16, teach)] for _ in range(9)]
    passes = [np.concatenate([targets for _, targets in batches[k : k + 4]]) for k in (0, 4)]
    np.testing.assert_array_equal(passes[0], epochs.make(0).labels * 2)
    assert not np.array_equal(passes[0], passes[1])
    np.testing.assert_array_equal(np.sort(passes[0]), np.sort(passes[1]))
    np.testing.assert_array_equal(batches[8][0][..., 0], epochs.make(1).images[:16])
    assert asked == [64, 64], "a teacher is asked once about each image"


def test_runs_with_other_seeds_may_see_the_same_images(images: mnist.Mnist) -> None:
    made = [
        Epochs(replace(CONFIG, seed=seed, data_seed=data_seed), images.train, ten_writers()).make(0).images
        for seed, data_seed in ((3, None), (4, 3), (4, None))
    ]
    np.testing.assert_array_equal(made[0], made[1])
    assert not np.array_equal(made[1], made[2])


def test_an_epoch_that_fills_no_batch_is_refused(images: mnist.Mnist) -> None:
    with pytest.raises(DataError, match="Expected an epoch of at least a batch, 128, got 32 images"):
        Epochs(replace(CONFIG, batch=128), images.train, None)
