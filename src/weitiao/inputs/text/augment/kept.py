"""Words that augmentation leaves alone, since labels depend on them: above all negations."""

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate

NEGATIONS = (
    *("不", "没", "沒", "无", "無", "未", "非", "莫", "勿", "别", "別"),
    *("not", "n't", "no", "never", "none", "nobody", "nothing", "nowhere", "neither", "nor"),
    *("without", "cannot", "hardly", "barely"),
)
SUFFIXES = ("n't",)  # of a word: don't


def pattern_of(words: Iterable[str]) -> re.Pattern[str]:
    """Finds these words in a text: hanzi anywhere, so 不 in 不好 as well, others as whole words."""
    return re.compile("|".join(map(_one, words)) or r"(?!)", re.IGNORECASE)


def _one(word: str) -> str:
    escaped = re.escape(word).replace("'", "['’]")
    before = r"(?<![A-Za-z0-9])" if word[0].isascii() and word not in SUFFIXES else ""
    after = r"(?![A-Za-z0-9])" if word[-1].isascii() else ""
    return before + escaped + after


def kept(pieces: Sequence[str], pattern: re.Pattern[str]) -> list[bool]:
    """Which pieces of a text have a part in what the pattern finds, however they are cut."""
    found = [match.span() for match in pattern.finditer("".join(pieces))]
    ends = list(accumulate(map(len, pieces)))
    starts = [end - len(piece) for end, piece in zip(ends, pieces, strict=True)]
    return [
        any(first < end and start < last for first, last in found)
        for start, end in zip(starts, ends, strict=True)
    ]
