"""The list of what a model has read finds those texts and no others, and is never misread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weitiao.errors import ConfigError
from weitiao.inputs.text.contamination_index import SEEN, ContaminationIndex, numbers_of

READ = ["今天天气很好！", "Good Hotel", "ＡＢＣ"]
NUMBERS = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 9))


def saved(folder: Path, array: np.ndarray, **options: bool) -> bytes:
    np.save(folder / SEEN, array, **options)
    return (folder / SEEN).read_bytes()


@given(NUMBERS, NUMBERS, NUMBERS)
def test_it_holds_what_was_put_in_and_nothing_else(some, more, asked) -> None:
    seen = ContaminationIndex.of(np.array(some, np.uint64), np.array(more, np.uint64))
    found = seen.holds(np.array(asked, np.uint64)).tolist()
    assert found == [number in {*some, *more} for number in asked]


def test_a_text_is_found_whatever_its_width_case_and_white_space() -> None:
    table = pa.table({"text": [" 今天 天气很好! ", "goodhotel", "abc", "今天天气很好", "good"]})
    read = ContaminationIndex.of(numbers_of(READ))
    assert read.among(table).tolist() == [True, True, True, False, False]


@pytest.mark.parametrize("column", ["text", "original", "pair"])
def test_one_text_of_a_row_is_enough(column) -> None:
    table = pa.table({name: ["new", "new"] for name in ("text", "original", "pair", "label")})
    texts = pa.array(["new", READ[1]])
    table = table.set_column(table.column_names.index(column), column, texts)
    assert ContaminationIndex.of(numbers_of(READ)).among(table).tolist() == [False, True]


def test_what_is_written_comes_back(tmp_path) -> None:
    assert ContaminationIndex.read(tmp_path) is None
    seen = ContaminationIndex.of(numbers_of(READ), numbers_of(READ[:2]))
    seen.write(tmp_path)
    assert (tmp_path / SEEN).stat().st_size == 128 + 8 * len(READ)  # a header, 8 bytes a text
    assert ContaminationIndex.read(tmp_path).numbers.tolist() == seen.numbers.tolist()


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.arange(4), id="signed"),
        pytest.param(np.arange(4.0), id="floats"),
        pytest.param(np.arange(4, dtype=np.uint64)[::-1], id="falling"),
        pytest.param(np.zeros(4, np.uint64), id="equal"),
        pytest.param(np.zeros((2, 2), np.uint64), id="square"),
        pytest.param(np.array([{"a": 1}]), id="pickle"),
    ],
)
def test_other_arrays_are_refused(tmp_path, array) -> None:
    saved(tmp_path, array)
    with pytest.raises(ConfigError, match=r"seen\.npy: no list of the texts"):
        ContaminationIndex.read(tmp_path)


def test_a_file_that_was_cut_off_is_refused_wherever(tmp_path) -> None:
    whole = saved(tmp_path, np.arange(3, dtype=np.uint64))
    for length in range(len(whole)):
        (tmp_path / SEEN).write_bytes(whole[:length])
        with pytest.raises(ConfigError, match=r"seen\.npy.*\n  → pretrain again"):
            ContaminationIndex.read(tmp_path)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of numpy, at some of what it then refuses
def test_a_damaged_header_raises_nothing_else(tmp_path) -> None:
    whole, refused = saved(tmp_path, np.arange(3, dtype=np.uint64)), 0
    for place in range(128):
        (tmp_path / SEEN).write_bytes(whole[:place] + b"(" + whole[place + 1 :])
        try:
            ContaminationIndex.read(tmp_path)
        except ConfigError:
            refused += 1
    assert refused > 60  # of 128; the rest is padding
