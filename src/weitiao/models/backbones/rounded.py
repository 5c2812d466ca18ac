"""A copy of a model to answer with, where mixed precision rounds its weights anyway."""

from copy import deepcopy
from typing import Any

import torch

from weitiao.models.backbones.few_bits import read_in_full


@torch.no_grad()
def rounded(model: Any, dtype: torch.dtype) -> Any:
    """A copy of a model of `transformers` whose weights are rounded once, adapters merged.

    A processor that continues a few rows waits for weights: half the bytes take half the time,
    and mixed precision would round all of them anew for each id.
    """
    copy = deepcopy(model)
    read_in_full(copy)
    for part in [*copy.modules()]:
        if hasattr(part, "base_layer") and hasattr(part, "merge"):  # an adapter's
            part.merge()
    return copy.to(dtype).eval()
