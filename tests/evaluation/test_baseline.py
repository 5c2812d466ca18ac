"""The baseline is TF-IDF and a linear classifier on the same rows, chosen by validation."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from cards import target_card
from conftest import reviews
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.svm import LinearSVC
from tiny_models import objective_of

from weitiao.card import DataCard, TokenInput
from weitiao.evaluation.baseline import measure_baseline
from weitiao.evaluation.table import COLUMNS
from weitiao.evaluation.testing import baseline_scores
from weitiao.objectives.baselines import CHOICES, Measured
from weitiao.training.run_folder import BASELINES


def prepared(pair: bool = False, **splits: list[tuple[str, int]]) -> SimpleNamespace:
    """What `measure_baseline` asks of prepared data."""

    def rows(split: str) -> pa.Table:
        texts = [text for text, _ in splits[split]]
        if pair:
            return pa.table({"text": ["同"] * len(texts), "pair": texts})
        return pa.table({"text": texts})

    classes = 1 + max(y for rows in splits.values() for _, y in rows)
    return SimpleNamespace(
        fitted=SimpleNamespace(baseline_features=lambda encoded: None),
        rows=rows,
        ids=lambda split: pa.table({"target": [y for _, y in splits[split]]}),
        card=DataCard(
            TokenInput(0, 0, 0), target_card("classification", [str(c) for c in range(classes)], [])
        ),
    )


def measured(prepared: SimpleNamespace) -> Measured:
    objective = objective_of(prepared.card)
    return measure_baseline(prepared, objective, objective.baselines())


def coded(count: int, seed: int, noise: float = 0.1) -> list[tuple[str, int]]:
    return [(text, int(label == "差评")) for text, label in reviews(count, seed, noise)]


def test_the_baseline_is_the_best_by_validation_of_scikit_learns_own(tmp_path: Path) -> None:
    splits = {"train": coded(150, 1), "val": coded(40, 2, 0.3), "test": coded(60, 3)}
    baseline = measured(prepared(**splits))
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    x = vectorizer.fit_transform([text for text, _ in splits["train"]])
    models = {
        c: LinearSVC(C=c, random_state=0).fit(x, [y for _, y in splits["train"]]) for c in CHOICES
    }

    def predicted(c: float, split: str) -> np.ndarray:
        return models[c].predict(vectorizer.transform([text for text, _ in splits[split]]))

    val = [y for _, y in splits["val"]]
    by_val = {c: f1_score(val, predicted(c, "val"), average="macro") for c in CHOICES}
    assert by_val[baseline.c] == max(by_val.values())
    assert baseline.predicted.tolist() == predicted(baseline.c, "test").tolist()
    assert baseline.targets.tolist() == [y for _, y in splits["test"]]


def test_the_baseline_learns_what_is_easy() -> None:
    baseline = measured(prepared(train=coded(150, 1, 0), val=coded(40, 2, 0), test=coded(60, 3, 0)))
    assert np.mean(baseline.predicted == baseline.targets) > 0.95


def test_test_rows_do_not_shape_the_baseline() -> None:
    train, val, test = coded(150, 1), coded(40, 2), coded(60, 3)
    alone = measured(prepared(train=train, val=val, test=test[:5]))
    among = measured(prepared(train=train, val=val, test=test))
    assert alone.predicted.tolist() == among.predicted[:5].tolist()
    assert alone.c == among.c


def test_the_second_text_of_a_pair_counts() -> None:
    splits = {"train": coded(150, 1, 0), "val": coded(40, 2, 0), "test": coded(60, 3, 0)}
    baseline = measured(prepared(pair=True, **splits))
    assert np.mean(baseline.predicted == baseline.targets) > 0.95


def test_the_similarity_of_a_pair_is_a_baseline() -> None:
    def alike(count: int, seed: int) -> list[tuple[str, int]]:
        return [(f"同{i % 3}同" if i % 2 else f"异{i + seed}", i % 2) for i in range(count)]

    splits = {"train": alike(60, 1), "val": alike(20, 2), "test": alike(31, 3)}
    simpler = measured(prepared(pair=True, **splits)).simpler
    assert simpler["similarity"].tolist() == [y for _, y in splits["test"]]
    assert set(simpler["majority"].tolist()) <= {0, 1}
    assert len(set(simpler["majority"].tolist())) == 1


def test_many_classes_have_a_bounded_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weitiao.objectives.baselines.WEIGHTS", 300)
    monkeypatch.setattr("weitiao.objectives.baselines.MANY_CLASSES", 3)
    train = [(text, i % 3) for i, (text, _) in enumerate(coded(90, 1))]
    with_bound = measured(prepared(train=train, val=train[:30], test=train[:30]))
    assert with_bound.c == 1.0


def test_a_class_that_validation_lacks_gives_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    train = [*coded(100, 1), *((f"还行一般{i}", 2) for i in range(5))]
    measured(prepared(train=train, val=coded(20, 2), test=[*coded(20, 3), ("还行", 2)]))
    assert not recwarn.list


def test_a_baseline_without_a_linear_model_has_no_c() -> None:
    splits = prepared(train=[("好", 0), ("差", 1)], val=[("好", 0)], test=[("好", 0), ("差", 1)])
    objective, right = objective_of(splits.card), np.array([0, 1])
    said = Measured(right, right, {"simpler": right[::-1]})
    objective.baselines = lambda: SimpleNamespace(measure=lambda *_: said)
    tested = SimpleNamespace(table=splits.rows("test"), rows=np.arange(2), targets=right)
    scores = baseline_scores(splits, objective, tested)
    assert scores["baseline/accuracy"] == 1
    assert scores["simpler/accuracy"] == 0
    assert "baseline/c" not in scores


def test_a_run_writes_the_baseline_of_its_own_split(run_of: Path) -> None:
    metrics = json.loads((run_of / "metrics.json").read_text("utf-8"))
    shared = {k.removeprefix("test/") for k in metrics if k.startswith("test/")}
    baseline = {k.removeprefix("baseline/") for k in metrics if k.startswith("baseline/")}
    assert shared - baseline == {"auroc", "ece", "loss"}
    assert metrics["majority/accuracy"] <= metrics["baseline/accuracy"]
    assert metrics["baseline/c"] in CHOICES


def test_every_column_of_the_table_is_forgotten_by_a_new_fit() -> None:
    assert {*COLUMNS} - {"test"} == {*BASELINES}
