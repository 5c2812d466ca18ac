"""Cells whose labels are answers, on their way from a chunk of a file to columns of strings."""

import json
from dataclasses import replace
from typing import Any, Literal

from weitiao.io.answers.forms import Asked, given_in
from weitiao.io.answers.placing import Placing, Tally
from weitiao.io.spans.span import SpanFault, short
from weitiao.io.tables.cells import NoValue, as_text
from weitiao.io.tables.source import BadRow, Chunk, Source
from weitiao.io.tables.trial import Trial

_TEXTS: tuple[Literal["text", "pair"], ...] = ("text", "pair")


class AnswerCells:
    """What the label cells of one source mean; keeps what must be known between chunks."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tally = Tally()
        self._placing = Placing(self._tally, refuse=source.options.misplaced_answers == "bad")

    def written(self, chunk: Chunk) -> tuple[Chunk, dict[int, BadRow]]:
        """The chunk with the answers in each label cell as JSON.

        A row at fault keeps text and question, and is named by its position.
        """
        columns = dict(zip(self._source.wanted, chunk.columns, strict=True))
        trial = Trial(self._source, chunk, columns)
        cells = [trial(i, self._row, columns, i, row) for i, row in enumerate(chunk.rows)]
        if "label" in columns:
            columns["label"] = [cell or "[]" for cell in cells]
        return replace(chunk, columns=list(columns.values())), trial.faults

    def note(self) -> None:
        """Note what was found, and what was done to answers."""
        self._source.notes.facts += self._tally.facts()

    def _row(self, columns: dict[str, list[Any]], i: int, row: int) -> str | None:
        """The cell of the label; null = none is wanted."""
        text, question = (_text(columns[role][i], role) for role in _TEXTS)
        if not text.strip():
            raise SpanFault("the text is empty, no answer can stand in it", "text")
        if not question.strip():
            self._tally.add("questions that are empty", row, text)
        if "label" not in columns:
            return None
        label = columns["label"][i]
        if isinstance(label, NoValue):
            raise SpanFault(label.reason, hint=label.hint)
        given = given_in(label if isinstance(label, list | dict | Asked) else _plain(label))
        return json.dumps(self._placing.placed(text, given, row), ensure_ascii=False)


def _plain(label: Any) -> Any:
    """A cell of one value as text, such as a year."""
    text = as_text(label)
    return label if text is None else text


def _text(cell: Any, role: Literal["text", "pair"]) -> str:
    if isinstance(cell, NoValue):
        raise SpanFault(cell.reason, role, cell.hint)
    text = as_text(cell)
    if text is None:
        missing = cell is None or isinstance(cell, float)
        problem = "the value is missing" if missing else f"{short(cell)} is not a text"
        raise SpanFault(problem, role)
    return text
