"""Dropout and attention of models of `transformers` on a CPU.

torch draws a random number for each element that dropout sees, which takes a third of a training
step of BERT in bfloat16. Here one number of 64 bits decides about four elements, so probabilities
are rounded to 1/65,536.
"""

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

LEVELS = 2**16
ATTENTION = "weitiao"
SHORT = 128  # positions


def drop(x: Tensor, p: float) -> Tensor:
    """Dropout (Srivastava et al. 2014): an element is 0 with probability ``p``, else scaled."""
    kept = round((1 - p) * LEVELS)
    drawn = torch.empty((x.numel() + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
    keep = drawn.view(torch.int16)[: x.numel()].view(x.shape) < kept - LEVELS // 2
    return x * keep.to(x.dtype).mul_(LEVELS / max(kept, 1))


class Dropout(nn.Dropout):
    """torch's on other devices."""

    def forward(self, x: Tensor) -> Tensor:
        """``x``, with some elements 0 in training."""
        if not (self.training and 0 < self.p < 1 and x.device.type == "cpu"):
            return super().forward(x)
        return drop(x, self.p)


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **more: Any,
) -> tuple[Tensor, None]:
    """Attention as `transformers` calls it: ``(B, heads, T, D)`` thrice → ``(B, T, heads, D)``.

    On a CPU the flash kernel's backward pass takes up to ten times that of plain products where
    texts are short and numbers have 16 bits.
    """
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    given = query, key, value, attention_mask
    if not torch.is_grad_enabled() or query.device.type != "cpu":
        return sdpa_attention_forward(module, *given, dropout=dropout, scaling=scaling, **more)
    causal = attention_mask is None and more.get("is_causal", getattr(module, "is_causal", True))
    if not dropout or causal or query.shape != key.shape:
        slow = query.dtype != torch.float32 and query.shape[2] <= SHORT
        with sdpa_kernel(SDPBackend.MATH) if slow else nullcontext():
            return sdpa_attention_forward(module, *given, dropout=dropout, scaling=scaling, **more)
    scores = query @ key.transpose(2, 3) * (scaling or query.shape[-1] ** -0.5)
    if attention_mask is not None and attention_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attention_mask, torch.finfo(scores.dtype).min)
    elif attention_mask is not None:
        scores = scores + attention_mask
    weights = F.softmax(scores, -1, dtype=torch.float32).to(value.dtype)
    return (drop(weights, dropout) @ value).transpose(1, 2).contiguous(), None


def quicken(encoder: Any) -> None:
    """Give a model of `transformers` this dropout, and this attention where it can be chosen."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    for part in encoder.modules():
        for name, child in part.named_children():
            if type(child) is nn.Dropout:
                setattr(part, name, Dropout(child.p))
    if encoder.config._attn_implementation == "sdpa" and encoder._supports_attention_backend:
        AttentionInterface.register(ATTENTION, attend)
        AttentionMaskInterface.register(ATTENTION, sdpa_mask)
        encoder.set_attn_implementation(ATTENTION)
