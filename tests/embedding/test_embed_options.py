"""Every option of the command does something: another value changes vectors, files or output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import write_csv

from weitiao.cli.main import main
from weitiao.embedding.cli import embed_parser

BASE = ("--files=my.csv", "--method=fasttext", "--size=4", "--min_count=2", "--buckets=50")
OTHER = {
    "files": "other.csv",
    "out": "other.vec",
    "neighbours": "大厦",
    "tensorboard": "board",
    "projected": "3",
    "cache": "elsewhere",
    "method": "cbow",
    "size": "5",
    "window": "1",
    "min_count": "3",
    "epochs": "6",
    "workers": "2",
    "seed": "2",
    "min_n": "3",
    "max_n": "3",
    "buckets": "60",
    "lowercase": "true",
    "corpus.format": "lines",
    "corpus.text": "note",
    "corpus.min_chars": "12",
    "corpus.deduplicate": "false",
    "segment.method": "char",
    "segment.hmm": "false",
    "segment.user_dict": "words.txt",
    "segment.stop_words": "words.txt",
}
"""Options and another value."""
REFUSED = {
    "corpus.encoding": "latin-1",
    "workers": "0",
    "segment.workers": "0",  # another number must change nothing: tests/inputs/text/segment
    "segment.language": "en",
    "segment.models": "folder",
    "segment.url": "http://localhost:9001",
}
"""Options and a value that can't hold with the others, so it is read."""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two corpora and a file of words; the first has what each option works on."""
    monkeypatch.chdir(tmp_path)
    texts = [f"他来到了网易杭研大厦{i % 7}" for i in range(20)]
    texts += [f"The 酒店 is good {i}，the food great" for i in range(9)] + ["大厦很好", "大厦不好"]
    rows = [(text, f"备注{i % 5} the note") for i, text in enumerate(texts)]
    write_csv(tmp_path / "my.csv", rows, header=("text", "note"))
    write_csv(tmp_path / "other.csv", rows[15:], header=("text", "note"))
    (tmp_path / "words.txt").write_text("网易杭研\n大厦\n", "utf-8")
    return tmp_path


def left_by(arguments: tuple[str, ...], folder: Path, capsys) -> dict[str, object]:
    """What a call shows and leaves, without what tells only which options were given."""
    assert main(["embed", *arguments]) == 0
    found: dict[str, object] = {"shown": capsys.readouterr().out}
    for path in folder.rglob("*"):
        if path.suffix == ".json" and path.name.endswith(".vec.json"):
            report = json.loads(path.read_text("utf-8"))
            found[str(path)] = {k: v for k, v in report.items() if k not in ("options", "seconds")}
        elif path.suffix in (".vec", ".tsv", ".pbtxt") and ".cache" not in path.parts:
            found[str(path)] = path.read_bytes()
    found["folders"] = {path.name for path in folder.iterdir() if path.is_dir()}
    return found


def test_each_option_is_listed() -> None:
    linked, groups = {"corpus.files"}, {"help", "corpus", "segment"}
    ours = {action.dest for action in embed_parser()._actions} - linked - groups
    assert ours == {*OTHER, *REFUSED}


@pytest.mark.parametrize("option", OTHER)
def test_another_value_changes_something(option: str, world: Path, capsys) -> None:
    base = BASE if option != "method" else ("--files=my.csv", "--size=4", "--min_count=2")
    before = left_by(base, world, capsys)
    again = left_by(base, world, capsys)
    assert again == before
    assert left_by((*base, f"--{option}={OTHER[option]}"), world, capsys) != before


@pytest.mark.parametrize("option", REFUSED)
def test_a_value_that_cannot_hold_is_refused(option: str, world: Path, capsys) -> None:
    assert main(["embed", *BASE, f"--{option}={REFUSED[option]}"]) == 1
    assert option.rpartition(".")[2] in capsys.readouterr().err
