"""Cells whose labels are spans, on their way from a chunk of a file to columns of strings."""

import json
from dataclasses import replace
from typing import Any

from weitiao.io.spans.forms import tags_in, text_and_spans, text_in, value_of
from weitiao.io.spans.schemes import TagReader
from weitiao.io.spans.span import SpanFault
from weitiao.io.tables.cells import NoValue, as_text
from weitiao.io.tables.source import BadRow, Chunk, Source
from weitiao.io.tables.spelling import tidy
from weitiao.io.tables.trial import Trial


class SpanCells:
    """What the text and label cells of one source mean; keeps what must be known between chunks."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tags = TagReader(refuse=source.options.broken_tags == "bad")

    def written(self, chunk: Chunk) -> tuple[Chunk, dict[int, BadRow]]:
        """The chunk with a text in each text cell, and in each label cell its spans as JSON.

        A row at fault keeps what it has of text, and is named by its position.
        """
        columns = dict(zip(self._source.wanted, chunk.columns, strict=True))
        trial = Trial(self._source, chunk, columns)
        texts, labels = columns["text"], columns.get("label")
        if labels is None:
            found = [trial(i, text_in, text) for i, text in enumerate(texts)]
            columns["text"] = [texts[i] if i in trial.faults else t for i, t in enumerate(found)]
        else:
            values = [trial(i, _value, label) for i, label in enumerate(labels)]
            self._tags.see([tags for value in values if (tags := tags_in(value)) is not None])
            rows = [
                None if i in trial.faults else trial(i, self._row, text, value)
                for i, (text, value) in enumerate(zip(texts, values, strict=True))
            ]
            both = [row or _kept(texts[i], labels[i]) for i, row in enumerate(rows)]
            columns["text"], columns["label"] = ([row[k] for row in both] for k in (0, 1))
        return replace(chunk, columns=list(columns.values())), trial.faults

    def note(self) -> None:
        """Note how tags were read, and what was mended."""
        self._source.notes.facts += self._tags.facts()
        self._source.notes.totals.update(dict(self._tags.counts()))

    def _row(self, text: Any, value: Any) -> tuple[str, str]:
        """The cells of text and label."""
        if isinstance(text, NoValue):
            raise SpanFault(text.reason, "text", text.hint)
        cell = text if isinstance(text, str | list | dict) else as_text(text)
        text, spans = text_and_spans(cell, value, self._tags, self._source.notes.totals)
        named = {span._replace(type=self._tidied(span.type)) for span in spans}
        return text, json.dumps(sorted(named), ensure_ascii=False)

    def _tidied(self, type: str) -> str:
        name = tidy(type)
        if not name:
            raise SpanFault(f"the type {type!r} of a span is empty")
        if name != type.strip():
            what = "labels freed of invisible characters, or composed (NFC)"
            self._source.notes.totals[what] += 1
        return name


def _value(label: Any) -> Any:
    if isinstance(label, NoValue):
        raise SpanFault(label.reason, hint=label.hint)
    return value_of(label)


def _kept(*cells: Any) -> tuple[str, str]:
    """The cells of a row at fault, so that bytes in another encoding are still found in them."""
    text, label = (cell if isinstance(cell, str) else "" for cell in cells)
    return text, label.strip() or "[]"
