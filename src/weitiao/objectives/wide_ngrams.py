"""The wide part itself: a linear scorer of hashed n-grams of ids.

An exported model takes this module with it, as it stands.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PRIME = 2**31 - 1
SALIENCE_BOUND = 4.0  # e⁻⁴ … e⁴: no n-gram silences all others


class WideNgrams(nn.Module):
    """Scores of classes from n-grams, each with a learned polarity and a learned salience.

    A text's score is ``Σ eᵃ w / √Σ e²ᵃ`` over its *distinct* n-grams, with the polarity ``w`` of
    the class and the salience ``a`` of the n-gram. So the table learns the weighting that TF-IDF
    takes from counts, and texts of any length have the same norm, as in a linear SVM.

    Args:
        classes: ``C``.
    """

    def __init__(self, classes: int, orders: int, buckets: int, dropout: float) -> None:
        super().__init__()
        self.orders, self.buckets, self.dropout = orders, buckets, dropout
        self.polarity = nn.Embedding(buckets, classes)
        self.salience = nn.Embedding(buckets, 1)
        self.bias = nn.Parameter(torch.zeros(classes))
        nn.init.zeros_(self.polarity.weight)
        nn.init.zeros_(self.salience.weight)

    def forward(self, input_ids: Tensor, mask: Tensor) -> Tensor:
        """``input_ids (B, T)``, ``mask (B, T)`` bool → scores ``(B, C)``."""
        grams = ngram_buckets(input_ids, self.orders, self.buckets)  # (B, T, N)
        seen = mask.repeat_interleave(self.orders, 1)
        # n-grams at padding are of no bucket, lest one be taken for the first of a real one
        counted = first_of_each(grams.flatten(1).masked_fill(~seen, -1)) & seen
        if self.training and self.dropout:
            counted = counted & (torch.rand(counted.shape, device=mask.device) >= self.dropout)
        grams = grams.flatten(1)  # (B, T·N)
        salience = self.salience(grams).squeeze(-1).clamp(-SALIENCE_BOUND, SALIENCE_BOUND)
        weight = salience.exp() * counted
        norm = weight.square().sum(1, keepdim=True).clamp(min=1e-3).sqrt()
        return torch.einsum("bg,bgc->bc", weight / norm, self.polarity(grams)) + self.bias


def ngram_buckets(input_ids: Tensor, orders: int, buckets: int) -> Tensor:
    """Bucket of the n-gram that ends at each position, for n = 1 … ``orders``.

    Before the first position every id counts as -1, so n-grams at the start are ones of their own.

    Args:
        input_ids: ``(B, T)``.
        orders: longest n-gram, ``N``.

    Returns:
        ``(B, T, N)``. All products stay below 2⁶³, so the hash is the same on every device.
    """
    length = input_ids.shape[1]
    hashed = torch.zeros_like(input_ids)
    columns = []
    for order in range(orders):
        earlier = F.pad(input_ids, (order, 0), value=-1)[:, :length] + 2
        hashed = (hashed * 1000003 + earlier * 998244353 + order) % PRIME
        mixed = (hashed ^ (hashed >> 15)) * 2246822519 % PRIME  # so that `%` sees every bit
        columns.append((mixed ^ (mixed >> 13)) % buckets)
    return torch.stack(columns, -1)


def first_of_each(values: Tensor) -> Tensor:
    """Where in its row a value stands for the first time: ``(B, G)`` → ``(B, G)`` bool."""
    if torch.compiler.is_exporting():  # ONNX has no such sort, and which place is all the same
        ordered, index = torch.topk(values, values.shape[1], dim=1, largest=False)
    else:
        ordered, index = torch.sort(values, dim=1, stable=True)
    first = torch.ones_like(ordered, dtype=torch.bool)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    return torch.zeros_like(first).scatter(1, index, first)
