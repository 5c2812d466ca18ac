"""The baselines: what simpler models reach on the same split, first TF-IDF and a linear one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from weitiao.card import DataCard
from weitiao.data.prepared import Prepared
from weitiao.objectives.metrics import FIRST, measure
from weitiao.targets import target_array

CHOICES = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Values of C tried on validation; of a regression, wider (`WIDER`)."""
WIDER = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
MANY_CLASSES = 500  # from here on one C: a model of each class takes its time
WEIGHTS = 50_000_000  # of a linear model at most (0.4 GB); of more, the rarest n-grams are left out


@dataclass(frozen=True)
class Baseline:
    """What is said of the test split.

    Args:
        c: inverse regularisation of the linear model, chosen on validation by the score that is
            looked at first.
        predicted: its predicted classes ``(N,)``, labels ``(N, C)``, or values ``(N,)``.
        targets: the true ones.
        simpler: the same of models that are simpler still: ``majority`` says what most rows of
            train have, ``mean`` their mean, and ``similarity``, of pairs, goes by the cosine of
            the two texts alone.
    """

    c: float
    predicted: np.ndarray
    targets: np.ndarray
    simpler: dict[str, np.ndarray]


def measure_baseline(prepared: Prepared) -> Baseline:
    """Fit TF-IDF of character 1–3-grams and a linear model on train, choose C on val, test once.

    Character n-grams need no segmentation, and are the strongest linear baseline on short Chinese
    text (Li et al. 2019, "Is Word Segmentation Necessary for Deep Learning of Chinese
    Representations?", and our own trials). The model is a linear SVM, one per label where a row
    has several; of a regression, ridge regression.
    """
    x = _features(prepared)
    targets = {split: target_array(prepared.ids(split)["target"]) for split in x}
    card, best = prepared.card, None
    for c in _choices(card):
        model = _linear(card, c).fit(x["train"], targets["train"])
        score = _first_score(model.predict(x["val"]), targets["val"], card)
        if best is None or score > best[0]:
            best = (score, c, model)
    assert best is not None
    simpler = {_NO_TEXT.get(card.task, "majority"): _without_text(card, x, targets)}
    if "pair" in prepared.rows("train").column_names:
        simpler["similarity"] = _by_similarity(card, x, targets)
    return Baseline(best[1], best[2].predict(x["test"]), targets["test"], simpler)


_NO_TEXT = {"regression": "mean"}


def _choices(card: DataCard) -> tuple[float, ...]:
    if card.task == "regression":
        return WIDER
    return CHOICES if len(card.labels) < MANY_CLASSES else (1.0,)


def _without_text(card: DataCard, x: dict[str, Any], targets: dict[str, np.ndarray]) -> Any:
    from sklearn.dummy import DummyClassifier, DummyRegressor

    model = DummyRegressor() if card.task == "regression" else DummyClassifier(strategy="prior")
    return model.fit(x["train"], targets["train"]).predict(x["test"])


def _by_similarity(card: DataCard, x: dict[str, Any], targets: dict[str, np.ndarray]) -> Any:
    """Say by the cosine of a pair, the last column of its features, what it is.

    A value is a line's; a class, a logistic regression's, with classes weighed as validation says.
    """
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    cosine = {split: part[:, [-1]].toarray() for split, part in x.items()}
    if card.task == "regression":
        models: list[Any] = [LinearRegression()]
    else:
        models = [LogisticRegression(C=100, class_weight=w) for w in (None, "balanced")]
    if card.task == "multilabel":
        models = [OneVsRestClassifier(model) for model in models]
    fitted = [model.fit(cosine["train"], targets["train"]) for model in models]
    scores = [_first_score(m.predict(cosine["val"]), targets["val"], card) for m in fitted]
    return fitted[int(np.argmax(scores))].predict(cosine["test"])


def _linear(card: DataCard, c: float) -> Any:
    from sklearn.linear_model import Ridge
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import LinearSVC

    if card.task == "regression":
        return Ridge(alpha=1 / c)
    svm = LinearSVC(C=c, random_state=0)
    return OneVsRestClassifier(svm) if card.task == "multilabel" else svm


def _first_score(predicted: np.ndarray, targets: np.ndarray, card: DataCard) -> float:
    found, true = torch.tensor(predicted), torch.tensor(targets)
    return float(measure(found, found, true, card, ranked=False)[FIRST[card.task]])


def _features(prepared: Prepared) -> dict[str, Any]:
    """TF-IDF per split; of pairs what the two texts share and what they don't, and their cosine.

    The classes of a pair may depend on which text comes first, so these see both texts, too; on
    STS-B zh a regression loses by it (validation R² 0.51 instead of 0.54).
    """
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        analyzer="char",
        ngram_range=(1, 3),
        sublinear_tf=True,
        max_features=WEIGHTS // max(len(prepared.card.labels), 1),
        dtype=np.float32,
    )
    tables = {split: prepared.rows(split) for split in ("train", "val", "test")}
    if "pair" not in tables["train"].column_names:
        texts = {split: table["text"].to_pylist() for split, table in tables.items()}
        found = {"train": vectorizer.fit_transform(texts["train"])}
        return found | {split: vectorizer.transform(texts[split]) for split in ("val", "test")}
    columns = {s: [t["text"].to_pylist(), t["pair"].to_pylist()] for s, t in tables.items()}
    vectorizer.fit(columns["train"][0] + columns["train"][1])

    def of_pairs(split: str) -> Any:
        a, b = map(vectorizer.transform, columns[split])
        shared = a.multiply(b).tocsr()
        alone = [] if prepared.card.task == "regression" else [a, b]
        return hstack([*alone, shared, abs(a - b), csr_matrix(shared.sum(1))]).tocsr()

    return {split: of_pairs(split) for split in tables}
