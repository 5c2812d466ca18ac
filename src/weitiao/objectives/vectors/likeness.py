"""The similarity of two texts, a number learned as the cosine of their vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.objectives import baselines
from weitiao.objectives.base import Batch, Evaluation, Loss, Metrics, target_of
from weitiao.objectives.figures import Figure, scatter_figure
from weitiao.objectives.pooling import PoolingName
from weitiao.objectives.scorer import Encoder
from weitiao.objectives.vectors.bi_encoder import TEMPERATURE, BiEncoder, refuse_margin
from weitiao.objectives.vectors.global_batch import of_all_rows
from weitiao.targets.number import NumberTarget

MARGIN = 0.5  # usual, of distances 1 - cosine
SPREAD = 4.0  # standard deviations of the numbers that cosines from 0 to 1 stand for


@dataclass(frozen=True)
class LikenessLoss:
    """The loss of cosines.

    Args:
        kind: ``cosent``: of two pairs in a batch, the one with the higher number is to have the
            higher cosine (Su 2022, "CoSENT"); ``cosine``: the squared error of the cosine, which is
            0 to 1 for numbers within two standard deviations of their mean; ``contrastive``: pairs
            of number 1 are drawn together, those of 0 pushed apart up to a margin (Hadsell et al.
            2006, "Dimensionality Reduction by Learning an Invariant Mapping").
        temperature: of ``cosent``: differences of cosines are divided by it.
        margin: of ``contrastive``: from which distance on, 1 - cosine, pairs of 0 are far enough
            apart; above 0 and up to 2.
    """

    kind: Literal["cosent", "cosine", "contrastive"] = "cosent"
    temperature: float = TEMPERATURE
    margin: float = MARGIN

    def __post_init__(self) -> None:
        if self.kind != "cosent" and self.temperature != TEMPERATURE:
            raise ConfigError("goes with kind cosent only", field="temperature")
        if not self.temperature > 0:
            raise ConfigError(f"must be above 0, got {self.temperature}", field="temperature")
        refuse_margin(self.margin, MARGIN, of="contrastive", kind=self.kind)


class Likeness(BiEncoder):
    """Learns how alike two texts are.

    Args:
        pooling: vectors of all positions ``(B, T, H)`` → one a text ``(B, H)``.
        loss: what training minimises.
        dimensions: narrower widths that vectors can be cut to; see `BiEncoder`.
        chunk: texts whose inner vectors are in memory at once, of larger batches; null = all.
    """

    first, recipe = "spearman", "pretrained_likeness"
    shown = (("spearman", "Spearman correlation"), ("pearson", "Pearson correlation"))
    need_difference = ("pearson", "spearman")

    def __init__(
        self,
        card: DataCard,
        backbone: Encoder,
        pooling: PoolingName = "mean",
        loss: LikenessLoss = LikenessLoss(),
        dimensions: Sequence[int] = (),
        chunk: int | None = None,
    ) -> None:
        super().__init__(card, backbone, pooling, dimensions, chunk)
        self.target = target_of(card, NumberTarget, self)
        self.mean, self.scale, self.how = self.target.mean, self.target.scale, loss
        self.compares_rows = loss.kind == "cosent"

    def wished(self, targets: Tensor) -> Tensor:
        """The cosine that a number stands for, ``(B,)``."""
        return (0.5 + (targets - self.mean) / (SPREAD * self.scale)).clamp(0, 1)

    def loss(self, backbone: Encoder, batch: Batch) -> Loss:
        """The mean over the widths."""
        found = of_all_rows(self.cosines(*self.both(backbone, batch)))
        targets = of_all_rows(batch["target"])
        if self.how.kind == "cosine":
            value = (found - self.wished(targets).unsqueeze(-1)).square().mean()
        elif self.how.kind == "contrastive":
            value = contrastive(found, targets.unsqueeze(-1), self.how.margin)
        else:
            each = [cosent(one, targets, self.how.temperature) for one in found.unbind(-1)]
            value = torch.stack(each).mean()
        return Loss(value, torch.tensor(len(targets)))

    def lost(
        self, split: str, batches: Callable[[], Iterable[Batch]], place: Callable[[int], str]
    ) -> Iterator[str]:
        """Rows whose texts are read as one, and so have a cosine of 1, whatever is learned.

        Raises:
            ConfigError: a number is none of those that a contrastive loss knows.
        """
        alike, total = list[int](), 0
        for batch in batches():
            if self.how.kind == "contrastive":
                self._refuse_others(batch, place)
            alike += batch["row"][_read_alike(batch)].tolist()
            total += len(batch["row"])
        if alike:
            yield (
                f"! {len(alike):,} of {total:,} rows of {split} have two texts that are read as"
                f" one: their cosine is 1, whatever their number (first: {place(min(alike))})"
            )

    def _refuse_others(self, batch: Batch, place: Callable[[int], str]) -> None:
        """Refuse other numbers than 0 and 1."""
        other = (batch["target"] != 0) & (batch["target"] != 1)
        if other.any():
            row, number = batch["row"][other][0], batch["target"][other][0]
            problem = f"= contrastive knows the numbers 0 and 1, not {float(number):g}"
            where, hint = place(int(row)), "{--kind} cosent takes numbers of any scale"
            raise ConfigError(f"{problem} ({where})", field="kind", hint=hint)

    def evaluate(self, backbone: Encoder, batch: Batch) -> Evaluation:
        """Cosines, the squared error of each, the numbers."""
        found, targets = self.predict(backbone, batch), batch["target"]
        return Evaluation(found, (found[:, 0] - self.wished(targets)).square(), targets)

    def of_vectors(self, first: Tensor, second: Tensor) -> Tensor:
        """Cosines of whole vectors and of narrower ones, ``(B, W)``."""
        return self.cosines(first, second)

    def decide(self, predictions: Any) -> Any:
        """The cosine of whole vectors, ``(N,)``."""
        return predictions[:, 0]

    def metrics(self) -> Metrics:
        """Those of cosines, of all rows together."""
        from weitiao.objectives.metrics import EpochMetrics

        names = ["spearman", "pearson", *(f"spearman_dim/{width}" for width in self.narrow)]
        return EpochMetrics(lambda said, true: self.measure(said, said[:, 0], true), names)

    def measure(
        self, predictions: Any, decided: Any, targets: Any, *, ranked: bool = True
    ) -> dict[str, Tensor]:
        """Correlations of cosines, or of what a baseline says, with the numbers."""
        from weitiao.objectives.metrics import correlation, ranks

        said, true = decided.double(), targets.double()
        order = ranks(true)
        found = {"spearman": correlation(ranks(said), order), "pearson": correlation(said, true)}
        narrow = enumerate(self.narrow, 1) if ranked else ()
        cut = {width: ranks(predictions[:, place].double()) for place, width in narrow}
        return found | {f"spearman_dim/{w}": correlation(one, order) for w, one in cut.items()}

    def figure(self, decided: Any, targets: Any) -> tuple[str, Figure]:
        """Cosines against numbers."""
        return "values", scatter_figure(decided, targets)

    def baselines(self) -> baselines.LinearModels:
        """Ridge regression of what both texts have in common, and their cosine by TF-IDF."""
        return baselines.of_numbers()


def _read_alike(batch: Batch) -> Tensor:
    """Rows whose two texts have the same ids, ``(B,)`` of bool."""
    (ids, kept), (others, kept_too) = (
        (batch[side]["input_ids"], batch[side]["attention_mask"].bool())
        for side in ("inputs", "pair")
    )
    width = min(ids.shape[1], others.shape[1])
    same = (ids[:, :width] == others[:, :width]) | ~kept[:, :width]
    return same.all(1) & (kept.sum(1) == kept_too.sum(1))


def cosent(cosines: Tensor, targets: Tensor, temperature: float) -> Tensor:
    """``log(1 + Σ exp((cos_j - cos_i) / temperature))`` over rows i with a higher number than j.

    Args:
        cosines: ``(B,)``.
        targets: likewise.
    """
    gaps = (cosines.unsqueeze(0) - cosines.unsqueeze(1)) / temperature
    ordered = targets.unsqueeze(1) > targets.unsqueeze(0)
    return torch.cat([gaps.new_zeros(1), gaps[ordered]]).logsumexp(0)


def contrastive(cosines: Tensor, targets: Tensor, margin: float) -> Tensor:
    """Half the mean of ``d²`` over pairs of 1, of ``max(0, margin - d)²`` over those of 0.

    The distance ``d`` is ``1 - cosine``, as of sentence-transformers' ``ContrastiveLoss``.

    Args:
        cosines: ``(B, W)``.
        targets: ``(B, 1)`` of 0 and 1.
    """
    distance = 1 - cosines
    apart = (margin - distance).clamp(min=0)
    return (targets * distance.square() + (1 - targets) * apart.square()).mean() / 2
