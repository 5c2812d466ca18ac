"""A Transformer over patches of a picture, from scratch."""

import torch
from torch import Tensor, nn

from weitiao.card import DataCard
from weitiao.config.bounds import at_least, shares
from weitiao.errors import ConfigError
from weitiao.models.backbones.base import Backbone
from weitiao.models.backbones.pictures import pictures_of

PATCHES = 8  # a side at most, unless said otherwise


class ViT(Backbone):
    """Patches as positions of a Transformer encoder (Dosovitskiy et al. 2021), normalised first.

    There is no position of a class: pooling makes one vector of all.

    Args:
        patch: side of a patch, in pixels, a divisor of the picture's; null = the smallest with
            which there are at most 8 × 8.
        layers: number of layers.
        width: ``H``, a multiple of ``heads``.
        heads: attention heads.
        dropout: share dropped in training, in attention too.
    """

    def __init__(
        self,
        card: DataCard,
        *,
        patch: int | None = None,
        layers: int = 4,
        width: int = 128,
        heads: int = 4,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        pictures = pictures_of(card)
        at_least(1, patch=patch, layers=layers, width=width, heads=heads)
        shares(dropout=dropout)
        if width % heads:
            raise ConfigError(f"{width} is no multiple of {heads} heads", field="width")
        divisors = [n for n in range(1, pictures.size + 1) if pictures.size % n == 0]
        patch = patch or next(n for n in divisors if pictures.size // n <= PATCHES)
        if patch not in divisors:
            hint = f"one of {', '.join(map(str, divisors))}"
            raise ConfigError(f"{patch} doesn't divide {pictures.size}", field="patch", hint=hint)
        self.width = width
        self.embed = nn.Conv2d(pictures.channels, width, patch, patch)
        self.place = nn.Parameter(torch.randn((pictures.size // patch) ** 2, width) * 0.02)
        layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout, "gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(
            layer, layers, nn.LayerNorm(width), enable_nested_tensor=False
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """``pixels (B, C, S, S)`` → a vector of each patch, row by row, ``(B, T, H)``."""
        patches = self.embed(pixels).flatten(2).transpose(1, 2)
        found: Tensor = self.encoder(patches + self.place)
        return found
