"""Every form in which cells give spans, and every fault, in every format that has cells."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from read_both_ways import read_both_ways
from text_parts import roles

from weitiao.errors import ConfigError, DataError
from weitiao.io.spans.forms import tags_in, text_and_spans, value_of
from weitiao.io.spans.schemes import TagReader
from weitiao.io.spans.span import SpanFault
from weitiao.io.tables import Reader

TEXT = "叶老桂住在杭州"
NAMES = [[0, 3, "PER"], [5, 7, "LOC"]]
TOKENS, TAGS = ["叶老桂", "住", "在", "杭", "州"], ["B-PER", "O", "O", "B-LOC", "I-LOC"]


def study(*results: dict[str, Any], **marks: Any) -> list[dict[str, Any]]:
    """Annotations of Label Studio: one, of these values."""
    regions = [{"type": "labels", "id": "x", "value": value} for value in results]
    return [{"id": 1, "was_cancelled": False, "result": regions} | marks]


PER = {"start": 0, "end": 3, "text": "叶老桂", "labels": ["PER"]}
LOC = {"start": 5, "end": 7, "text": "杭州", "labels": ["LOC"]}
RELATION = {"type": "relation", "from_id": "x", "to_id": "y"}
FORMS: dict[str, tuple[Any, Any]] = {
    "doccano": (TEXT, NAMES[::-1]),
    "the same twice": (TEXT, [*NAMES, NAMES[0]]),
    "doccano, objects": (
        TEXT,
        [
            {"id": 7, "label": "PER", "start_offset": 0, "end_offset": 3},
            {"id": 8, "label": "LOC", "start_offset": 5, "end_offset": 7},
        ],
    ),
    "objects with a type": (
        TEXT,
        [{"start": 0, "end": 3, "type": "PER"}, {"start": 5, "end": 7, "type": "LOC"}],
    ),
    "JSON_MIN": (TEXT, [PER, LOC]),
    "Label Studio": ({"text": TEXT}, study(PER, LOC)),
    "Label Studio, a column of another name": ({"n": 5, "review": TEXT}, study(PER, LOC)),
    "the truth among annotations": (
        {"text": TEXT, "title": "x"},
        study(PER) + study(PER, LOC, ground_truth=True) + study(LOC, was_cancelled=True),
    ),
    "annotations that agree": ({"text": TEXT}, study(PER, LOC) + study(LOC, PER)),
    "CLUENER": (TEXT, {"PER": {"叶老桂": [[0, 2]]}, "LOC": {"杭州": [[5, 6]]}}),
    "CLUENER, exclusive": (TEXT, {"PER": {"叶老桂": [[0, 3]]}, "LOC": {"杭州": [[5, 7]]}}),
    "tokens": (TOKENS, TAGS),
    "characters": (TEXT, ["B-PER", "I-PER", "I-PER", "O", "O", "B-LOC", "I-LOC"]),
}


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def cell(value: Any) -> str:
    return value if isinstance(value, str) else as_json(value)


def write_jsonl(path: Path, rows: list[tuple[Any, Any]]) -> None:
    lines = [as_json({"text": text, "label": label}) for text, label in rows]
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def write_document(path: Path, rows: list[tuple[Any, Any]]) -> None:
    path.write_text(as_json([{"text": text, "label": label} for text, label in rows]), "utf-8")


def write_table(path: Path, rows: list[tuple[Any, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        cells = [(cell(text), "" if label == [] else cell(label)) for text, label in rows]
        csv.writer(file).writerows([("text", "label"), *cells])


def write_columns(path: Path, rows: list[tuple[Any, Any]]) -> None:
    texts, labels = ([row[i] for row in rows] for i in (0, 1))
    try:
        table = pa.table({"text": texts, "label": labels})
    except pa.ArrowInvalid:  # triples are of two types
        table = pa.table({"text": texts, "label": [as_json(label) for label in labels]})
    pq.write_table(table, path)


def write_workbook(path: Path, rows: list[tuple[Any, Any]]) -> None:
    book = pytest.importorskip("openpyxl").Workbook()
    for text, label in [("text", "label"), *rows]:
        book.active.append([cell(text), cell(label)])
    book.save(path)


WRITERS: dict[str, Callable[[Path, list[tuple[Any, Any]]], None]] = {
    "jsonl": write_jsonl,
    "json": write_document,
    "csv": write_table,
    "parquet": write_columns,
    "xlsx": write_workbook,
}


def read(path: Path, notes: list[str] | None = None, **options: Any) -> pa.Table:
    return read_both_ways(Reader(cells="spans", **options), path, notes)


def spans(table: pa.Table) -> list[Any]:
    return [json.loads(label) for label in table["label"].to_pylist()]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", WRITERS)
def test_every_form_is_read_from_every_format(tmp_path: Path, form: str, kind: str) -> None:
    text, label = FORMS[form]
    if isinstance(text, dict) and kind in ("csv", "xlsx"):
        pytest.skip("Label Studio doesn't write such cells")
    if isinstance(label, dict) and kind == "parquet":
        label = as_json(label)
    WRITERS[kind](tmp_path / f"a.{kind}", [(text, label)] * 3)
    table = read(tmp_path / f"a.{kind}")
    assert table["text"].to_pylist() == [TEXT] * 3
    assert table["label"].to_pylist() == ['[[0, 3, "PER"], [5, 7, "LOC"]]'] * 3


EMPTY: dict[str, tuple[Any, Any]] = {
    "an empty list": ("好", []),
    "an empty dictionary": ("好", {}),
    "an empty cell": ("好", ""),
    "white space": ("好", " "),
    "an empty list as text": ("好", "[]"),
    "no result": ({"text": "好"}, study()),
    "tags of O": (["好"], ["O"]),
    "no token": ([], []),
    "an empty text": ("", []),
}


@pytest.mark.parametrize("form", EMPTY)
def test_a_row_may_hold_no_span(tmp_path: Path, form: str) -> None:
    write_jsonl(tmp_path / "a.jsonl", [EMPTY[form]])
    table = read(tmp_path / "a.jsonl")
    assert table["label"].to_pylist() == ["[]"]
    assert table["text"].to_pylist()[0] in ("好", "")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_empty_cell_of_a_table_is_no_span(tmp_path: Path, kind: str) -> None:
    WRITERS[kind](tmp_path / f"a.{kind}", [("好", []), (TEXT, NAMES)])
    assert spans(read(tmp_path / f"a.{kind}")) == [[], NAMES]


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


@pytest.mark.parametrize(
    ("given", "found"), [((1, 3), [1, 2]), ((3, 4), [2, 3]), ((0, 4), [0, 3]), ((1, 2), [1, 2])]
)
def test_offsets_in_utf_16_are_told_by_the_surface(
    tmp_path: Path, given: tuple[int, int], found: list[int]
) -> None:
    text = "a👍b"
    surface = text[found[0] : found[1]]
    span = {"start": given[0], "end": given[1], "text": surface, "labels": ["T"]}
    write_jsonl(tmp_path / "a.jsonl", [(text, [span])])
    notes: list[str] = []
    assert spans(read(tmp_path / "a.jsonl", notes)) == [[[*found, "T"]]]
    assert any("UTF-16" in note for note in notes) == ([*given] != found)


def test_inside_a_surrogate_pair_is_no_place(tmp_path: Path) -> None:
    span = {"start": 2, "end": 3, "text": "👍", "labels": ["T"]}
    write_jsonl(tmp_path / "a.jsonl", [("a👍b", [span])])
    with pytest.raises(DataError, match="'👍' doesn't stand at 2 to 3 of the text, but 'b' does"):
        read(tmp_path / "a.jsonl")


def test_a_line_break_in_a_surface_may_be_written(tmp_path: Path) -> None:
    span = {"start": 0, "end": 3, "text": r"a\nb", "labels": ["T"]}
    write_jsonl(tmp_path / "a.jsonl", [("a\nb", [span])])
    assert spans(read(tmp_path / "a.jsonl")) == [[[0, 3, "T"]]]


def test_an_object_of_several_labels_is_a_span_of_each(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", [(TEXT, [PER | {"labels": ["PER", "NAME"]}])])
    assert spans(read(tmp_path / "a.jsonl")) == [[[0, 3, "NAME"], [0, 3, "PER"]]]


def test_overlapping_and_nested_spans_stay(tmp_path: Path) -> None:
    nested = [[0, 3, "PER"], [0, 7, "X"], [1, 3, "GIVEN"], [2, 5, "Y"]]
    write_jsonl(tmp_path / "a.jsonl", [(TEXT, nested)])
    assert spans(read(tmp_path / "a.jsonl")) == [nested]


def test_types_are_tidied_as_labels_are(tmp_path: Path) -> None:
    found = [[0, 3, "PER\u200b"], [0, 3, " PER"], [5, 7, "e\u0301"]]
    write_jsonl(tmp_path / "a.jsonl", [(TEXT, found)])
    notes: list[str] = []
    assert spans(read(tmp_path / "a.jsonl", notes)) == [[[0, 3, "PER"], [5, 7, "é"]]]
    assert any("labels freed of invisible characters" in n and n.endswith(": 2") for n in notes)


def test_what_was_done_is_told(tmp_path: Path) -> None:
    annotations = study(PER) + study(LOC, was_cancelled=True)
    annotations[0]["result"].append(RELATION)
    write_jsonl(
        tmp_path / "a.jsonl",
        [
            ({"text": TEXT}, annotations),
            (TEXT, [NAMES[0], NAMES[0]]),
            (TEXT, {"PER": {"叶老桂": [[0, 3]]}}),
            ("a👍b", [[0, 1, "T"], [2, 3, "T"]]),
            (["a", "b"], ["O", "I-PER"]),
            (["a", "b"], ["B-PER", "I-PER"]),
            (["a", "b"], ["B-PER", "O"]),
        ],
    )
    notes: list[str] = []
    read(tmp_path / "a.jsonl", notes)
    assert [note.partition(": ")[2] for note in notes] == [
        "its tags are read as IOB2",
        "annotations that were cancelled, left out: 1",
        "results that are no spans, left out: 1",
        "spans that came twice in a row, merged: 1",
        "spans with an exclusive end, as their surface shows: 1",
        "spans behind an emoji or a rare hanzi, without their text: code points, not UTF-16?: 1",
        "rows with tags that break IOB2, mended: 1",
        "entities that begin with I- or M-, read as begun: 1",
    ]


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


def test_class_numbers_of_hugging_face_are_tags(tmp_path: Path) -> None:
    classes = {"names": ["O", "B-PER", "I-PER"], "_type": "ClassLabel"}
    features = {"ner_tags": {"feature": classes, "_type": "Sequence"}}
    table = pa.table(
        {"tokens": [["我", "是", "叶", "老"]] * 2, "ner_tags": [[0, 0, 1, 2], [0, 0, 1, 9]]}
    )
    noted = {"huggingface": json.dumps({"info": {"features": features}})}
    pq.write_table(table.replace_schema_metadata(noted), tmp_path / "a.parquet")
    columns = roles(text="tokens", label="ner_tags")
    found = read(tmp_path / "a.parquet", columns=columns, on_bad_row="quarantine")
    assert found.select(["text", "label"]).to_pylist() == [
        {"text": "我是叶老", "label": '[[2, 4, "PER"]]'}
    ]
    assert "tag 4 is missing" in (tmp_path / "bad.jsonl").read_text("utf-8")
    pq.write_table(table, tmp_path / "b.parquet")
    with pytest.raises(DataError, match="tag 1 is a number, 0, that nothing names"):
        read(tmp_path / "b.parquet", columns=columns)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TOKENS, TEXT),
        (as_json(TOKENS), TEXT),
        ({"text": TEXT}, TEXT),
        (TEXT, TEXT),
        ("[1, 2]", "[1, 2]"),
        ("[好]", "[好]"),
        ("[]", "[]"),
        ("", ""),
    ],
)
def test_to_predict_only_the_text_is_read(tmp_path: Path, text: Any, found: str) -> None:
    write_jsonl(tmp_path / "a.jsonl", [(text, None)])
    table = read(tmp_path / "a.jsonl", columns=roles(label=None))
    assert table.column_names == ["id", "text", "file", "row"]
    assert table["text"].to_pylist() == [found]


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
