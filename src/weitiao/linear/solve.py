"""The weights of the linear model: of a support vector machine, or of ridge regression."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError
from weitiao.linear.features import NgramFeatures
from weitiao.linear.forms import Form

STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Inverse regularisations that are tried, from 1 up or down while they improve."""
CHOOSING = 20_000  # rows of train on which the choice is made; the weights come from all
QUESTIONS = 1_000_000  # rows × logits of that choice: the solver's time goes by them
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
        at_least(1, weights=self.weights)
        if self.strength is not None and not 0 < self.strength < float("inf"):
            raise ConfigError(f"must be above 0, got {self.strength}", field="strength")


class Rows(NamedTuple):
    """Rows of a split.

    Args:
        texts: ``N`` texts.
        pairs: of pairs, the second texts.
        targets: ``N`` of them, as the form has their values.
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
        strength: inverse regularisation.
        balanced: whether rows of rare classes weigh more.
    """

    strength: float
    balanced: bool


def solve(options: Linear, train: Rows, val: Rows | None, form: Form) -> Solved:
    """Choose strength and class weights on validation, from a part of train; solve on all of it.

    Args:
        options: what is fixed.
        val: the rows to choose by; null = nothing is chosen.
    """
    part = _part(train, min(CHOOSING, QUESTIONS // form.width))
    features = _features(options, part, form)
    x = features.transform(part.texts, part.pairs)
    best = Problem(options.strength or 1.0, balanced=False)
    tried: dict[Problem, float] = {}
    solved: dict[Problem, tuple[np.ndarray, np.ndarray]] = {}
    if val is not None:
        x_val = features.transform(val.texts, val.pairs)

        def score(problem: Problem) -> float:
            if problem not in tried:
                solved[problem] = weight, bias = _weights(x, part.targets, problem, form)
                tried[problem] = form.score(x_val @ weight + bias, val.targets)
            return tried[problem]

        if _uneven(form.counts(part.targets)):
            best = max((best, best._replace(balanced=True)), key=score)
        if options.strength is None:
            best = _climb(score, best)
    if part is not train:
        features = _features(options, train, form)
        x, solved = features.transform(train.texts, train.pairs), {}
    weight, bias = solved.get(best) or _weights(x, train.targets, best, form)
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


def _features(options: Linear, rows: Rows, form: Form) -> NgramFeatures:
    pair = rows.pairs is not None
    # which text comes first may decide a class; likeness is the same both ways
    both = not form.symmetric
    blocks = (4 if both else 2) if pair else 1
    texts = [*rows.texts, *(rows.pairs or ())]
    grams = _GRAMS * sum(map(len, texts))
    buckets = max(1, min(_LARGEST, grams, options.weights // (form.width * blocks)))
    return NgramFeatures.fit(buckets, texts, pair=pair, both_texts=both)


def _uneven(counts: np.ndarray) -> bool:
    """Whether some classes have clearly fewer rows than others."""
    present = counts[counts > 0]  # none, where no row of a part has any label
    return bool(present.size and present.max() > _UNEVEN * present.min())


def _weights(
    x: Any, targets: np.ndarray, problem: Problem, form: Form
) -> tuple[np.ndarray, np.ndarray]:
    """Weights ``(F, K)`` and bias ``(K,)``."""

    def separate(x: Any, classes: np.ndarray) -> Any:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.svm import LinearSVC

        weight = "balanced" if problem.balanced else None
        model = LinearSVC(C=problem.strength, class_weight=weight, random_state=0, max_iter=_ROUNDS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # its score is what counts
            return model.fit(x, classes)

    return form.weights(x, targets, problem.strength, separate)
