"""A file of prompts or conversations: order kept, no row lost or repeated, faults named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chat_models import write_chat_model

from weitiao.errors import WeitiaoError
from weitiao.generation import files
from weitiao.generation.cli import run_generate

TEXTS = ["你好，今天天气很好。", "What is the capital of France?", "房间很干净", "yes no"]
ROWS: list[dict[str, Any]] = [{"id": n, "prompt": "好" * (n % 5) + f"a{n}"} for n in range(11)]
TALKS: list[dict[str, Any]] = [
    {"messages": [{"role": "user", "content": f"你好{n}"}]} for n in range(3)
]


@pytest.fixture(scope="module")
def chatty(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny model with a chat template, whose tokenizer knows bytes and few hanzi."""
    return str(write_chat_model(tmp_path_factory.mktemp("chatty"), texts=TEXTS))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One without a template."""
    return str(write_chat_model(tmp_path_factory.mktemp("plain"), texts=TEXTS, template=None))


def write(path: Path, rows: list[Any]) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def answered(model: str, source: Path, *more: str) -> list[dict[str, Any]]:
    target = source.with_name("answers.jsonl")
    run_generate(["--model", model, "--file", str(source), "--to", str(target), *more])
    return [json.loads(line) for line in target.read_text("utf-8").splitlines()]


def test_rows_keep_their_order_and_what_stands_in_them(chatty: str, tmp_path: Path) -> None:
    found = answered(chatty, write(tmp_path / "in.jsonl", ROWS), "--length=8", "--batch=2")
    assert [{"id": row["id"], "prompt": row["prompt"]} for row in found] == ROWS
    assert all(row["generated"].startswith(row["prompt"]) for row in found)
    assert {row["ended"] for row in found} <= {True, False}


def test_what_a_row_gets_depends_on_no_other(chatty: str, tmp_path: Path) -> None:
    whole = answered(chatty, write(tmp_path / "in.jsonl", ROWS), "--length=8")
    other: list[Any] = [*ROWS]
    other[0] = {"prompt": "x" * 30}
    (tmp_path / "other").mkdir()
    source = write(tmp_path / "other/in.jsonl", other[:7])
    assert answered(chatty, source, "--length=8", "--batch=1")[1:] == whole[1:7]


@pytest.mark.parametrize("more", [["--chat=true"], []], ids=["said", "seen"])
def test_messages_are_answered_by_the_template(
    chatty: str, tmp_path: Path, more: list[str]
) -> None:
    found = answered(chatty, write(tmp_path / "in.jsonl", TALKS), "--length=8", *more)
    assert [row["messages"] for row in found] == [row["messages"] for row in TALKS]
    assert all("<|im_start|>" not in row["generated"] for row in found)


def test_several_texts_of_a_row_are_a_list(chatty: str, tmp_path: Path) -> None:
    (row,) = answered(chatty, write(tmp_path / "in.jsonl", ROWS[:1]), "--count=3", "--length=8")
    assert len({*row["generated"]}) == len(row["ended"]) == 3


def test_a_killed_call_goes_on(
    chatty: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(files, "BATCHES", 2)
    options = "--length=8", "--batch=2"
    (tmp_path / "whole").mkdir()
    whole = answered(chatty, write(tmp_path / "whole/in.jsonl", ROWS), *options)
    go_on, calls = files.go_on, []

    def dying(*given: Any) -> None:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        go_on(*given)

    source = write(tmp_path / "in.jsonl", ROWS)
    monkeypatch.setattr(files, "go_on", dying)
    with pytest.raises(KeyboardInterrupt):
        answered(chatty, source, *options)
    assert not (tmp_path / "answers.jsonl").exists()
    assert answered(chatty, source, *options) == whole
    assert len(calls) == 4 + 4  # of 6 batches, those of the part that was killed once more
    assert "goes on behind row 4" in capsys.readouterr().err
    assert answered(chatty, source, *options) == whole  # nothing is left to do
    assert len(calls) == 8
    assert "is whole already" in " ".join(capsys.readouterr().err.split())


def test_oldest_turns_go_where_positions_run_out(
    chatty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    turns = [
        {"role": role, "content": "好" * 60} for _ in range(4) for role in ("user", "assistant")
    ]
    row = {"messages": [*turns, {"role": "user", "content": "你好"}]}
    answered(chatty, write(tmp_path / "in.jsonl", [row, TALKS[0]]))
    assert "! 1 of 2 rows are too long: their oldest turns are left out" in capsys.readouterr().err


USER, ANSWER = {"role": "user", "content": "在吗"}, {"role": "assistant", "content": "在"}
SYSTEM, NOTHING = {"role": "system", "content": "短"}, {"role": "user", "content": None}
SHAREGPT = [{"from": "human", "value": "在吗"}, {"from": "gpt", "value": "在"}]
NAMED = [{"role": "客户", "content": "在吗"}]
SAME: list[dict[str, Any]] = [
    {"messages": [USER]},
    {"messages": [USER, ANSWER]},
    {"prompt": "of no effect", "prompt_id": "7", "messages": [USER, ANSWER]},
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "在吗"}]}]},
    {"conversations": SHAREGPT},
    {"prompt": [USER], "completion": [ANSWER]},
    {"messages": NAMED},
    {"messages": json.dumps([USER]), "system": ""},
]
"""Forms of one conversation."""


def test_conversations_are_read_in_all_forms_that_train(
    chatty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--length=8", "--temperature=0", "--roles={客户: user}")
    found = answered(chatty, write(tmp_path / "in.jsonl", SAME), *options)
    assert len({row["generated"] for row in found}) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "their answer, which is left out: it is to be predicted: 3 (first: row 2, '在')" in told
    assert "rows of other keys, where 'from' says who speaks, and 'value' what: 1" in told


def test_prompts_of_all_names_are_answered(chatty: str, tmp_path: Path) -> None:
    rows: list[Any] = [{"instruction": "在吗", "input": "", "output": "在"}]
    rows += [{"query": "在吗"}, {"text": "在吗"}, SAME[0]]
    options = ("--length=8", "--temperature=0", "--chat=true")
    found = answered(chatty, write(tmp_path / "in.jsonl", rows), *options)
    assert len({row["generated"] for row in found}) == 1


def test_what_stands_in_a_row_is_left_as_it_is(chatty: str, tmp_path: Path) -> None:
    rows = [
        '{"z": 1.0, "prompt": "a", "b": 1e3, "big": 12345678901234567890.10, "n": null}',
        '  {"prompt":"\\u4f60" ,"x":[1e400, -0]}  ',
        '{"prompt": "a", "prompt": "b"}',
    ]
    answered(chatty, write(tmp_path / "in.jsonl", rows), "--length=4")
    lines = (tmp_path / "answers.jsonl").read_text("utf-8").splitlines()
    for row, line in zip(rows, lines, strict=True):
        own = row.strip().removesuffix("}")
        assert line.startswith(f'{own}, "generated": "')


LONG = "龘" * 600
BAD: dict[str, tuple[list[Any], list[str], str]] = {
    "broken": ([ROWS[0], '{"prompt": "a"'], [], r"in.jsonl, row 2: this is no JSON: .*\"a\""),
    "no_object": ([ROWS[0], "", '["a"]'], [], "row 3: this is no JSON object"),
    "no_prompt": ([ROWS[0], {"text": "a"}], [], r"row 2: this has no prompt .*messages"),
    "number": ([{"prompt": 3}], [], r"row 1, column 'prompt': this has no prompt .*\(value: 3\)"),
    "empty": ([{"prompt": ""}], [], "row 1, column 'prompt': prompt is empty, and the tokenizer"),
    "nothing": ([{"a": None}], ["--chat=true"], "row 1: this has no prompt and no messages"),
    "null": ([{"prompt": None}], [], "row 1: this has no prompt"),
    "instruction": ([{"instruction": "a"}], [], "no prompt .*chat true answers .* 'instruction'"),
    "no_messages": ([{"messages": []}], [], "row 1, column 'messages': the conversation is empty"),
    "role": ([{"messages": [{"role": "客服", "content": "a"}]}], [], "row 1.*'客服'.*--roles '{"),
    "content": ([{"messages": [{"role": "user"}]}], [], "row 1.*no key .* is what is said: 'r"),
    "null_content": ([{"messages": [NOTHING]}], [], "message 1 says nothing: its 'content' is n"),
    "answer": ([{"messages": [{"role": "assistant", "content": "a"}]}], [], "begins with an answ"),
    "system": ([{"messages": [USER, ANSWER, SYSTEM, USER]}], [], "row 1, column 'messages': a sys"),
    "history": (
        [{"query": "a", "history": [["b", ""]]}], ["--chat=true"], "column 'history': .*empty"
    ),
    "long": ([ROWS[0], {"prompt": LONG}], [], r"row 2.*a prompt of \d+ ids .*512 positions"),
    "long_talk": (
        [{"messages": [{"role": "user", "content": LONG}]}], [], r"row 1.*ids .*512 positions"
    ),
    "torn": (['{"prompt": "\\ud800"}'], [], "row 1: this is no text in UTF-8"),
    "taken_by_null": ([{"prompt": "a", "ended": None}], [], "row 1, column 'ended'.*already"),
    "taken": ([{"prompt": "a", "generated": "b"}], [], "row 1, column 'generated'.*already"),
    "no_rows": ([""], [], "^file: .*in.jsonl has no rows"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_named_before_anything_is_computed(
    case: str, chatty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, more, told = BAD[case]
    monkeypatch.setattr(files, "go_on", lambda *_: pytest.fail("computed"))
    with pytest.raises(WeitiaoError, match=f"(?s){told}"):
        answered(chatty, write(tmp_path / "in.jsonl", rows), *more)
    assert not (tmp_path / "answers.jsonl").exists()


def test_bytes_that_are_no_text_are_named(chatty: str, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes('{"prompt": "好"}'.encode("gb18030"))
    with pytest.raises(WeitiaoError, match="row 1: this is no JSON"):
        answered(chatty, source)


def there(tmp_path: Path, *_: str) -> None:
    (tmp_path / "answers.jsonl").write_text("other\n")


def of_other_options(tmp_path: Path, model: str) -> None:
    answered(model, tmp_path / "in.jsonl", "--length=3")


@pytest.mark.parametrize("before", [there, of_other_options])
def test_a_file_of_another_call_stays(
    before: Callable[..., None], chatty: str, tmp_path: Path
) -> None:
    source = write(tmp_path / "in.jsonl", ROWS[:1])
    before(tmp_path, chatty)
    content = (tmp_path / "answers.jsonl").read_bytes()
    with pytest.raises(WeitiaoError, match=r"^to: .*answers.jsonl is there already.*\n.*remove"):
        answered(chatty, source, "--length=4")
    assert (tmp_path / "answers.jsonl").read_bytes() == content


def test_a_result_that_was_taken_away_begins_anew_without_a_word(
    chatty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write(tmp_path / "in.jsonl", ROWS[:1])
    answered(chatty, source, "--length=3")
    (tmp_path / "answers.jsonl").unlink()
    capsys.readouterr()
    assert len(answered(chatty, source, "--length=4")) == 1
    assert "begins anew" not in capsys.readouterr().err


def test_a_file_that_is_none_is_told(chatty: str, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.jsonl"):
        with pytest.raises(WeitiaoError, match=r"^file: there is no file "):
            answered(chatty, path)


def test_a_model_without_template_does_not_answer(plain: str, tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", TALKS)
    with pytest.raises(WeitiaoError, match=r"^model: .* has no chat template.*\n.*chat-model"):
        answered(plain, source)


def test_a_folder_is_no_file_to_write(chatty: str, tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", ROWS[:1])
    with pytest.raises(WeitiaoError, match=r"^to: .* is a folder\n  → --to .*answers.jsonl"):
        run_generate(["--model", chatty, "--file", str(source), "--to", str(tmp_path)])


def test_folders_on_the_way_are_made_but_not_of_files(chatty: str, tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", ROWS[:1])
    given = ["--model", chatty, "--file", str(source), "--length=2"]
    run_generate([*given, "--to", str(tmp_path / "a/b/answers.jsonl")])
    assert (tmp_path / "a/b/answers.jsonl").is_file()
    with pytest.raises(WeitiaoError, match=r"^to: .*in.jsonl is a file, and no folder"):
        run_generate([*given, "--to", str(source / "b/answers.jsonl")])


def test_the_file_that_is_read_is_not_written(chatty: str, tmp_path: Path) -> None:
    source = write(tmp_path / "answers.jsonl", ROWS[:1])
    with pytest.raises(WeitiaoError, match="is what is read"):
        answered(chatty, source)
