"""Prompts with two answers in the forms in which data sets are published, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from json_text import lines

from weitiao.errors import DataError
from weitiao.io.dialogues.messages import Message, messages_in
from weitiao.io.tables import Reader

COLUMNS = {"text": "text", "label": "label", "rejected": "rejected"}
U, A, B = (
    {"role": r, "content": c}
    for r, c in (("user", "在吗"), ("assistant", "在"), ("assistant", "不在"))
)
FORMS: dict[str, dict[str, Any]] = {
    "texts": {"prompt": "在吗", "chosen": "在", "rejected": "不在"},
    "alpaca": {"instruction": "在吗", "input": "", "chosen": "在", "rejected": "不在"},
    "question": {"system": "", "question": "在吗", "chosen": "在", "rejected": "不在"},
    "messages": {"prompt": [U], "chosen": [A], "rejected": [B]},
    "one_message": {"prompt": [U], "chosen": A, "rejected": B},
    "whole": {"chosen": [U, A], "rejected": [U, B]},
    "whole_beside_the_prompt": {"prompt": "在吗", "chosen": [U, A], "rejected": [U, B]},
    "as_json": {"prompt": "在吗", "chosen": json.dumps([A]), "rejected": json.dumps([B])},
    "sharegpt": {
        "conversations": [{"from": "human", "value": "在吗"}],
        "chosen": {"from": "gpt", "value": "在"},
        "rejected": {"from": "gpt", "value": "不在"},
    },
    "transcripts": {
        "chosen": "\n\nHuman: 在吗\n\nAssistant: 在",
        "rejected": "\n\nHuman: 在吗\n\nAssistant: 不在",
    },
    "half": {"prompt": "在吗", "chosen": "在", "rejected": [U, B]},
}


def read(path: Path, columns: dict[str, str] = COLUMNS, **options: Any) -> Any:
    return Reader(columns, cells="reply", **options).read(
        str(path), path.with_suffix(".arrow"), path.with_suffix(".aside"), []
    )


@pytest.mark.parametrize("name", FORMS)
def test_prompt_and_both_answers_come_back(name: str, tmp_path: Path) -> None:
    path = tmp_path / "my.jsonl"
    path.write_text(lines(FORMS[name], FORMS[name]), "utf-8")
    table = read(path)
    rows = table.select(["text", "label", "rejected"]).to_pylist()
    assert [messages_in(row.pop("text")) for row in rows] == [[Message("user", "在吗")]] * 2
    assert rows == [{"label": "在", "rejected": "不在"}] * 2


def test_what_comes_before_stays(tmp_path: Path) -> None:
    system = {"role": "system", "content": "短"}
    row = {"chosen": [system, U, A, U, A], "rejected": [system, U, A, U, B]}
    path = tmp_path / "my.jsonl"
    path.write_text(lines(row), "utf-8")
    (found,) = read(path).to_pylist()
    assert [m.content for m in messages_in(found["text"])] == ["短", "在吗", "在", "在吗"]
    assert (found["label"], found["rejected"]) == ("在", "不在")


OTHER = {"role": "user", "content": "人呢"}
FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    # name → row, column, what is said
    "equal": ({"rejected": "在"}, "rejected", "both answers are the same"),
    "missing": ({"rejected": None}, "rejected", "the answer is missing"),
    "empty": ({"rejected": " "}, "rejected", "the answer is empty"),
    "no_preferred": ({"chosen": None}, "chosen", "the answer is missing"),
    "other_prompts": (
        {"prompt": None, "chosen": [U, A], "rejected": [OTHER, B]},
        "rejected",
        "is not what comes before the preferred one",
    ),
    "by_the_user": ({"rejected": [U]}, "rejected", "no message of the assistant in the answer"),
    "a_number_of_texts": ({"rejected": ["不", "在"]}, "rejected", "neither a text nor a list"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_rows_that_compare_nothing_are_named(name: str, tmp_path: Path) -> None:
    change, column, told = FAULTS[name]
    row = {k: v for k, v in (FORMS["texts"] | change).items() if (k, v) != ("prompt", None)}
    first = FORMS["whole"] if "prompt" not in row else FORMS["texts"]
    path = tmp_path / "my.jsonl"
    path.write_text(lines(first, row), "utf-8")
    with pytest.raises(DataError, match=told) as caught:
        read(path)
    assert (caught.value.row, caught.value.column) == (2, column)
    assert read(path, on_bad_row="quarantine").num_rows == 1


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "my.jsonl"
    path.write_text(lines({"prompt": "在吗", "chosen": "在"}), "utf-8")
    with pytest.raises(DataError) as caught:
        read(path)
    assert caught.value.column == "rejected"


JUDGED = {"text": "text", "label": "label", "good": "good"}
JUDGEMENTS: dict[str, dict[str, Any]] = {
    "trl": {"prompt": "在吗", "completion": "在", "label": True},
    "messages": {"prompt": [U], "completion": [A], "label": True},
    "llama_factory": {"messages": [U, A], "kto_tag": True},
    "ours": {"prompt": "在吗", "answer": "在", "good": 1},
    "as_text": {"prompt": "在吗", "completion": "在", "label": "True"},
}


@pytest.mark.parametrize("name", JUDGEMENTS)
def test_a_judged_answer_comes_back(name: str, tmp_path: Path) -> None:
    row, path = JUDGEMENTS[name], tmp_path / "my.jsonl"
    key = next(key for key in ("label", "kto_tag", "good") if key in row)
    path.write_text(lines(row, row | {key: False}), "utf-8")
    table = read(path, JUDGED).select(["text", "label", "good"]).to_pylist()
    assert table == [{"text": "在吗", "label": "在", "good": good} for good in ("true", "false")]


@pytest.mark.parametrize("value", [None, "maybe", 2, ""])
def test_what_is_neither_good_nor_bad_is_named(value: Any, tmp_path: Path) -> None:
    row, path = JUDGEMENTS["trl"], tmp_path / "my.jsonl"
    path.write_text(lines(row, row | {"label": value}), "utf-8")
    with pytest.raises(DataError, match="whether the answer is good") as caught:
        read(path, JUDGED)
    assert (caught.value.row, caught.value.column) == (2, "label")
