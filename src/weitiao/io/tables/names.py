"""Labels, groups and ids as they are read: one spelling each, and what stands for none."""

from __future__ import annotations

from typing import Any

from weitiao.io.tables.source import Source
from weitiao.io.tables.spelling import is_placeholder, tidy

NAMES = ("label", "group", "id")
"""Roles whose cells are names: stripped, and never empty."""


def tidied(source: Source, role: str, values: list[Any]) -> list[Any]:
    """The cells of a column of names without invisible characters, composed; noted if any changed.

    White space around a name goes without a note.
    """
    texts = [value for value in values if isinstance(value, str)]
    joined = "".join(texts)
    if joined.isascii() and joined.isprintable():
        return values
    found = [tidy(value) if isinstance(value, str) else value for value in values]
    changed = sum(
        isinstance(value, str) and value.strip() != name
        for value, name in zip(values, found, strict=True)
    )
    if changed:
        what = f"{role}s freed of invisible characters, or composed (NFC)"
        source.notes.counts[what] += changed
    return found


def placeholders(source: Source, role: str, values: list[Any]) -> dict[int, str]:
    """By position, the labels and groups that stand for a missing value, where those are bad."""
    if role == "id" or source.options.placeholders == "keep":
        return {}
    return {
        i: "this stands for a missing value"
        for i, value in enumerate(values)
        if isinstance(value, str) and is_placeholder(value)
    }
