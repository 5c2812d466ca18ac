"""SQL queries as sources of rows."""

from __future__ import annotations

import json
import sqlite3
import sys
import traceback
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from text_parts import preparation

from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError, DataError
from weitiao.io.tables import Reader, expand

QUERY = "SELECT text, label FROM reviews ORDER BY id"
SECRET = "hunt@er/2"
URL = "postgresql://me:${DB_PASSWORD}@127.0.0.1:9/name"
QUOTED = "hunt%40er%2F2"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fill(rows: list[tuple[Any, ...]], path: str = "reviews.db") -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS reviews (id INTEGER, text, label)")
        connection.executemany("INSERT INTO reviews VALUES (?, ?, ?)", rows)
    connection.close()


def read(named: Any = QUERY, database: str | None = "reviews.db", **options: Any) -> pa.Table:
    reader = Reader(database=database, **options)
    return reader.read(named, Path("out/rows.arrow"), Path("bad.jsonl"))


GOOD = [(1, '很"好"\n是', 1), (2, "50%: a :b", 0.5), (3, "", "x ")]


@pytest.mark.parametrize("database", ["reviews.db", "sqlite:///reviews.db", "${WEITIAO_DATABASE}"])
def test_a_query_gives_rows(monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    monkeypatch.setenv("WEITIAO_DATABASE", "sqlite:///reviews.db")
    fill(GOOD)
    table = read("SELECT * FROM reviews\n WHERE text NOT LIKE ':x%' ORDER BY id", database)
    assert table["text"].to_pylist() == [text for _, text, _ in GOOD]
    assert table["label"].to_pylist() == ["1", "0.5", "x"]
    assert table["row"].to_pylist() == [1, 2, 3]
    name = "SELECT * FROM reviews WHERE text NOT LIKE ':x%' ORDER BY id"
    assert table["file"].unique().to_pylist() == [name]
    assert sorted(path.name for path in Path("out").iterdir()) == ["rows.arrow"]


def test_a_query_may_stand_in_a_file_beside_other_files() -> None:
    fill(GOOD)
    Path("all.sql").write_text(f"-- 全部\n{QUERY};\n", "utf-8")
    Path("more.csv").write_text("text,label\n好,1\n", "utf-8")
    table = read(["all.sql", "more.csv"])
    assert table["file"].to_pylist() == ["all.sql"] * 3 + ["more.csv"]
    assert table["id"].to_pylist() == ["0", "1", "2", "3"]
    assert expand([QUERY, "more.csv"]) == [Path("more.csv")]


def test_bad_rows_are_told_by_number_and_set_aside() -> None:
    fill([(1, "好", 1), (2, "坏", None), (3, b"\x00", 1), (4, None, 1)])
    with sqlite3.connect("reviews.db") as connection:
        connection.execute("INSERT INTO reviews SELECT 5, CAST(X'BBB5' AS TEXT), 1")
        connection.execute("INSERT INTO reviews VALUES (6, '行', 1)")
    with pytest.raises(DataError, match="the value is missing") as error:
        read()
    assert (error.value.row, error.value.column, error.value.file) == (2, "label", QUERY)
    assert read(on_bad_row="quarantine")["text"].to_pylist() == ["好", "行"]
    bad = [json.loads(line) for line in Path("bad.jsonl").read_text("utf-8").splitlines()]
    assert [(b["row"], b["column"]) for b in bad] == [
        (2, "label"),
        (3, "text"),
        (4, "text"),
        (5, "text"),
    ]
    assert "bytes" in bad[1]["raw"]
    assert bad[3]["reason"] == "these bytes are not utf-8"
    assert bad[3]["raw"] == r'{"text": "\xbb\xb5", "label": 1}'


def test_only_portions_are_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    fill([(i, f"文{i}", i % 2) for i in range(5000)])
    fetched = []

    class Cursor(sqlite3.Cursor):
        def fetchone(self) -> Any:
            fetched.append(1)
            return super().fetchone()

        def fetchmany(self, size: int | None = 1) -> list[Any]:
            fetched.append(size or 1)
            return super().fetchmany(size)

        def fetchall(self) -> list[Any]:
            raise AssertionError("all rows at once")

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, factory=Connection, **k))
    assert read().num_rows == 5000
    assert 0 < max(fetched) <= 1000


@pytest.mark.parametrize(
    ("named", "database", "message"),
    [
        ("SELECT text, lable FROM reviews", "reviews.db", "no such column: lable"),
        ("SELECT text, id FROM reviews", "reviews.db", r"'label'.*'text', 'id'"),
        ("SELECT text, text, label FROM reviews", "reviews.db", "several columns"),
        (QUERY + " LIMIT 0", "reviews.db", "holds no row"),
        ("drop.sql", "reviews.db", "begins with SELECT"),
        ("WITH a AS (SELECT 1) INSERT INTO reviews SELECT 1, 2, 3", "reviews.db", "readonly"),
        ("gbk.sql", "reviews.db", "UTF-8"),
        ("none.sql", "reviews.db", "no such file"),
        (QUERY, "revews.db", r"no such file(?s:.)*did you mean reviews\.db"),
        (QUERY, "text.db", "not a database"),
        (QUERY, "sqlite://", "names no file"),
        ("reviews.db", None, r"read by a query(?s:.)*database reviews\.db"),
    ],
)
def test_a_fault_of_query_or_database_is_told(
    named: str, database: str | None, message: str
) -> None:
    fill(GOOD)
    Path("drop.sql").write_text("DROP TABLE reviews")
    Path("gbk.sql").write_text("SELECT 1 -- 好", "gbk")
    Path("text.db").write_text("no database at all\n" * 99)
    before = Path("reviews.db").read_bytes()
    with pytest.raises((DataError, ConfigError), match=message):
        read(named, database)
    assert Path("reviews.db").read_bytes() == before
    assert not Path("revews.db").exists()


def test_a_database_and_a_query_need_each_other() -> None:
    fill(GOOD)
    with pytest.raises(ConfigError, match=r"database"):
        read(database=None)
    with pytest.raises(ConfigError, match="no effect without a query"):
        DataModule(train="my.csv", database="reviews.db")
    with pytest.raises(ConfigError, match=r"header has no effect"):
        read(header=False)


# ── The cache ──


def prepare(cache: Path = Path("cache")) -> Any:
    return preparation(read=Reader(database="reviews.db"))({"train": QUERY}, cache)


def test_a_changed_table_is_never_served_from_the_cache() -> None:
    fill([(i, f"文字{i}", i % 2) for i in range(40)])
    first = prepare()
    made = {path: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    again = prepare()
    assert again == first
    assert {path: path.stat().st_mtime_ns for path in again.folder.iterdir()} == made
    with sqlite3.connect("reviews.db") as connection:
        connection.execute("UPDATE reviews SET label = 1 - label WHERE id = 7")
    changed = prepare()
    assert changed.folder != first.folder
    assert rows_of(changed)["文字7"] != rows_of(first)["文字7"]
    assert sorted(p.suffix for p in Path("cache").iterdir()) == ["", "", ".lock", ".lock"]


def rows_of(prepared: Any) -> dict[str, str]:
    return {
        row["text"]: row["label"]
        for split in prepared.card.rows
        for row in prepared.rows(split).to_pylist()
    }


# ── Passwords ──


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{QUOTED}@host/name",
        f"postgresql://me:x{SECRET}@host/name",
        f"postgresql://host/name?user=me&password={QUOTED}",
        f"mssql+pyodbc:///?odbc_connect=PWD%3D{QUOTED}",
        f"mysql://host/name?ssl_key_PassWord={QUOTED}",
        f"me:{QUOTED}@host/name",
        f"post gres://me:{QUOTED}@host/name",
        f"postgresql://me:${{A}}{QUOTED}@host/name",
        f"postgresql://me:{QUOTED}@host:port/name",
    ],
)
def test_a_password_on_the_command_line_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match=r"database") as error:
        Reader(database=url)
    chain = [error.value, error.value.__cause__, error.value.__context__]
    assert not any(form in repr(each) for each in chain for form in (SECRET, QUOTED, "hunt"))


def test_no_driver_s_message_tells_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", SECRET)
    told: list[str] = []

    def refuse(url: Any, **_: Any) -> Any:
        told.append(url.password)
        raise RuntimeError(f"can't log in with {SECRET} at {url.render_as_string(False)}\nmore")

    monkeypatch.setattr("sqlalchemy.create_engine", refuse)
    with pytest.raises(DataError, match=r"can't log in with \*\*\* at") as error:
        read(database=URL)
    assert told == [SECRET]
    assert "hunt" not in "".join(traceback.format_exception(error.value))


def test_missing_variables_drivers_and_databases_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DB_PASSWORD", raising=False)
    with pytest.raises(ConfigError, match="no environment variable DB_PASSWORD"):
        read(database=URL)
    with pytest.raises(ConfigError, match="no environment variable ABSENT"):
        read(database="${ABSENT}")
    monkeypatch.setenv("DB_PASSWORD", SECRET)
    with pytest.raises(ConfigError, match=r"database.*nosuchdb"):
        read(database=URL.replace("postgresql", "nosuchdb"))
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises((ConfigError, DataError), match="driver 'psycopg2'"):
        read(database=URL.replace("postgresql", "postgresql+psycopg2"))
