"""Pooling: vectors of all positions to one per row, ``(B, T, H) → (B, H)``."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

PoolingName = Literal["cls", "last", "mean", "max", "attention"]


def build_pooling(name: PoolingName, width: int) -> nn.Module:
    """The pooling of that name; ``width`` is ``H``."""
    modules = {"cls": FirstPosition, "last": LastPosition, "mean": Mean, "max": Max}
    return Attention(width) if name == "attention" else modules[name]()


def mask_of(inputs: Mapping[str, Tensor], hidden: Tensor) -> Tensor:
    """Which positions of ``hidden (B, T, H)`` count, ``(B, T)`` bool; all, where there is no
    padding and so no mask."""
    mask = inputs.get("attention_mask")
    return hidden.new_ones(hidden.shape[:2], dtype=torch.bool) if mask is None else mask


class FirstPosition(nn.Module):
    """The vector of the first position that is not padding, BERT's ``[CLS]``."""

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """``hidden (B, T, H)``, ``mask (B, T)`` bool → ``(B, H)``."""
        return _at(hidden, mask.int().argmax(1))


class LastPosition(nn.Module):
    """The vector of the last position that is not padding: in a decoder it alone sees the text."""

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """``hidden (B, T, H)``, ``mask (B, T)`` bool → ``(B, H)``."""
        return _at(hidden, mask.cumsum(1).argmax(1))


def _at(hidden: Tensor, position: Tensor) -> Tensor:
    return hidden[torch.arange(len(hidden), device=hidden.device), position]


class Mean(nn.Module):
    """The mean over positions that are not padding."""

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """``hidden (B, T, H)``, ``mask (B, T)`` bool → ``(B, H)``."""
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)


class Max(nn.Module):
    """The maximum over positions that are not padding, per feature."""

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """``hidden (B, T, H)``, ``mask (B, T)`` bool → ``(B, H)``."""
        lowest = torch.finfo(hidden.dtype).min
        return hidden.masked_fill(~mask.unsqueeze(-1), lowest).amax(1)


class Attention(nn.Module):
    """A learned weighted mean (Yang et al. 2016, "Hierarchical Attention Networks").

    Args:
        width: ``H``.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.project = nn.Linear(width, width)
        self.context = nn.Linear(width, 1, bias=False)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """``hidden (B, T, H)``, ``mask (B, T)`` bool → ``(B, H)``."""
        scores = self.context(torch.tanh(self.project(hidden))).squeeze(-1)  # (B, T)
        weights = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1)
        return torch.einsum("bt,bth->bh", weights, hidden)
