"""Questions with options, on their way from a chunk of a file to columns of strings."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from weitiao.io.answers.placing import Tally
from weitiao.io.choices.answers import Census, Meaning, place_of
from weitiao.io.choices.forms import LETTERS, Options, bare_answer, check_options, options_in
from weitiao.io.spans.span import SpanFault
from weitiao.io.tables.cells import NoValue, as_text
from weitiao.io.tables.source import BadRow, Chunk, Notes, Source
from weitiao.io.tables.trial import Trial
from weitiao.io.text_lists import as_cell

_JOIN = " "
"""Between the texts of a question that stands in several columns, as that of SWAG does."""


class ChoiceCells:
    """What options and answers of one source mean.

    Args:
        again: reads a source from its beginning: what answers are is decided by all of them.
    """

    def __init__(self, source: Source, again: Callable[[Source], Iterator[Chunk]]) -> None:
        self._source, self._again = source, again
        self._tally = Tally()
        self._meaning: Meaning | None = None

    def written(self, chunk: Chunk) -> tuple[Chunk, dict[int, BadRow]]:
        """The chunk with the options of each row as JSON, and its answer as their letter.

        A row at fault is named by its position.
        """
        columns = self._by_role(chunk)
        if self._meaning is None and "label" in columns:
            self._meaning = self._look()
        trial = Trial(self._named(), chunk, columns)
        found = [trial(i, self._row, columns, i, row) for i, row in enumerate(chunk.rows)]
        rows = [row or ("", "[]", "A") for row in found]
        columns["text"], columns["pair"] = ([row[i] for row in rows] for i in (0, 1))
        if "label" in columns:
            columns["label"] = [row[2] for row in rows]
        if "passage" in self._source.wanted:
            columns["passage"] = [*map(_passage, columns.get("passage", [None] * len(rows)))]
        ordered = [columns[role] for role in self._source.wanted]
        return replace(chunk, columns=ordered), trial.faults

    def note(self) -> None:
        """Note where questions were found, and what is odd about them."""
        usual, found = self._source.wanted, self._named().wanted
        other = [f"{usual[r]}: {name!r}" for r, name in found.items() if name != usual[r]]
        facts = self._source.notes.facts
        if other:
            facts.append(f"columns of other names are read: {', '.join(other)}")
        if self._meaning and self._meaning.kind == "number":
            facts.append(f"the answers are numbers, {self._meaning.first} that of the first option")
        facts += self._tally.facts()

    def _look(self) -> Meaning:
        """What the answers of the whole source are."""
        census = Census()
        source = replace(self._source, notes=Notes(), parts={})
        for chunk in self._again(source):
            columns = _by_role(source, chunk)
            for row, options, answer in zip(
                chunk.rows, columns["pair"], columns["label"], strict=True
            ):
                try:
                    census.count(row, bare_answer(answer), options_in(options))
                except SpanFault:
                    continue  # it is reported when the row is read
        name = self._named().wanted["label"]
        return census.meaning(self._source.options.first_option, self._source.name, name)

    def _named(self) -> Source:
        """The source, its roles by what their columns are called in it."""
        names: dict[str, str] = {}
        for part, name in self._source.columns.items():
            role = part.partition(".")[0]
            names[role] = f"{names[role]}, {name}" if role in names else name
        return replace(self._source, wanted={**self._source.wanted, **names})

    def _by_role(self, chunk: Chunk) -> dict[str, list[Any]]:
        return _by_role(self._source, chunk)

    def _row(self, columns: dict[str, list[Any]], i: int, row: int) -> tuple[str, str, str]:
        """Question, options and the letter of the answer."""
        question, cell = _question(columns["text"][i]), columns["pair"][i]
        if isinstance(cell, NoValue):
            raise SpanFault(cell.reason, "pair", cell.hint)
        options = Options([], []) if cell == [] else options_in(cell)
        texts = [text.strip() for text in options.texts]
        check_options(texts, question)
        if not question.strip():
            self._tally.add("questions that are empty", row, question)
        if len({*texts}) < len(texts):
            self._tally.add("rows with the same option twice", row, _twice(texts))
        place = 0
        if "label" in columns and self._meaning is not None:
            label = columns["label"][i]
            if isinstance(label, NoValue):
                raise SpanFault(label.reason, hint=label.hint)
            place = place_of(bare_answer(label), options, self._meaning)
        return question, as_cell(texts), LETTERS[place]


def _by_role(source: Source, chunk: Chunk) -> dict[str, list[Any]]:
    """The cells of each role; of one with several columns a list, or their texts joined."""
    parts: dict[str, list[list[Any]]] = {}
    for part, column in zip(source.columns, chunk.columns, strict=True):
        parts.setdefault(part.partition(".")[0], []).append(column)
    found = {}
    for role, columns in parts.items():
        if len(columns) == 1:
            found[role] = columns[0]
        else:
            write = _listed if role == "pair" else _joined
            found[role] = [*map(write, zip(*columns, strict=True))]
    return found


def _listed(cells: tuple[Any, ...]) -> list[Any]:
    """The options of a row; at the end there may be none, where others have more."""
    options = [None if isinstance(cell, NoValue) else cell for cell in cells]
    while options and (as_text(options[-1]) or "").strip() == "":
        options.pop()
    return ["" if as_text(cell) is None else cell for cell in options]


def _joined(cells: tuple[Any, ...]) -> Any:
    texts = [*map(as_text, cells)]
    if any(text is None for text in texts):
        return next(cell for cell, text in zip(cells, texts, strict=True) if text is None)
    return _JOIN.join(text for text in texts if text)


def _question(cell: Any) -> str:
    if isinstance(cell, NoValue):
        raise SpanFault(cell.reason, "text", cell.hint)
    text = as_text(cell)
    if text is None:
        raise SpanFault("the question is missing", "text")
    return text


def _passage(cell: Any) -> Any:
    """A passage, of which the sentences may be a list; a row without one has an empty one."""
    if isinstance(cell, list) and all(isinstance(each, str) for each in cell):
        return "\n".join(cell)
    return "" if cell is None or (isinstance(cell, float) and cell != cell) else cell


def _twice(texts: list[str]) -> str:
    return next(text for i, text in enumerate(texts) if text in texts[:i])
