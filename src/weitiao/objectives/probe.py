"""A linear model solved on fixed vectors: a linear probe."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

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
class ProbeTask:
    """What is solved.

    Args:
        model: its name, for people.
        points: what is tried: C, and whether classes are balanced.
        solve: the linear model of scaled rows at such a point.
        logits: of a row.
        rank: of logits and targets ``(N, …)``, the first metric, and what decides between equal
            ones.
        stratify: whether folds hold the classes in proportion.
    """

    model: str
    points: Sequence[tuple[float, bool]]
    solve: Callable[[Vectors, float, bool], Linear]
    logits: int
    rank: Callable[[np.ndarray, np.ndarray], tuple[float, float]]
    stratify: bool = False


@dataclass(frozen=True)
class Probe:
    """A solved linear model, and how it was chosen.

    Args:
        linear: logits of vectors as they are.
        c: inverse regularisation.
        balanced: whether each class weighs as much.
        chosen_by: whose score chose; null = there was nothing to choose by.
        score: the first metric of the objective; null where that is undefined.
    """

    linear: Linear
    c: float
    balanced: bool
    chosen_by: str | None = None
    score: float | None = None


def probe(train: Vectors, val: Vectors, task: ProbeTask) -> Probe:
    """Solve a linear model on standardised vectors.

    Its regularisation is chosen by the first metric of the objective: on validation if it has
    `ENOUGH` rows, else by cross-validation within train. The same rows give the same model.

    Args:
        train: raw vectors of the training rows.
    """
    scale = Scale.of(train.x)
    train = Vectors(scale(train.x), train.targets)
    points, chosen_by, score = task.points, None, None
    if len(points) > 1 and len(val.x) >= ENOUGH:
        chosen_by, scaled = "validation", Vectors(scale(val.x), val.targets)
        ranked = [task.rank(task.solve(train, *p)(scaled.x), scaled.targets) for p in points]
    elif len(points) > 1 and len(train.x) >= FEWEST:
        chosen_by = "cross-validated"
        ranked = [task.rank(_out_of_fold(train, task, *p), train.targets) for p in points]
    best = (USUAL, False)
    if chosen_by:
        place = max(range(len(points)), key=ranked.__getitem__)
        best, score = points[place], ranked[place][0] if np.isfinite(ranked[place][0]) else None
    return Probe(scale.folded(task.solve(train, *best)), *best, chosen_by, score)


def points_of(counts: Sequence[int], *, balance: bool) -> list[tuple[float, bool]]:
    """What is tried of classes with so many rows: C, and whether they are balanced.

    Args:
        counts: rows of each class; none of a number.
        balance: whether weights of classes are tried where these are uneven.
    """
    if len(counts) >= MANY_CLASSES:
        return [(USUAL, False)]
    there = [n for n in counts if n]
    uneven = balance and max(there) > UNEVEN * min(there)
    return [(c, even) for even in (False, True)[: 1 + uneven] for c in CHOICES]


def enough_for_folds(counts: Sequence[int]) -> bool:
    """Whether each class that there is has a row for each fold."""
    return min(n for n in counts if n) >= FOLDS


def rank_of(score: Tensor, losses: Tensor) -> tuple[float, float]:
    """What models are ranked by: the first metric, then the loss, turned round."""
    first = float(score)
    return -np.inf if np.isnan(first) else first, -float(losses.mean())


def questions(rows: Vectors, asked: Iterable[tuple[np.ndarray, np.ndarray]], c: float) -> Linear:
    """A logistic regression for each logit.

    Args:
        rows: scaled vectors.
        asked: for each, which rows it is put to, ``(N,)`` of bool, and the answers of these.
    """
    parts = [_of_two(rows.x[put], true, c) for put, true in asked]
    return Linear(np.stack([p.weight[0] for p in parts]), np.concatenate([p.bias for p in parts]))


def ridge(rows: Vectors, mean: float, scale: float, c: float) -> Linear:
    """Ridge regression of targets in units of ``scale`` from ``mean``."""
    from sklearn.linear_model import Ridge

    unit = ((rows.targets - mean) / scale).astype(rows.x.dtype)
    model = Ridge(alpha=1 / c).fit(rows.x, unit)
    return Linear(model.coef_[None], np.atleast_1d(model.intercept_))


def of_classes(rows: Vectors, c: float, even: bool, *, classes: int) -> Linear:
    """Logits of classes by a logistic regression, of mean 0 over those that there are.

    One without rows is rarer than one row.

    Args:
        rows: scaled vectors.
        even: whether each class weighs as much.
    """
    x, targets = rows.x, rows.targets
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


def _out_of_fold(train: Vectors, task: ProbeTask, c: float, balanced: bool) -> np.ndarray:
    """Logits ``(N, C)`` of each row from the other folds."""
    from sklearn.model_selection import KFold, StratifiedKFold

    folds = (StratifiedKFold if task.stratify else KFold)(FOLDS, shuffle=True, random_state=0)
    logits = np.empty((len(train.x), task.logits))
    for others, held in folds.split(train.x, train.targets if task.stratify else None):
        logits[held] = task.solve(train.take(others), c, balanced)(train.x[held])
    return logits
