"""Attention of models of `transformers` on a CPU: torch's kernel, with the products that suit it.

The flash kernel multiplies small matrices. In 16 bits, or with oneDNN's products of 32 bits
(`training.matmul`), each pays for being set up: forward and backward together take two to five
times as long as with torch's BLAS in 32 bits, up to 400 positions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from weitiao.models.backbones.dropout import Dropout, drop

ATTENTION = "weitiao"
ROWS = "weitiao_rows"
"""Argument of a model with this attention: the lengths of rows that stand side by side in one
sequence. None sees another, and the mask has no part in it."""


def quicken(encoder: Any) -> None:
    """Give a model of `transformers` our dropout, and this attention where it can be chosen."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    quicken_dropout(encoder)
    if encoder.config._attn_implementation == "sdpa" and encoder._supports_attention_backend:
        AttentionInterface.register(ATTENTION, attend)
        AttentionMaskInterface.register(ATTENTION, sdpa_mask)
        encoder.set_attn_implementation(ATTENTION)


def quicken_dropout(encoder: nn.Module) -> None:
    """Give a model our dropout."""
    for part in encoder.modules():
        for name, child in part.named_children():
            if type(child) is nn.Dropout:
                setattr(part, name, Dropout(child.p))


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
    """Attention as `transformers` calls it: ``(B, heads, T, D)`` thrice → ``(B, T, heads, D)``."""
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    if (rows := more.pop(ROWS, None)) is not None:
        return _row_by_row(module, (query, key, value), rows, dropout, scaling, more), None
    given = query, key, value, attention_mask
    causal = attention_mask is None and more.get("is_causal", getattr(module, "is_causal", True))
    alike = key.shape == value.shape and query.shape[2:] == key.shape[2:]
    if query.device.type != "cpu" or torch.compiler.is_compiling():
        return sdpa_attention_forward(module, *given, dropout=dropout, scaling=scaling, **more)
    with _blas():
        if not alike or (dropout and causal) or not (dropout or torch.is_grad_enabled()):
            more |= {"dropout": dropout, "scaling": scaling}
            return sdpa_attention_forward(module, *given, **more)
    groups = query.shape[1] // key.shape[1]
    if groups > 1:  # one key serves a group of queries (Ainslie et al. 2023, "GQA")
        key, value = (part.repeat_interleave(groups, 1) for part in (key, value))
        given = query, key, value, attention_mask
    if dropout:
        return _dropping(*given, dropout, scaling), None
    with _blas():
        return _in_32_bits(*given, scaling, causal=causal), None


def _row_by_row(
    module: nn.Module,
    parts: tuple[Tensor, Tensor, Tensor],
    rows: list[int],
    dropout: float,
    scaling: float | None,
    more: dict[str, Any],
) -> Tensor:
    """Attention within each of the rows, ``(1, N, heads, D)``: no mask of all by all is made."""
    window = more.get("sliding_window")
    found = []
    for query, key, value in zip(*(part.split(rows, 2) for part in parts), strict=True):
        size, mask = query.shape[2], None
        if window is not None and size > window:
            near = torch.ones(size, size, dtype=torch.bool, device=query.device)
            mask = near.tril().triu(1 - window)[None, None]
        found.append(attend(module, query, key, value, mask, dropout, scaling, **more)[0])
    return torch.cat(found, 1)


def _dropping(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    dropout: float,
    scaling: float | None,
) -> Tensor:
    """With our own dropout, by plain products."""
    scores = query @ key.transpose(2, 3) * (scaling or query.shape[-1] ** -0.5)
    if mask is not None and mask.dtype == torch.bool:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    elif mask is not None:
        scores = scores + mask
    weights = F.softmax(scores, -1, dtype=torch.float32).to(value.dtype)
    return (drop(weights, dropout) @ value).transpose(1, 2).contiguous()


def _in_32_bits(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    scaling: float | None,
    *,
    causal: bool,
) -> Tensor:
    """By the flash kernel, whose backward pass multiplies by the same library."""
    if mask is not None and mask.dtype != torch.bool:
        mask = mask.float()
    q, k, v = (part.float() for part in (query, key, value))
    with torch.autocast("cpu", enabled=False):
        found = F.scaled_dot_product_attention(q, k, v, mask, scale=scaling, is_causal=causal)
    if (kernel := found.grad_fn) is not None:
        before = list[str]()  # what was set when the backward pass came here
        kernel.register_prehook(lambda _: before.append(_products("highest")))
        kernel.register_hook(lambda *_: _restore(before))
    return found.transpose(1, 2).contiguous().to(query.dtype)


@contextmanager
def _blas() -> Iterator[None]:
    before = _products("highest")
    try:
        yield
    finally:
        _products(before)


def _restore(before: list[str]) -> None:
    _products(before.pop())


def _products(precision: str) -> str:
    """Set how exact products of 32 bits are, by which torch chooses a library; as it was before."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    return before
