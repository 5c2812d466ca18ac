"""Low-rank adapters (LoRA) beside frozen weights, by `peft`."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeVar

from torch import nn

from weitiao.config.bounds import at_least, shares
from weitiao.errors import MissingExtra
from weitiao.models.backbones.attention import quicken_dropout

T = TypeVar("T", bound=nn.Module)


@dataclass(frozen=True)
class Lora:
    """Adapters in every linear layer (Hu et al. 2022, "LoRA"); only they are trained.

    That saves gradients and optimiser state, the bulk of a large model's memory; what is kept for
    the backward pass grows a little, and so does the time of a step.

    Args:
        rank: of the matrix ``BA`` that is added to each weight; ``B`` starts at 0.
        alpha: what is added is ``alpha / rank · BA``.
        dropout: share of the adapters' inputs dropped in training.
        rank_stabilised: what is added is ``alpha / √rank · BA`` instead, so that higher ranks learn
            as fast (Kalajdzievski 2023, "rsLoRA").
        dora: train the length of each weight's columns apart from their direction (Liu et al. 2024,
            "DoRA"): nearer to training all weights, and a good deal slower.

    Raises:
        ConfigError: a value is out of bounds.
    """

    rank: int = 8
    alpha: int = 16
    dropout: float = 0.05
    rank_stabilised: bool = False
    dora: bool = False

    def __post_init__(self) -> None:
        at_least(1, rank=self.rank, alpha=self.alpha)
        shares(dropout=self.dropout)

    def add_to(self, encoder: Any) -> None:
        """Freeze a model of `transformers` and put the adapters in.

        Raises:
            MissingExtra: `peft` is not installed.
        """
        try:
            from peft import LoraConfig, inject_adapter_in_model
        except ImportError as error:
            raise MissingExtra("peft", "peft", "", field="lora") from error
        from transformers.pytorch_utils import Conv1D

        config = LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            use_rslora=self.rank_stabilised,
            use_dora=self.dora,
            target_modules="all-linear",
            # GPT-2 keeps its matrices the other way round
            fan_in_fan_out=any(isinstance(part, Conv1D) for part in encoder.modules()),
        )
        inject_adapter_in_model(config, encoder)
        quicken_dropout(encoder)


def without_adapters(backbone: T) -> T:
    """A copy that computes as if there were no adapters, for evaluation."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    copy = deepcopy(backbone).eval()
    for part in copy.modules():
        if isinstance(part, BaseTunerLayer):
            part.enable_adapters(False)
    return copy
