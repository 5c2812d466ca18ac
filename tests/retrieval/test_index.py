"""An index on the disk: what is near is found, and nothing passes for whole that isn't."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from weitiao.errors import ConfigError, DataError
from weitiao.retrieval import index as index_module
from weitiao.retrieval.index import CARD, TEXTS, VECTORS, Index, write_index

WIDTH = 16
Parts = Iterator[tuple[pa.Table, np.ndarray]]


def vectors(count: int, seed: int = 0) -> np.ndarray:
    found = np.random.default_rng(seed).standard_normal((count, WIDTH)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def parts(found: np.ndarray, size: int = 7) -> Parts:
    """The vectors with texts that number them, some at a time."""
    for begin in range(0, len(found), size):
        some = range(begin, min(begin + size, len(found)))
        names = [str(number) for number in some]
        rows = {"id": names, "text": [f"text {n}" for n in names], "file": ["a.csv"] * len(some)}
        yield pa.table(rows | {"row": [n + 2 for n in some]}), found[some.start : some.stop]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_index(parts(vectors(100)), "model", WIDTH, tmp_path / "index")
    return tmp_path / "index"


@pytest.mark.parametrize("exact", [True, False])
def test_the_nearest_are_found_with_their_texts(
    exact: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "EXACT", 1000 if exact else 0)
    all_of, queries = vectors(100), vectors(5, seed=1)
    found = Index(folder, "model").search(queries, 3)
    cosines = queries @ all_of.T
    assert found.rows.tolist() == np.argsort(-cosines, 1)[:, :3].tolist()
    assert found.scores == pytest.approx(np.sort(cosines, 1)[:, :-4:-1], abs=2e-3)
    (row,) = Index(folder).rows(found.rows[0, :1])
    place = int(found.rows[0, 0])
    assert row == {"id": str(place), "text": f"text {place}", "file": "a.csv", "row": place + 2}


def test_one_query_and_more_than_there_are_texts(folder: Path) -> None:
    found = Index(folder).search(vectors(1, seed=2), 500)
    assert found.rows.shape == (1, 100)
    assert sorted(found.rows[0].tolist()) == [*range(100)]


def test_near_duplicates_are_told_once(tmp_path: Path) -> None:
    found = vectors(60)
    found[40] = found[3] + 0.01 * found[5]
    found[41] = found[3]
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    write_index(parts(found), "model", WIDTH, tmp_path / "index")
    told = [*Index(tmp_path / "index").duplicates(0.99, 10, part=8)]
    pairs = sorted((row["id"], row["other_id"]) for row in told)
    assert pairs == [("3", "40"), ("3", "41"), ("40", "41")]
    assert all(row["score"] > 0.99 and row["other_text"].startswith("text") for row in told)


def test_a_model_asks_its_own_index_only(folder: Path) -> None:
    with pytest.raises(ConfigError, match="another model") as refused:
        Index(folder, "other")
    assert refused.value.field == "index"


def test_a_name_is_not_taken_twice(folder: Path) -> None:
    with pytest.raises(ConfigError, match="already"):
        write_index(parts(vectors(3)), "model", WIDTH, folder)
    assert Index(folder).card.rows == 100


def test_a_vector_that_is_no_number_is_told_by_its_row(tmp_path: Path) -> None:
    found = vectors(20)
    found[9, 2] = np.nan
    with pytest.raises(DataError, match="finite") as refused:
        write_index(parts(found), "model", WIDTH, tmp_path / "index")
    assert (refused.value.file, refused.value.row, refused.value.value) == ("a.csv", 11, "text 9")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError])
def test_what_was_stopped_leaves_nothing(fault: type[BaseException], tmp_path: Path) -> None:
    def stopped() -> Parts:
        yield from parts(vectors(20))
        raise fault

    with pytest.raises(fault):
        write_index(stopped(), "model", WIDTH, tmp_path / "index")
    assert not [*tmp_path.iterdir()]


def test_what_was_killed_is_no_index(tmp_path: Path) -> None:
    def killed() -> Parts:
        yield from parts(vectors(20))
        os._exit(9)

    if (child := os.fork()) == 0:
        write_index(killed(), "model", WIDTH, tmp_path / "index")
    os.waitpid(child, 0)
    assert not (tmp_path / "index").exists()
    with pytest.raises(ConfigError, match="no index"):
        Index(tmp_path / "index")
    write_index(parts(vectors(20)), "model", WIDTH, tmp_path / "index")
    assert Index(tmp_path / "index").card.rows == 20


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def of_fewer(folder: Path) -> None:
    """The texts of another index."""
    write_index(parts(vectors(5)), "model", WIDTH, folder.with_name("small"))
    shutil.copy(folder.with_name("small") / TEXTS, folder / TEXTS)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: cut(folder / VECTORS),
        lambda folder: cut(folder / TEXTS),
        lambda folder: cut(folder / CARD),
        lambda folder: (folder / VECTORS).unlink(),
        lambda folder: (folder / CARD).write_text(json.dumps({"model": "model"})),
        of_fewer,
    ],
)
def test_a_broken_index_is_told(damage: object, folder: Path) -> None:
    assert callable(damage)
    damage(folder)
    with pytest.raises(ConfigError, match="broken") as refused:
        Index(folder, "model")
    assert refused.value.hint == "make it anew"
