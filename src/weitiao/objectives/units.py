"""Vectors of units, and the base of objectives that learn places in a text."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from weitiao.objectives.base import Batch, Objective
from weitiao.objectives.precision import full
from weitiao.objectives.scorer import Encoder
from weitiao.objectives.windows import INSIDE, windows_of

_OF_WINDOWS = ("row", "share", "before", "unit", "inside")


class Units(NamedTuple):
    """The units of a batch.

    Args:
        vectors: ``(B, U, H)``.
        mask: ``(B, U)`` bool, false behind the end of a row.
        mean: ``(B, H)`` of the vectors of all ids of a row.
        before: ``(B, H)`` of those that stand before its text, such as a question's.
    """

    vectors: Tensor
    mask: Tensor
    mean: Tensor
    before: Tensor


class UnitObjective(Objective):
    """Learns places in a text from the vectors of its units (`UNIT`).

    A subclass has ``longest``, the ids that its backbone reads at once, and ``inside``, as
    `inside_of_ids` makes it. Longer texts are read in windows that overlap.
    """

    longest: int
    inside: nn.Embedding

    @abstractmethod
    def scores(self, units: Units) -> Tensor:
        """What a decision is made of, without where the units stand; ``(B, …, U …, K)``."""

    def units(self, backbone: Encoder, batch: Batch) -> Units:
        """The units of a batch."""
        return units_of_windows(backbone, window_inputs(batch, self.longest), self.inside)


def inside_of_ids(width: int) -> nn.Embedding:
    """What is added to the vector of a unit for its place within its id; nothing at first."""
    inside = nn.Embedding(INSIDE, width)
    nn.init.zeros_(inside.weight)
    return inside


def window_inputs(batch: Batch, longest: int) -> dict[str, Tensor]:
    """What a backbone reads of each window, ``(W, L)``, and `Windows` but for ``place``."""
    inputs, mask = batch["inputs"], batch["inputs"]["attention_mask"]
    found = windows_of(mask.sum(1).cpu().numpy(), batch["pieces"].cpu().numpy(), longest)
    arrays = {name: torch.from_numpy(x).to(mask.device) for name, x in found._asdict().items()}
    place = arrays.pop("place")
    if mask.shape[1] > longest:
        row = arrays["row"].unsqueeze(1)
        cut = {name: values[row, place.clamp(min=0)] for name, values in inputs.items()}
        inputs = cut | {"attention_mask": place >= 0}
    return {**inputs, **arrays}


def units_of_windows(
    backbone: Encoder, windows: Mapping[str, Tensor], inside: nn.Embedding
) -> Units:
    """The units of windows: each has the vector of its id, and of its place in it.

    Args:
        windows: as `window_inputs` gives them.
        inside: as `inside_of_ids` makes it.
    """
    of_ids = {name: x for name, x in windows.items() if name not in _OF_WINDOWS}
    row, share, before, unit, place = (windows[name] for name in _OF_WINDOWS)
    vectors = backbone(**of_ids)
    # its gradient is in order on a processor, where that of an index isn't
    found = vectors.flatten(0, 1).index_select(0, unit.clamp(min=0).flatten())
    units = found.unflatten(0, unit.shape) + inside(place).to(vectors)
    means = (_mean(vectors, weight, row, unit.shape[0]) for weight in (share, before))
    return Units(units, unit >= 0, *means)


def places_of(batch: Batch) -> list[np.ndarray]:
    """Begin and end of the units of each row, ``(U, 2)``, without padding."""
    return [row[row[:, 0] >= 0] for row in batch["offsets"].cpu().numpy()]


def _mean(vectors: Tensor, weight: Tensor, row: Tensor, rows: int) -> Tensor:
    """The weighted mean of the vectors of each row's windows, ``(B, H)``; 0 of none."""
    weight = weight.unsqueeze(-1)
    of_windows = (full(vectors) * weight).sum(1), weight.to(full(vectors)).sum(1)
    total, count = (x.new_zeros(rows, x.shape[1]).index_add(0, row, x) for x in of_windows)
    return (total / count.clamp(min=1)).to(vectors)
