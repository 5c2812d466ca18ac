"""A target of answers to a question that stand in a text."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.card import TargetCard
from weitiao.targets.base import Target, fault, refuse_missing

Answer = tuple[int, int, str]
"""Begin, end and text of an answer, in code points of the text as it was read; the first two are -1
where it stands nowhere."""


def answers_in(cell: str) -> list[Answer]:
    """The answers of a label cell, in the order of the file; none of a question without one."""
    return [(begin, end, text) for begin, end, text in json.loads(cell)]


def placed_in(cell: str) -> list[Answer]:
    """Those of them that stand in the text."""
    return [answer for answer in answers_in(cell) if answer[0] >= 0]


@dataclass(frozen=True)
class AnswerTarget:
    """Answers that stand in the text.

    Args:
        unanswerable: rows of train without an answer.
        longest: code points of the longest answer of train that stands in its text.
    """

    unanswerable: int
    longest: int

    @property
    def labels(self) -> Sequence[str]:
        """None: what there is to predict differs from row to row."""
        return []

    def encode(self, table: pa.Table) -> pa.ChunkedArray:
        """large_string ``(N,)``: the label cells as they are."""
        return table["label"].cast(pa.large_string())

    def written(self, decided: Any) -> list[str]:
        """Answers ``(begin, end, text)`` of each row as they stand in a label cell."""
        return [json.dumps([*row], ensure_ascii=False) for row in decided]


@dataclass(frozen=True)
class Answers(Target):
    """Answers to a question that stand in the text, or none.

    Args:
        label: column of the answers: texts, with or without the characters at which they begin, in
            one of the forms that ``docs/data.md`` lists.
    """

    label: str = "answers"

    cells = "answers"
    conflict = "a row holds all answers to its question; {--drop_conflicts} false keeps these rows"

    def check(self, tables: Mapping[str, pa.Table], before: pa.Table) -> None:
        """Refuse rows without a label, and train without an answer that stands in its text."""
        refuse_missing(tables)
        train = tables["train"]
        if not any(map(placed_in, train["label"].to_pylist())):
            problem = f"none of the {train.num_rows:,} rows of train has an answer in its text"
            hint = "is {--text} the column of texts, and {--label} that of answers?"
            raise fault(problem, train, 0, hint)

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """Count rows without an answer, and find the longest."""
        cells = tables["train"]["label"].to_pylist()
        lengths = (end - begin for cell in cells for begin, end, _ in placed_in(cell))
        return AnswerTarget(cells.count("[]"), max(lengths, default=0))

    def strata(self, table: pa.Table) -> np.ndarray | None:
        """Rows by whether they have an answer."""
        if "label" not in table.column_names:
            return None
        return np.array([cell != "[]" for cell in table["label"].to_pylist()], np.int64)

    def described(self, table: pa.Table) -> dict[str, Any]:
        """``targets``: rows by how many answers they have, which may stand at several places; and
        ``warnings``."""
        rows = [answers_in(cell) for cell in table["label"].to_pylist()]
        counts = np.array([len({text for *_, text in row}) for row in rows])
        targets = {
            "one answer": int((counts == 1).sum()),
            "several": int((counts > 1).sum()),
            "none": int((counts == 0).sum()),
        }
        return {"classes": {}, "targets": targets, "warnings": [*_out_of_reach(table, rows)]}


def _out_of_reach(table: pa.Table, rows: Sequence[Sequence[Answer]]) -> Iterator[str]:
    """A warning of rows that have answers, none of which stands in the text."""
    lost = [bool(row) and all(begin < 0 for begin, *_ in row) for row in rows]
    if count := sum(lost):
        first = table.slice(lost.index(True), 1).to_pylist()[0]
        yield (
            f"{count:,} rows have no answer that stands in the text (first: {first['file']}, row"
            f" {first['row']}): nothing is learned from them, and no model finds their answers"
        )
