"""From vectors of a backbone to logits: pooling, head, and what is linear beside them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from weitiao.card import DataCard, TokenInput
from weitiao.config.bounds import shares
from weitiao.errors import ConfigError
from weitiao.linear import COLUMNS
from weitiao.objectives.blend import Blend
from weitiao.objectives.heads import Head
from weitiao.objectives.pooling import PoolingName, build_pooling, mask_of
from weitiao.objectives.precision import FullPrecision, full
from weitiao.objectives.wide import Wide


class Encoder(Protocol):
    """A backbone, as an objective sees it."""

    width: int

    def __call__(self, *args: Any, **inputs: Tensor) -> Tensor:
        """Vectors ``(B, T, H)`` of ids ``(B, T)``."""


class LinearPart(FullPrecision):
    """Logits of TF-IDF n-grams by weights that were solved (`weitiao.linear`), not trained.

    Args:
        card: number of features, and the file of the weights; a checkpoint brings its own.
        logits: ``C``.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, card: DataCard, logits: int) -> None:
        super().__init__()
        assert card.input.linear_features is not None
        weight, bias = torch.zeros(card.input.linear_features, logits), torch.zeros(logits)
        if card.input.linear is not None:
            with np.load(card.input.linear) as solved:
                weight, bias = torch.from_numpy(solved["weight"]), torch.from_numpy(solved["bias"])
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)

    def forward(self, feature_ids: Tensor, feature_values: Tensor) -> Tensor:
        """``feature_ids (B, G)``, ``feature_values (B, G)``, 0 at padding → ``(B, C)``."""
        values = feature_values.to(self.weight.dtype)
        if torch.compiler.is_exporting():  # a graph's `embedding_bag` is bound to one size
            return torch.einsum("bg,bgc->bc", values, self.weight[feature_ids]) + self.bias
        summed = F.embedding_bag(feature_ids, self.weight, per_sample_weights=values, mode="sum")
        return summed + self.bias


class Scorer(nn.Module):
    """Logits of rows: those of the network and of a wide part, mixed, beside a solved linear model.

    Args:
        card: knows whether there is a solved linear model.
        width: of the backbone's vectors, ``H``.
        logits: a row's number of them, ``C``.
        linear_share: weight of the solved linear model before validation has chosen one.
        calibrate: whether a temperature is fitted where there is no linear model.

    Raises:
        ConfigError: ``linear_share`` is no share, or rows are two sequences.
    """

    def __init__(
        self,
        card: DataCard,
        width: int,
        logits: int,
        pooling: PoolingName,
        head: Head,
        wide: Wide | None,
        linear_share: float,
        calibrate: bool,
    ) -> None:
        super().__init__()
        if getattr(card.input, "apart", False):
            problem = "apart makes two vectors of a row, of which only one would be read"
            raise ConfigError(problem, field="pairs", hint="{--task} likeness, retrieval")
        if getattr(card.input, "options", False):
            problem = "= options makes several sequences of a row, and this objective reads one"
            raise ConfigError(problem, field="pairs", hint="{--task} choice")
        shares(linear_share=linear_share)
        if isinstance(card.input, TokenInput) and card.input.windows:
            problem = "= windows leaves texts whole, and this objective reads as much as fits"
            raise ConfigError(problem, field="truncation", hint="{--truncation} head")
        self.pooling, self.starts_from_probe = pooling, head.start == "probe"
        self.pool = build_pooling(pooling, width)
        self.head = head.build(width, logits)
        self.wide = wide.build(logits) if wide and card.tokens else None
        self.wide_share = wide.share if wide else 0.0
        self.wide_lr = wide.lr if wide else 0.0
        self.linear = LinearPart(card, logits) if card.input.linear_features else None
        before = [1 - linear_share, linear_share] if self.linear else [1.0]
        self.blend = Blend(before) if self.linear or calibrate else None

    def pooled(self, backbone: Encoder, inputs: Mapping[str, Tensor]) -> Tensor:
        """One vector a row, ``(B, H)``."""
        read = {name: values for name, values in inputs.items() if name not in COLUMNS}
        vectors = backbone(**read)
        return self.pool(vectors, mask_of(inputs, vectors))

    def parts(self, backbone: Encoder, inputs: Mapping[str, Tensor]) -> list[Tensor]:
        """Logits ``(B, C)`` of the deep path and, where there is one, of the wide one."""
        deep = self.head(self.pooled(backbone, inputs))
        if self.wide is None:
            return [deep]
        return [deep, self.wide(inputs["input_ids"], inputs["attention_mask"])]

    def forward(self, backbone: Encoder, inputs: Mapping[str, Tensor]) -> Tensor:
        """Logits ``(B, C)``: the parts, mixed.

        Args:
            backbone: gives the vectors.
            inputs: ``input_ids`` and ``attention_mask (B, T)``, perhaps ``token_type_ids (B, T)``;
                for the linear model ``feature_ids`` and ``feature_values (B, G)``.
        """
        deep, *wide = self.parts(backbone, inputs)
        # in mixed precision the deep part ends in 16 bits, the wide one in 32
        mixed = torch.lerp(deep.to(wide[0].dtype), wide[0], self.wide_share) if wide else deep
        if self.blend is None:
            return full(mixed)
        if self.linear is None:
            return self.blend([mixed])
        return self.blend([mixed, self.linear(inputs["feature_ids"], inputs["feature_values"])])

    def loss(
        self,
        backbone: Encoder,
        inputs: Mapping[str, Tensor],
        criterion: Callable[[Tensor, Tensor], Tensor],
        target: Tensor,
    ) -> Tensor:
        """The criterion's loss of each trained part, in all: each learns to stand alone."""
        parts = self.parts(backbone, inputs)
        return torch.stack([criterion(full(part), target) for part in parts]).sum()

    def rates(self) -> Iterator[tuple[str, float]]:
        """Parameters that have a learning rate of their own, by the begin of their names."""
        if self.wide is not None:
            yield "wide.", self.wide_lr
