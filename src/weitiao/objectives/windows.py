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

    The ids around a text, such as those of a question about it, are part of each window, and have
    the mean of their vectors.

    Args:
        inputs: ``(B, T)`` each, ``attention_mask`` among them.
        text: ``(B, T)`` bool, ids that stand for text; those between them are the text's as well.
        longest: ids of a window.
    """
    mask = inputs["attention_mask"]
    if mask.shape[1] <= longest:
        return backbone(**inputs)
    rows, places, shares = [], [], []
    for number, (length, begin, count) in enumerate(_lengths(mask, text)):
        for ids, share in _windows(length, begin, count, longest):
            rows.append(number)
            places.append(ids)
            shares.append(share)
    device, row = mask.device, torch.tensor(rows, device=mask.device).unsqueeze(1)
    place = pad_sequence(places, batch_first=True, padding_value=-1).to(device)
    share = pad_sequence(shares, batch_first=True).to(device)
    there = place >= 0
    cut = {name: values[row, place.clamp(min=0)] for name, values in inputs.items()}
    found = backbone(**cut | {"attention_mask": there})
    taken, width = share > 0, mask.shape[1]
    own = found[taken] * share[taken].unsqueeze(-1).to(found)
    flat = (row * width + place)[taken]
    # in order on a processor, where an index_put that adds is not
    vectors = found.new_zeros(mask.numel(), found.shape[-1]).index_add(0, flat, own)
    return vectors.view(*mask.shape, -1)


def _lengths(mask: Tensor, text: Tensor) -> list[tuple[int, int, int]]:
    """Of each row: its ids, and the first and the number of those from its text's first to last."""
    text = text.int()
    inside = text.cummax(1).values * text.flip(1).cummax(1).values.flip(1)
    columns = mask.sum(1), inside.argmax(1), inside.sum(1)
    return [(n, b, c) for n, b, c in torch.stack(columns, 1).tolist()]


def _windows(length: int, begin: int, count: int, longest: int) -> list[tuple[Tensor, Tensor]]:
    """The ids of each window of a row, and how much each counts in its vector."""
    if length <= longest:
        return [(torch.arange(length), torch.ones(length))]
    room = longest - (length - count)
    shared = int(room * OVERLAP)
    starts = [*range(0, count - room, room - shared), count - room]
    ends = [start + room for start in starts]
    # where two windows overlap, each has the half that lies nearer to its middle
    edges = [0, *((a + b) // 2 for a, b in zip(ends, starts[1:], strict=False)), count]
    head, tail = torch.arange(begin), torch.arange(begin + count, length)
    windows = []
    for start, end, first, last in zip(starts, ends, edges, edges[1:], strict=False):
        own = torch.arange(start, end)
        around = (torch.full((len(ids),), 1 / len(starts)) for ids in (head, tail))
        share = torch.cat([next(around), ((own >= first) & (own < last)).float(), next(around)])
        windows.append((torch.cat([head, own + begin, tail]), share))
    return windows
