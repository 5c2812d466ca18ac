"""Pairs whose texts stand apart: each is read as if it were alone, behind its own prefix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from small_tokenizers import save_tokenizer

from weitiao.data.batch import Batching, EpochBatches, Rows
from weitiao.errors import ConfigError
from weitiao.inputs import Draws
from weitiao.inputs.text import Text
from weitiao.inputs.text.augment import Augmenter, Step
from weitiao.inputs.text.coverage import Coverage
from weitiao.inputs.text.rows import ChangedRows, TokenRows
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.inputs.text.tokenization import Encoder
from weitiao.linear import Linear

FIRST = ["abc", "a", "hgfedcba", ""]
SECOND = ["h", "cdefgh", "b", "xx"]


def fitted(tokenizer: str, **options: Any) -> TextEncoder:
    given = {"min_count": 1} if tokenizer in ("characters", "wordpiece", "words") else {}
    encode = Encoder(tokenizer, pairs="apart", **given | options)
    return encode.fit(["abcdefgh"] * 3, Segmenter())


def lists(encoder: TextEncoder, column: str = "input_ids") -> list[list[int]]:
    return encoder.encode(FIRST, SECOND)[column].to_pylist()


@pytest.mark.parametrize("tokenizer", ["characters", "wordpiece", "words"])
def test_each_text_has_the_ids_that_it_has_alone(tokenizer: str) -> None:
    encoder = fitted(tokenizer, max_length=8)
    found = encoder.encode(FIRST, SECOND)
    assert found.column_names == ["input_ids", "cut", "pair_ids"]
    alone = [encoder.encode(texts) for texts in (FIRST, SECOND)]
    for column, one in zip(("input_ids", "pair_ids"), alone, strict=True):
        assert found[column].to_pylist() == one["input_ids"].to_pylist()
    each = zip(*(one["cut"].to_pylist() for one in alone), strict=True)
    assert found["cut"].to_pylist() == [any(cut) for cut in each]


def test_each_side_has_its_own_prefix(tmp_path: Path) -> None:
    name = save_tokenizer(tmp_path)
    alone, query, passage = (
        Encoder(name, prefix=prefix).fit([], Segmenter()) for prefix in ("", "abc ", "gh ")
    )
    encoder = fitted(name, prefix="abc ", pair_prefix="gh ")
    assert lists(encoder) == query.encode(FIRST)["input_ids"].to_pylist()
    assert lists(encoder, "pair_ids") == passage.encode(SECOND)["input_ids"].to_pylist()
    same = fitted(name, prefix="abc ")
    assert lists(same, "pair_ids") == query.encode(SECOND)["input_ids"].to_pylist()
    none = fitted(name, prefix="abc ", pair_prefix="")
    assert lists(none, "pair_ids") == alone.encode(SECOND)["input_ids"].to_pylist()
    again = TextEncoder.from_state(encoder.state(), Segmenter())
    assert lists(again, "pair_ids") == lists(encoder, "pair_ids")


def test_a_tokenizer_of_before_reads_pairs_as_it_did(tmp_path: Path) -> None:
    encoder = Encoder(save_tokenizer(tmp_path)).fit([], Segmenter())
    state = {n: v for n, v in encoder.state().items() if n not in ("pairs", "pair_prefix")}
    again = TextEncoder.from_state(state, Segmenter())
    assert again.encode(FIRST, SECOND).equals(encoder.encode(FIRST, SECOND))


def test_unknown_ids_are_counted_on_both_sides() -> None:
    encoder = fitted("characters")
    found = Coverage.of(encoder, encoder.encode(["ab", "ax"], ["xx", "abcd"]))
    assert found.ids == 10
    assert found.unknown_share == pytest.approx(3 / 10)
    assert found.unknown_rows == 1


def test_what_is_cut_is_told_of_each_text() -> None:
    encoder = fitted("characters", max_length=6)
    assert encoder.unread(["abcdefgh", "ab"]) == [[(4, 8)], []]
    assert encoder.unread(["ab", "abcdefgh"]) == [[], [(4, 8)]]


def test_a_batch_holds_both_sides_within_its_budget() -> None:
    encoder = fitted("characters")
    rows = TokenRows(encoder.encode(FIRST * 20, SECOND * 20), encoder.pad_id)
    batching = Batching(tokens=60, size=None)
    for slots in EpochBatches(rows.lengths, batching, shuffle=True).epoch(0):
        batch = Rows(rows).__getitems__(Draws(slots, slots, 0))
        ids = [batch[side]["input_ids"] for side in ("inputs", "pair")]
        assert sum(each.numel() for each in ids) <= 60
        for side, texts in (("inputs", FIRST), ("pair", SECOND)):
            lengths = batch[side]["attention_mask"].sum(1).tolist()
            known = [len(encoder.encode([texts[row % 4]])["input_ids"][0]) for row in slots]
            assert lengths == known
            filled = batch[side]["input_ids"][~batch[side]["attention_mask"]]
            assert (filled == encoder.pad_id).all()


def test_both_sides_are_augmented() -> None:
    text = Text(
        pair="pair",
        encode=Encoder(pairs="apart", min_count=1),
        augment=Augmenter([Step("delete", p=1.0, share=0.5)]),
    )
    table = pa.table({"text": ["今天天气很好"] * 8, "pair": ["我们去公园玩"] * 8})
    encoder = text.encode.fit([*table["text"].to_pylist(), *table["pair"].to_pylist()], Segmenter())
    encoded = encoder.encode(*(table[name].to_pylist() for name in ("text", "pair")))
    assert text.augment is not None
    rows = ChangedRows(encoded, table, encoder, text.augment, Segmenter(), 0)
    drawn = np.arange(8)
    batch = rows.collate(Draws(drawn, drawn, 0))
    assert batch["changed"].any()
    for side in ("inputs", "pair"):
        assert batch[side]["attention_mask"].sum(1).min() < 8


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Text(encode=Encoder(pairs="apart")), "pairs"),
        (lambda: Text(pair="b", encode=Encoder(pairs="apart"), linear=Linear()), "linear"),
        (lambda: Encoder("a-name", pair_prefix="passage: "), "pair_prefix"),
        (lambda: Encoder("characters", pairs="apart", pair_prefix="passage: "), "pair_prefix"),
    ],
)
def test_options_that_do_not_go_together_are_refused(make: Any, field: str) -> None:
    with pytest.raises(ConfigError) as refused:
        make()
    assert refused.value.field == field
