"""Pieces side by side in blocks: none is lost, none overflows, hardly a position is padding."""

from __future__ import annotations

import numpy as np
import pytest

from weitiao.pretraining.packed_sequences import pack


@pytest.mark.parametrize("seed", range(5))
def test_each_piece_lies_in_one_block_that_holds_it(seed: int) -> None:
    lengths = np.random.default_rng(seed).integers(1, 33, 500).tolist()
    blocks = pack(lengths, 64)
    assert sorted(piece for block in blocks for piece in block) == list(range(500))
    assert all(sum(lengths[piece] for piece in block) <= 64 for block in blocks)
    assert len(blocks) <= 1.02 * sum(lengths) / 64 + 1


def test_full_pieces_stay_alone() -> None:
    assert sorted(pack([8, 3, 8, 5], 8)) == [[0], [2], [3, 1]]


def test_nothing_gives_nothing() -> None:
    assert pack([], 8) == []
