"""Tables in every format and encoding give the same rows; the file that is written is whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from table_files import ALL, GOOD, as_csv, quarantined, read
from text_parts import roles

from weitiao.errors import DataError
from weitiao.io.tables import Reader

ROWS = [  # traditional: these characters stand in GBK and in Big5
    ("1", "這家酒店的服務非常好，房間也很乾淨。"),
    ("0", "物流太慢了, 等了一個星期才到!"),
    ("10", '他說"很好"，我說“不好”'),
    ("2", "  前後都有空白　"),
    ("1", "plain English, with a comma"),
    ("0", "一模一樣"),
]
SHARED = Path(__file__).parents[3].parent / "shared" / "data"
ENCODINGS = ["utf-8", "utf-8-sig", "gbk", "gb18030", "big5", "utf-16", "utf-16-le", "utf-16-be"]

TEXT_FORMATS: dict[str, Callable[[], str]] = {
    "csv": lambda: as_csv([("label", "text"), *ROWS]),
    "tsv": lambda: "".join(f"{label}\t{text}\n" for label, text in [("label", "text"), *ROWS]),
    "jsonl": lambda: "".join(
        json.dumps({"text": text, "label": int(label)}, ensure_ascii=False) + "\n"
        for label, text in ROWS
    ),
    "lines": lambda: "".join(f"{label} {text}\n" for label, text in ROWS),
}


# ── Formats and encodings ──


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", list(TEXT_FORMATS))
@pytest.mark.parametrize("named", [False, True])
def test_every_format_in_every_encoding_gives_the_same_table(
    tmp_path: Path, kind: str, encoding: str, named: bool
) -> None:
    data = TEXT_FORMATS[kind]().encode(encoding)
    options: dict[str, Any] = {"encoding": encoding} if named else {}
    table = read(tmp_path, data, kind, format=kind, **options)
    first = 1 if kind in ("jsonl", "lines") else 2
    assert table.drop_columns("file").equals(expected(first))
    assert table["file"].unique().to_pylist() == [str(tmp_path / f"file.{kind}")]


def expected(first_row: int) -> pa.Table:
    return pa.table(
        {
            "id": [str(i) for i in range(len(ROWS))],
            "text": [text for _, text in ROWS],
            "label": [label for label, _ in ROWS],
            "row": pa.array(range(first_row, first_row + len(ROWS)), pa.int64()),
        }
    )


@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.float32(), pa.string()])
def test_parquet_gives_the_same_table(tmp_path: Path, kind: pa.DataType) -> None:
    labels = pa.array([float(label) for label, _ in ROWS]).cast(kind)
    labels = pa.array([label for label, _ in ROWS]) if kind == pa.string() else labels
    table = pa.table({"text": [text for _, text in ROWS], "label": labels})
    pq.write_table(table, tmp_path / "file.parquet", row_group_size=4)
    got = Reader().read(str(tmp_path / "file.parquet"), tmp_path / "out.arrow")
    assert got.drop_columns("file").equals(expected(1))


@pytest.mark.parametrize("as_label", [str, int, float])
def test_xlsx_gives_the_same_table(tmp_path: Path, as_label: Callable[[str], Any]) -> None:
    write_xlsx(tmp_path / "file.xlsx", [("label", "text")] + [(as_label(n), t) for n, t in ROWS])
    got = Reader().read(str(tmp_path / "file.xlsx"), tmp_path / "out.arrow")
    assert got.drop_columns("file").equals(expected(2))


def write_xlsx(path: Path, rows: list[tuple[Any, ...]]) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


def test_xlsx_skips_blank_rows_and_counts_sheet_rows(tmp_path: Path) -> None:
    rows = [("text", "label", None), (None, None, None), ("好", 1, None), ("坏", None, None)]
    write_xlsx(tmp_path / "file.xlsx", rows)
    reader = Reader(on_bad_row="quarantine")
    table = reader.read(str(tmp_path / "file.xlsx"), tmp_path / "out.arrow", tmp_path / "bad.jsonl")
    assert table["row"].to_pylist() == [3]
    assert [(bad["row"], bad["column"]) for bad in quarantined(tmp_path)] == [(4, "label")]


def test_a_bom_never_ends_in_the_data(tmp_path: Path) -> None:
    for encoding, data in [
        ("utf-8", "text,label\n好,1\n".encode("utf-8-sig")),
        ("utf-16-le", b"\xff\xfe" + "text,label\n好,1\n".encode("utf-16-le")),
    ]:
        assert read(tmp_path, data, encoding=encoding)["text"].to_pylist() == ["好"]


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    data = "author,x,label,pair,text,key\n王,?,1,二,一,k1\n李,?,0,四,三,k2\n"
    table = read(tmp_path, data, columns=ALL)
    assert table.select(["id", "text", "pair", "label", "group"]).to_pylist() == [
        {"id": "k1", "text": "一", "pair": "二", "label": "1", "group": "王"},
        {"id": "k2", "text": "三", "pair": "四", "label": "0", "group": "李"},
    ]
    assert table.schema.field("file").type == pa.dictionary(pa.int32(), pa.string())


def test_without_labels_reads_rows_to_predict(tmp_path: Path) -> None:
    reader = Reader(roles(group="author")).without_labels()
    assert read(tmp_path, "text\n好\n", columns=reader.columns).column_names[:2] == ["id", "text"]
    table = read(tmp_path, "1 的 一\n\n二\n", "txt", format="lines", columns=reader.columns)
    assert table["text"].to_pylist() == ["1 的 一", "", "二"]  # a line in, a line out
    assert table["row"].to_pylist() == [1, 2, 3]


def test_headerless_columns_are_called_by_number(tmp_path: Path) -> None:
    columns = roles(text="0", pair="1", label="2")
    table = read(tmp_path, '一个"字\t一\t5\n二\t"\t0\n', "tsv", header=False, columns=columns)
    assert table["text"].to_pylist() == ['一个"字', "二"]
    assert table["pair"].to_pylist() == ["一", '"']
    assert table["row"].to_pylist() == [1, 2]


def test_json_values_are_written_as_a_person_would(tmp_path: Path) -> None:
    values = [1, 1.0, 0.5, True, "x "]
    data = "".join(json.dumps({"text": v, "label": v}) + "\n" for v in values)
    table = read(tmp_path, data, "jsonl")
    assert table["label"].to_pylist() == ["1", "1", "0.5", "true", "x"]
    assert table["text"].to_pylist() == ["1", "1", "0.5", "true", "x "]


def test_quoted_cells_hold_newlines_and_rows_count_lines(tmp_path: Path) -> None:
    data = 'text,label\n"一\n二 ""三"", 四",1\n\n五,0\n"六\r\n\n七",1\n八,0\n'
    table = read(tmp_path, data)
    assert table["text"].to_pylist() == ['一\n二 "三", 四', "五", "六\r\n\n七", "八"]
    assert table["row"].to_pylist() == [2, 5, 6, 9]


def test_long_quoted_cells_pass_from_block_to_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weitiao.io.tables.textual.BLOCK", 40)
    texts = [f"第{i}行\n" * (i % 13 + 1) for i in range(60)]
    table = read(tmp_path, as_csv([("text", "label"), *((text, "1") for text in texts)]))
    assert table["text"].to_pylist() == texts
    lines = [2 + sum(t.count("\n") + 1 for t in texts[:i]) for i in range(60)]
    assert table["row"].to_pylist() == lines


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "lines"])
def test_a_text_of_a_megabyte_is_read(tmp_path: Path, kind: str) -> None:
    text = "長" * 1_000_000
    data = {
        "csv": f'text,label\n"{text}",1\n短,0\n',
        "tsv": f"text\tlabel\n{text}\t1\n短\t0\n",
        "jsonl": f'{{"text": "{text}", "label": 1}}\n{{"text": "短", "label": 0}}\n',
        "lines": f"1 {text}\n0 短\n",
    }[kind]
    table = read(tmp_path, data, kind, format=kind)
    assert table["text"].to_pylist() == [text, "短"]


def test_an_empty_text_is_not_a_bad_row(tmp_path: Path) -> None:
    assert read(tmp_path, "text,label\n,1\n")["text"].to_pylist() == [""]
    assert read(tmp_path, "1 \n0 好\n", "txt", format="lines")["text"].to_pylist() == ["", "好"]


SETS = [["好", "快"], [" 1", 2], "坏", []]


def test_label_sets_are_json_text(tmp_path: Path) -> None:
    rows = [{"text": "x", "label": labels} for labels in [*SETS, ""]]
    data = "".join(json.dumps(row) + "\n" for row in rows)
    table = read(tmp_path, data, "jsonl", cells="set")
    assert table["label"].to_pylist() == ['["好", "快"]', '["1", "2"]', "坏", "[]", ""]
    lists = [["好", "快"], ["1", "2"], []]
    pq.write_table(pa.table({"text": ["x"] * 3, "label": lists}), tmp_path / "f.parquet")
    table = Reader(cells="set").read(str(tmp_path / "f.parquet"), tmp_path / "out.arrow")
    assert table["label"].to_pylist() == ['["好", "快"]', '["1", "2"]', "[]"]
    table = read(tmp_path, 'text,label\nx,"[""好""]"\ny,\n', cells="set")
    assert table["label"].to_pylist() == ['["好"]', ""]


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (None, "missing"),
        (["a", None], "filled texts"),
        ([["a"]], "filled texts"),
        ([" "], "filled texts"),
        ({"a": 1}, "dict"),
    ],
)
def test_a_label_set_that_is_none_is_a_bad_row(tmp_path: Path, labels: Any, reason: str) -> None:
    data = GOOD + json.dumps({"text": "x", "label": labels})
    with pytest.raises(DataError, match=reason) as error:
        read(tmp_path, data, "jsonl", cells="set")
    assert (error.value.row, error.value.column) == (2, "label")


@pytest.mark.parametrize(
    ("data", "suffix", "options", "parts"),
    [
        ("text_a,label\n好,1\n", "csv", {}, ["'text'", "'text_a'", "text text_a"]),
        ("text\ty\n好\t1\n", "tsv", {}, ["'label'", "'y'", "label NAME", "header false"]),
        ('{"text": "好"}\n', "jsonl", {}, ["'label'", "label"]),
        ("1 好\n", "txt", {"format": "lines", "columns": ALL}, ["'pair'", "pair"]),
        ("好\t1\n", "tsv", {"header": False}, ["'text'", "'0'", "'1'"]),
        ("text,text,label\na,b,1\n", "csv", {}, ["several columns", "'text'"]),
    ],
)
def test_a_missing_column_tells_which_there_are(
    tmp_path: Path, data: str, suffix: str, options: dict[str, Any], parts: list[str]
) -> None:
    for mode in ("raise", "quarantine"):
        with pytest.raises(DataError) as error:
            read(tmp_path, data, suffix, on_bad_row=mode, **options)
        assert all(part in str(error.value) for part in [f"file.{suffix}", *parts])


# ── The file that is written ──


def test_the_table_is_mapped_not_loaded(tmp_path: Path) -> None:
    before = pa.total_allocated_bytes()
    table = read(tmp_path, "text,label\n" + "很长的文字,1\n" * 100_000)
    assert table.num_rows == 100_000
    assert pa.total_allocated_bytes() - before < 1 << 20


def test_an_earlier_table_survives_a_read_that_fails(tmp_path: Path) -> None:
    table = read(tmp_path, "text,label\n好,1\n")
    with pytest.raises(DataError):
        read(tmp_path, "text,label\n好,1\n坏,\n")
    assert pa.ipc.open_file(pa.memory_map(str(tmp_path / "out.arrow"))).read_all().equals(table)


def test_a_killed_read_leaves_no_table(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("text,label\n" + "好,1\n" * 10_000, encoding="utf-8")
    code = """
import os
from pathlib import Path
from weitiao.io.tables import reader, textual
class Killed(reader.Reading):
    def _batch(self, *args):
        if self.total:
            os.kill(os.getpid(), 9)
        return super()._batch(*args)
reader.Reading, textual.BLOCK = Killed, 10_000
reader.Reader().read("file.csv", Path("out.arrow"))
"""
    source = Path(__file__).parents[3] / "src"
    environment = os.environ | {"PYTHONPATH": str(source)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment)
    assert done.returncode == -9
    assert list(tmp_path.glob(".out.arrow.*.part"))
    assert not (tmp_path / "out.arrow").exists()


@pytest.mark.skipif(not SHARED.exists(), reason="needs the public data sets in ../shared/data")
@pytest.mark.parametrize(
    ("files", "reader", "rows", "labels"),
    [
        ("chnsenticorp/train.tsv", Reader(roles("text_a")), 9600, 2),
        ("tnews/*.tsv", Reader(roles("0", None, "1"), header=False), 63360, 15),
        ("stsb_zh/*.data", Reader(roles("0", "1", "2"), format="tsv", header=False), 8050, 6),
        ("trec/*.all", Reader(format="lines"), 5952, 6),
        ("sst2/stsa.*", Reader(format="lines"), 9613, 2),
    ],
)
def test_public_data_are_read_without_loss(
    tmp_path: Path, files: str, reader: Reader, rows: int, labels: int
) -> None:
    table = reader.read(str(SHARED / files), tmp_path / "out.arrow")
    assert table.num_rows == rows
    assert len(table["label"].unique()) == labels
