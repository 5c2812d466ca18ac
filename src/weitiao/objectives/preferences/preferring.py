"""The better one of two answers: what is preferred becomes likelier than what isn't."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, cast

import torch
from torch import Tensor
from torch.nn import functional as F

from weitiao.card import DataCard
from weitiao.config.bounds import at_least
from weitiao.objectives.base import Batch, Evaluation, Loss, Metrics
from weitiao.objectives.preferences.lengths import longer_is_better
from weitiao.objectives.preferences.likelihood import Likelihoods
from weitiao.objectives.preferences.referring import Referring, first_half
from weitiao.objectives.replies.replying import Replying, Speaker
from weitiao.objectives.replies.said import Compared
from weitiao.objectives.scorer import Encoder


class Preferring(Referring):
    """Learns to prefer one of two answers (DPO: Rafailov et al. 2023).

    An answer's reward is ``beta`` times the logarithm of how much likelier it has become since the
    training began; the loss is the negative logarithm of the sigmoid of the difference of both.

    Args:
        beta: how dear it is to move away from the model that the training began with.
        sft: weight of the cross-entropy of preferred answers, a mean over the ids of each, which
            keeps them from becoming less likely as well (Pang et al. 2024, "Iterative Reasoning
            Preference Optimization").
        per_id: rewards are of the mean over an answer's ids, so that long ones have no larger ones
            (Meng et al. 2024, "SimPO", there without a reference); ``beta`` wants to be some ten
            times as large then.
    """

    first = "accuracy"
    shown: ClassVar[tuple[tuple[str, str], ...]] = (
        ("accuracy", "rewarded more"),
        ("likelier", "likelier"),
        ("margin", "margin"),
        ("reward_chosen", "preferred"),
        ("reward_rejected", "rejected"),
        *Replying.shown,
    )

    def __init__(
        self,
        card: DataCard,
        backbone: Encoder,
        beta: float = 0.1,
        sft: float = 0.0,
        per_id: bool = False,
        sample: int | None = 50,
        longest: int = 256,
        extract: str | None = None,
    ) -> None:
        super().__init__(card, backbone, beta, sample, longest, extract)
        at_least(0, sft=sft)
        self.sft, self.per_id = sft, per_id
        of_answers = 1 if sample == 0 else len(Replying.shown)
        # a class's own by its type, and here by what is asked for
        self.shown = (*Preferring.shown[:5], *Replying.shown[:of_answers])  # type: ignore[misc]

    def loss(self, backbone: Encoder, batch: Batch) -> Loss:
        """That of the rows of which both answers fit."""
        found = self.likelihoods(backbone, batch)
        known = found.known
        values = self._losses(found, self._rewards(found, batch)) * known
        size = known.sum()
        return Loss(values.sum() / size.clamp(min=1), size)

    def _rewards(self, found: Likelihoods, batch: Batch) -> Tensor:
        """Of both answers, ``(B, 2)``; NaN where there is no reference."""
        gains = self.gains(found, batch)
        return self.beta * (gains / found.counts.clamp(min=1) if self.per_id else gains)

    def _losses(self, found: Likelihoods, rewards: Tensor) -> Tensor:
        """Of each row, ``(B,)``."""
        losses = -F.logsigmoid(rewards[:, 0] - rewards[:, 1])
        return losses - self.sft * found.means[:, 0] if self.sft else losses

    def evaluate(self, backbone: Encoder, batch: Batch) -> Evaluation:
        """What is said, the rewards and likelihoods of both answers, the right answers."""
        found = self.likelihoods(backbone, batch)
        rewards = self._rewards(found, batch)
        said = self.sampled_answers(cast(Speaker, backbone), first_half(batch))
        likelier, known = found.means[:, 0] > found.means[:, 1], found.known
        columns = -found.sums[:, 0], found.counts[:, 0], known, rewards, likelier
        judged = zip(said, *(values.tolist() for values in columns), strict=True)
        losses = torch.where(known, self._losses(found, rewards), 0)
        rows = [
            Compared(own.ids, own.ended, loss, size, both, (one, other), more)
            for own, loss, size, both, (one, other), more in judged
        ]
        return Evaluation(rows, losses, batch["target"], known)

    def metrics(self) -> Metrics:
        """Those of rewards and of answers."""
        from weitiao.objectives.preferences.metrics import PreferenceMetrics

        return PreferenceMetrics(self.target.written, self.matching, [n for n, _ in self.shown])

    def measure(
        self, predictions: Any, decided: Any, targets: Any, *, ranked: bool = True
    ) -> dict[str, Tensor]:
        """The same of some rows; of texts alone, whether they are right."""
        from weitiao.objectives.preferences.metrics import averages, scores_of_rows

        if not ranked:
            return super().measure(predictions, decided, targets, ranked=False)
        found = averages(scores_of_rows(predictions, decided, targets, self.matching))
        return {name: found[name] for name, _ in self.shown}

    def doubts(self, split: str, scores: Mapping[str, float]) -> Iterator[str]:
        """That preferred answers have become less likely as well."""
        chosen, rejected = scores["reward_chosen"], scores["reward_rejected"]
        if max(chosen, rejected) < 0 and not self.sft:
            yield (
                f"! {split}: not only rejected answers have become less likely (reward"
                f" {rejected:.2f}), but preferred ones, too ({chosen:.2f})"
                "\n  → {--sft} 0.1 or more holds them, or a smaller {--lr}"
            )

    def columns(self, predictions: Any, decided: Any, texts: Sequence[str]) -> dict[str, list[Any]]:
        """Those of answers; of compared ones the rewards as well."""
        columns = super().columns(predictions, decided, texts)
        rewards = [one.rewards for one in predictions if isinstance(one, Compared)]
        if not rewards:
            return columns
        names = "reward_chosen", "reward_rejected"
        return columns | dict(zip(names, map(list, zip(*rewards, strict=True)), strict=True))

    def lost(
        self, split: str, batches: Callable[[], Iterable[Batch]], place: Callable[[int], str]
    ) -> Iterator[str]:
        """What `Replying.lost` says about preferred answers; how often they are the longer ones."""
        yield from super().lost(split, lambda: map(first_half, batches()), place)
        yield from longer_is_better(split, batches())
