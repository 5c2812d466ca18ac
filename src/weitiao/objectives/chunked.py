"""Cross-entropy over a large vocabulary, a part of the positions at a time.

The logits of all positions, and their gradients, would take many times the memory of the rest of a
small model. Each part's gradients are computed at once, with its loss (as in Hsu et al. 2024,
"Liger Kernel"), so that nothing of it is kept and nothing is computed twice.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from weitiao.objectives.precision import full

LOGITS = 2**24
"""How many are held at a time: 64 MiB, thrice where a gradient is asked for."""
Head = Callable[[Tensor], Tensor]


def cross_entropy(
    head: Head, vectors: Tensor, ids: Tensor, weights: Sequence[Tensor], vocabulary: int
) -> Tensor:
    """The sum of the cross-entropies of all positions, ``()``.

    Args:
        head: ``(n, H)`` → logits ``(n, V)``.
        vectors: ``(N, H)``.
        ids: ``(N,)``, what is right.
        weights: what ``head`` reads, besides.
        vocabulary: ``V``.
    """
    if not torch.is_grad_enabled():
        return losses(head, vectors, ids, vocabulary).sum()
    found: Tensor = _Summed.apply(head, vocabulary, vectors, ids, *weights)
    return found


def losses(head: Head, vectors: Tensor, ids: Tensor, vocabulary: int) -> Tensor:
    """The cross-entropy of each position, ``(N,)``, without a gradient."""
    with torch.no_grad():
        found = [
            F.cross_entropy(full(head(some)), right, reduction="none")
            for some, right in _parts(vectors, ids, vocabulary)
        ]
    return torch.cat([full(vectors.new_zeros(0)), *found])


def recomputed_losses(head: Head, vectors: Tensor, ids: Tensor, vocabulary: int) -> Tensor:
    """As `losses`, with a gradient: each part's logits are computed once more for it."""

    def loss(some: Tensor, right: Tensor) -> Tensor:
        return F.cross_entropy(full(head(some)), right, reduction="none")

    found = [
        cast(Tensor, checkpoint(loss, *part, use_reentrant=False))
        for part in _parts(vectors, ids, vocabulary)
    ]
    return torch.cat([full(vectors.new_zeros(0)), *found])


class _Summed(torch.autograd.Function):
    """The gradients of the sum are known with it; the backward pass scales them."""

    @staticmethod
    def forward(
        ctx: Any, head: Head, vocabulary: int, vectors: Tensor, ids: Tensor, *weights: Tensor
    ) -> Tensor:
        learned = [weight for weight in weights if weight.requires_grad]
        total = full(vectors.new_zeros(()))
        of_vectors = list[Tensor]()
        of_weights = [torch.zeros_like(weight) for weight in learned]
        for some, right in _parts(vectors, ids, vocabulary):
            with torch.enable_grad():
                some = some.detach().requires_grad_()
                loss = F.cross_entropy(full(head(some)), right, reduction="sum")
            of_some, *more = torch.autograd.grad(loss, [some, *learned])
            total += loss.detach()
            of_vectors.append(of_some)
            for known, new in zip(of_weights, more, strict=True):
                known += new
        joined = torch.cat([vectors.new_zeros(0, vectors.shape[1]), *of_vectors])
        ctx.save_for_backward(joined, *of_weights)
        ctx.learned = [weight.requires_grad for weight in weights]
        return total

    @staticmethod
    def backward(ctx: Any, *given: Tensor) -> tuple[Tensor | None, ...]:
        (scale,), (of_vectors, *of_weights) = given, ctx.saved_tensors
        found = (of_weights.pop(0) * scale if learned else None for learned in ctx.learned)
        return None, None, of_vectors * scale, None, *found


def _parts(vectors: Tensor, ids: Tensor, vocabulary: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Some positions at a time, and what is right of them."""
    size = max(1, LOGITS // vocabulary)
    yield from zip(vectors.split(size), ids.split(size), strict=True)
