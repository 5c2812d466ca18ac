"""Answers as targets: counted, encoded, written, drawn in proportion."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from weitiao.card import DataCard, TokenInput
from weitiao.errors import DataError
from weitiao.targets import Answers
from weitiao.targets.answers import AnswerTarget, answers_in

ROWS: list[list[tuple[int, int, str]]] = [
    [(0, 2, "一二")],
    [(0, 1, "一"), (4, 5, "一")],  # one answer at two places
    [(0, 1, "一"), (-1, -1, "十一二三")],
    [],
    [(-1, -1, "九"), (-1, -1, "十")],
]


def table(rows: list[list[tuple[int, int, str]]] = ROWS) -> pa.Table:
    return pa.table(
        {
            "text": ["一二三四一"] * len(rows),
            "label": pa.array([json.dumps(row, ensure_ascii=False) for row in rows], pa.string()),
            "file": pa.array(["my.json"] * len(rows)).dictionary_encode(),
            "row": list(range(1, len(rows) + 1)),
        }
    )


def test_the_card_counts_train() -> None:
    card = Answers().fit({"train": table(), "val": table([[], [(0, 5, "一二三四一")]])})
    assert card == AnswerTarget(unanswerable=1, longest=2)
    assert card.labels == []
    data = DataCard(TokenInput(10, 0, 8), card, {"train": 5})
    assert DataCard.of(json.loads(json.dumps(data.plain()))) == data


def test_answers_are_encoded_as_cells_and_written_as_they_were() -> None:
    card = AnswerTarget(1, 2)
    encoded = card.encode(table())
    assert encoded.type == pa.large_string()
    assert [answers_in(cell) for cell in encoded.to_pylist()] == ROWS
    assert card.written(ROWS) == table()["label"].to_pylist()


def test_rows_are_drawn_by_whether_they_have_an_answer() -> None:
    strata = Answers().strata(table())
    assert strata is not None
    assert strata.tolist() == [1, 1, 1, 0, 1]
    assert Answers().strata(table().drop_columns(["label"])) is None


def test_rows_are_counted_by_their_answers() -> None:
    described = Answers().described(table())
    assert described["targets"] == {"one answer": 2, "several": 2, "none": 1}
    assert described["classes"] == {}
    (warning,) = described["warnings"]
    assert warning.startswith(
        "1 rows have no answer that stands in the text (first: my.json, row 5)"
    )
    assert Answers().described(table(ROWS[:4]))["warnings"] == []


@pytest.mark.parametrize("rows", [[[], []], [[(-1, -1, "九")]]])
def test_train_without_an_answer_in_its_text_is_refused(rows: Any) -> None:
    train = table(rows)
    with pytest.raises(DataError, match="rows of train has an answer in its text"):
        Answers().check({"train": train}, train)
    Answers().check({"train": table(), "val": train}, train)


def test_a_row_without_a_label_is_refused() -> None:
    train = table().set_column(1, "label", pa.array([None] * len(ROWS), pa.string()))
    with pytest.raises(DataError, match="no label") as error:
        Answers().check({"train": train}, train)
    assert error.value.row == 1
