"""The weights of the linear model: of a support vector machine, or of ridge regression."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from weitiao.card import Task
from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError
from weitiao.linear.features import NgramFeatures

STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Inverse regularisations that are tried, from 1 up or down while they improve."""
CHOOSING = 20_000  # rows of train on which the choice is made; the weights come from all
QUESTIONS = 1_000_000  # rows × logits of that choice: the solver's time goes by them
MARGIN = 3.0  # logits per margin: about what validation asks for, on six corpora
_LARGEST = 2**20  # buckets: more gain nothing
_GRAMS = 56  # buckets a character: eight for each n-gram that ends there, so that few share one
_ROUNDS = 300  # of the solver; strengths that need more are no better
_UNEVEN = 1.5  # times as many rows as another class: worth trying weights of classes


@dataclass(frozen=True)
class Linear:
    """A linear model of TF-IDF n-grams that stands beside the network.

    Its weights are solved, not trained: a linear support vector machine, one class against the
    rest (Fan et al. 2008, LIBLINEAR); of a number, ridge regression. So it is as good on few rows
    of many classes as on many rows of few.

    Args:
        strength: inverse regularisation, ``C``, above 0; null = the best on validation.
        weights: most weights: the fewer, the more n-grams share one.
    """

    strength: float | None = None
    weights: int = 2**22

    def __post_init__(self) -> None:
        at_least(1, "data.input.linear", weights=self.weights)
        if self.strength is not None and not 0 < self.strength < float("inf"):
            raise ConfigError(f"data.input.linear.strength must be above 0, got {self.strength}")


class Rows(NamedTuple):
    """Rows of a split.

    Args:
        texts: ``N`` texts.
        pairs: of pairs, the second texts.
        targets: ``(N,)`` classes or values, or ``(N, C)`` of 0 and 1.
    """

    texts: Sequence[str]
    pairs: Sequence[str] | None
    targets: np.ndarray


@dataclass(frozen=True)
class Solved:
    """The chosen model.

    Args:
        features: text → features.
        weight: ``(F, K)`` float32: features → logits of the task, as the network has them.
        bias: ``(K,)``.
        report: the chosen strength, and the scores on validation of all that were tried.
    """

    features: NgramFeatures
    weight: np.ndarray
    bias: np.ndarray
    report: dict[str, Any]


class Problem(NamedTuple):
    """What is solved.

    Args:
        task: what a target is.
        width: logits of a row, ``K``.
        strength: inverse regularisation.
        balanced: whether rows of rare classes weigh more.
    """

    task: Task
    width: int
    strength: float
    balanced: bool


def solve(options: Linear, train: Rows, val: Rows | None, task: Task, width: int) -> Solved:
    """Choose strength and class weights on validation, from a part of train; solve on all of it.

    Args:
        options: what is fixed.
        train: the rows to learn from.
        val: the rows to choose by; null = nothing is chosen.
        task: what a target is.
        width: logits of a row, ``K``.
    """
    part = _part(train, min(CHOOSING, QUESTIONS // width))
    features = _features(options, part, task, width)
    x = features.transform(part.texts, part.pairs)
    best = Problem(task, width, options.strength or 1.0, balanced=False)
    tried: dict[Problem, float] = {}
    solved: dict[Problem, tuple[np.ndarray, np.ndarray]] = {}
    if val is not None:
        x_val = features.transform(val.texts, val.pairs)

        def score(problem: Problem) -> float:
            if problem not in tried:
                solved[problem] = weight, bias = _weights(x, part.targets, problem)
                tried[problem] = _score(x_val @ weight + bias, val.targets, task)
            return tried[problem]

        if _uneven(part.targets, task):
            best = max((best, best._replace(balanced=True)), key=score)
        if options.strength is None:
            best = _climb(score, best)
    if part is not train:
        features = _features(options, train, task, width)
        x, solved = features.transform(train.texts, train.pairs), {}
    weight, bias = solved.get(best) or _weights(x, train.targets, best)
    scores = {
        f"{p.strength:g}{', balanced' if p.balanced else ''}": round(value, 4)
        for p, value in tried.items()
    }
    report = {"strength": best.strength, "balanced": best.balanced, "tried": scores}
    return Solved(features, weight, bias, report)


def _climb(score: Callable[[Problem], float], start: Problem) -> Problem:
    """The best strength: on from ``start``, up or down, while the score rises."""
    best, place = start, STRENGTHS.index(start.strength)
    for way in (STRENGTHS[place + 1 :], STRENGTHS[:place][::-1]):
        for strength in way:
            beside = start._replace(strength=strength)
            if score(beside) <= score(best):
                break
            best = beside
        if best is not start:
            break
    return best


def _part(rows: Rows, most: int) -> Rows:
    """So many rows, drawn evenly; all of fewer."""
    if len(rows.texts) <= most:
        return rows
    drawn = np.sort(np.random.default_rng(0).permutation(len(rows.texts))[:most])
    pairs = None if rows.pairs is None else [rows.pairs[i] for i in drawn]
    return Rows([rows.texts[i] for i in drawn], pairs, rows.targets[drawn])


def _features(options: Linear, rows: Rows, task: Task, width: int) -> NgramFeatures:
    pair = rows.pairs is not None
    # which text comes first may decide a class; likeness is the same both ways
    both = task != "regression"
    blocks = (4 if both else 2) if pair else 1
    texts = [*rows.texts, *(rows.pairs or ())]
    grams = _GRAMS * sum(map(len, texts))
    buckets = max(1, min(_LARGEST, grams, options.weights // (width * blocks)))
    return NgramFeatures.fit(buckets, texts, pair=pair, both_texts=both)


def _uneven(targets: np.ndarray, task: Task) -> bool:
    """Whether some classes have clearly fewer rows than others."""
    if task == "regression":
        return False
    counts = targets.sum(0) if task == "multilabel" else np.bincount(targets)
    present = counts[counts > 0]  # none, where no row of a part has any label
    return bool(present.size and present.max() > _UNEVEN * present.min())


def _score(logits: np.ndarray, targets: np.ndarray, task: Task) -> float:
    """Macro F1, or R² of numbers; what the choice is made by."""
    from sklearn.metrics import f1_score, r2_score

    if task == "regression":
        return float(r2_score(targets, logits[:, 0])) if len(targets) > 1 else 0.0
    if task == "multilabel":
        found = logits > 0
    elif task == "ordinal":  # steps taken until the first that isn't
        found = (logits > 0).cumprod(1).sum(1)
    else:
        found = logits.argmax(1)
    return float(f1_score(targets, found, average="macro", zero_division=0))


def _weights(x: Any, targets: np.ndarray, problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Weights ``(F, K)`` and bias ``(K,)`` of the task's logits; of numbers, in their unit."""
    task, width = problem.task, problem.width
    weight = np.zeros((x.shape[1], width), np.float32)
    bias = np.full(width, -MARGIN, np.float32)
    if task == "regression":
        from sklearn.linear_model import Ridge

        model = Ridge(alpha=1 / problem.strength, solver="sparse_cg", tol=1e-5)
        model.fit(x, targets)
        weight[:, 0], bias[0] = model.coef_, model.intercept_
    elif task == "classification" and len(present := np.unique(targets)) < 2:
        bias[present] = MARGIN  # a part of train may lack all classes but one
    elif task == "classification":
        model = _svm(x, targets, problem)
        coef, level = model.coef_, model.intercept_
        if len(model.classes_) == 2:  # one question answers both
            coef, level = np.vstack([-coef, coef]), np.concatenate([-level, level])
        weight[:, model.classes_], bias[model.classes_] = MARGIN * coef.T, MARGIN * level
    else:
        for column, (rows, hit) in enumerate(_questions(targets, task, width)):
            if len(np.unique(hit)) < 2:  # nothing to tell apart
                bias[column] = MARGIN if hit.any() else -MARGIN
                continue
            model = _svm(x[rows], hit, problem)
            weight[:, column] = MARGIN * model.coef_[0]
            bias[column] = MARGIN * model.intercept_[0]
    return weight, bias


def _questions(
    targets: np.ndarray, task: Task, width: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """A yes-or-no question for each logit: the rows that it is put to, and their answers."""
    for column in range(width):
        if task == "multilabel":
            yield np.arange(len(targets)), targets[:, column].astype(int)
        else:  # of a scale: beyond this class, given that it was reached
            reached = np.flatnonzero(targets >= column)
            yield reached, (targets[reached] > column).astype(int)


def _svm(x: Any, targets: np.ndarray, problem: Problem) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    weights = "balanced" if problem.balanced else None
    model = LinearSVC(C=problem.strength, class_weight=weights, random_state=0, max_iter=_ROUNDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # its score is what counts
        return model.fit(x, targets)
