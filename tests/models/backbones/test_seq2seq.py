"""Models that read a text and write another one."""

from __future__ import annotations

import pytest
import torch
from parallel_texts import card
from torch.nn import functional as F

from weitiao.card import NOTHING, DataCard, TokenInput
from weitiao.errors import ConfigError
from weitiao.models.backbones.seq2seq import Seq2Seq
from weitiao.objectives import Translating
from weitiao.targets.whole_text import ReplyTarget

LENGTHS = (9, 5, 7, 3)


def texts() -> tuple[torch.Tensor, torch.Tensor]:
    """Ids that are read and their mask, ``(4, 9)``."""
    torch.manual_seed(1)
    mask = torch.arange(9) < torch.tensor(LENGTHS)[:, None]
    return torch.randint(4, 40, mask.shape).where(mask, 0), mask.long()


def made(**options: object) -> Seq2Seq:
    """One that says different things of different texts."""
    torch.manual_seed(0)
    model = Seq2Seq(card(**options), width=32, heads=4)  # type: ignore[arg-type]  # of `card`
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


KINDS = [{}, {"written": 30, "shared": False}, {"begin": None}]


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("kind", KINDS, ids=["shared", "two", "no_begin"])
def test_what_is_written_does_not_depend_on_other_rows(kind: dict[str, int], beams: int) -> None:
    model, (ids, mask) = made(**kind), texts()
    together = model.generate(ids, mask, beams=beams)
    alone = [
        model.generate(row[None, :length], one[None, :length], beams=beams)[0]
        for row, one, length in zip(ids, mask, LENGTHS, strict=True)
    ]
    assert together == alone
    assert len(set(map(tuple, together))) > 1, "nothing was compared"


@pytest.mark.parametrize("kind", KINDS, ids=["shared", "two", "no_begin"])
def test_the_likeliest_ids_are_those_of_the_logits(kind: dict[str, int]) -> None:
    model, (ids, mask) = made(**kind), texts()
    found = model.generate(ids, mask)
    before = [] if kind.get("begin", 2) is None else [2]
    rows = [torch.tensor([*before, *row]) for row in found]
    written = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=NOTHING)
    logits, asked = model.logits(ids, mask, written)
    some = asked != NOTHING
    assert asked[some].tolist() == [one for row in found for one in row]
    assert torch.equal(logits[some].argmax(-1), asked[some])
    assert logits.shape[-1] == kind.get("written", 40)


def test_padding_on_either_side_changes_no_loss() -> None:
    model, (ids, mask) = made(), texts()
    written = torch.tensor([[2, 7, 8, 9, 3], [2, 7, 3, NOTHING, NOTHING]])
    logits, asked = model.logits(ids[:2], mask[:2], written)
    alone, right = model.logits(ids[1:2, :5], mask[1:2, :5], written[1:, :3])
    assert asked.tolist() == [[7, 8, 9, 3], [7, 3, NOTHING, NOTHING]]
    torch.testing.assert_close(logits[1:, :2], alone)
    each = F.cross_entropy(logits[1], asked[1], ignore_index=NOTHING)
    torch.testing.assert_close(each, F.cross_entropy(alone[0], right[0]))


def test_no_n_gram_comes_twice_and_a_first_id_is_forced() -> None:
    model, (ids, mask) = made(), texts()
    assert any(len(row) > len(set(row)) for row in model.generate(ids, mask))
    for row in model.generate(ids, mask, no_repeat=1, first=17):
        assert row[0] == 17
        assert len(set(row)) == len(row)


def test_a_length_penalty_makes_texts_longer_or_shorter() -> None:
    model, (ids, mask) = made(), texts()
    model.model.final_logits_bias[0, 3] += 4  # it ends often
    long, short = (
        sum(map(len, model.generate(ids, mask, beams=4, length_penalty=x))) for x in (4.0, -4.0)
    )
    assert long > short


def test_embeddings_are_shared_where_vocabularies_are() -> None:
    def numbers(model: Seq2Seq) -> int:
        return sum(parameter.numel() for parameter in model.parameters())

    assert numbers(made(shared=False)) - numbers(made()) == 40 * 32


def test_it_refuses_what_it_cannot_read() -> None:
    with pytest.raises(ConfigError, match="the data have no others"):
        Seq2Seq(DataCard(TokenInput(40, 0, 16), ReplyTarget()))
    with pytest.raises(ConfigError, match="no multiple"):
        Seq2Seq(card(), width=30, heads=4)


def test_a_backbone_that_goes_on_with_what_it_reads_writes_nothing_of_it() -> None:
    class Speaker:
        def logits(self, vectors: torch.Tensor) -> torch.Tensor:
            return vectors

        def generate(self, *_: object) -> list[int]:
            return []

    with pytest.raises(ConfigError, match=r"a Speaker writes nothing\n.*Seq2Seq"):
        Translating(card(), Speaker())  # type: ignore[arg-type]  # which is what is refused
