"""Windows give each id a vector, and of two windows that in which it stands further inside."""

import pytest
import torch
from torch import Tensor

from weitiao.objectives.windows import vectors_of

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


def batch(*lengths: int) -> tuple[dict[str, Tensor], Tensor]:
    """Rows of so many ids of text, 1 before them and 2 behind; and which are text."""
    rows = [[1, *range(10, 10 + n), 2] for n in lengths]
    most = max(map(len, rows))
    ids = torch.tensor([row + [0] * (most - len(row)) for row in rows])
    return {"input_ids": ids, "attention_mask": ids > 0}, ids >= 10


@pytest.mark.parametrize("lengths", [(3,), (14, 2), (15,), (14, 15, 40, 0), (200, 29, 28)])
def test_each_id_of_text_has_its_own_vector(lengths: tuple[int, ...]) -> None:
    inputs, text = batch(*lengths)
    vectors = vectors_of(Places(), inputs, text, LONGEST)
    assert torch.equal(vectors[..., 0][text], inputs["input_ids"][text].float())


def test_ids_around_the_text_stand_in_each_window() -> None:
    backbone, (inputs, text) = Places(), batch(40)
    vectors_of(backbone, inputs, text, LONGEST)
    (read,) = backbone.read
    windows = int((read == 1).sum())
    assert windows == int((read == 2).sum()) > 40 / LONGEST


def test_an_id_stands_inside_of_its_window_unless_the_text_ends() -> None:
    inputs, text = batch(40)
    vectors = vectors_of(Places(), inputs, text, LONGEST)[0, 1:41]
    before, behind = vectors[5:-5, 1], vectors[5:-5, 2]
    assert before.min() > 1  # the id around the text, and one more
    assert behind.min() > 1


def test_ids_of_a_text_that_stand_for_no_unit_are_not_taken_for_what_is_around_it() -> None:
    inputs, text = batch(40, 20)
    gaps = text.clone()
    gaps[:, 5:19:3] = False  # such as the first bytes of a hanzi
    backbones = Places(), Places()
    found, whole = (
        vectors_of(b, inputs, t, LONGEST) for b, t in zip(backbones, (gaps, text), strict=True)
    )
    assert torch.equal(found, whole)
    assert torch.equal(backbones[0].read[0], backbones[1].read[0])


def test_ids_around_a_text_have_the_mean_of_their_windows() -> None:
    inputs, text = batch(40)
    vectors = vectors_of(Places(), inputs, text, LONGEST)
    assert torch.allclose(vectors[0, 0], torch.tensor([1.0, 0.0, LONGEST - 1]))
    assert torch.allclose(vectors[0, -1], torch.tensor([2.0, LONGEST - 1, 0.0]))
