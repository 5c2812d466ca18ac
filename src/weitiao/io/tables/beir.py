"""BEIR: judgements of documents for queries, whose texts are in two other files."""

import json
from collections.abc import Iterator
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any

from weitiao.errors import DataError
from weitiao.io.tables.source import BadRow, Chunk, Source
from weitiao.io.tables.text_file import open_text

BESIDE = ("queries.jsonl", "corpus.jsonl")
_FORM = "between tabs: query-id, corpus-id, score; or TREC's query-id, 0, corpus-id, score"
_NOT_RIGHT = "judgements of 0 or less, left out"
_HEADS = (["query-id", "corpus-id", "score"], ["query_id", "corpus_id", "score"])


def files_of(path: Path) -> tuple[Path, ...]:
    """A file of judgements, ``qrels/NAME.tsv``, with the queries and the corpus of its folder.

    Raises:
        DataError: one of them is missing.
    """
    above = path.parent.parent if path.parent.name == "qrels" else path.parent
    files = [above / name for name in BESIDE]
    for file in files:
        if not file.is_file():
            hint = "BEIR's files are qrels/NAME.tsv, queries.jsonl and corpus.jsonl"
            raise DataError(f"there is no {file.name} beside it", file=path, hint=hint)
    return (path, *files)


def read_beir(source: Source) -> Iterator[Chunk]:
    """A row for each judgement above 0: the query, and the title and text of the document.

    Raises:
        DataError: an identifier stands twice, or a line of queries or corpus is no object.
    """
    judged, bad = _judgements(source)
    wanted = [{ids[side] for ids in judged.values()} for side in (0, 1)]
    queries, documents = (
        _texts(replace(source, files=(source.files[place],)), wanted[place - 1]) for place in (1, 2)
    )
    rows: list[int] = []
    cells: list[dict[str, Any]] = []
    for row, (query, document, score) in judged.items():
        missing = [("query", query, queries), ("document", document, documents)]
        lacking = [(kind, name) for kind, name, known in missing if name not in known]
        if lacking:
            kind, name = lacking[0]
            reason = f"there is no {kind} with this identifier"
            bad.append(BadRow(row, reason, f"{query}\t{document}\t{score}", value=name))
            continue
        rows.append(row)
        both = {"text": queries[query], "pair": documents[document]}
        cells.append(both | {"id": f"{query} {document}", "label": score})
    bad.sort(key=lambda each: each.row)
    columns = [[cell.get(role) for cell in cells] for role in source.wanted]
    lines = ["\t".join(judged[row]) for row in rows]
    yield Chunk(rows, columns, lines.__getitem__, bad)


def _judgements(source: Source) -> tuple[dict[int, tuple[str, str, str]], list[BadRow]]:
    """Query, document and score of each line that finds the document right, by its number.

    Raises:
        DataError: no line does.
    """
    found: dict[int, tuple[str, str, str]] = {}
    bad: list[BadRow] = []
    with open_text(replace(source, files=source.files[:1])) as file:
        for number, line in enumerate(file, 1):
            cells = _cells(line.rstrip("\r\n"))
            if not cells or (number == 1 and cells in _HEADS):
                continue
            if (reason := _fault(cells)) is not None:
                bad.append(BadRow(number, reason, line, value=line.strip(), hint=_FORM))
            elif float(cells[2]) > 0:
                found[number] = (cells[0], cells[1], cells[2])
            else:
                source.notes.counts[_NOT_RIGHT] += 1
    if not (found or bad) and source.notes.counts[_NOT_RIGHT]:
        raise DataError("no judgement is above 0", file=source.name)
    return found, bad


def _cells(line: str) -> list[str]:
    """Query, document and score; of the four cells of TREC's form the second says nothing."""
    cells = line.split("\t") if "\t" in line else line.split()
    return [cells[0], *cells[2:]] if len(cells) == 4 else cells


def _fault(cells: list[str]) -> str | None:
    if len(cells) != 3:
        return f"this has {len(cells)} cells, not query-id, corpus-id, score"
    try:
        return None if isfinite(float(cells[2])) else "this score is not finite"
    except ValueError:
        return "this score is no number"


def _texts(source: Source, wanted: set[str]) -> dict[str, str]:
    """The texts of those of the identifiers that the file has."""
    seen: set[int] = set()  # hashes: a corpus has millions
    found: dict[str, str] = {}
    with open_text(source) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            name, text = _entry(source, number, line)
            if hash(name) in seen:
                place: dict[str, Any] = {"file": source.path, "row": number, "value": name}
                raise DataError(
                    "this identifier stands twice", column="_id", hint="leave one out", **place
                )
            seen.add(hash(name))
            if name in wanted:
                found[name] = text
    return found


def _entry(source: Source, number: int, line: str) -> tuple[str, str]:
    """The identifier of a line, and its text behind its title."""
    place: dict[str, Any] = {"file": source.path, "row": number}
    try:
        value = json.loads(line)
        name, title, text = str(value["_id"]), value.get("title") or "", value.get("text")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        problem = "this is no object with _id and text"
        raise DataError(problem, **place, value=line.strip()) from error
    parts = (title,) if title and text is None else (title, text)  # corpora have empty texts
    if not all(isinstance(part, str) for part in parts):
        raise DataError("this has no text", **place, column="text", value=line.strip())
    return name, " ".join(filter(None, parts))
