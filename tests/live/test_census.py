"""The census: sessions in all and by address, in one process and over several."""

import multiprocessing

import numpy as np
import pytest

from live.census import Board, Census, OwnCensus, SharedCensus


@pytest.fixture
def board() -> Board:
    return Board.make(3, multiprocessing.get_context("spawn"))


def test_what_comes_and_goes_is_counted_by_address(board: Board) -> None:
    for census in (OwnCensus(), SharedCensus(board, 1)):
        for address in ("10.0.0.1", "10.0.0.2", "10.0.0.1"):
            census.enter(address)
        assert (census.total, census.of("10.0.0.1"), census.of("10.0.0.3")) == (3, 2, 0)
        census.leave("10.0.0.1")
        assert (census.total, census.of("10.0.0.1")) == (2, 1)


def test_workers_count_each_others_sessions_until_one_is_cleared(board: Board) -> None:
    one, other = SharedCensus(board, 0), SharedCensus(board, 2)
    for census in (one, one, other):
        census.enter("10.0.0.1")
    assert one.total == other.total == one.of("10.0.0.1") == other.of("10.0.0.1") == 3
    assert board.totals() == [2, 0, 1]
    board.clear(0)
    assert (other.total, other.of("10.0.0.1")) == (1, 1)


def test_a_worker_may_have_more_sessions_than_16_bits_count(board: Board) -> None:
    board.counts[0] = 65_535
    census = SharedCensus(board, 0)
    census.enter("10.0.0.1")
    assert (census.total, census.of("10.0.0.1"), board.totals()) == (65_536, 65_536, [65_536, 0, 0])


def test_many_addresses_hardly_ever_fall_together(board: Board) -> None:
    census: Census = SharedCensus(board, 0)
    addresses = [f"2001:db8::{i:x}" for i in range(12_000)]
    for address in addresses:
        census.enter(address)
    found = np.array([census.of(address) for address in addresses])
    assert found.min() == 1
    assert np.count_nonzero(found > 1) < 60
