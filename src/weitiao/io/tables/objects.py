"""JSON objects as rows: one each, or the questions that stand in one."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from operator import itemgetter
from types import ModuleType
from typing import Any

from weitiao.errors import DataError
from weitiao.io.answers import questions as of_answers
from weitiao.io.answers.forms import Asked
from weitiao.io.answers.questions import Question, holds_questions
from weitiao.io.choices import questions as of_choices
from weitiao.io.dialogues.layout import may_lack
from weitiao.io.tables.cells import Cells
from weitiao.io.tables.positive_cells import NEGATIVES
from weitiao.io.tables.source import BLOCK, BadRow, Chunk, Records, Source, raw_of

_ANSWERS = "answers"
_NESTED: dict[Cells, ModuleType] = {"answers": of_answers, "choice": of_choices}
"""What takes questions out of objects, by what label cells hold."""
TRANSLATION = "translation"
"""Key of an object that has a text of each language."""
_LISTS = (*_NESTED, "reply")
"""Where cells may well be lists of objects."""


def rows_of(source: Source, batches: Iterable[Records]) -> Iterator[Chunk]:
    """Turn records of (JSON object, its text) into columns; a key that one lacks is missing.

    The columns are those that any row of the first batch has. Where answers are wanted and the
    objects hold questions, each of these is a row.

    Raises:
        DataError: a wanted column is none of them, or a later row has further ones of a role.
    """
    checked = False
    known: dict[str, None] = {}
    questions = _Questions(source) if source.cells in _NESTED else None
    for batch in batches:
        if source.cells == "name":
            batch.cells = [[side_by_side(value), text] for value, text in batch.cells]
        for records in questions.of(batch) if questions else (batch,):
            if source.parts:
                _refuse_further(source, records, known)
            chunk = _chunk(source, records, check=not checked)
            if source.parts:
                values = (value for value, _ in records.cells if _has_text(source, value))
                known |= dict.fromkeys(key for value in values for key in value)
            yield chunk
            checked = checked or bool(records.rows)


def side_by_side(value: dict[str, Any]) -> dict[str, Any]:
    """An object whose texts of several languages stand in it, as in translations of `datasets`."""
    texts = value.get(TRANSLATION)
    return {**texts, **value} if isinstance(texts, dict) else value


def _refuse_further(source: Source, records: Records, known: dict[str, None]) -> None:
    """Refuse a row whose keys would be read, had an earlier row had them.

    Args:
        known: keys of the rows before, in order.
    """
    if {key for value, _ in records.cells for key in value} <= known.keys():
        return
    read = {*source.columns.values()}
    for row, (value, _) in zip(records.rows, records.cells, strict=True):
        if not _has_text(source, value):
            continue
        others = [*dict.fromkeys([*known, *value])]
        if further := {*source.columns_in(others).values()} - read:
            name = next(key for key in value if key in further)
            raise DataError(
                "no row before has this, so that it isn't read",
                file=source.name,
                row=row,
                column=name,
                value=value[name],
                hint=f"put a row that has {name!r} first",
            )


def _has_text(source: Source, value: dict[str, Any]) -> bool:
    """Whether an object has what conversations are read from; else its row is bad, and no other."""
    return source.cells != "reply" or value.get(source.columns["text"]) is not None


def form(source: Source) -> str:
    """The form that JSON should have."""
    names = dict.fromkeys(source.wanted.values())
    cells = (f"{json.dumps(name, ensure_ascii=False)}: …" for name in names)
    return f"[{{{', '.join(cells)}}}, …]"


def _chunk(source: Source, records: Records, *, check: bool) -> Chunk:
    values = [value for value, _ in records.cells]
    if check and values:
        names = list(dict.fromkeys(key for value in values for key in value))
        asked = source.cells == "answers"
        if asked and _is_question(records.cells[0]) and _ANSWERS not in names:
            names.append(_ANSWERS)  # a question without them is a bad row
        if source.cells not in _LISTS:
            _refuse_nested(source, values[0], names)
        free = [n for role, n in source.wanted.items() if role.startswith(NEGATIVES)]
        if source.cells == "reply":
            free += may_lack(names)
        # no object needs negatives
        source.positions(names, [name for name in dict.fromkeys(free) if name not in names])
    columns = [
        [_cell(record, role, name, source.cells) for record in records.cells]
        for role, name in source.columns.items()
    ]
    return Chunk(records.rows, columns, raw_of(records.cells, _raw), records.bad)


def _is_question(record: list[Any]) -> bool:
    return record[1] is None


def _cell(record: list[Any], role: str, name: str, cells: Cells) -> Any:
    value = record[0]
    answers = cells == "answers" and role == "label" and name == _ANSWERS
    whole = answers and _is_question(record)
    return Asked(value) if whole else value.get(name)


def _raw(record: list[Any]) -> str:
    """The text of a record; a question is written with its text, as a row of its own."""
    value, text = record
    return json.dumps(value, ensure_ascii=False) if text is None else text


def _refuse_nested(source: Source, value: dict[str, Any], names: list[str]) -> None:
    """Refuse objects that hold the rows in a list, as those of SQuAD do."""
    lists = [n for n, v in value.items() if isinstance(v, list) and v and isinstance(v[0], dict)]
    if lists and not set(source.wanted.values()) <= set(names):
        inner = ", ".join(repr(name) for name in value[lists[0]][0])
        squad = " (as in SQuAD)" if lists[0] in ("paragraphs", "qas") else ""
        hint = f"needed is one flat object per row: {form(source)}"
        if lists[0] == "annotations" and "data" in value:
            hint += "; of Label Studio's spans: {--text} data {--label} annotations"
        if holds_questions(value):
            hint = "of questions with answers: {--task} answers; " + hint
        raise DataError(
            f"the rows are nested{squad}: {lists[0]!r} is a list of objects with {inner}",
            file=source.name,
            hint=hint,
        )


class _Questions:
    """The questions of a file, each as a record without a text of its own, counted from 1.

    What stands in the place of one, a line that is no JSON say, is counted with them.
    """

    def __init__(self, source: Source) -> None:
        self._source, self._of = source, _NESTED[source.cells]
        self._nested: bool | None = None  # whether the objects hold questions
        self._count = 0

    def of(self, batch: Records) -> Iterator[Records]:
        """The records of questions, in portions; or the batch, if its objects are rows."""
        if self._nested is None and batch.cells:
            self._nested = any(self._of.holds_questions(value) for value, _ in batch.cells)
        if not self._nested:
            yield batch
            return
        objects = [
            (row, value, None) for row, (value, _) in zip(batch.rows, batch.cells, strict=True)
        ]
        faults = [(fault.row, None, fault) for fault in batch.bad]
        records, size = Records(), 0
        for row, value, fault in sorted([*objects, *faults], key=itemgetter(0)):
            if fault is not None:
                self._count += 1
                reason = f"{fault.reason} ({self._place(row)})"
                records.bad.append(replace(fault, row=self._count, reason=reason))
            elif not self._of.is_header(value):
                for question in self._of.questions_of(value):
                    size += self._add(records, question, row)
                    if size >= BLOCK:
                        yield records
                        records, size = Records(), 0
        yield records

    def _add(self, records: Records, question: Question, row: int) -> int:
        """Take in a question; about how many characters it has."""
        if question.empty:
            self._source.notes.counts["texts without a question"] += 1
            return 0
        self._count += 1
        if question.problem is not None:
            raw = json.dumps(question.values, ensure_ascii=False)
            reason = f"{question.problem} ({self._place(row)})"
            records.bad.append(BadRow(self._count, reason, raw, value=raw, hint=self._of.FORM))
            return len(raw)
        if plausible := question.values.get("plausible_answers"):
            self._source.notes.counts["plausible answers, which are none"] += len(plausible)
        records.rows.append(self._count)
        records.cells.append([question.values, None])
        return sum(len(each) for each in question.values.values() if isinstance(each, str))

    def _place(self, row: int) -> str:
        return f"{'line' if self._source.format == 'jsonl' else 'object'} {row}"
