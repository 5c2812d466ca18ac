"""Cells of spans at fault: told, set aside, and none makes reading fall over."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cells_of_spans import LOC, NAMES, PER, TEXT, read, spans, study, write_jsonl
from hypothesis import given, settings
from hypothesis import strategies as st
from json_text import as_json
from text_parts import roles

from weitiao.errors import ConfigError, DataError
from weitiao.io.spans.forms import tags_in, text_and_spans, value_of
from weitiao.io.spans.schemes import TagReader
from weitiao.io.spans.span import SpanFault
from weitiao.io.tables import Reader

FAULTS: list[tuple[Any, Any, str, str]] = [
    (["a", "b"], ["O"], "label", "there are 2 tokens and 1 tags"),
    (["a"], ["O", "O"], "label", "there are 1 tokens and 2 tags"),
    (["a"], [], "label", "there are 1 tokens and no tags"),
    ([], ["O"], "label", "there are 0 tokens and 1 tags"),
    ('["a", "b"]', '["O"]', "label", "there are 2 tokens and 1 tags"),
    ("ab", ["O"], "label", "2 characters and 1 tags(?s:.)*text tokens"),
    (["a"], ["X-PER"], "label", "tag 1, 'X-PER', has no known prefix"),
    (["a"], [3], "label", "tag 1 is a number, 3, that nothing names(?s:.)*ClassLabel|datasets"),
    (["a", ""], ["O", "O"], "text", "token 2 is empty"),
    (["a", 5], ["O", "O"], "text", "token 2, 5, is not a text"),
    (["a", None], ["O", "O"], "text", "token 2, None, is not a text"),
    (["a"], [[0, 1, "T"]], "text", "do they count tokens, or characters"),
    (None, ["O"], "text", "the value is missing"),
    (None, [], "text", "the value is missing"),
    (TEXT, None, "label", "the value is missing"),
    (TEXT, "null", "label", "the value is missing"),
    (TEXT, float("nan"), "label", "the value is missing"),
    (TEXT, 5, "label", "a int is neither spans nor tags"),
    (TEXT, "PER", "label", "neither spans nor tags"),
    (TEXT, "['B-PER', 'O']", "label", "neither spans nor tags"),
    (TEXT, "[" * 99999, "label", "neither spans nor tags"),
    (TEXT, [[0, 8, "PER"]], "label", "ends past the text, which has 7 characters"),
    (TEXT, [[3, 3, "PER"]], "label", r"the span \[3, 3, 'PER'\] is empty"),
    (TEXT, [[3, 1, "PER"]], "label", "ends before it starts"),
    (TEXT, [[-3, 1, "PER"]], "label", "starts before the text"),
    (TEXT, [[0, 1]], "label", r"\[0, 1\] is no span"),
    (TEXT, [[0, 1, "PER"], "O"], "label", "'O' is no span"),
    (TEXT, [[0, 1, 7]], "label", "the type 7 of the span"),
    (TEXT, [[0, 1, ""]], "label", "the type '' of the span"),
    (TEXT, [[0, 1, "\u200b"]], "label", "of a span is empty"),
    (TEXT, [[0.5, 1, "PER"]], "label", "the offset 0.5 of a span is not a whole number"),
    (TEXT, [["0", 1, "PER"]], "label", "the offset '0' of a span"),
    (TEXT, [[True, 1, "PER"]], "label", "the offset True of a span"),
    (TEXT, [[[0, 3], [4, 5], "PER"]], "label", r"the offset \[0, 3\] of a span"),
    (TEXT, [{"start": 0, "label": "PER"}], "label", "a span has start, end and label"),
    (TEXT, [{"start": 0, "end": 1}], "label", "here are 'start', 'end'"),
    (TEXT, [{"start": 0, "end": 2, "text": "老桂", "label": "P"}], "label", "'老桂'.* but '叶老'"),
    (TEXT, {"PER": {"老桂": [[5, 6]]}}, "label", "'老桂' doesn't stand at 5 to 7.* but '杭州'"),
    (TEXT, {"PER": {"老桂": [[50, 51]]}}, "label", "'老桂' doesn't stand at 50"),
    (TEXT, {"PER": {"老桂": [5, 6]}}, "label", "5 is no place of '老桂'"),
    (TEXT, {"PER": ["老桂"]}, "label", "no object of surfaces"),
    (TEXT, {"PER": None}, "label", "no object of surfaces"),
    ({"text": TEXT}, study(PER) + study(LOC), "label", "2 annotations differ"),
    ({"text": TEXT}, study(PER, was_cancelled=True), "label", "all annotations were cancelled"),
    ({"a": TEXT, "b": "x"}, study(PER), "text", "which of its values is the text.*'a', 'b'"),
    ({"text": TEXT}, [{"result": None}], "label", "result is None"),
    ({"text": TEXT}, [{"result": ["x"]}], "label", r"result is \['x'\], not a list of objects"),
    ({"text": TEXT}, [{"result": [{"type": "labels"}]}], "label", "None is no span"),
    ({"text": TEXT}, study({"start": "/p[1]", "end": 3, "labels": ["X"]}), "label", "'/p.1.' of"),
    ("e\u0301a", [[0, 1, "T"]], "label", "ends inside a character of several code points"),
    ("ae\u0301", [[2, 3, "T"]], "label", "starts inside a character of several code points"),
    ("👩\u200d💻", [[0, 2, "T"]], "label", "inside a character of several code points"),
    ("❤\ufe0f!", [[0, 1, "T"]], "label", "inside a character of several code points"),
]


@pytest.mark.parametrize(("text", "label", "column", "told"), FAULTS)
def test_a_fault_is_told_and_can_be_set_aside(
    tmp_path: Path, text: Any, label: Any, column: str, told: str
) -> None:
    path = tmp_path / "a.jsonl"
    write_jsonl(path, [(TEXT, NAMES), (text, label), (TEXT, [])])
    with pytest.raises(DataError, match=told) as error:
        read(path)
    assert (error.value.file, error.value.row, error.value.column) == (str(path), 2, column)
    table = read(path, on_bad_row="quarantine")
    assert table["row"].to_pylist() == [1, 3]
    (bad,) = [json.loads(line) for line in (tmp_path / "bad.jsonl").open(encoding="utf-8")]
    assert (bad["row"], bad["column"]) == (2, column)
    assert bad["raw"] == as_json({"text": text, "label": label})


def test_half_a_surrogate_pair_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(r'{"text": "a\ud83d", "label": [[0, 1, "T"]]}', "utf-8")
    with pytest.raises(DataError, match="half a surrogate pair"):
        read(path)


def test_inside_a_surrogate_pair_is_no_place(tmp_path: Path) -> None:
    span = {"start": 2, "end": 3, "text": "👍", "labels": ["T"]}
    write_jsonl(tmp_path / "a.jsonl", [("a👍b", [span])])
    with pytest.raises(DataError, match="'👍' doesn't stand at 2 to 3 of the text, but 'b' does"):
        read(tmp_path / "a.jsonl")


def test_broken_tags_are_bad_rows_by_option(tmp_path: Path) -> None:
    rows = [(["a", "b"], ["B-PER", "I-PER"])] * 2 + [(["a", "b"], ["O", "I-PER"])]
    write_jsonl(tmp_path / "a.jsonl", rows)
    assert spans(read(tmp_path / "a.jsonl"))[2] == [[2, 3, "PER"]]
    with pytest.raises(DataError, match=r"tag 2, 'I-PER', breaks(?s:.)*broken_tags mend") as error:
        read(tmp_path / "a.jsonl", broken_tags="bad")
    assert error.value.row == 3
    assert read(tmp_path / "a.jsonl", broken_tags="bad", on_bad_row="quarantine").num_rows == 2
    with pytest.raises(ConfigError, match="tags of tokens only"):
        Reader(broken_tags="bad")
    with pytest.raises(ConfigError, match="spans stand in a text, and none is read"):
        Reader({"words": "text", "label": "label"}, cells="spans")


@pytest.mark.parametrize("text", [None, [None], ["a", ""], {"a": 1}, {"a": "x", "b": "y"}])
def test_a_text_to_predict_that_is_none_is_a_bad_row(tmp_path: Path, text: Any) -> None:
    write_jsonl(tmp_path / "a.jsonl", [("x", None), (text, None)])
    with pytest.raises(DataError) as error:
        read(tmp_path / "a.jsonl", columns=roles(label=None))
    assert (error.value.row, error.value.column) == (2, "text")
    found = read(tmp_path / "a.jsonl", columns=roles(label=None), on_bad_row="quarantine")
    assert found["text"].to_pylist() == ["x"]


KEYS = ["start", "end", "label", "labels", "text", "result", "value", "type", "was_cancelled", "叶"]
LEAVES = st.sampled_from([None, True, -1, 0, 1, 2, 1.5, "", "O", "B-X", "叶老", "x👍e\u0301", "[]"])
CELLS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.just("叶老x👍e\u0301") | CELLS, CELLS)
@settings(max_examples=300)
def test_no_cell_makes_reading_fall_over(text: Any, label: Any) -> None:
    reader = TagReader(refuse=False)
    try:
        value = value_of(label)
        reader.see([tags] if (tags := tags_in(value)) is not None else [])
        found, spans = text_and_spans(text, value, reader, Counter())
    except SpanFault:
        return
    assert all(0 <= span.start < span.end <= len(found) for span in spans)


def test_a_cell_that_is_nested_deeply_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"text": "a", "label": [[0, 1, {"[" * 300}{"]" * 300}]]}}', "utf-8")
    with pytest.raises(DataError, match="of the span"):
        read(path)


def test_bytes_in_another_encoding_are_told_before_spans(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_jsonl(path, [(TEXT, NAMES), (TEXT, {"PER": {"叶老桂": [[0, 2]]}})])
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second.decode().replace("叶老桂住", "葉老桂住").encode("gbk"))
    with pytest.raises(DataError, match="these bytes are not utf-8"):
        read(path, encoding="utf-8")


def test_the_way_into_label_studio_s_export_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        as_json([{"id": 1, "data": {"text": TEXT}, "annotations": study(PER)}]), "utf-8"
    )
    with pytest.raises(DataError, match="text data label annotations"):
        read(path)
    assert spans(read(path, columns=roles(text="data", label="annotations"))) == [[NAMES[0]]]
