"""Simpler models of each kind of target, by scikit-learn: what a trained model is compared with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

CHOICES = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Values of C, the inverse regularisation, tried on validation; of a number, wider (`WIDER`)."""
WIDER = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
MANY_CLASSES = 500  # from here on one C: a model of each class takes its time


@dataclass(frozen=True)
class Baselines:
    """Models that are not fitted yet.

    Args:
        linear: of features of the texts, with a value of C.
        choices: values of C that are tried.
        constant: looks at no text; under its name in ``metrics.json``.
        by_similarity: of the cosine of a pair alone; the best on validation counts.
        each_text: whether the linear model sees both texts of a pair, besides what they share.
    """

    linear: Callable[[float], Any]
    choices: Sequence[float]
    constant: tuple[str, Any]
    by_similarity: Sequence[Any]
    each_text: bool = True


def of_classes(classes: int) -> Baselines:
    """A linear support vector machine, the majority, a logistic regression."""
    from sklearn.dummy import DummyClassifier

    return Baselines(
        _svm, _choices(classes), ("majority", DummyClassifier(strategy="prior")), _logistic()
    )


def of_labels(labels: int) -> Baselines:
    """The same for each label alone; the majority has what most rows have."""
    from sklearn.dummy import DummyClassifier
    from sklearn.multiclass import OneVsRestClassifier

    return Baselines(
        lambda c: OneVsRestClassifier(_svm(c)),
        _choices(labels),
        ("majority", DummyClassifier(strategy="prior")),
        [OneVsRestClassifier(model) for model in _logistic()],
    )


def of_numbers() -> Baselines:
    """Ridge regression, the mean, a line."""
    from sklearn.dummy import DummyRegressor
    from sklearn.linear_model import LinearRegression, Ridge

    return Baselines(
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
