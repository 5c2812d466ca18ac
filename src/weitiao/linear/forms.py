"""What a linear model learns for each kind of target: logits as the network has them."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from weitiao.card import TargetCard
from weitiao.errors import ConfigError
from weitiao.targets.label_set import SetTarget
from weitiao.targets.number import NumberTarget
from weitiao.targets.one_class import ClassTarget
from weitiao.targets.scale import ScaleTarget

MARGIN = 3.0  # logits per margin: about what validation asks for, on six corpora
Weights = tuple[np.ndarray, np.ndarray]
Separate = Callable[[Any, np.ndarray], Any]
"""Features ``(N, F)`` and classes ``(N,)`` → a fitted linear support vector machine."""


class Form(ABC):
    """How a kind of target is solved and scored.

    Args:
        width: logits of a row, ``K``.
    """

    symmetric = False
    """Whether it is all the same which text of a pair comes first."""

    def __init__(self, width: int) -> None:
        self.width = width

    @abstractmethod
    def weights(self, x: Any, targets: np.ndarray, strength: float, separate: Separate) -> Weights:
        """Weights ``(F, K)`` float32 and bias ``(K,)`` of features ``(N, F)`` and targets."""

    @abstractmethod
    def decided(self, logits: np.ndarray) -> np.ndarray:
        """Targets by logits ``(N, K)``."""

    def values(self, targets: np.ndarray) -> np.ndarray:
        """Targets in the unit that logits have."""
        return targets

    def counts(self, targets: np.ndarray) -> np.ndarray:
        """Rows of each class; none of numbers."""
        return np.bincount(targets)

    def score(self, logits: np.ndarray, targets: np.ndarray) -> float:
        """Macro F1; what a choice is made by."""
        from sklearn.metrics import f1_score

        found = self.decided(logits)
        return float(f1_score(targets, found, average="macro", zero_division=0))


class Classes(Form):
    """One class a row: each against the rest."""

    def decided(self, logits: np.ndarray) -> np.ndarray:
        """The class of the highest logit."""
        return logits.argmax(1)

    def weights(self, x: Any, targets: np.ndarray, strength: float, separate: Separate) -> Weights:
        """As `Form.weights`."""
        weight, bias = _never(x, self.width)
        if len(present := np.unique(targets)) < 2:
            bias[present] = MARGIN  # a part of train may lack all classes but one
            return weight, bias
        model = separate(x, targets)
        coef, level = model.coef_, model.intercept_
        if len(model.classes_) == 2:  # one question answers both
            coef, level = np.vstack([-coef, coef]), np.concatenate([-level, level])
        weight[:, model.classes_], bias[model.classes_] = MARGIN * coef.T, MARGIN * level
        return weight, bias


class Questions(Form):
    """A yes-or-no question for each logit."""

    @abstractmethod
    def asked(self, targets: np.ndarray, column: int) -> tuple[np.ndarray, np.ndarray]:
        """The rows that a question is put to, and their answers."""

    def weights(self, x: Any, targets: np.ndarray, strength: float, separate: Separate) -> Weights:
        """As `Form.weights`."""
        weight, bias = _never(x, self.width)
        for column in range(self.width):
            rows, hit = self.asked(targets, column)
            if len(np.unique(hit)) < 2:  # nothing to tell apart
                bias[column] = MARGIN if hit.any() else -MARGIN
                continue
            model = separate(x[rows], hit)
            weight[:, column] = MARGIN * model.coef_[0]
            bias[column] = MARGIN * model.intercept_[0]
        return weight, bias


class Sets(Questions):
    """Any number of labels: is this one given?"""

    def decided(self, logits: np.ndarray) -> np.ndarray:
        """The labels of positive logits."""
        return logits > 0

    def counts(self, targets: np.ndarray) -> np.ndarray:
        """Rows of each label."""
        return targets.sum(0)

    def asked(self, targets: np.ndarray, column: int) -> tuple[np.ndarray, np.ndarray]:
        """Of each row."""
        return np.arange(len(targets)), targets[:, column].astype(int)


class Steps(Questions):
    """A class of a scale: beyond this class, given that it was reached?"""

    def decided(self, logits: np.ndarray) -> np.ndarray:
        """Steps taken until the first that isn't."""
        return (logits > 0).cumprod(1).sum(1)

    def asked(self, targets: np.ndarray, column: int) -> tuple[np.ndarray, np.ndarray]:
        """Of the rows that have reached it."""
        reached = np.flatnonzero(targets >= column)
        return reached, (targets[reached] > column).astype(int)


class Values(Form):
    """A number, by ridge regression; logits are in units of the standard deviation."""

    symmetric = True

    def __init__(self, mean: float, scale: float) -> None:
        super().__init__(1)
        self.mean, self.scale = mean, scale

    def values(self, targets: np.ndarray) -> np.ndarray:
        """In that unit."""
        return (targets.astype(np.float64) - self.mean) / self.scale

    def counts(self, targets: np.ndarray) -> np.ndarray:
        """None."""
        return np.empty(0, np.int64)

    def decided(self, logits: np.ndarray) -> np.ndarray:
        """The logit itself."""
        return logits[:, 0]

    def score(self, logits: np.ndarray, targets: np.ndarray) -> float:
        """R²."""
        from sklearn.metrics import r2_score

        return float(r2_score(targets, self.decided(logits))) if len(targets) > 1 else 0.0

    def weights(self, x: Any, targets: np.ndarray, strength: float, separate: Separate) -> Weights:
        """As `Form.weights`."""
        from sklearn.linear_model import Ridge

        model = Ridge(alpha=1 / strength, solver="sparse_cg", tol=1e-5)
        model.fit(x, targets)
        weight, bias = _never(x, 1)
        weight[:, 0], bias[0] = model.coef_, model.intercept_
        return weight, bias


def form_of(target: TargetCard) -> Form:
    """The form of a target.

    Raises:
        ConfigError: it has none.
    """
    match target:
        case ScaleTarget():  # before the class that it is derived from
            return Steps(len(target.labels) - 1)
        case ClassTarget():
            return Classes(len(target.labels))
        case SetTarget():
            return Sets(len(target.labels))
        case NumberTarget():
            return Values(target.mean, target.scale)
    raise ConfigError(
        f": a linear model has no form for {type(target).__name__}",
        field="linear",
        hint="{--linear} null",
    )


def _never(x: Any, width: int) -> Weights:
    """Weights of 0, and what says no."""
    return np.zeros((x.shape[1], width), np.float32), np.full(width, -MARGIN, np.float32)
