"""A small residual convolutional network from scratch."""

from torch import Tensor, nn
from torch.nn import functional as F

from weitiao.card import DataCard
from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError
from weitiao.models.backbones.base import Backbone
from weitiao.models.backbones.pictures import pictures_of

GROUPS = 8  # of channels that are normalised together
FIRST_MAP = 32  # places a side that the first level has at least, unless a picture has fewer


class ConvNet(Backbone):
    """Levels of residual convolutions (He et al. 2016), each half as fine and twice as wide.

    Channels are normalised in groups (Wu & He 2018), not over the batch: so a row's vectors depend
    on no other row, and training on several devices, or by parts of a batch, learns the same.

    Args:
        width: channels of the first level, a multiple of 8.
        levels: how many.
        depth: pairs of each level.
    """

    def __init__(self, card: DataCard, *, width: int = 32, levels: int = 3, depth: int = 1) -> None:
        super().__init__()
        pictures = pictures_of(card)
        at_least(1, width=width, levels=levels, depth=depth)
        if width % GROUPS:
            raise ConfigError(f"{width} is no multiple of {GROUPS}", field="width")
        if pictures.size < 2 ** (levels - 1):
            problem = f"= {levels} leaves nothing of {pictures.size} pixels"
            raise ConfigError(problem, field="levels")
        step = max(1, pictures.size // FIRST_MAP)
        kernel = max(3, 2 * step - 1)
        layers: list[nn.Module] = [
            nn.Conv2d(pictures.channels, width, kernel, step, kernel // 2, bias=False),
            nn.GroupNorm(GROUPS, width),
            nn.ReLU(),
        ]
        for level in range(levels):
            before, channels = width * 2 ** max(level - 1, 0), width * 2**level
            layers.append(_Pair(before, channels, 1 + (level > 0)))
            layers += [_Pair(channels, channels) for _ in range(depth - 1)]
        self.layers = nn.Sequential(*layers)
        self.width = width * 2 ** (levels - 1)

    def forward(self, pixels: Tensor) -> Tensor:
        """``pixels (B, C, S, S)`` → a vector of each place of the last level, ``(B, T, H)``."""
        return self.layers(pixels).flatten(2).transpose(1, 2)


class _Pair(nn.Module):
    """Two convolutions, to whose result their input is added."""

    def __init__(self, before: int, channels: int, step: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, channels, 3, step, 1, bias=False)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList(nn.GroupNorm(GROUPS, channels) for _ in range(2))
        nn.init.zeros_(self.norms[1].weight)  # type: ignore[arg-type]  # begins as the identity
        same = before == channels and step == 1
        self.past = nn.Identity() if same else nn.Conv2d(before, channels, 1, step, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        found = F.relu(self.norms[0](self.first(x)))
        return F.relu(self.past(x) + self.norms[1](self.second(found)))
