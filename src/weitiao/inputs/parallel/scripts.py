"""In which script a text is: the only part of its language that is seen without a model."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.io.arrow import parts_of

# What is counted of each: a hanzi or a kana is about as much as a word of letters.
_FREQUENT = {"hanzi": r"\p{Han}", "Latin letters": r"\p{Latin}+"}
_OTHERS = {
    "kana": r"[\p{Hiragana}\p{Katakana}]",
    "Hangul": r"\p{Hangul}+",
    "Cyrillic letters": r"\p{Cyrillic}+",
    "Arabic letters": r"\p{Arabic}+",
    "Greek letters": r"\p{Greek}+",
    "Hebrew letters": r"\p{Hebrew}+",
    "Devanagari": r"\p{Devanagari}+",
    "Bengali letters": r"\p{Bengali}+",
    "Tamil letters": r"\p{Tamil}+",
    "Thai letters": r"\p{Thai}+",
    "Tibetan letters": r"\p{Tibetan}+",
}
_PATTERNS = {**_FREQUENT, **_OTHERS}
_RARE = r"[^\P{L}\p{Han}\p{Latin}]"  # a letter of another script
SCRIPTS = tuple(_PATTERNS)
"""What scripts are called."""
NONE = -1
USUAL = 0.9
"""Share of texts from which on their script is the usual one; where fewer have one, both directions
may be learned at once."""


def scripts_of(table: pa.Table, name: str) -> np.ndarray:
    """The place among `SCRIPTS` of that of most words of each text, ``(N,)`` int8; `NONE` of a text
    without any.

    Args:
        name: column of the texts.
    """
    return np.concatenate([_of_part(part[name]) for part in parts_of(table.select([name]))])


def _of_part(texts: pa.ChunkedArray) -> np.ndarray:
    script, most = np.full(len(texts), NONE, np.int8), np.zeros(len(texts), np.int64)
    rare = np.flatnonzero(pc.match_substring_regex(texts, _RARE).to_numpy())
    for place, (name, pattern) in enumerate(_PATTERNS.items()):
        rows = slice(None) if name in _FREQUENT else rare
        some = texts if name in _FREQUENT else texts.take(pa.array(rare))
        counts = pc.count_substring_regex(some, pattern).to_numpy()
        more = counts > most[rows]
        script[rows] = np.where(more, place, script[rows])
        most[rows] = np.maximum(counts, most[rows])
    return script


def usual(scripts: np.ndarray) -> int:
    """The script of at least `USUAL` of the texts that have one; `NONE` if there is none.

    Args:
        scripts: ``(N,)``, as of `scripts_of`.
    """
    counts = np.bincount(scripts[scripts != NONE], minlength=1)
    likeliest = int(counts.argmax())
    return likeliest if counts[likeliest] >= USUAL * max(1, counts.sum()) else NONE


def differing(scripts: np.ndarray, expected: int) -> np.ndarray:
    """Which texts have another script than the usual one, ``(N,)`` of bool."""
    found: np.ndarray = (scripts != expected) & (scripts != NONE) & (expected != NONE)
    return found
