"""Pairs that belong together: known by their texts, of no column."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from weitiao.errors import ConfigError, DataError
from weitiao.targets import Positives, target_array
from weitiao.targets.positives import PositivesTarget


def table(*pairs: tuple[str, str]) -> pa.Table:
    return pa.table(
        {
            "text": [text for text, _ in pairs],
            "pair": [pair for _, pair in pairs],
            "file": pa.array(["my.csv"] * len(pairs)).dictionary_encode(),
            "row": list(range(2, len(pairs) + 2)),
        }
    )


PAIRS = table(("问", "答"), ("问", "另"), ("甲", "答"))


def test_equal_texts_have_equal_numbers_in_every_table() -> None:
    target = Positives().fit({"train": PAIRS})
    assert target == PositivesTarget()
    found = target_array(target.encode(PAIRS))
    assert found.dtype == np.int64
    assert found.shape == (3, 2)
    assert found[0, 0] == found[1, 0] != found[2, 0]
    assert found[0, 1] == found[2, 1] != found[1, 1]
    assert (target_array(target.encode(PAIRS.slice(2, 1))) == found[2]).all()


@pytest.mark.parametrize(
    ("tables", "words", "place"),
    [
        ({"train": PAIRS, "val": table(("好", " "))}, "empty", ("pair", 2)),
        ({"train": table(("问", "答"), ("\u3000", "另"))}, "empty", ("text", 3)),
        ({"train": table(("问", "答"), ("甲", "答"))}, "all rows", ("pair", 2)),
    ],
)
def test_pairs_that_say_nothing_are_refused(
    tables: dict[str, pa.Table], words: str, place: tuple[str, int]
) -> None:
    with pytest.raises(DataError, match=words) as refused:
        Positives().fit(tables)
    assert (refused.value.column, refused.value.row) == place
    assert refused.value.file == "my.csv"


def test_rows_of_one_text_are_refused() -> None:
    with pytest.raises(ConfigError, match="second text"):
        Positives().fit({"train": PAIRS.drop_columns(["pair"])})


def with_negatives(*lists: list[str]) -> pa.Table:
    cells = [json.dumps(texts, ensure_ascii=False) for texts in lists]
    return PAIRS.append_column("negatives", pa.array(cells))


def test_negatives_have_numbers_unless_they_are_right_by_another_row() -> None:
    rows = with_negatives(["错", "另"], ["甲"], [])
    target = Positives().fit({"train": rows})
    assert target == PositivesTarget(2)
    found = target_array(target.encode(rows))
    assert found.shape == (3, 4)
    assert found[0, 2] != 0
    assert found[0, 3] == 0  # 另 belongs to 问 by the second row
    assert found[1, 2] == found[2, 0]  # a text has one number, wherever it stands
    assert found[1, 3] == found[2, 2] == found[2, 3] == 0
    assert (found[:, :2] == target_array(target.encode(PAIRS))).all()


def test_a_column_of_negatives_without_any_is_refused() -> None:
    with pytest.raises(DataError, match="no row of train has a negative") as refused:
        Positives().fit({"train": with_negatives([], [], [])})
    assert refused.value.column == "negatives"


def classes(*rows: tuple[str, str]) -> pa.Table:
    return table(*rows).rename_columns(["text", "label", "file", "row"])


def test_a_text_of_a_class_has_another_one_of_it_beside_it() -> None:
    texts = [(f"{label}{number}", label) for number in range(4) for label in "甲乙丙"]
    rows, told = Positives(classes="label").completed(classes(*texts, ("独", "丁")))
    assert told == ["classes of one row, which belongs to no other, left out: 1"]
    pairs = [(row["text"], row["pair"]) for row in rows.to_pylist()]
    assert [text for text, _ in pairs] == [text for text, _ in texts]
    assert all(one != other and one[0] == other[0] for one, other in pairs)
    assert sorted(other for _, other in pairs) == sorted(text for text, _ in texts)
    backwards, _ = Positives(classes="label").completed(classes(*texts[::-1]))
    assert {(row["text"], row["pair"]) for row in backwards.to_pylist()} == {*pairs}
    target = Positives(classes="label").fit({"train": rows})
    found = target_array(target.encode(rows))
    assert target == PositivesTarget(by_class=True)
    assert (found[:, 2] == found[0, 2]).tolist() == [label == "甲" for _, label in texts]


def test_rows_of_one_text_twice_are_counted() -> None:
    same = pa.table({"text": ["甲", "乙", "丙"], "pair": ["甲", "丁", "丙"]})
    table, told = Positives().completed(same)
    assert table is same
    assert told == ["rows whose two texts are the same, which teach nothing: 2"]


def test_pairs_are_left_as_they_are() -> None:
    assert Positives().completed(PAIRS) == (PAIRS, [])


def test_classes_of_one_row_each_are_refused() -> None:
    with pytest.raises(DataError, match="no class has two rows"):
        Positives(classes="label").completed(classes(("一", "甲"), ("二", "乙")))


def test_a_row_without_a_class_is_refused() -> None:
    rows = classes(("一", "甲"), ("二", "甲"), ("三", "乙"))
    rows = rows.set_column(1, "label", pa.array(["甲", None, "乙"]))
    with pytest.raises(DataError, match="no label"):
        Positives(classes="label").check({"train": rows}, rows)
