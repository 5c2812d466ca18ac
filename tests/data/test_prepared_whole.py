"""Data are prepared whole or not at all: two processes at once, kills, damaged files."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from prepared_rows import cache as cache
from prepared_rows import folders
from prepared_rows import train as train
from text_parts import preparation

from weitiao.data import prepare
from weitiao.inputs.text.fitted import FittedText
from weitiao.io.cache import damaged

SRC = Path(prepare.__file__).parents[2]

PREPARE = """
import sys, time
from pathlib import Path
from weitiao.data import prepare
from weitiao.io import arrow
from weitiao.io.cache import damaged
from text_parts import preparation

train, cache, started, wait = sys.argv[1:]
write = prepare.write_table

def slow(table, path):
    Path(started).touch()
    time.sleep(float(wait))
    write(table, path)

prepare.write_table = slow
print(preparation()({"train": train}, Path(cache)).folder)
"""


def start(train: str, cache: Path, started: Path, wait: float) -> subprocess.Popen:
    paths = os.pathsep.join(map(str, [SRC, Path(__file__).parents[1] / "helpers"]))
    return subprocess.Popen(
        [sys.executable, "-c", PREPARE, train, str(cache), str(started), str(wait)],
        env=os.environ | {"PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.slow
def test_two_processes_at_once_end_with_one_whole_folder(train, cache, tmp_path):
    both = [start(train, cache, tmp_path / f"started{i}", 0.3) for i in range(2)]
    printed = {process.communicate(timeout=60)[0].strip() for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert printed == {str(cache / name) for name in folders(cache)}
    assert len(printed) == 1
    assert [(tmp_path / f"started{i}").exists() for i in range(2)].count(True) == 1


@pytest.mark.slow
def test_a_killed_preparation_leaves_nothing_that_counts(train, cache, tmp_path):
    process = start(train, cache, tmp_path / "started", 60)
    wait_for(tmp_path / "started")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    (left,) = folders(cache)

    prepared = preparation()({"train": train}, cache)

    assert prepared.folder.name != left
    assert prepared.rows("train").num_rows == prepared.card.rows["train"]
    assert folders(cache) == [prepared.folder.name]


def test_a_preparation_that_raises_leaves_nothing(train, cache, monkeypatch):
    monkeypatch.setattr(FittedText, "encode", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        preparation()({"train": train}, cache)
    assert folders(cache) == []
    monkeypatch.undo()
    assert preparation()({"train": train}, cache).card.rows["train"] == 48


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("spoil", [cut, flip, Path.unlink])
@pytest.mark.parametrize("name", ["train.ids.arrow", "val.rows.arrow", "card.json", "seal.tsv"])
def test_what_is_damaged_is_prepared_anew_with_a_note(name, spoil, train, cache, capsys):
    folder = preparation()({"train": train}, cache).folder
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    capsys.readouterr()
    preparation()({"train": train}, cache)
    assert capsys.readouterr().err == ""

    spoil(folder / name)
    assert preparation()({"train": train}, cache).folder == folder
    told = capsys.readouterr().err
    assert f"! {folder} is damaged (" in told
    assert name in told or name == "seal.tsv"  # which can't tell that it is itself at fault
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_of_large_files_the_size_is_looked_at(train, cache, monkeypatch):
    monkeypatch.setattr("weitiao.io.cache.LARGE", 100)
    folder = preparation()({"train": train}, cache).folder
    flip(folder / "train.rows.arrow")
    assert damaged(folder) == []
    cut(folder / "train.rows.arrow")
    assert damaged(folder) == ["train.rows.arrow"]
