"""The base of objectives: what a model learns, and how its predictions are measured and shown."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeVar, cast

import numpy as np
from torch import Tensor, nn

from weitiao.card import DataCard, TargetCard
from weitiao.errors import ConfigError
from weitiao.objectives.figures import Figure
from weitiao.objectives.scorer import Encoder, Scorer

if TYPE_CHECKING:
    from weitiao.objectives.baselines import Baselines
    from weitiao.objectives.probe import ProbeTask

Batch = dict[str, Any]
"""``inputs``: what a model reads, by the name of its argument; ``row (B,)``; perhaps ``target``."""
Values = Tensor | list[Any]
"""Something of each row: ``(B, …)``, or Python values, such as texts."""


class Loss(NamedTuple):
    """What a batch adds to the training loss.

    Args:
        value: ``()``, a mean.
        size: ``()``, over how many rows or tokens, or over weights of this sum.
    """

    value: Tensor
    size: Tensor


class Evaluation(NamedTuple):
    """What is known of the rows of a labelled batch.

    Args:
        predictions: what the model says, before any decision.
        losses: ``(B,)``, by which models are compared, whatever their training minimises.
        targets: what is right, in the form of the decisions.
        sizes: ``(B,)``, over how many each loss is a mean, by which it counts; null = it is of a
            row, and all count alike.
    """

    predictions: Values
    losses: Tensor
    targets: Values
    sizes: Tensor | None = None

    def of_rows(self) -> dict[str, Values]:
        """What is kept of each row, by name."""
        return {name: getattr(self, name) for name in ("predictions", "losses", "targets")}


class Metrics(Protocol):
    """The metrics of a split, filled batch by batch; a module, so that it follows the device."""

    def names(self) -> list[str]:
        """The names that `compute` gives."""

    def update(self, predictions: Any, target: Any) -> None:
        """Take in a batch."""

    def compute(self) -> dict[str, Tensor]:
        """Each metric of the whole split, over all processes, a scalar."""

    def reset(self) -> None:
        """Forget all batches."""


class Objective(nn.Module, ABC):
    """What a model learns: from vectors of a backbone to a loss, predictions and metrics.

    A subclass takes the data card and the backbone first, and its own options by keyword; naming
    it as ``model.objective`` is all it takes to use it. It has ``first``, ``shown``, ``target``,
    `loss`, `evaluate`, `predict` and `measure`; the rest has defaults.
    """

    first: ClassVar[str]
    """The metric that is looked at first, and by which the best checkpoint is chosen."""
    shown: ClassVar[tuple[tuple[str, str], ...]]
    """The metrics of the final table and their titles."""
    lower_is_better: ClassVar[tuple[str, ...]] = ("loss",)
    """Metrics that are errors."""
    baseline: ClassVar[str] = "linear"
    """What kind of model the one is that `baselines` measures first, for people."""
    need_difference: ClassVar[tuple[str, ...]] = ()
    """Metrics that are undefined, NaN, where all targets are equal."""
    recipe: ClassVar[str] = "pretrained"
    """The recipe that starts from a pretrained encoder."""
    compares_rows: bool = False
    """Whether the loss is of several rows of a batch, and of one alone nothing is learned."""
    remembers: bool = False
    """Whether batches bring along what `remembered` says of them."""
    uneven: str | None = None
    """Why processes may call the backbone unequally often: weights that they share out can't be."""
    talks: bool = False
    """Whether the model answers messages, so that one can chat with it."""
    without_tuning: bool = False
    """Whether a pretrained encoder alone says something of rows."""
    classes: Sequence[str] = ()
    """Names of the columns of the predictions, where these are probabilities of classes."""
    counts: Sequence[int] = ()
    """Rows of each of them in train; none = there is no table of classes."""
    scorer: Scorer | None
    """What pools vectors and makes logits of them, where the objective has that."""
    target: TargetCard
    """What the decisions are of."""

    def __init__(self) -> None:
        super().__init__()
        self.scorer = None

    @abstractmethod
    def loss(self, backbone: Encoder, batch: Batch) -> Loss:
        """What training minimises of a labelled batch."""

    @abstractmethod
    def evaluate(self, backbone: Encoder, batch: Batch) -> Evaluation:
        """Predictions, losses and targets of a labelled batch."""

    @abstractmethod
    def predict(self, backbone: Encoder, batch: Batch) -> Values:
        """Predictions of a batch, as `evaluate` gives them."""

    def remembered(self, backbone: Encoder, batch: Batch) -> dict[str, Tensor]:
        """What a batch is to bring along of the model that the training begins with, by name
        ``(B, …)``; it is computed once, and without a gradient."""
        raise NotImplementedError(f"{type(self).__name__} remembers nothing")

    def compare_with(self, before: nn.Module) -> None:
        """Take the backbone that the training began with: rows that are new bring nothing along."""

    def metrics(self) -> Any:
        """New `Metrics` of a split, a module; by default, those that are shown, of all its rows."""
        from weitiao.objectives.metrics import EpochMetrics  # heavy, and of no use to predictions

        return EpochMetrics(
            lambda said, true: self.measure(said, self.decide(said), true),
            [name for name, _ in self.shown],
        )

    @abstractmethod
    def measure(
        self, predictions: Any, decided: Any, targets: Any, *, ranked: bool = True
    ) -> dict[str, Tensor]:
        """All metrics of some rows at once, each a scalar; they are all there are.

        Args:
            predictions: as `evaluate` gives them.
            decided: what `decide` makes of them.
            targets: likewise.
            ranked: with metrics that need predictions and not only decisions.
        """

    def decide(self, predictions: Any) -> Any:
        """What a row is said to be, from its predictions."""
        return predictions

    def signatures(self, decided: Any, targets: Any) -> dict[str, str]:
        """How metrics of texts were measured, by their names, as the library that did says it."""
        return {}

    def wrong(self, decided: Any, targets: Any) -> np.ndarray:
        """Which rows are mistakes, ``(N,)`` of bool."""
        if isinstance(decided, np.ndarray):
            return decided != targets
        return np.array([one != true for one, true in zip(decided, targets, strict=True)], bool)

    def texts(self, decided: Any) -> list[str]:
        """Decisions as they stand in a file; by default, as the target writes them."""
        return self.target.written(decided)

    def columns(self, predictions: Any, decided: Any, texts: Sequence[str]) -> dict[str, list[Any]]:
        """Further columns of a prediction file, by name; ``texts`` are as they were read."""
        return {}

    @property
    def named(self) -> Sequence[str]:
        """What has an F1 of its own: the classes."""
        return self.classes

    def counted(self, decided: Any, targets: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How often each of `named` is right, found and true, ``(C,)`` each."""
        if targets.ndim == 2:
            found, true = decided.astype(bool), targets.astype(bool)
            return (found & true).sum(0), found.sum(0), true.sum(0)
        right, count = targets[decided == targets], len(self.classes)
        each = (np.bincount(x.astype(int), minlength=count) for x in (right, decided, targets))
        return next(each), next(each), next(each)

    def lost(
        self, split: str, batches: Callable[[], Iterable[Batch]], place: Callable[[int], str]
    ) -> Iterator[str]:
        """Lines on targets of a split that no model can reach.

        Args:
            batches: gives labelled ones, where an objective looks at them.
            place: where a person finds a row.

        Raises:
            ConfigError: they are too many.
        """
        yield from ()

    def value(self, text: str) -> Any:
        """A decision's text, or a label cell, as a program wants it."""
        return text

    def marks(self, said: str) -> list[tuple[int, int, str]]:
        """Begin and end of the parts of a text that a decision is about, and what it says of each;
        ``said`` is as it stands in a file."""
        return []

    def surest(self, probabilities: dict[str, float]) -> str:
        """How sure the model is of a row, from the probability of each class, for people."""
        return f"{max(probabilities.values()):.3f}"

    def sampled(self, decided: Any) -> Sequence[int]:
        """The rows of which each evaluation shows people what is said, beside what was before."""
        return ()

    def figure(self, decided: Any, targets: Any) -> tuple[str, Figure] | None:
        """A picture of an evaluation, and its name; null = there is none."""
        return None

    def baselines(self) -> Baselines | None:
        """Simpler models to compare with; null = there are none."""
        return None

    def probe(self) -> ProbeTask | None:
        """How a linear head is solved on fixed vectors; null = it isn't."""
        return None

    @property
    def fits_on_validation(self) -> bool:
        """Whether anything is fitted to the weights that a validation has measured."""
        return False

    def doubts(self, split: str, scores: Mapping[str, float]) -> Iterator[str]:
        """Warnings of what the scores of a split, by name, let one fear, with the way out."""
        yield from ()

    def after_validation(self, metrics: Any) -> None:
        """Fit what belongs to the weights just measured, before `Metrics.compute`."""

    def fit_blend(self, parts: Tensor, targets: Tensor) -> int:
        """Fit the weights of the scorer's `Blend` on validation, for the best checkpoint.

        Args:
            parts: logits ``(P, N, C)``.
            targets: as `evaluate` gives them.

        Returns:
            how many rows were left out, since a logit of theirs is no finite number.
        """
        raise NotImplementedError(f"{type(self).__name__} has nothing to blend")

    def rates(self) -> dict[str, float]:
        """Learning rates of parameters whose names begin so; all others have the optimiser's."""
        return {} if self.scorer is None else {f"scorer.{n}": x for n, x in self.scorer.rates()}


ObjectiveFactory = Callable[[DataCard, Encoder], Objective]


def objective_class(class_path: str) -> type[Objective]:
    """The class that a configuration names."""
    module, _, name = class_path.rpartition(".")
    found: type[Objective] = getattr(import_module(module), name)
    return found


T = TypeVar("T")


def target_of(card: DataCard, kind: type[T], objective: Objective) -> T:
    """The card's target, which is to be of the kind that the objective learns.

    One of the user's own is of the kind of ours that it is derived from.

    Raises:
        ConfigError: it is of another kind.
    """
    ours = (base for base in type(card.target).__mro__ if base.__module__.startswith("weitiao."))
    if next(ours, None) is not kind:
        raise ConfigError(
            f": {type(objective).__name__} learns a {kind.__name__}, and the data have a"
            f" {type(card.target).__name__}",
            field="objective",
            hint="{--task} NAME sets both",
        )
    return cast(T, card.target)
