"""Options: each is a sequence with the question, and a batch holds those of its rows."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from weitiao.errors import ConfigError, DataError
from weitiao.inputs import Draws
from weitiao.inputs.text.augment import Augmenter
from weitiao.inputs.text.augment.step import Step
from weitiao.inputs.text.coverage import Coverage
from weitiao.inputs.text.options import options_of, with_passage
from weitiao.inputs.text.rows import TokenRows
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.text import Text
from weitiao.inputs.text.tokenization import Encoder
from weitiao.io.text_lists import as_cell
from weitiao.linear import Linear

TEXTS = ["天地玄黄", "宇宙", "日月盈昃"]
CELLS = [as_cell(row) for row in (["天", "地玄黄"], ["宙", "宇", "荒"], ["月", "日月盈昃"])]


def encoder(max_length: int = 128, pairs: Any = "options", **options: Any) -> Any:
    texts = [*TEXTS, *(text for cell in CELLS for text in options_of(cell))] * 2
    return Encoder(max_length=max_length, pairs=pairs, **options).fit(texts, Segmenter())


def test_each_option_is_encoded_as_a_pair_with_the_text() -> None:
    found, joined = encoder().encode(TEXTS, CELLS), encoder(pairs="joined")
    for i, (text, options) in enumerate(zip(TEXTS, map(options_of, CELLS), strict=True)):
        pairs = joined.encode([text] * len(options), options)
        for name in ("input_ids", "token_type_ids"):
            assert found[name][i].as_py() == [*chain.from_iterable(pairs[name].to_pylist())]
        assert found["sizes"][i].as_py() == [*map(len, pairs["input_ids"].to_pylist())]


@pytest.mark.parametrize("truncation", ["head", "tail", "head_tail"])
def test_what_is_cut_is_counted_by_row_and_the_option_by_itself(truncation: str) -> None:
    texts = ["天地玄黄" * 9, "天", "天地玄黄" * 9, "天"]
    cells = [
        as_cell(row) for row in (["地", "玄"], ["地", "玄"], ["地", "玄" * 20], ["地" * 30, "玄"])
    ]
    made = encoder(max_length=16, truncation=truncation)
    found = made.encode(texts, cells)
    assert found["cut"].to_pylist() == [True, False, True, True]
    assert found["pair_cut"].to_pylist() == [False, False, True, True]
    assert max(size for row in found["sizes"].to_pylist() for size in row) == 16
    covered = Coverage.of(made, found)
    assert (covered.rows, covered.cut_share, covered.pair_cut) == (4, 0.75, 2)
    assert (covered.special_rows, covered.unknown_rows) == (0, 0)


@pytest.mark.parametrize("tokenizer", ["characters", "wordpiece"])
@pytest.mark.parametrize("truncation", ["head", "tail", "head_tail"])
def test_all_options_are_read_beside_the_same_part_of_a_text(
    truncation: str, tokenizer: str
) -> None:
    made = encoder(max_length=24, truncation=truncation, tokenizer=tokenizer, min_count=1)
    text = "天地玄黄宇宙日月盈昃" * 4
    options = ["天", "地玄黄", "宙宇荒日月", "月"]
    found = made.encode([text, "天地"], [as_cell(options), as_cell(options[:2])])
    ends = np.cumsum(found["sizes"][0].as_py())[:-1]
    parts = (np.split(found[name][0].values, ends) for name in ("input_ids", "token_type_ids"))
    sequences = [*zip(*parts, strict=True)]
    texts = {tuple(ids[types == 0]) for ids, types in sequences}
    assert len(texts) == 1
    assert max(map(len, (ids for ids, _ in sequences))) == 24
    for (ids, types), option in zip(sequences, options, strict=True):
        assert ids[types == 1].tolist()[:-1] == made.backend.encode(option).ids[1:-1]
    whole = made.as_one(["天地"] * 2, options[:2])
    assert found["input_ids"][1].as_py() == [*chain.from_iterable(whole["input_ids"].to_pylist())]
    assert (found["cut"].to_pylist(), found["pair_cut"].to_pylist()) == ([True, False], [False] * 2)


def test_a_question_at_the_end_of_a_long_passage_stays() -> None:
    made = encoder(max_length=16, truncation="head_tail")
    (ids,) = made.encode(["天" * 40 + "玄黄"], [as_cell(["地", "宙"])])["input_ids"].to_pylist()
    text = made.backend.decode(ids[:16])
    assert "玄 黄" in text or "玄黄" in text


def rows(count: int = 3) -> TokenRows:
    return TokenRows(encoder().encode(TEXTS[:count], CELLS[:count]), 0)


def test_a_batch_says_which_sequences_are_a_rows() -> None:
    table = encoder().encode(TEXTS, CELLS)
    batch = rows().collate(Draws(np.array([1, 2]), np.array([1, 2]), 0))
    assert batch["options"].tolist() == [[0, 1, 2], [3, 4, -1]]
    sizes = [*table["sizes"][1].as_py(), *table["sizes"][2].as_py()]
    assert batch["inputs"]["attention_mask"].sum(1).tolist() == sizes
    ids = batch["inputs"]["input_ids"][batch["inputs"]["attention_mask"]].tolist()
    assert ids == [*table["input_ids"][1].as_py(), *table["input_ids"][2].as_py()]
    assert batch["inputs"]["token_type_ids"].shape == batch["inputs"]["input_ids"].shape


def test_the_budget_counts_all_sequences_with_padding() -> None:
    found = rows()
    for some in ([0, 1, 2], [1], [0, 2]):
        batch = found.collate(Draws(np.array(some), np.array(some), 0))
        assert batch["inputs"]["input_ids"].numel() <= len(some) * found.lengths[some].max()
    table = encoder().encode(TEXTS, CELLS)
    longest = [max(row) for row in table["sizes"].to_pylist()]
    assert found.lengths.tolist() == [3 * length for length in longest]


def test_no_rows_have_no_lengths() -> None:
    table = encoder().encode(TEXTS, CELLS).slice(0, 0)
    assert TokenRows(table, 0).lengths.tolist() == []


def test_sliced_tables_keep_their_own_sequences() -> None:
    table, whole = encoder().encode(TEXTS, CELLS), rows()
    part = TokenRows(table.slice(1, 1), 0)
    batch, same = (
        one.collate(Draws(np.array([row]), np.array([row]), 0))
        for one, row in ((part, 0), (whole, 1))
    )
    assert batch["inputs"]["input_ids"].equal(same["inputs"]["input_ids"])
    assert part.lengths.tolist() == whole.lengths[1:2].tolist()
    assert Coverage.of(encoder(), table.slice(1, 1)).ids < Coverage.of(encoder(), table).ids


def test_each_option_is_cleaned_by_itself_and_a_passage_stands_before() -> None:
    cells = {"text": ["谁？"], "pair": [as_cell(["<b>猫</b>", "ＡＢ 狗 "])], "passage": ["文 。"]}
    text = Text(pair="options", passage="passage", encode=Encoder(pairs="options"))
    found, report = text.cleaned(pa.table(cells), may_drop=False)
    assert found["pair"].to_pylist() == [as_cell(["猫", "AB 狗"])]
    assert found["text"].to_pylist() == ["文 。 谁？"]
    assert found["original"].to_pylist() == ["文 。\n谁？"]
    assert "passage" not in found.column_names
    assert report["changed"]["html"] == 1


def test_a_row_without_a_passage_is_its_question() -> None:
    table = pa.table({"text": ["谁？", "何？"], "passage": ["", "文"]})
    assert with_passage(table)["text"].to_pylist() == ["谁？", "文\n何？"]


def test_what_was_not_read_of_a_text_is_told() -> None:
    made = encoder(max_length=12, truncation="head")
    unread = made.unread(["天地玄黄宇宙日月盈昃", as_cell(["月", "日月"])])
    assert unread == [[(7, 10)], []]


@pytest.mark.parametrize("cell", ["猫", '["猫"]', '["猫", ""]', "", "{"])
def test_a_cell_that_is_no_list_of_options_is_told(cell: str) -> None:
    with pytest.raises(DataError) as error:
        options_of(cell)
    assert error.value.column == "pair"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no_column": ({"pair": None}, "options need their column"),
    "augment": ({"augment": Augmenter(steps=(Step("swap"),))}, "doesn't go with pairs: options"),
    "linear": ({"linear": Linear()}, "doesn't go with pairs: options"),
    "windows": (
        {"encode": Encoder(pairs="options", truncation="windows")},
        "doesn't go with truncation: windows",
    ),
    "passage": ({"encode": Encoder(), "passage": "p"}, "goes with pairs: options only"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_options_do_not_go_with_is_refused(name: str) -> None:
    changes, said = REFUSED[name]
    with pytest.raises(ConfigError, match=said):
        Text(**{"pair": "options", "encode": Encoder(pairs="options")} | changes)
