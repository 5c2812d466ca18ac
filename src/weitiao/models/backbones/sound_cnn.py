"""Convolutions over spectrograms, from scratch."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

from weitiao.card import DataCard
from weitiao.config.bounds import at_least, shares
from weitiao.errors import ConfigError
from weitiao.inputs.audio.card import SoundInput
from weitiao.models.backbones.base import Backbone

KERNEL = 3


class SoundCNN(Backbone):
    """Convolutions over time and bands, then over time alone.

    The first halve the number of bands each time, so that a voice that is higher looks alike; of
    time nothing is lost. What stands at a position doesn't depend on how far a batch is padded, nor
    on the other rows: features are normalised at each position by themselves.

    Args:
        channels: of the convolutions over time and bands.
        layers: residual convolutions over time alone, each of which looks twice as far.
        width: ``H``.
        dropout: share dropped in training of what enters these.
    """

    def __init__(
        self,
        card: DataCard,
        *,
        channels: list[int] = [32, 64],  # noqa: B006 - nothing writes into it
        layers: int = 3,
        width: int = 128,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        if not isinstance(card.input, SoundInput):
            problem = "it hears sounds, and the input makes a " + type(card.input).__name__
            raise ConfigError(problem, hint="{--task} sounds")
        at_least(1, width=width)
        at_least(0, layers=layers)
        shares(dropout=dropout)
        self.width, bands = width, card.input.bands
        self.spectral = nn.ModuleList(_Spectral(*sizes) for sizes in pairwise([1, *channels]))
        for _ in channels:
            bands = (bands + 1) // 2
        self.enter = nn.Linear(bands * channels[-1], width)
        self.temporal = nn.ModuleList(_Temporal(width, 2**i, dropout) for i in range(layers))

    def forward(self, frames: Tensor, attention_mask: Tensor) -> Tensor:
        """Vectors of each frame.

        Args:
            frames: ``(B, T, bands)``.
            attention_mask: ``(B, T)`` bool, false at padding.

        Returns:
            ``(B, T, H)``.
        """
        hidden = frames.unsqueeze(1)  # (B, C, T, bands)
        for layer in self.spectral:
            hidden = layer(hidden, attention_mask)
        hidden = self.enter(hidden.transpose(1, 2).flatten(2))
        for layer in self.temporal:
            hidden = layer(hidden, attention_mask)
        return hidden


class _Spectral(nn.Module):
    """``(B, C, T, bands)`` → ``(B, D, T, bands / 2)``, 0 at padding."""

    def __init__(self, entering: int, leaving: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(entering, leaving, KERNEL, (1, 2), KERNEL // 2)
        self.norm = nn.LayerNorm(leaving)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        hidden = self.norm(self.conv(hidden).movedim(1, -1)).movedim(-1, 1)
        return F.gelu(hidden) * mask[:, None, :, None]


class _Temporal(nn.Module):
    """``(B, T, H)`` → the same, each position with what is near in time."""

    def __init__(self, width: int, reach: int, dropout: float) -> None:
        super().__init__()
        self.norm, self.dropout = nn.LayerNorm(width), nn.Dropout(dropout)
        self.conv = nn.Conv1d(width, width, KERNEL, padding="same", dilation=reach)
        self.leave = nn.Linear(width, width)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        seen = self.dropout(self.norm(hidden)) * mask.unsqueeze(-1)
        found = self.conv(seen.transpose(1, 2)).transpose(1, 2)
        return hidden + self.leave(F.gelu(found))
