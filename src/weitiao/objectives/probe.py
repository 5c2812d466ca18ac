"""The linear model of a task, solved on fixed vectors: a linear probe."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch

from weitiao.card import DataCard
from weitiao.objectives.metrics import FIRST, measure
from weitiao.objectives.postprocess import logits_width, predictions, row_losses
from weitiao.objectives.thresholding import Decision, Thresholds

CHOICES = (0.001, 0.01, 0.1, 1.0)
"""Values of C, the inverse regularisation, that are tried; all vectors have deviation 1."""
USUAL = 0.1  # where rows are too few, or classes too many, to try several
ENOUGH = 100  # validation rows from which on they choose
FEWEST, FOLDS = 30, 3  # else train itself does, from so many rows on
MANY_CLASSES = 500
UNEVEN = 1.5  # the largest class to the smallest, from where on balanced weights are tried
STEPS = 500  # of the solver; what begins a training need not be solved to the last digit


@dataclass(frozen=True)
class Vectors:
    """Rows as a head sees them.

    Args:
        x: ``(N, H)`` float32.
        targets: ``(N,)`` classes or values, or ``(N, C)`` of 0 and 1.
    """

    x: np.ndarray
    targets: np.ndarray

    def take(self, rows: np.ndarray) -> Vectors:
        """Some of the rows."""
        return Vectors(self.x[rows], self.targets[rows])


@dataclass(frozen=True)
class Linear:
    """Logits ``x Wᵀ + b``.

    Args:
        weight: ``(logits_width, H)``.
        bias: ``(logits_width,)``.
    """

    weight: np.ndarray
    bias: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """``(N, H)`` → ``(N, logits_width)``."""
        return x @ self.weight.T + self.bias


@dataclass(frozen=True)
class Scale:
    """Brings each feature to mean 0 and deviation 1; one that is constant becomes 0.

    Args:
        mean: ``(H,)``.
        deviation: ``(H,)``; infinite where a feature is constant but for rounding.
    """

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray) -> Scale:
        """That of the rows ``(N, H)``."""
        mean, deviation = x.mean(0, dtype=np.float64), x.std(0, dtype=np.float64)
        return cls(mean, np.where(deviation > 1e-6 * np.abs(mean), deviation, np.inf))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """``(N, H)`` → ``(N, H)``."""
        return ((x - self.mean.astype(x.dtype)) / self.deviation.astype(x.dtype)).astype(x.dtype)

    def folded(self, linear: Linear) -> Linear:
        """What gives the raw vectors the logits that ``linear`` gives the scaled ones."""
        weight = linear.weight / self.deviation
        return Linear(weight, linear.bias - weight @ self.mean)


@dataclass(frozen=True)
class Probe:
    """A solved linear model, and how it was chosen.

    Args:
        linear: logits of vectors as they are.
        c: inverse regularisation.
        balanced: whether each class weighs as much.
        chosen_by: whose score chose; null = there was nothing to choose by.
        score: the first score of the task; null where that is undefined.
    """

    linear: Linear
    c: float
    balanced: bool
    chosen_by: str | None = None
    score: float | None = None


def probe(train: Vectors, val: Vectors, card: DataCard) -> Probe:
    """Solve the linear model of the card's task on standardised vectors.

    A logistic regression; of many labels one each; of a scale one for each step, of the rows that
    reached it (see `weitiao.objectives.postprocess`); of numbers ridge regression. Its
    regularisation is chosen by the first score of the task: on validation if it has `ENOUGH` rows,
    else by cross-validation within train. The same rows give the same model.

    Args:
        train: raw vectors of the training rows.
        val: those of validation.
        card: task and labels.
    """
    scale = Scale.of(train.x)
    train = Vectors(scale(train.x), train.targets)
    points, chosen_by, score = _points(card), None, None
    if len(points) > 1 and len(val.x) >= ENOUGH:
        chosen_by, scaled = "validation", Vectors(scale(val.x), val.targets)
        ranked = [_rank(solve(train, card, *p)(scaled.x), scaled.targets, card) for p in points]
    elif len(points) > 1 and len(train.x) >= FEWEST:
        chosen_by = "cross-validated"
        ranked = [_rank(_out_of_fold(train, card, *p), train.targets, card) for p in points]
    best = (USUAL, False)
    if chosen_by:
        place = max(range(len(points)), key=ranked.__getitem__)
        best, score = points[place], ranked[place][0] if np.isfinite(ranked[place][0]) else None
    return Probe(scale.folded(solve(train, card, *best)), *best, chosen_by, score)


def solve(rows: Vectors, card: DataCard, c: float, balanced: bool = False) -> Linear:
    """The linear model of the rows for the card's task.

    Args:
        rows: scaled vectors.
        card: task, labels and, for a regression, the unit of its targets.
        c: inverse regularisation.
        balanced: whether each class weighs as much; of a classification.
    """
    from sklearn.linear_model import Ridge

    x, targets = rows.x, rows.targets
    if card.task == "classification":
        return _of_classes(x, targets, logits_width(card), c, balanced)
    if card.task == "regression":
        unit = ((targets - card.target_mean) / card.target_scale).astype(x.dtype)
        model = Ridge(alpha=1 / c).fit(x, unit)
        return Linear(model.coef_[None], np.atleast_1d(model.intercept_))
    steps = range(logits_width(card))
    if card.task == "multilabel":
        parts = [_of_two(x, targets[:, k] > 0, c) for k in steps]
    else:
        parts = [_of_two(x[targets >= k], targets[targets >= k] > k, c) for k in steps]
    return Linear(np.stack([p.weight[0] for p in parts]), np.concatenate([p.bias for p in parts]))


def _of_classes(x: np.ndarray, targets: np.ndarray, classes: int, c: float, even: bool) -> Linear:
    """Logits of classes, of mean 0 over those that there are; one without rows is rarer than one
    row."""
    weight, bias = np.zeros((classes, x.shape[1])), np.full(classes, -np.log(len(x)))
    present = np.unique(targets)
    if len(present) == 1:
        bias[present] = 0
        return Linear(weight, bias)
    model = _logistic(x, targets, c, even)
    if len(present) == 2:
        model = Linear(np.concatenate([-model.weight, model.weight]) / 2, model.bias * [-0.5, 0.5])
    weight[present], bias[present] = model.weight, model.bias
    return Linear(weight, bias)


def _of_two(x: np.ndarray, true: np.ndarray, c: float) -> Linear:
    """The one logit of what holds or doesn't; constant where no row, or each, has it."""
    if true.any() and not true.all():
        return _logistic(x, true, c)
    sign = 1 if true.any() else -1
    return Linear(np.zeros((1, x.shape[1])), np.array([sign * np.log(max(len(x), 1))]))


def _logistic(x: np.ndarray, targets: np.ndarray, c: float, even: bool = False) -> Linear:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=c, class_weight="balanced" if even else None, max_iter=STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # see `STEPS`
        model.fit(x, targets)
    return Linear(model.coef_, model.intercept_)


def _points(card: DataCard) -> list[tuple[float, bool]]:
    """What is tried: C, and whether classes are balanced."""
    if len(card.labels) >= MANY_CLASSES:
        return [(USUAL, False)]
    counts = [n for n in card.label_counts if n]
    uneven = card.task == "classification" and max(counts) > UNEVEN * min(counts)
    return [(c, even) for even in (False, True)[: 1 + uneven] for c in CHOICES]


def _out_of_fold(train: Vectors, card: DataCard, c: float, balanced: bool) -> np.ndarray:
    """Logits ``(N, logits_width)`` of each row from the other folds."""
    from sklearn.model_selection import KFold, StratifiedKFold

    one_class = card.task in ("classification", "ordinal")
    can = one_class and min(n for n in card.label_counts if n) >= FOLDS
    folds = (StratifiedKFold if can else KFold)(FOLDS, shuffle=True, random_state=0)
    logits = np.empty((len(train.x), logits_width(card)))
    for others, held in folds.split(train.x, train.targets if can else None):
        logits[held] = solve(train.take(others), card, c, balanced)(train.x[held])
    return logits


def _rank(logits: np.ndarray, targets: np.ndarray, card: DataCard) -> tuple[float, float]:
    """The first score, and what decides between equal ones: the loss, turned round."""
    out, true, decide = torch.tensor(logits), torch.tensor(targets), Decision().build(card)
    found = predictions(out, card)
    if isinstance(decide, Thresholds):
        decide.tune(found, true)
    score = float(measure(found, decide(found), true, card, ranked=False)[FIRST[card.task]])
    loss = float(row_losses(out, true, card).mean())
    return -np.inf if np.isnan(score) else score, -loss
