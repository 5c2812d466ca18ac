"""Cells of any type as an Arrow column of strings, and the cells that can't be strings."""

import hashlib
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import numpy as np
import pyarrow as pa

Cells = Literal["name", "set", "spans", "answers", "choice", "reply", "text", "positives"]
"""What a label cell holds: one value; several, or none; spans of the text or tags of its tokens;
answers that stand in the text; which of a row's options is right; what is answered in a
conversation; a text written from the row's. Or there is none, and the cells of second texts may be
lists."""

_MARK = re.compile("[\udc00-\udcff]")  # a byte that could not be decoded, see text_file.py
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class NoValue:
    """A cell of a workbook that holds something else than a value.

    Args:
        reason: what it holds, and why that is no value.
    """

    reason: str
    hint: str

    def __str__(self) -> str:
        return self.reason


def as_array(
    values: list[Any], *, filled: bool, sets: bool = False
) -> tuple[pa.Array, dict[int, str]]:
    """A column of strings, and by position what is wrong with the cells that are null in it.

    Args:
        filled: whether cells are stripped and must not be empty then (labels, groups, ids).
        sets: whether a cell may hold several values: a list becomes JSON text, and an empty cell
            is the empty set.
    """
    faults: dict[int, str] = {}
    texts: list[str | None] = values
    if not set(map(type, values)) <= {str}:
        write = _as_set if sets else as_text
        texts = [write(value) for value in values]
        faults = {i: _fault(values[i], sets) for i, text in enumerate(texts) if text is None}
    if filled:
        texts = [text and text.strip() for text in texts]
        if "" in texts and not sets:
            faults |= {i: "the value is empty" for i, text in enumerate(texts) if text == ""}
            texts = [text or None for text in texts]
    try:
        return pa.array(texts, pa.string()), faults
    except UnicodeEncodeError:
        broken = {i for i, text in enumerate(texts) if text and _SURROGATE.search(text)}
        faults |= dict.fromkeys(broken, "the value holds half a surrogate pair")
        texts = [None if i in broken else text for i, text in enumerate(texts)]
        return pa.array(texts, pa.string()), faults


def _fault(value: Any, sets: bool) -> str:
    """Why a cell is no text (or, with `sets`, no list of texts)."""
    if isinstance(value, NoValue):
        return value.reason
    if value is None or isinstance(value, float):
        return "the value is missing"
    if sets and isinstance(value, list):
        return "a list that holds something else than filled texts"
    return f"a {type(value).__name__} is not a text"


def _as_set(value: Any) -> str | None:
    """A list as JSON text, its members as cells are; what is no list as `as_text` has it."""
    if not isinstance(value, list):
        return as_text(value)
    members = [(as_text(member) or "").strip() for member in value]
    return json.dumps(members, ensure_ascii=False) if all(members) else None


def as_text(value: Any) -> str | None:
    """A cell as a person would write it; None if it is missing or not one value.

    Integral floats lose their ".0" and decimals their last zeros, truth values are "true" and
    "false", dates are ISO 8601.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if value != value:
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else str(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, UUID):
        return str(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return None


def undecodable(value: Any) -> bool:
    """Whether the cell holds bytes that are not text in the file's encoding."""
    return isinstance(value, str) and _MARK.search(value) is not None


def shown(value: Any) -> Any:
    r"""The cell with undecodable bytes written as ``\xb0``, so that it can be printed."""
    if not isinstance(value, str):
        return value
    marked = _MARK.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", value)
    return marked.encode("utf-8", "backslashreplace").decode("utf-8")


def _digest(name: str) -> bytes:
    return hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=16).digest()


class SeenIds:
    """Which ids came before, at 16 bytes each: sorted runs of hashes, merged as they grow.

    The hashes are BLAKE2b's of 128 bits, the same in each process: two of a billion distinct ids
    share one with probability 1e-21.
    """

    def __init__(self) -> None:
        self._runs: list[np.ndarray] = []

    def repeats(self, ids: list[str]) -> list[int]:
        """Take `ids` in; the positions of those that came before, in this call or another."""
        hashes = np.array([*map(_digest, ids)], "S16")
        order = np.argsort(hashes, kind="stable")
        run = hashes[order]
        repeated = np.zeros(len(ids), bool)
        repeated[order[1:]] = run[1:] == run[:-1]
        for earlier in self._runs:  # looked up in sorted order, which is kind to the cache
            places = np.minimum(np.searchsorted(earlier, run), len(earlier) - 1)
            repeated[order] |= earlier[places] == run
        while self._runs and len(self._runs[-1]) <= len(run):
            run = np.concatenate([self._runs.pop(), run])
            run.sort()  # in place
        if len(run):
            self._runs.append(run)
        return np.flatnonzero(repeated).tolist()
