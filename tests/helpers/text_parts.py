"""Data of texts, made from options side by side."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pyarrow as pa

from weitiao.data.audit import Auditor
from weitiao.data.datamodule import DataModule
from weitiao.data.fingerprints import with_keys
from weitiao.data.prepare import Preparation
from weitiao.data.split import Splitter
from weitiao.inputs.text import Text
from weitiao.io.tables import Reader

OF_TEXT = [field.name for field in fields(Text)]


def text_of(options: dict[str, Any]) -> dict[str, Any]:
    """The options, those of the text input as one."""
    own = {name: options[name] for name in OF_TEXT if name in options}
    return {"input": Text(**own)} | {n: v for n, v in options.items() if n not in own}


def text_data(**options: Any) -> DataModule:
    """A DataModule of texts."""
    return DataModule(**text_of(options))


def preparation(**parts: Any) -> Preparation:
    """The default one, with some parts replaced."""
    return replace(Preparation(Reader(), Text(), Auditor(), Splitter()), **text_of(parts))


def roles(
    text: str = "text",
    pair: str | None = None,
    label: str | None = "label",
    group: str | None = None,
    id: str | None = None,
) -> dict[str, str]:
    """Role → column, without those that are not read."""
    return {role: name for role, name in locals().items() if name is not None}


def keyed(table: pa.Table) -> pa.Table:
    """The rows as a preparation gives them to the audit."""
    return with_keys(table, Text().keys(table))
