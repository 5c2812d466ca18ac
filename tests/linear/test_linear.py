"""The solved linear model: its features, its weights, and how they are chosen."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cards import target_card
from conftest import reviews
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.svm import LinearSVC

from weitiao.errors import ConfigError
from weitiao.linear import Linear, NgramFeatures, from_state, solve_splits, state_of
from weitiao.linear import solve as solving
from weitiao.linear.features import WORD
from weitiao.linear.forms import MARGIN, Form, form_of
from weitiao.linear.solve import STRENGTHS, Rows, Solved, solve
from weitiao.linear.store import read_features, write_linear

ENGLISH = ["The room was GREAT, great!", "a room; poor service", "great fruit", "parcel is late"]
CHINESE = [text for text, _ in reviews(12)]
CLASSES: dict[str, int] = {"classification": 4, "multilabel": 3, "ordinal": 4, "regression": 1}


def form(task: str, classes: int | None = None) -> Form:
    """The form of a task whose targets are `rows_of`."""
    return form_of(target_card(task, [str(c) for c in range(classes or CLASSES[task])]))


def rows_of(task: str, count: int, seed: int = 0, pairs: bool = False) -> Rows:
    """Reviews whose target can be read off their words, but for some."""
    texts = [text for text, _ in reviews(count, seed)]
    others = random.Random(seed).sample(texts, count) if pairs else None
    held = np.array([[w in text for w in ("酒店", "手机", "水果")] for text in texts])
    targets: dict[str, np.ndarray] = {
        "classification": held[:, 0] * 2 + held[:, 1],
        "multilabel": held.astype(np.int64),
        "ordinal": held.sum(1),
        "regression": held.sum(1) + 0.1 * np.arange(count) / count,
    }
    return Rows(texts, others, targets[task])


def logits(solved: Solved, rows: Rows) -> np.ndarray:
    return solved.features.transform(rows.texts, rows.pairs) @ solved.weight + solved.bias


def by_name(vectorizer: TfidfVectorizer, matrix: Any) -> list[dict[str, float]]:
    names = vectorizer.get_feature_names_out()
    return [
        dict(zip(names[row.indices], row.data, strict=True))
        for row in (matrix[i] for i in range(matrix.shape[0]))
    ]


@pytest.mark.parametrize("texts", [ENGLISH, CHINESE, [*ENGLISH, *CHINESE, "", "😀 a"]])
def test_features_are_those_of_scikit_learn_up_to_the_hashing(texts: list[str]) -> None:
    features = NgramFeatures.fit(2**20, texts, pair=False, both_texts=True)
    mine = features.transform(texts)
    kinds: list[dict[str, Any]] = [
        {"analyzer": "char", "ngram_range": (1, 5)},
        {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": WORD},
    ]
    named: list[dict[str, float]] = [{} for _ in texts]
    for kind in kinds:
        vectorizer = TfidfVectorizer(sublinear_tf=True, **kind)
        found = by_name(vectorizer, vectorizer.fit_transform(texts))
        for row, values in zip(named, found, strict=True):  # an n-gram of both kinds is one
            for name, value in values.items():
                row[name] = row.get(name, 0.0) + value / 2**0.5
    for i, row in enumerate(named):
        np.testing.assert_allclose(sorted(mine[i].data), sorted(row.values()), rtol=1e-4)
        for j, other in enumerate(named):
            product = sum(value * other.get(name, 0.0) for name, value in row.items())
            assert mine[i].multiply(mine[j]).sum() == pytest.approx(product, abs=1e-4)


@pytest.mark.parametrize("classes", [2, 4])
def test_classes_are_told_apart_by_a_support_vector_machine(classes: int) -> None:
    train = rows_of("classification", 80)
    train = train._replace(targets=train.targets % classes)
    solved = solve(Linear(strength=0.3), train, None, form("classification", classes))
    x = solved.features.transform(train.texts)
    model = LinearSVC(C=0.3, random_state=0, max_iter=300).fit(x, train.targets)
    expected = MARGIN * model.decision_function(x)
    found = logits(solved, train)
    if classes == 2:
        np.testing.assert_allclose(found[:, 0], -found[:, 1], atol=1e-5)
        found = found[:, 1]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_numbers_are_those_of_ridge_regression() -> None:
    train = rows_of("regression", 80)
    solved = solve(Linear(strength=10.0, weights=5000), train, None, form("regression"))
    x = solved.features.transform(train.texts)
    model = Ridge(alpha=0.1).fit(x.toarray(), train.targets)
    np.testing.assert_allclose(logits(solved, train)[:, 0], model.predict(x), atol=1e-3)


@pytest.mark.parametrize("task", CLASSES)
@pytest.mark.parametrize("pairs", [False, True])
def test_strength_and_weights_of_classes_are_the_best_tried_on_validation(
    task: str, pairs: bool
) -> None:
    train, val = rows_of(task, 150, pairs=pairs), rows_of(task, 80, seed=1, pairs=pairs)
    solved = solve(Linear(weights=50_000), train, val, form(task))
    report, tried = solved.report, solved.report["tried"]
    name = f"{report['strength']:g}{', balanced' if report['balanced'] else ''}"
    assert report["strength"] in STRENGTHS
    assert tried[name] == max(tried.values())
    assert len(tried) >= 2
    score = form(task).score(logits(solved, val), val.targets)
    assert score == pytest.approx(tried[name], abs=1e-4)


def test_validation_moves_the_strength() -> None:
    train, val = rows_of("regression", 150), rows_of("regression", 80, seed=1)
    noise = np.random.default_rng(0).normal(size=150) * 10
    strengths = [
        solve(Linear(weights=5000), rows, val, form("regression")).report["strength"]
        for rows in (train, train._replace(targets=train.targets + noise))
    ]
    assert strengths[1] < 1 < strengths[0]


def test_the_order_of_a_pair_changes_no_number_but_may_change_a_class() -> None:
    for task, same in (("regression", True), ("classification", False)):
        rows = rows_of(task, 60, pairs=True)
        assert rows.pairs is not None
        solved = solve(Linear(weights=50_000), rows, None, form(task))
        turned = rows._replace(texts=rows.pairs, pairs=rows.texts)
        assert np.allclose(logits(solved, rows), logits(solved, turned), atol=1e-4) is same


@pytest.mark.parametrize("task", CLASSES)
@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("weights", [1, 2000])
def test_weights_are_bounded(task: str, pairs: bool, weights: int) -> None:
    width = CLASSES[task] - (task == "ordinal")
    solved = solve(Linear(weights=weights), rows_of(task, 40, pairs=pairs), None, form(task))
    assert solved.weight.shape == (solved.features.width, width)
    least = width * (4 if pairs else 1)  # one bucket
    assert solved.weight.size <= max(weights, least) + (3 * width if pairs else 0)
    assert np.isfinite(solved.weight).all()


@pytest.mark.parametrize("pairs", [False, True])
def test_features_come_back_from_their_state_and_their_file(tmp_path: Path, pairs: bool) -> None:
    rows = rows_of("classification", 40, pairs=pairs)
    solved = solve(Linear(weights=4000), rows, None, form("classification"))
    write_linear(solved, tmp_path)
    expected = solved.features.transform(rows.texts, rows.pairs)
    assert expected.shape == (40, solved.features.width)
    for found in (from_state(state_of(solved.features)), read_features(tmp_path)):
        assert found is not None
        assert (found.transform(rows.texts, rows.pairs) != expected).nnz == 0
    assert read_features(tmp_path / "elsewhere") is None


@pytest.mark.parametrize("task", ["classification", "multilabel", "ordinal"])
def test_classes_that_a_part_of_train_lacks_stop_nothing(
    task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The choice is made on a part, which may hold rows of one class only."""
    monkeypatch.setattr(solving, "CHOOSING", 8)
    rare = rows_of(task, 200)
    first = np.arange(200) == 0
    targets = first[:, None] * np.ones(3, int) if task == "multilabel" else first.astype(int)
    width = CLASSES[task] - (task == "ordinal")
    solved = solve(
        Linear(weights=5000), rare._replace(targets=targets), rows_of(task, 30, 1), form(task)
    )
    assert np.isfinite(solved.weight).all()
    assert logits(solved, rare).shape == (200, width)


def test_a_validation_of_one_row_or_of_equal_numbers_chooses_without_a_fault() -> None:
    train = rows_of("regression", 60)
    for count in (1, 5):
        val = rows_of("regression", count, seed=1)._replace(targets=np.full(count, 2.0))
        assert (
            solve(Linear(weights=5000), train, val, form("regression")).report["strength"]
            in STRENGTHS
        )


def test_numbers_are_solved_in_units_of_their_deviation() -> None:
    rows = rows_of("regression", 60)
    weights = []
    for unit in (1.0, 1000.0):
        values = rows.targets * unit + 7
        target = target_card("regression", mean=float(values.mean()), scale=float(values.std()))
        train = {"train": rows._replace(targets=values)}
        solved = solve_splits(Linear(weights=5000), train, target)
        weights.append(solved.weight)
    np.testing.assert_allclose(*weights, atol=1e-3)


@pytest.mark.parametrize("strength", [0.0, -1.0, float("inf"), float("nan")])
def test_a_strength_that_is_none_is_refused(strength: float) -> None:
    with pytest.raises(ConfigError, match=r"^strength must be above 0"):
        Linear(strength=strength)
