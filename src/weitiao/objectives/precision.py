"""Numbers that keep at least 32 bits, whatever the precision of the weights."""

from collections.abc import Callable
from typing import Any, Self

import torch
from torch import Tensor, nn


def full(values: Tensor) -> Tensor:
    """The values in 32 bits, or in the 64 that they have: 16 can't tell 1990 from 1991."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


class FullPrecision(nn.Module):
    """What it holds isn't rounded where a model is cast to 16 bits."""

    def _apply(self, fn: Callable[[Tensor], Tensor], *rest: Any, **named: Any) -> Self:
        def wide(values: Tensor) -> Tensor:
            cast = fn(values)
            if not cast.is_floating_point():
                return cast
            return values.to(cast.device, torch.promote_types(cast.dtype, torch.float32))

        return super()._apply(wide, *rest, **named)
