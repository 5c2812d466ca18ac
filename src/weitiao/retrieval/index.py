"""An index of texts: a folder with their vectors, in a graph that usearch keeps, and the texts."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from weitiao.errors import ConfigError, DataError, MissingExtra
from weitiao.io.arrow import map_table
from weitiao.io.atomic import naming
from weitiao.io.large_tables import write_parts

VECTORS, TEXTS, CARD = "vectors.usearch", "texts.arrow", "index.json"
EXACT = 50_000
"""Rows up to which all vectors are compared: a graph misses some, and isn't needed."""
COLUMNS = ("id", "text", "file", "row")
"""What is known of a text: those of the file, the text as it was read."""


@dataclass(frozen=True)
class IndexCard:
    """What an index is of.

    Args:
        model: fingerprint of the model that made the vectors.
        width: of a vector.
        rows: number of texts.
    """

    model: str
    width: int
    rows: int


class Found(NamedTuple):
    """The nearest texts of some queries.

    Args:
        rows: ``(N, K)`` their places in the index; -1 = there are no more.
        scores: ``(N, K)`` cosines.
    """

    rows: np.ndarray
    scores: np.ndarray


def write_index(
    parts: Iterable[tuple[pa.Table, np.ndarray]], model: str, width: int, folder: Path
) -> IndexCard:
    """Write an index, whole or not at all: the folder has its name once everything is in it.

    Args:
        parts: rows (`COLUMNS`) with their vectors ``(n, width)`` of length 1, some at a time.
        model: its fingerprint.

    Raises:
        DataError: a vector is no number; names file and row.
        ConfigError: the folder is there already.
    """
    if folder.exists():
        raise ConfigError(f": {folder} is there already", field="index", hint="another name")
    graph = _usearch().Index(ndim=width, metric="cos", dtype="f16")
    part = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.part")
    part.mkdir(parents=True)

    def added() -> Iterator[pa.Table]:
        begin = 0
        for table, vectors in parts:
            _refuse_no_numbers(table, vectors)
            graph.add(np.arange(begin, begin + len(table)), vectors)
            begin += len(table)
            yield table

    try:
        with naming(folder):
            card = IndexCard(model, width, write_parts(added(), part / TEXTS))
            graph.save(str(part / VECTORS))
            (part / CARD).write_text(json.dumps(asdict(card), indent=1) + "\n", "utf-8")
            part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return card


def _refuse_no_numbers(table: pa.Table, vectors: np.ndarray) -> None:
    """One that isn't would be the nearest of every query."""
    if len(wrong := np.flatnonzero(~np.isfinite(vectors).all(1))):
        row = table.slice(int(wrong[0]), 1).to_pylist()[0]
        place = {"file": row["file"], "row": row["row"], "value": row["text"]}
        raise DataError("the model has no vector of this text: it isn't finite", **place)


class Index:
    """An index on the disk, mapped into memory.

    Args:
        folder: as `write_index` left it.
        model: fingerprint of the model that asks; null = none does.

    Raises:
        ConfigError: there is none, it is broken, or of another model.
    """

    def __init__(self, folder: Path, model: str | None = None) -> None:
        if not (folder / CARD).is_file():
            raise ConfigError(f": there is no index at {folder}", field="index")
        try:
            self.card = IndexCard(**json.loads((folder / CARD).read_text("utf-8")))
            self.graph: Any = _usearch().Index.restore(str(folder / VECTORS), view=True)
            self.texts = map_table(folder / TEXTS)
        except (ValueError, TypeError, OSError, RuntimeError, DataError) as error:
            problem = f": {folder} is broken: {' '.join(str(error).split())}"
            raise ConfigError(problem, field="index", hint="make it anew") from error
        sizes = self.card.rows, len(self.texts), self.card.width
        graph = self.graph  # null where there is no such file
        if graph is None or sizes != (len(graph), len(graph), graph.ndim):
            problem = f": {folder} is broken: its files are not of one index"
            raise ConfigError(problem, field="index", hint="make it anew")
        if model not in (None, self.card.model):
            problem = f": {folder} was made by another model, whose vectors mean something else"
            hint = "{--ckpt_path} of that model, or make it anew"
            raise ConfigError(problem, field="index", hint=hint)

    def search(self, vectors: np.ndarray, top: int) -> Found:
        """The nearest texts of each vector ``(N, width)``, the nearest first."""
        top = min(top, self.card.rows)
        found = self.graph.search(vectors, top, exact=self.card.rows <= EXACT)
        keys, distances = (
            np.reshape(each, (len(vectors), -1)).astype(kind)
            for each, kind in ((found.keys, np.int64), (found.distances, np.float32))
        )
        counts = np.asarray(getattr(found, "counts", [keys.shape[1]]))  # of one query there is none
        there = np.arange(keys.shape[1]) < counts[:, None]
        return Found(np.where(there, keys, -1), np.where(there, 1 - distances, -np.inf))

    def vectors(self, begin: int, end: int) -> np.ndarray:
        """Those of some rows, ``(n, width)`` float32."""
        return np.stack(self.graph.get(np.arange(begin, end), dtype="f32"))

    def rows(self, places: np.ndarray) -> list[dict[str, Any]]:
        """What is known of some texts (`COLUMNS`)."""
        found: list[dict[str, Any]] = self.texts.take(pa.array(places)).to_pylist()
        return found

    def duplicates(self, least: float, top: int, part: int = 1024) -> Iterator[dict[str, Any]]:
        """Pairs of texts whose cosine is at least that, each once, by the first of them.

        Args:
            top: most neighbours of a text that are looked at.
        """
        for begin in range(0, self.card.rows, part):
            end = min(begin + part, self.card.rows)
            found = self.search(self.vectors(begin, end), top + 1)
            own = np.arange(begin, end)[:, None]
            query, place = np.nonzero((found.rows > own) & (found.scores >= least))
            pairs = zip(
                self.rows(query + begin),
                self.rows(found.rows[query, place]),
                found.scores[query, place].tolist(),
                strict=True,
            )
            for one, other, score in pairs:
                twice = {f"other_{name}": value for name, value in other.items()}
                yield {"score": round(score, 4), **one, **twice}


def _usearch() -> Any:
    try:
        from usearch import index
    except ImportError as error:
        raise MissingExtra("usearch", "retrieval", "an index") from error
    return index
