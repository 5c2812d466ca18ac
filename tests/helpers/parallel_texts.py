"""Small parallel texts, and models that read and write them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from conftest import write_csv

from weitiao.card import DataCard
from weitiao.inputs import Targets
from weitiao.inputs.parallel import Parallel, ParallelInput
from weitiao.inputs.parallel.fitted import FittedParallel
from weitiao.inputs.text.tokenization import Encoder
from weitiao.targets.whole_text import ReplyTarget

BPE = Encoder("bpe", vocab_size=300, lowercase=False)
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
DIGITS = "一二三四五六七八"


def pairs(count: int = 16) -> list[tuple[str, str]]:
    """English and Chinese, each pair once."""
    found = [
        (f"I have {one} books and {two} cats.", f"我有{first}本书和{second}只猫。")
        for one, first in zip(NUMBERS, DIGITS, strict=True)
        for two, second in zip(NUMBERS, DIGITS, strict=True)
    ]
    return found[:: max(1, len(found) // count)][:count]


def write_pairs(path: Path, rows: Sequence[tuple[str, ...]]) -> Path:
    write_csv(path, [*rows], ("text", "label"))
    return path


def table(rows: Sequence[tuple[str, str]]) -> pa.Table:
    return pa.table(
        {
            "text": [text for text, _ in rows],
            "label": [label for _, label in rows],
            "file": ["my.csv"] * len(rows),
            "row": [*range(2, len(rows) + 2)],
        }
    )


def fitted(options: Parallel, path: Path, **tables: pa.Table) -> FittedParallel:
    """The input, fitted to rows."""
    return options.fit(tables, Targets(ReplyTarget(), {}), path, lambda stage: None)


def card(written: int = 40, *, shared: bool = True, begin: int | None = 2) -> DataCard:
    """Of 40 ids that are read, of which 0 fills, 2 begins and 3 ends."""
    sizes = {"written_size": written, "written_length": 12, "begin": begin, "end": 3}
    return DataCard(ParallelInput(40, 0, 16, shared=shared, **sizes), ReplyTarget())
