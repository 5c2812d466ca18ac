"""Small dialogues with their model, and the options of a run that learns them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chat_models import write_chat_model

SIGNS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳"
ONE = ("--trainer.accelerator=cpu", "--trainer.devices=1", "--trainer.enable_progress_bar=false")
FILES = ("--data.train=chats.jsonl", "--data.val=chats.jsonl", "--data.test=chats.jsonl")
CHAT = (
    *("--task=chat", "--recipe=none", "--data.audit.drop_leaks=false", *FILES, *ONE),
    *("--model.backbone.name=model", "--data.input.tokenizer=model"),
    *("--data.input.max_length=200", "--data.batch.size=4", "--model.optim.lr=0.01"),
    *("--run.threads=1", "--run.matmul=blas"),
)
"""A run of `fit` or `train` in a folder of `write_chats`."""


def dialogue(number: int) -> list[dict[str, Any]]:
    """Two questions and their answers, unlike those of another number."""
    sign = SIGNS[number]
    said = [
        ("user", f"{sign}是谁？"),
        ("assistant", f"{sign}是第{number}个。"),
        ("user", f"where is {number}?"),
        ("assistant", f"Number {number} lives in house {sign}{number * 7}."),
    ]
    return [{"role": role, "content": content} for role, content in said]


def write_chats(folder: Path, count: int = 16, **changes: Any) -> Path:
    """``chats.jsonl``, ``asked.jsonl`` without the last answers, and a tiny ``model``.

    Args:
        changes: what `write_chat_model` is given.
    """
    chats = [dialogue(number) for number in range(count)]
    for name, last in (("chats", None), ("asked", -1)):
        lines = (json.dumps({"messages": chat[:last]}, ensure_ascii=False) for chat in chats)
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    texts = [message["content"] for chat in chats for message in chat]
    write_chat_model(folder / "model", texts=texts, **changes)
    return folder


def answers(count: int = 16) -> list[str]:
    """The last answers of the dialogues."""
    return [dialogue(number)[-1]["content"] for number in range(count)]
