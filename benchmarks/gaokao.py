"""The one-letter items of GAOKAO-Bench as rows of question, options and answer."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

LAST_OF_TRAIN, LAST_TO_LEARN = 2019, 2018
"""Years: those after the first are test; of those before, what is after the second chooses."""
_MARK = re.compile(r"(?<![A-Za-z$\\])([A-H])\s*[.．、:：)）]|[(（]\s*([A-H])\s*[)）]")
_LEAST = 2


class Item(NamedTuple):
    """A question of which one option is right.

    Args:
        options: what stands behind A., B., …; none = they can't be told from the text.
    """

    subject: str
    year: int
    question: str
    options: list[str]
    answer: str


def items_of(folder: Path) -> Iterator[Item]:
    """All items of the objective questions whose answer is one letter."""
    for path in sorted(folder.glob("*.json")):
        subject = path.stem.partition("_")[2]
        for row in json.loads(path.read_text("utf-8"))["example"]:
            answer = row["answer"]
            if len(answer) == 1 and re.fullmatch("[A-H]", answer[0]):
                yield Item(subject, int(row["year"]), *parted(row["question"]), answer[0])


def parted(text: str) -> tuple[str, list[str]]:
    """The question and the options of a text in which they stand behind A., B., C., ….

    The last run of letters in their order counts, since a question may have an A. of its own.
    """
    marks = [(m.start(), m.end(), m[1] or m[2]) for m in _MARK.finditer(text)]
    for first in range(len(marks) - 1, -1, -1):
        if marks[first][2] != "A":
            continue
        run = _in_order(marks[first:])
        options = [*_between(text, run)]
        if len(run) >= _LEAST and all(options):
            return text[: run[0][0]].strip(), options
    return text.strip(), []


def _in_order(marks: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The first A, the first B after it, and so on."""
    run: list[tuple[int, int, str]] = []
    for mark in marks:
        if mark[2] == chr(ord("A") + len(run)):
            run.append(mark)
    return run


def _between(text: str, run: Sequence[tuple[int, int, str]]) -> Iterator[str]:
    ends = [*(begin for begin, *_ in run[1:]), len(text)]
    for (_, begin, _), end in zip(run, ends, strict=True):
        yield text[begin:end].strip()


def write_splits(folder: Path, out: Path) -> dict[str, Any]:
    """Write ``train.jsonl``, ``val.jsonl`` and ``test.jsonl``; what was left out.

    Returns:
        by split ``rows`` and ``unparsed``: items whose options can't be told, or don't hold the
        answer; ``always_C``, its share of test, those included.
    """
    splits: dict[str, list[Item]] = {"train": [], "val": [], "test": []}
    unparsed: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    for item in items_of(folder):
        split = "train" if item.year <= LAST_TO_LEARN else "val"
        split = split if item.year <= LAST_OF_TRAIN else "test"
        letters[item.answer] += split == "test"
        if ord(item.answer) - ord("A") < len(item.options):
            splits[split].append(item)
        else:
            unparsed[split] += 1
    for split, items in splits.items():
        rows = ({"question": i.question, "options": i.options, "answer": i.answer} for i in items)
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (out / f"{split}.jsonl").write_text("".join(lines), "utf-8")
    return {
        "rows": {split: len(items) for split, items in splits.items()},
        "unparsed": {split: unparsed[split] for split in splits},
        "always_C": letters["C"] / letters.total(),
    }
