"""Windows give each unit a vector, and of two windows that in which it stands further inside."""

import pytest
import torch
from torch import Tensor

from weitiao.objectives.units import Units, inside_of_ids, units_of_windows, window_inputs

LONGEST = 16


class Places:
    """A backbone whose vectors say what id stands there, how many stand before it and behind."""

    width = 3

    def __init__(self) -> None:
        self.read: list[Tensor] = []

    def __call__(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        self.read.append(input_ids[attention_mask])
        assert input_ids.shape[1] <= LONGEST
        before = attention_mask.cumsum(1) - 1
        behind = attention_mask.sum(1, keepdim=True) - 1 - before
        return torch.stack([input_ids, before, behind], -1).float()


def read(backbone: Places, lengths: tuple[int, ...], left_out: slice = slice(0)) -> Units:
    """The units of rows of so many ids of text, a unit each, with 1 before them and 2 behind.

    Args:
        left_out: ids of the text that stand for no unit.
    """
    rows = [[1, *range(10, 10 + n), 2] for n in lengths]
    most = max(map(len, rows))
    ids = torch.tensor([row + [0] * (most - len(row)) for row in rows])
    pieces = [[i for i in range(1, 1 + n) if i not in range(most)[left_out]] for n in lengths]
    width = max(1, *map(len, pieces))
    batch = {
        "inputs": {"input_ids": ids, "attention_mask": ids > 0},
        "pieces": torch.tensor([row + [-1] * (width - len(row)) for row in pieces]),
    }
    return units_of_windows(backbone, window_inputs(batch, LONGEST), inside_of_ids(Places.width))


@pytest.mark.parametrize("lengths", [(3,), (14, 2), (15,), (14, 15, 40, 0), (200, 29, 28)])
def test_each_unit_has_the_vector_of_its_id(lengths: tuple[int, ...]) -> None:
    units = read(Places(), lengths)
    assert units.mask.sum(1).tolist() == [*lengths]
    for row, length in zip(units.vectors, lengths, strict=True):
        assert row[:length, 0].tolist() == [*range(10, 10 + length)]


def test_ids_around_the_text_stand_in_each_window() -> None:
    backbone = Places()
    read(backbone, (40,))
    (ids,) = backbone.read
    windows = int((ids == 1).sum())
    assert windows == int((ids == 2).sum()) > 40 / LONGEST


def test_an_id_stands_inside_of_its_window_unless_the_text_ends() -> None:
    vectors = read(Places(), (40,)).vectors[0]
    before, behind = vectors[5:-5, 1], vectors[5:-5, 2]
    assert before.min() > 1  # the id around the text, and one more
    assert behind.min() > 1


def test_ids_of_a_text_that_stand_for_no_unit_are_not_taken_for_what_is_around_it() -> None:
    backbones = Places(), Places()
    found, whole = (
        read(backbone, (40, 20), left_out)
        for backbone, left_out in zip(backbones, (slice(5, 19, 3), slice(0)), strict=True)
    )
    assert torch.equal(found.mean, whole.mean)
    assert torch.equal(backbones[0].read[0], backbones[1].read[0])


@pytest.mark.parametrize("lengths", [(40,), (3,), (14, 40)])
def test_ids_around_a_text_count_once_however_many_windows_there_are(
    lengths: tuple[int, ...],
) -> None:
    units = read(Places(), lengths)
    for row, length in enumerate(lengths):
        ids = [1, *range(10, 10 + length), 2]
        assert float(units.mean[row, 0]) == pytest.approx(sum(ids) / len(ids))
        assert float(units.before[row, 0]) == pytest.approx(1)


def test_of_a_row_without_units_all_ids_stand_before_its_text() -> None:
    units = read(Places(), (0, 40))
    assert float(units.before[0, 0]) == pytest.approx((1 + 2) / 2)


def test_units_that_share_an_id_are_told_apart() -> None:
    inside = inside_of_ids(Places.width)
    torch.nn.init.normal_(inside.weight)
    ids = torch.tensor([[5, 6, 7]])
    batch = {
        "inputs": {"input_ids": ids, "attention_mask": ids > 0},
        "pieces": torch.tensor([[0, 1, 1, 1, 1, 1, 2]]),
    }
    found = units_of_windows(Places(), window_inputs(batch, LONGEST), inside).vectors[0]
    own = torch.tensor([[5.0, 0, 2], *[[6.0, 1, 1]] * 5, [7.0, 2, 0]])
    assert torch.allclose(found - own, inside.weight[[0, 0, 1, 2, 3, 3, 0]], atol=1e-6)
