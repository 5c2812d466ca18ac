"""The floor: what TF-IDF and a linear classifier reach on the same split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from weitiao.data.prepare import Prepared

CHOICES = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Values of C tried on validation."""


@dataclass(frozen=True)
class Floor:
    """Scores of the floor on the test split.

    Args:
        c: inverse regularisation, chosen by macro F1 on validation.
        predicted: ``(N,)`` index of the predicted class per test row.
        targets: ``(N,)`` index of the true class.
    """

    c: float
    predicted: np.ndarray
    targets: np.ndarray


def measure_floor(prepared: Prepared) -> Floor:
    """Fit TF-IDF of character 1–3-grams and a linear SVM on train, choose C on val, test once.

    Character n-grams need no segmentation, and are the strongest linear baseline on short Chinese
    text (Li et al. 2019, "Is Word Segmentation Necessary for Deep Learning of Chinese
    Representations?", and our own trials).
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics import f1_score
    from sklearn.svm import LinearSVC

    vectorizer = TfidfVectorizer(
        analyzer="char", ngram_range=(1, 3), sublinear_tf=True, dtype=np.float32
    )
    x = {"train": vectorizer.fit_transform(_texts(prepared, "train"))}
    x |= {split: vectorizer.transform(_texts(prepared, split)) for split in ("val", "test")}
    y = {split: prepared.ids(split)["target"].to_numpy() for split in ("train", "val", "test")}
    best: tuple[float, float, LinearSVC] | None = None
    for c in CHOICES:
        model = LinearSVC(C=c, random_state=0).fit(x["train"], y["train"])
        score = f1_score(y["val"], model.predict(x["val"]), average="macro", zero_division=0)
        if best is None or score > best[0]:
            best = (score, c, model)
    assert best is not None
    return Floor(best[1], best[2].predict(x["test"]), y["test"])


def _texts(prepared: Prepared, split: str) -> list[str]:
    table = prepared.rows(split)
    texts = table["text"].to_pylist()
    if "pair" not in table.column_names:
        return texts
    return [f"{a}\n{b}" for a, b in zip(texts, table["pair"].to_pylist(), strict=True)]
