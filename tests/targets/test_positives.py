"""Pairs that belong together: known by their texts, of no column."""

from __future__ import annotations

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
