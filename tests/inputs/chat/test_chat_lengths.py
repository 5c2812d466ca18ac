"""Conversations that are too long, and what is refused before training."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from chat_inputs import fitted_chat, messages, said_of, table_of
from chat_models import CHATML, END, PAD

from weitiao.errors import ConfigError, DataError
from weitiao.inputs.chat.fitted import FittedChat

TALK = messages(
    ("system", "be nice"),
    *[(role, f"{role[0]}{i}" * 4) for i in range(6) for role in ("user", "assistant")][:-1],
)
LONG = "why? " * 60


def told(fitted: FittedChat, rows: Any, split: str = "train") -> str:
    """What is said of rows before training."""
    table = table_of(rows)
    found = fitted.examine(fitted.encode(table), table, training=split == "train")
    return "\n".join(fitted.handling({"encode": {split: found}}, {}))


def test_a_cut_leaves_the_oldest_turns_out_and_the_answer_whole(tmp_path: Path) -> None:
    whole = fitted_chat(tmp_path, max_length=1000)
    length = len(whole.encode(table_of([(TALK, "the end")]))["input_ids"][0])
    seen = set()
    for longest in (*range(60, length, 9), length):
        fitted = fitted_chat(tmp_path, max_length=longest, too_long="cut_prompt")
        found = fitted.encode(table_of([(TALK, "the end")]))
        ids = found["input_ids"][0].as_py()
        text, learned = said_of(fitted, found, 0)
        assert len(ids) <= longest
        assert found["cut"][0].as_py() == (longest < length)
        assert text.startswith("<|im_start|>system\nbe nice<|im_end|>\n<|im_start|>user\nu")
        assert text.endswith("<|im_start|>assistant\nthe end<|im_end|>")
        assert learned.count("<|im_end|>") == text.count("<|im_start|>assistant")
        seen.add(text.count("<|im_start|>user"))
    assert seen == {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize("too_long", ["cut_prompt", "drop"])
def test_what_does_not_fit_is_left_out_counted_and_named(too_long: str, tmp_path: Path) -> None:
    fitted = fitted_chat(tmp_path, max_length=60, too_long=too_long)
    rows: Any = [("a", "b"), ("a", LONG), (LONG, "b"), ("a", "c")]
    found = fitted.encode(table_of(rows))
    assert fitted.learnable(found).tolist() == [True, False, False, True]
    for i in (1, 2):
        assert not any(found["learned"][i].as_py())
        assert len(found["input_ids"][i]) == found["prompt"][i].as_py() <= 60
    asked = fitted.encode(table_of([("a", None)]))
    assert found["input_ids"][1] == asked["input_ids"][0]  # it can still be asked
    said = told(fitted, rows)
    assert "rows of more than 60 ids: train 2; the longest has" in said
    assert "train: 2 rows leave it, whose answer doesn't fit: chats.jsonl, row 2" in said
    assert "val: 2 rows count for no loss" in told(fitted, rows, "val")


def test_a_long_row_is_refused_unless_it_is_said_what_to_do(tmp_path: Path) -> None:
    fitted = fitted_chat(tmp_path, max_length=60)
    with pytest.raises(
        ConfigError, match=r"2 of 3 rows are longer, the first is chats\.jsonl, row 2"
    ) as e:
        told(fitted, [("a", "b"), ("a", LONG), (TALK, "b")])
    assert "too_long" in str(e.value)
    asked = table_of([(TALK, None), (LONG, None)])  # rows to answer are answered
    found = fitted.encode(asked)
    assert found["cut"].to_pylist() == [True, True]
    lines = [*fitted.of_new_rows("predict", fitted.examine(found, asked, training=False))]
    assert any("of 2 of 2 conversations the oldest part isn't read" in line for line in lines)


def test_training_stops_where_no_answer_fits(tmp_path: Path) -> None:
    fitted = fitted_chat(tmp_path, max_length=60, too_long="drop")
    with pytest.raises(ConfigError, match="no answer of train fits"):
        told(fitted, [("a", LONG), (LONG, "b")])


@dataclass(frozen=True)
class Case:
    """A tokenizer's folder, and what is told of it.

    Args:
        made: what its tokenizer is given.
        generation: the ids at which its generation config stops.
        ok: whether it can be learned from.
    """

    name: str
    said: str
    made: dict[str, Any] = field(default_factory=dict)
    generation: Any = None
    options: dict[str, Any] = field(default_factory=dict)
    ok: bool = False


NO_END = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}"
NO_END += "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
OTHER = {"eos_token": PAD}
TABLE = [
    Case("no_template", "has no chat template.*template", {"template": None}),
    Case("several", "chat template", {"template": {"tool": CHATML, "rag": CHATML}}),
    Case("no_file", "there is no file|can.t read", options={"template": "nowhere.jinja"}),
    Case("syntax", "template fails: .*endfor", {"template": CHATML.replace("endfor", "end")}),
    Case("no_end", "names no token that does", {"template": NO_END, "eos_token": None}),
    Case("empty", "is empty", options={"template": "EMPTY"}),
    Case("short", "at least 4", options={"max_length": 3}),
    Case("added", f"doesn't end an answer: '{PAD}' is put", OTHER | {"template": NO_END}, ok=True),
    Case("usual", f"^an answer ends with '{END}'", generation=[2, 0], ok=True),
    Case("other", f"! an answer ends with '{END}', and .* stops at '{PAD}'", OTHER, ok=True),
    Case("of_generation", f"^an answer ends with '{END}'", OTHER, generation=2, ok=True),
]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_template_and_ends_are_checked_before_training(case: Case, tmp_path: Path) -> None:
    (tmp_path / "tokenizer").mkdir()
    if case.generation:
        file = tmp_path / "tokenizer" / "generation_config.json"
        file.write_text(json.dumps({"eos_token_id": case.generation}))

    (tmp_path / "empty.jinja").write_text(" \n")
    options = {
        name: str(tmp_path / "empty.jinja") if value == "EMPTY" else value
        for name, value in case.options.items()
    }

    def fitted() -> FittedChat:
        found = fitted_chat(tmp_path, made=case.made, **options)
        found.options.check()
        return found

    if not case.ok:
        with pytest.raises(ConfigError, match=f"(?s){case.said}"):
            fitted()
        return
    chat = fitted()
    assert re.search(case.said, told(chat, [("a", "b")]))
    ids = chat.encode(table_of([("a", "b")]))["input_ids"][0].as_py()
    assert ids[-1] == chat.card.ends[0]
    stops = {chat.encoder.tokenizer.token_to_id(case.made.get("eos_token", END))}
    assert stops <= {*chat.card.ends}


@pytest.mark.parametrize("role", ["system", "user"])
def test_what_a_template_leaves_out_is_counted(role: str, tmp_path: Path) -> None:
    loop = "{% for message in messages %}"
    less = CHATML.replace(loop, f"{loop}{{% if message['role'] != '{role}' %}}")
    less = less.replace("{% endfor %}", "{% endif %}{% endfor %}")
    chat = fitted_chat(tmp_path, made={"template": less})
    rows = [(messages(("system", "Be brief."), ("user", "why?")), "so"), ("when?", "now")]
    count, first = (1, 1) if role == "system" else (2, 1)
    line = f"! train: in {count} of 2 conversations the chat template leaves out, or rewrites"
    said = told(chat, rows)
    assert line in said
    assert f"the first is chats.jsonl, row {first}" in said
    assert "leaves out" not in told(fitted_chat(tmp_path / "whole"), rows)


def test_messages_that_are_typed_follow_the_rules_of_those_in_files(tmp_path: Path) -> None:
    chat = fitted_chat(tmp_path).options
    asked = messages(("user", "why?"))
    answered = json.dumps([*asked, *messages(("assistant", "so"))])
    assert chat.cell("text", answered) == chat.cell("text", [*asked]) == "why?"
    assert chat.cell("text", "[1]") == "[1]"
    with pytest.raises(DataError, match="system"):
        chat.cell("text", json.dumps([*asked, *messages(("system", "x"))]))
