"""Published dialogues and questions, read as they are; and faults as a command tells them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dialogue_files import Conversation, read, rows_of, said
from json_text import lines

from weitiao.cli.main import main
from weitiao.data.datamodule import DataModule
from weitiao.targets import Reply

DATA = Path(__file__).parents[4] / "shared" / "data"
Source = Callable[[Path], list[Conversation]]
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")


def of_kdconv(path: Path) -> list[Conversation]:
    texts = [
        [turn["message"] for turn in each["messages"]] for each in json.loads(path.read_text())
    ]
    return [said(*each[: len(each) // 2 * 2]) for each in texts]  # the last one may be a question


def of_sgd(path: Path) -> list[Conversation]:
    values = json.loads(path.read_text())
    return [said(*(turn["utterance"] for turn in each["turns"])) for each in values]


def of_gsm8k(path: Path) -> list[Conversation]:
    values = map(json.loads, path.read_text().splitlines())
    return [said(each["question"], each["answer"]) for each in values]


def of_gaokao(path: Path) -> list[Conversation]:
    return [
        said(each["question"], each["answer"]) for each in json.loads(path.read_text())["example"]
    ]


FILES: dict[str, tuple[Source, int]] = {
    # path or pattern → how it is read here, how many conversations there are
    "kdconv/*/*.json": (of_kdconv, 600),
    "sgd/*/*.json": (of_sgd, 256),
    "gsm8k/*.jsonl": (of_gsm8k, 8792),
    "gaokao/Subjective_Questions/*.json": (of_gaokao, 1030),
}


@needs_data
@pytest.mark.parametrize("pattern", FILES)
def test_published_files_are_read_whole(pattern: str, tmp_path: Path) -> None:
    source, count = FILES[pattern]
    found = 0
    for path in sorted(DATA.glob(pattern)):
        (tmp_path / path.name).symlink_to(path)
        rows = rows_of(read(tmp_path / path.name))
        assert rows == source(path)
        (tmp_path / path.name).unlink()
        found += len(rows)
    assert found == count


def test_conversations_are_prepared(tmp_path: Path) -> None:
    """The whole way to the splits: what is bad is set aside, what comes twice counted."""
    values = [{"messages": [{"message": f"问{i}"}, {"message": f"答{i}"}]} for i in range(40)]
    values += [values[0], {"messages": [{"message": "问"}]}]
    (tmp_path / "my.jsonl").write_text(lines(*values), "utf-8")
    data = DataModule(
        train=str(tmp_path / "my.jsonl"),
        target=Reply(),
        cache=str(tmp_path / "cache"),
        on_bad_row="quarantine",
    )
    prepared = data.prepared
    rows = {(r["text"], r["label"]) for name in data.card.rows for r in data.rows(name).to_pylist()}
    assert rows == {(f"问{i}", f"答{i}") for i in range(40)}
    report = json.loads((prepared.folder / "audit.json").read_text("utf-8"))
    assert report["audit"]["found"]["train"]["duplicates"] == 1
    told = "messages ('message') name no speaker: user and assistant take turns"
    assert told in report["read"]["train"]["notes"][1]
    (bad,) = (prepared.folder / "train.quarantine.jsonl").read_text("utf-8").splitlines()
    assert json.loads(bad)["reason"] == "there is no answer in the conversation"


U, A = {"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}
TOLD: dict[str, tuple[list[Any], str, str]] = {
    # name → messages, the option, what the command says
    "role": (
        [{"role": "客服", "content": "x"}, A],
        "",
        "my.jsonl, row 1, column 'messages': message 1 is of '客服', which is no role: system,"
        """ user, assistant, tool (value: [{'role': '客服'""",
    ),
    "way_out": ([{"role": "客服", "content": "x"}, A], "", """→ --data.roles '{"客服": "user"}'"""),
    "aside": ([A], "", "--data.on_bad_row quarantine sets bad rows aside"),
    "no_such_role": (
        [U, A],
        '--data.roles={"x": "usr"}',
        "must map each name to one of system, user",
    ),
    "all_bad": ([A], "--data.on_bad_row=quarantine", "all of the 1 rows are bad"),
    "long": ([{"role": "x" * 1_000_000, "content": "x"}], "", "message 1 is of 'xxx"),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_command_tells_what_is_wrong(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    messages, option, told = TOLD[name]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    Path("my.jsonl").write_text(lines({"messages": messages}), "utf-8")
    given = ("--data.train=my.jsonl", "--data.target=Reply", "--model.backbone=TextCNN")
    assert main(["fit", *given, *filter(None, [option])]) in (1, 2)
    shown = capsys.readouterr().err
    assert "Traceback" not in shown
    assert len(shown) < 3000
    assert told in " ".join(shown.split()), shown
