"""Conversations as tables, and a chat input that is fitted to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from chat_models import write_chat_tokenizer

from weitiao.inputs import Targets
from weitiao.inputs.chat import Chat
from weitiao.inputs.chat.fitted import FittedChat
from weitiao.targets.whole_text import ReplyTarget

Said = tuple[str, str]
"""Who says something, and what."""
TEXTS = ("你好，今天天气怎么样？", "hello, how are you today?", "The answer is 42.", "我很好。")


def messages(*said: Said) -> list[dict[str, Any]]:
    """Messages, as programs give them."""
    return [{"role": role, "content": content} for role, content in said]


def table_of(rows: Sequence[tuple[str | list[dict[str, Any]], str | None]]) -> pa.Table:
    """Rows of a prompt and its answer, as a reader gives them; without labels if all are null."""
    cells = [
        text if isinstance(text, str) else json.dumps(text, ensure_ascii=False) for text, _ in rows
    ]
    columns: dict[str, Any] = {"text": cells, "original": cells}
    if any(answer is not None for _, answer in rows):
        columns["label"] = [answer for _, answer in rows]
    count = len(rows)
    columns |= {"file": ["chats.jsonl"] * count, "row": [*range(1, count + 1)]}
    return pa.Table.from_pydict(columns)


def fitted_chat(
    folder: Path, *, made: Mapping[str, Any] | None = None, **options: Any
) -> FittedChat:
    """A chat input with a tiny tokenizer.

    Args:
        made: what `write_chat_tokenizer` is given besides.
        options: of `Chat`.
    """
    if "tokenizer" not in options:
        options["tokenizer"] = str(
            write_chat_tokenizer(folder / "tokenizer", texts=TEXTS, **(made or {}))
        )
    return fit(Chat(**options), folder)


def fit(chat: Chat, folder: Path) -> FittedChat:
    """The input, fitted; of rows it knows nothing."""
    return chat.fit({}, Targets(ReplyTarget(), {}), folder, lambda _: None)


def said_of(fitted: FittedChat, encoded: pa.Table, row: int) -> tuple[str, str]:
    """The text of a row's ids, and that of those which are learned, special tokens written out."""
    ids, learned = (encoded[name][row].as_py() for name in ("input_ids", "learned"))
    assert len(ids) == len(learned)
    said = [index for index, one in zip(ids, learned, strict=True) if one]
    decode = fitted.encoder.tokenizer.decode
    return decode(ids, skip_special_tokens=False), decode(said, skip_special_tokens=False)
