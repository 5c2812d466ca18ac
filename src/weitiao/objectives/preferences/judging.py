"""Answers that were judged one by one: good ones become likelier, bad ones less likely."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from weitiao.card import DataCard
from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError
from weitiao.objectives.base import Batch, Evaluation, Loss, Metrics
from weitiao.objectives.preferences.likelihood import Likelihoods
from weitiao.objectives.preferences.referring import Referring, first_half
from weitiao.objectives.replies.replying import Speaker
from weitiao.objectives.scorer import Encoder
from weitiao.objectives.vectors.global_batch import of_all_rows


class Valued(NamedTuple):
    """What a model says of a row, and how it values the answer that was judged.

    Args:
        ids: of its own answer, as of `Said`.
        ended: likewise.
        loss: sum of the cross-entropies of the judged answer's ids.
        size: how many they are.
        good: whether it was judged good.
        reward: NaN where it isn't known how likely it was before the training.
    """

    ids: list[int] | None
    ended: bool | None
    loss: float
    size: int
    good: bool
    reward: float


class Judging(Referring):
    """Learns from answers that were judged good or bad (KTO: Ethayarajh et al. 2024).

    An answer's reward is ``beta`` times the logarithm of how much likelier it has become since the
    training began. What it is compared with is the mean of the same over answers that belong to
    other prompts, those of the rows behind, which is never below 0 and has no gradient; the loss is
    one minus the sigmoid of the difference, its sign turned for bad answers.

    Args:
        beta: how dear it is to move away from the model that the training began with.
        good: weight of good answers.
        bad: weight of bad ones; their sums should be alike (there, equation 9).
    """

    first, of_first = "auroc", True
    shown: ClassVar[tuple[tuple[str, str], ...]] = (
        ("auroc", "good above bad"),
        ("reward_good", "reward, good"),
        ("reward_bad", "reward, bad"),
        ("perplexity", "perplexity, good"),
        ("ended", "ended"),
    )

    def __init__(
        self,
        card: DataCard,
        backbone: Encoder,
        beta: float = 0.1,
        good: float = 1.0,
        bad: float = 1.0,
        sample: int | None = 50,
        longest: int = 256,
    ) -> None:
        super().__init__(card, backbone, beta, sample, longest)
        at_least(0, good=good, bad=bad)
        self.weights = bad, good
        # a class's own by its type, and here by what is asked for
        self.shown = Judging.shown if sample != 0 else Judging.shown[:-1]  # type: ignore[misc]

    def loss(self, backbone: Encoder, batch: Batch) -> Loss:
        """That of the rows whose answer fits, weighed."""
        found = self.likelihoods(backbone, batch)
        # the rows of all processes are one batch
        losses, weights = self._losses(found, batch, of_all_rows)
        size = weights.sum()
        return Loss((losses * weights).sum() / size.clamp(min=1e-12), size)

    def _losses(
        self, found: Likelihoods, batch: Batch, joined: Callable[[Tensor], Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Of each row, and its weight, ``(B,)`` each.

        Args:
            joined: makes values of the rows of a batch those of all rows that are compared.
        """
        gains, there = self.gains(found, batch), found.counts > 0
        other, others = (joined(x[:, 1].detach()) for x in (gains, there.to(gains)))
        level = torch.where(others > 0, other, 0).sum() / others.sum().clamp(min=1)
        sign = batch["good"].to(gains) * 2 - 1
        losses = 1 - torch.sigmoid(sign * self.beta * (gains[:, 0] - level.clamp(min=0)))
        bad, good = self.weights
        return losses, torch.where(batch["good"], good, bad) * there[:, 0]

    def evaluate(self, backbone: Encoder, batch: Batch) -> Evaluation:
        """What is said, the reward and likelihood of the judged answer, the answers."""
        found = self.likelihoods(backbone, batch)
        # one process may be asked alone
        losses, weights = self._losses(found, batch, lambda own: own)
        rewards = self.beta * self.gains(found, batch)[:, 0]
        said = self.sampled_answers(cast(Speaker, backbone), first_half(batch))
        columns = -found.sums[:, 0], found.counts[:, 0], batch["good"], rewards
        valued = zip(said, *(values.tolist() for values in columns), strict=True)
        rows = [Valued(own.ids, own.ended, *row) for own, *row in valued]
        return Evaluation(rows, torch.where(weights > 0, losses, 0), batch["target"], weights)

    def metrics(self) -> Metrics:
        """Those of rewards, and of good answers."""
        from weitiao.objectives.preferences.judging_metrics import JudgingMetrics

        return JudgingMetrics([name for name, _ in self.shown])

    def measure(
        self, predictions: Any, decided: Any, targets: Any, *, ranked: bool = True
    ) -> dict[str, Tensor]:
        """The same of some rows."""
        from weitiao.objectives.preferences.judging_metrics import averages, scores_of_rows

        found = averages(scores_of_rows(predictions)) if ranked else {}
        return {name: found[name] for name, _ in self.shown if name in found}

    def wrong(self, decided: Any, targets: Any) -> np.ndarray:
        """None: the answers of the file are not what is to be said."""
        return np.zeros(len(targets), bool)

    def columns(self, predictions: Any, decided: Any, texts: Sequence[str]) -> dict[str, list[Any]]:
        """Those of answers; of judged ones the reward as well."""
        columns = super().columns(predictions, decided, texts)
        rewards = [one.reward for one in predictions if isinstance(one, Valued)]
        return columns | ({"reward": rewards} if rewards else {})

    def baselines(self) -> None:
        """None: a simpler model has no rewards."""
        return

    def lost(
        self, split: str, batches: Callable[[], Iterable[Batch]], place: Callable[[int], str]
    ) -> Iterator[str]:
        """What `Replying.lost` says about answers; how many are good: of all or none, nothing is
        learned.

        Raises:
            ConfigError: it is train.
        """
        yield from super().lost(split, lambda: map(first_half, batches()), place)
        good = torch.cat([batch["good"] for batch in batches()])
        line = f"{split}: {int(good.sum()):,} of {len(good):,} answers are good"
        if split == "train" and len(good.unique()) < 2:
            raise ConfigError(f": {line}, and nothing can be told apart", field="good")
        yield line
