"""Every method over the texts of the embedded corpus: all with ``--faults full``, else a fifth."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from batches import listed
from methods import EDGES, METHODS, files, keys
from text_parts import text_data

from weitiao.data.batch import Batching
from weitiao.inputs.text.augment import Augmenter, Step
from weitiao.inputs.text.segment import Segmenter

CORPUS = Path(__file__).parents[4] / ".cache" / "corpus" / "reviews.csv"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CORPUS.is_file(), reason="needs the corpus: python src/corpus.py"),
]


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return files(tmp_path_factory.mktemp("augment"))


@pytest.fixture(scope="module")
def texts(full: bool) -> list[str]:
    with CORPUS.open(encoding="utf-8", newline="") as file:
        reviews = dict.fromkeys(row["text"] for row in csv.DictReader(file))
    return [*list(reviews)[:: 1 if full else 5], *EDGES]


@pytest.mark.parametrize("method", METHODS)
def test_every_text_stays_in_its_place(
    method: str, texts: list[str], paths: dict[str, str]
) -> None:
    step = Step(method, p=1.0, path=paths.get(method))
    augment = Augmenter([step]).build(lambda: texts, Segmenter())
    after = augment(texts, keys(len(texts)))
    assert len(after) == len(texts)
    changed = 0
    for before, now in zip(texts, after, strict=True):
        changed += before != now
        assert bool(before.strip()) == bool(now.strip())
        if len({*before}) > 40:  # of a shorter one most may go; another row's has little of it
            kept = (Counter(before) & Counter(now)).total()
            # shares are of words: one that goes may be a web address of half the text
            assert kept > 0.5 * len(before), (before, now)
    assert changed > (0.02 if method == "reserved" else 0.5) * len(texts)


def test_rows_targets_and_ids_stay_together(paths: dict[str, str], tmp_path: Path) -> None:
    steps = [Step(method, p=0.1, path=paths.get(method)) for method in METHODS]
    data = text_data(
        train=str(CORPUS),
        augment=Augmenter(steps),
        batch=Batching(workers=2),
        cache=str(tmp_path / "cache"),
    )
    table, seen = data.prepared.ids("train"), Counter()
    own, targets = table["input_ids"].to_pylist(), table["target"].to_pylist()
    for batch in data.train_dataloader():
        parts = (listed(batch)[name] for name in ("row", "target", "input_ids", "changed"))
        for row, target, ids, changed in zip(*parts, strict=True):
            seen[row] += 1
            assert target == targets[row]
            if not changed:
                assert ids[: len(own[row])] == own[row]
    assert seen == Counter(range(len(own)))
