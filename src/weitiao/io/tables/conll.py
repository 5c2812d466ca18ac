"""CoNLL: a token and its tag on each line, in columns, and a blank line between sentences."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from weitiao.errors import DataError
from weitiao.io.spans.characters import joined, located
from weitiao.io.spans.schemes import TagReader
from weitiao.io.spans.span import Span, SpanFault, placed
from weitiao.io.tables.cells import shown
from weitiao.io.tables.conll_layout import BETWEEN, ID, KNOWN, OF_DOCUMENT, Layout, layout_of
from weitiao.io.tables.source import BadRow, Chunk, Source
from weitiao.io.tables.textual import blocks, line_end

_COMMENT = re.compile(r"#\s?([\w.]+(?: id)?) ?= ?(.*)")
_MOST = 1_000_000  # lines without a blank one between them


def read_conll(source: Source) -> Iterator[Chunk]:
    """Sentences; rows are the lines of their first tokens.

    Columns are called "0", "1", …. A text or label column that is left at its default is found:
    tokens stand in the first column, or in the second where the first numbers them; tags in the
    last whose cells look like some. ``# text = …`` above a sentence is its text, and ids and groups
    stand in such comments, too: ``sent_id``, or ``newdoc id`` of all that follow.
    """
    sentences = _Sentences(source)
    for first, lines in blocks(source, line_end(source)):
        yield sentences.chunk(first, [line.rstrip("\r\n") for line in lines])
    yield sentences.end()


@dataclass
class _Sentence:
    """Lines that belong together.

    Args:
        row: number of the first token's line.
        said: by comments above it, by name; ``text`` is its text, else the tokens make it.
        fault: what is wrong with the first bad line.
    """

    row: int = 0
    said: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    fault: str | None = None


class _Sentences:
    """What is read of a file so far."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._labelled = "label" in source.wanted
        self._others = {r: n for r, n in source.wanted.items() if r not in ("text", "label")}
        self._layout: Layout | None = None
        self._tags = TagReader(refuse=source.options.broken_tags == "bad")
        self._document: dict[str, str] = {}
        self._now = _Sentence()
        self._done: list[_Sentence] = []

    def chunk(self, first: int, lines: Sequence[str]) -> Chunk:
        """The sentences that end in some lines, the first of which is number `first`."""
        self._layout = self._layout or layout_of(self._source, lines)
        for number, line in enumerate(lines, first):
            if not line.strip(" \t") or line.startswith(BETWEEN):
                self._finish()
            elif self._layout is not None:
                self._take(number, line, self._layout)
        return self._taken()

    def end(self) -> Chunk:
        """The last sentence, which no blank line need follow."""
        self._finish()
        chunk = self._taken()
        if self._labelled:
            self._source.notes.facts += self._tags.facts()
            self._source.notes.totals.update(dict(self._tags.counts()))
        return chunk

    def _finish(self) -> None:
        if self._now.row:
            self._done.append(self._now)
        self._now = _Sentence(said={**self._document})

    def _take(self, number: int, line: str, layout: Layout) -> None:
        now = self._now
        if layout.is_comment(line):
            if found := _COMMENT.fullmatch(line):
                now.said[found[1]] = found[2]
                if found[1] in OF_DOCUMENT:
                    self._document[found[1]] = found[2]
            if not KNOWN.match(line) and (found is None or found[1] not in self._others.values()):
                self._source.notes.totals["lines of comments, left out"] += 1
            return
        now.row = now.row or number
        now.lines.append(line)
        if len(now.lines) > _MOST:
            problem = f"no blank line ends this sentence, in {_MOST:,} lines"
            raise DataError(problem, file=self._source.name, row=now.row)
        now.fault = now.fault or self._add(now, number, layout.split(line), layout)

    def _add(
        self, sentence: _Sentence, number: int, cells: list[str], layout: Layout
    ) -> str | None:
        """Add a token to a sentence; else what is wrong with its line."""
        if len(cells) != layout.width:
            return f"line {number} has {len(cells)} cells, not {layout.width}"
        if layout.numbered:
            found = ID.fullmatch(cells[0])
            if not found:
                return f"line {number} doesn't begin with the number of a token"
            if found[2]:
                what = "lines of several words together, or of none, left out (ids 1-2 and 1.1)"
                self._source.notes.totals[what] += 1
                return None
        if not cells[layout.token]:
            return f"line {number} has no token"
        sentence.tokens.append(cells[layout.token])
        sentence.tags.append("" if layout.tag is None else cells[layout.tag])
        return None

    def _taken(self) -> Chunk:
        """The rows of what is done, which is no longer held."""
        done, self._done = self._done, []
        if self._labelled:
            self._tags.see([sentence.tags for sentence in done])
        good: list[_Sentence] = []
        cells: list[dict[str, object]] = []
        bad: list[BadRow] = []
        for sentence in done:
            try:
                text, spans = self._read(sentence)
                others = {role: _said(sentence, name) for role, name in self._others.items()}
            except SpanFault as fault:
                bad.append(self._bad(sentence, fault))
            else:
                good.append(sentence)
                cells.append({"text": text, "label": spans, **others})
        columns = [[row.get(role) for row in cells] for role in self._source.wanted]
        rows = [sentence.row for sentence in good]
        return Chunk(rows, columns, lambda position: "\n".join(good[position].lines), bad)

    def _read(self, sentence: _Sentence) -> tuple[str, list[Span]]:
        """Text and spans; raises a SpanFault of what is wrong with a sentence."""
        text = sentence.said.get("text")
        if text is not None and not self._labelled:
            return text, []
        if sentence.fault:
            raise SpanFault(sentence.fault)
        if text is None:
            text, starts = joined(sentence.tokens)
        else:
            try:
                starts = located(sentence.tokens, text)
            except ValueError as error:
                raise SpanFault(str(error)) from error
        spans = self._tags.spans(sentence.tags) if self._labelled else []
        return text, placed(spans, sentence.tokens, starts)

    def _bad(self, sentence: _Sentence, fault: SpanFault) -> BadRow:
        raw = "\n".join(sentence.lines)
        problem = shown(fault.problem)
        return BadRow(sentence.row, problem, raw, value=shown(raw), hint=fault.hint)


def _said(sentence: _Sentence, name: str) -> str:
    """What a comment says of a sentence."""
    if name not in sentence.said:
        hint = "ids and groups of CoNLL stand in comments: sent_id, newdoc id"
        raise SpanFault(f"no comment above this sentence says {name!r}", hint=hint)
    return sentence.said[name]
