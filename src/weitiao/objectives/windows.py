"""Vectors of texts that are longer than what a backbone reads at once: by windows that overlap."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from weitiao.objectives.scorer import Encoder

OVERLAP = 0.25  # of a window: each id has an eighth of it, or an end of the text, on either side


def vectors_of(
    backbone: Encoder, inputs: Mapping[str, Tensor], text: Tensor, longest: int
) -> Tensor:
    """A vector of each id, ``(B, T, H)``; of two windows, that in which it stands further inside.

    The ids around a text, which stand for none of it, are part of each window.

    Args:
        inputs: ``(B, T)`` each, ``attention_mask`` among them.
        text: ``(B, T)`` bool, which ids stand for text; in a row they are side by side.
        longest: ids of a window.
    """
    mask = inputs["attention_mask"]
    if mask.shape[1] <= longest:
        return backbone(**inputs)
    rows, places, owned = [], [], []
    for number, (length, begin, count) in enumerate(_lengths(mask, text)):
        for ids, own in _windows(length, begin, count, longest):
            rows.append(number)
            places.append(ids)
            owned.append(own)
    device, row = mask.device, torch.tensor(rows, device=mask.device).unsqueeze(1)
    place = pad_sequence(places, batch_first=True, padding_value=-1).to(device)
    own = pad_sequence(owned, batch_first=True).to(device)
    there = place >= 0
    cut = {name: values[row, place.clamp(min=0)] for name, values in inputs.items()}
    found = backbone(**cut | {"attention_mask": there})
    vectors = found.new_zeros(*mask.shape, found.shape[-1])
    vectors[row.expand_as(place)[own], place[own]] = found[own]
    return vectors


def _lengths(mask: Tensor, text: Tensor) -> list[tuple[int, int, int]]:
    """Of each row: its ids, and the first and the number of those that stand for text."""
    columns = mask.sum(1), text.int().argmax(1), text.sum(1)
    return [(n, b, c) for n, b, c in torch.stack(columns, 1).tolist()]


def _windows(length: int, begin: int, count: int, longest: int) -> list[tuple[Tensor, Tensor]]:
    """The ids of each window of a row, and which of their vectors are taken."""
    if length <= longest:
        return [(torch.arange(length), torch.ones(length, dtype=torch.bool))]
    room = longest - (length - count)
    shared = int(room * OVERLAP)
    starts = [*range(0, count - room, room - shared), count - room]
    ends = [start + room for start in starts]
    # where two windows overlap, each has the half that lies nearer to its middle
    edges = [0, *((a + b) // 2 for a, b in zip(ends, starts[1:], strict=False)), count]
    head, tail = torch.arange(begin), torch.arange(begin + count, length)
    windows = []
    for start, end, first, last in zip(starts, ends, edges, edges[1:], strict=False):
        ids = torch.cat([head, torch.arange(start, end) + begin, tail])
        windows.append((ids, (ids >= begin + first) & (ids < begin + last)))
    return windows
