"""Baselines that a trained model is compared with; for whole texts, by scikit-learn.

TF-IDF of character n-grams needs no segmentation, and a linear model of it is the strongest on
short Chinese text (Li et al. 2019, "Is Word Segmentation Necessary for Deep Learning of Chinese
Representations?", and our own trials).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

CHOICES = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Values of C, the inverse regularisation, tried on validation; of a number, wider (`WIDER`)."""
WIDER = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
MANY_CLASSES = 500  # from here on one C: a model of each class takes its time
WEIGHTS = 50_000_000  # of a linear model at most (0.4 GB); of more, the rarest n-grams are left out

FEATURES = "features"
"""Column of vectors that an input gives its rows (`FittedInput.baseline_features`)."""

Score = Callable[[Any, Any], float]
"""Of what is said of some rows and what is right; the more the better."""


@dataclass(frozen=True)
class Measured:
    """What is said of the test split.

    Args:
        predicted: in the form of decisions.
        targets: the true ones.
        simpler: the same of models that are simpler still, by their names in ``metrics.json``.
        c: inverse regularisation of a linear model, chosen on validation by the score that is
            looked at first; null = there is no such model.
    """

    predicted: Any
    targets: Any
    simpler: dict[str, Any]
    c: float | None = None


class Baselines(Protocol):
    """Models that are not fitted yet."""

    def measure(
        self, tables: Mapping[str, pa.Table], targets: Mapping[str, Any], score: Score
    ) -> Measured:
        """Fit on train, choose on val, say what test is.

        Args:
            tables: readable rows of ``train``, ``val`` and ``test``, with the column ``features``
                where the input has some of its own.
            targets: of the same rows, as `target_array` gives them.
        """


@dataclass(frozen=True)
class LinearModels:
    """Models of TF-IDF of character 1–3-grams, or of the features of an input that isn't text.

    Args:
        linear: of features of the texts, with a value of C.
        choices: values of C that are tried.
        constant: looks at no text; under its name in ``metrics.json``: ``majority`` says what most
            rows of train have, ``mean`` their mean.
        by_similarity: of the cosine of a pair alone; the best on validation counts.
        outputs: of the linear model: classes, or labels.
        each_text: whether the linear model sees both texts of a pair, besides what they share.
    """

    linear: Callable[[float], Any]
    choices: Sequence[float]
    constant: tuple[str, Any]
    by_similarity: Sequence[Any]
    outputs: int = 1
    each_text: bool = True

    def measure(
        self, tables: Mapping[str, pa.Table], targets: Mapping[str, Any], score: Score
    ) -> Measured:
        """As `Baselines.measure`."""
        x, best = self._features(tables), None
        for c in self.choices:
            model = self.linear(c).fit(x["train"], targets["train"])
            found = score(model.predict(x["val"]), targets["val"])
            if best is None or found > best[0]:
                best = (found, c, model)
        assert best is not None
        name, constant = self.constant
        simpler = {name: constant.fit(x["train"], targets["train"]).predict(x["test"])}
        if "pair" in tables["train"].column_names:
            simpler["similarity"] = self._by_similarity(x, targets, score)
        return Measured(best[2].predict(x["test"]), targets["test"], simpler, best[1])

    def _by_similarity(self, x: dict[str, Any], targets: Mapping[str, Any], score: Score) -> Any:
        """Say by the cosine of a pair, the last column of its features, what it is."""
        cosine = {split: part[:, [-1]].toarray() for split, part in x.items()}
        fitted = [model.fit(cosine["train"], targets["train"]) for model in self.by_similarity]
        scores = [score(model.predict(cosine["val"]), targets["val"]) for model in fitted]
        return fitted[int(np.argmax(scores))].predict(cosine["test"])

    def _features(self, tables: Mapping[str, pa.Table]) -> dict[str, Any]:
        """TF-IDF per split; of pairs what both texts share and what they don't, and their cosine.

        The classes of a pair may depend on which text comes first, so these see both texts, too; on
        STS-B zh a regression loses by it (validation R² 0.51 instead of 0.54).
        """
        if FEATURES in tables["train"].column_names:
            columns = {split: table[FEATURES].combine_chunks() for split, table in tables.items()}
            return {s: np.stack(each.to_numpy(zero_copy_only=False)) for s, each in columns.items()}
        from scipy.sparse import csr_matrix, hstack
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(
            analyzer="char",
            ngram_range=(1, 3),
            sublinear_tf=True,
            max_features=WEIGHTS // max(self.outputs, 1),
            dtype=np.float32,
        )
        if "pair" not in tables["train"].column_names:
            texts = {split: table["text"].to_pylist() for split, table in tables.items()}
            found = {"train": vectorizer.fit_transform(texts["train"])}
            return found | {split: vectorizer.transform(texts[split]) for split in ("val", "test")}
        columns = {s: [t["text"].to_pylist(), t["pair"].to_pylist()] for s, t in tables.items()}
        vectorizer.fit(columns["train"][0] + columns["train"][1])

        def of_pairs(split: str) -> Any:
            a, b = map(vectorizer.transform, columns[split])
            shared = a.multiply(b).tocsr()
            alone = [a, b] if self.each_text else []
            return hstack([*alone, shared, abs(a - b), csr_matrix(shared.sum(1))]).tocsr()

        return {split: of_pairs(split) for split in tables}


def of_classes(classes: int) -> LinearModels:
    """A linear support vector machine, the majority, a logistic regression."""
    from sklearn.dummy import DummyClassifier

    majority = ("majority", DummyClassifier(strategy="prior"))
    return LinearModels(_svm, _choices(classes), majority, _logistic(), classes)


def of_labels(labels: int) -> LinearModels:
    """The same for each label alone; the majority has what most rows have."""
    from sklearn.dummy import DummyClassifier
    from sklearn.multiclass import OneVsRestClassifier

    return LinearModels(
        lambda c: OneVsRestClassifier(_svm(c)),
        _choices(labels),
        ("majority", DummyClassifier(strategy="prior")),
        [OneVsRestClassifier(model) for model in _logistic()],
        labels,
    )


def of_numbers() -> LinearModels:
    """Ridge regression, the mean, a line."""
    from sklearn.dummy import DummyRegressor
    from sklearn.linear_model import LinearRegression, Ridge

    return LinearModels(
        lambda c: Ridge(alpha=1 / c),
        WIDER,
        ("mean", DummyRegressor()),
        [LinearRegression()],
        each_text=False,
    )


def _choices(classes: int) -> Sequence[float]:
    return CHOICES if classes < MANY_CLASSES else (1.0,)


def _svm(c: float) -> Any:
    from sklearn.svm import LinearSVC

    return LinearSVC(C=c, random_state=0)


def _logistic() -> list[Any]:
    from sklearn.linear_model import LogisticRegression

    return [LogisticRegression(C=100, class_weight=weight) for weight in (None, "balanced")]
