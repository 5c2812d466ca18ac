"""Negatives of rows: cleaned, encoded as second texts are, and found again in a batch."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from weitiao.errors import ConfigError
from weitiao.inputs import Draws
from weitiao.inputs.text import Text
from weitiao.inputs.text.clean import Cleaner
from weitiao.inputs.text.negatives import cleaned_negatives, with_negatives
from weitiao.inputs.text.rows import TokenRows
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.tokenization import Encoder
from weitiao.io.arrow import all_texts

FIRST, SECOND = ["abc", "a", "hgf", "b"], ["h", "cdef", "b", "a"]
NEGATIVES = [["cd", "abcdefgh"], [], ["h"], []]
CELLS = pa.chunked_array([[json.dumps(texts) for texts in NEGATIVES]])
ENCODER = Encoder("characters", pairs="apart", min_count=1, max_length=6).fit(
    ["abcdefgh"] * 3, Segmenter()
)


def encoded(first: list[str], second: list[str], cells: pa.ChunkedArray) -> pa.Table:
    return with_negatives(ENCODER.encode(first, second), cells, ENCODER.second)


def test_each_negative_has_the_ids_that_it_has_alone() -> None:
    table = encoded(FIRST, SECOND, CELLS)
    alone = [
        ENCODER.second.encode(texts)["input_ids"].to_pylist() if texts else []
        for texts in NEGATIVES
    ]
    assert table["negative_lengths"].to_pylist() == [[len(ids) for ids in row] for row in alone]
    assert table["negative_ids"].to_pylist() == [[i for ids in row for i in ids] for row in alone]
    assert table["cut"].to_pylist() == [True, False, False, False]


def test_a_batch_has_those_of_its_rows_with_their_places() -> None:
    rows = TokenRows(encoded(FIRST, SECOND, CELLS), pad_id=0)
    batch = rows.collate(Draws(np.array([2, 1, 0]), np.array([2, 1, 0]), 0))
    assert batch["negative_places"].tolist() == [[0, 0], [2, 0], [2, 1]]
    found = batch["negatives"]
    each = [
        ids[mask].tolist()
        for ids, mask in zip(found["input_ids"], found["attention_mask"], strict=True)
    ]
    assert each == ENCODER.second.encode(["h", *NEGATIVES[0]])["input_ids"].to_pylist()


@pytest.mark.parametrize("which", [[1, 3], []])
def test_rows_without_any_are_a_batch_too(which: list[int]) -> None:
    pick = [np.array(texts)[which].tolist() for texts in (FIRST, SECOND)]
    table = encoded(*pick, pa.chunked_array([pa.array(["[]"] * len(which))]))
    rows = TokenRows(table, pad_id=0)
    batch = rows.collate(Draws(np.arange(len(which)), np.arange(len(which)), 0))
    assert batch["negatives"]["input_ids"].shape[0] == 0
    assert batch["negative_places"].shape == (0, 2)


def test_the_budget_counts_all_texts_of_a_row() -> None:
    table = encoded(FIRST, SECOND, CELLS)
    lengths = TokenRows(table, pad_id=0).lengths
    longest = [
        max(map(len, ENCODER.encode([first, second, *texts])["input_ids"].to_pylist()))
        for first, second, texts in zip(FIRST, SECOND, NEGATIVES, strict=True)
    ]
    assert lengths.tolist() == [4 * longest[0], 2 * longest[1], 3 * longest[2], 2 * longest[3]]


def test_what_cleaning_leaves_nothing_of_is_left_out() -> None:
    cells = pa.array([json.dumps(["<b>好</b>", "<i></i>"], ensure_ascii=False), "[]"])
    table = cleaned_negatives(pa.table({"negatives": cells}), Cleaner(steps=["html"]))
    assert [*map(json.loads, table["negatives"].to_pylist())] == [["好"], []]


def test_a_vocabulary_is_of_negatives_as_well() -> None:
    table = pa.table({"text": ["一"], "pair": ["二"], "negatives": ['["三", "四"]']})
    assert [*all_texts(table)] == ["一", "二", "三", "四"]


def test_joined_pairs_have_none() -> None:
    with pytest.raises(ConfigError, match="apart") as refused:
        Text(pair="pair", negatives="negative")
    assert refused.value.field == "negatives"
