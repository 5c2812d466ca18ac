"""Frozen linear layers whose weights are kept in 4 or 8 bits, by `bitsandbytes`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from weitiao.errors import ConfigError, MissingExtra

Bits = Literal[4, 8]
BLOCK = 64  # weights that share a scale


class FewBits(nn.Linear):
    """A linear layer of few bits: they are read as floats for each product, and for its gradient.

    4 bits are NF4 in blocks of 64 (Dettmers et al. 2023, "QLoRA"), 8 are whole numbers, a scale for
    each row (Dettmers et al. 2022, "LLM.int8()", without its rounding of inputs). So it gives what
    an `nn.Linear` of the floats gives, and a state dict holds these, under the names of one.
    Rounded again they become the same bits, so that a run resumes to the digit.

    Args:
        linear: the layer whose place it takes; its bias stays as it is.
        bits: a weight.
    """

    def __init__(self, linear: nn.Linear, bits: Bits) -> None:
        nn.Module.__init__(self)  # a linear layer's own would make weights
        self.in_features, self.out_features, self.bits = *linear.weight.shape[::-1], bits
        self.bias = linear.bias
        self._keep(linear.weight.detach(), linear.weight.device)

    @property
    def weight(self) -> Tensor:  # type: ignore[override]  # adapters look at it, and none sets it
        """The weights ``(out, in)``, read anew: a change of them is lost."""
        return self.read(torch.float32)

    @property
    def nbytes(self) -> int:
        """Memory of the weights."""
        return self.codes.nbytes + self.scales.nbytes

    def read(self, dtype: torch.dtype) -> Tensor:
        """The weights as floats ``(out, in)``."""
        from bitsandbytes import functional

        if self.bits == 8:
            return functional.int8_vectorwise_dequant(self.codes, self.scales).to(dtype)
        state = functional.QuantState(
            absmax=self.scales,
            shape=torch.Size((self.out_features, self.in_features)),
            dtype=torch.float32 if dtype == torch.float64 else dtype,  # the widest there is
            blocksize=BLOCK,
            quant_type="nf4",
        )
        return functional.dequantize_4bit(self.codes, state).to(dtype)

    def forward(self, input: Tensor) -> Tensor:
        """``(…, in)`` → ``(…, out)``."""
        product: Tensor = _Product.apply(input, self)
        return product

    def plain(self) -> nn.Linear:
        """The layer of the floats."""
        sizes = self.in_features, self.out_features
        linear = nn.Linear(*sizes, bias=self.bias is not None, device="meta")
        linear.weight, linear.bias = nn.Parameter(self.weight, requires_grad=False), self.bias
        return linear

    def _keep(self, weight: Tensor, device: torch.device) -> None:
        from bitsandbytes import functional

        whole = weight.cpu()  # where rounding again was seen to give the same bits
        if self.bits == 8:
            codes, scales, _ = functional.int8_vectorwise_quant(whole.half())
        else:
            floats = whole.float()
            codes, state = functional.quantize_4bit(floats, blocksize=BLOCK, quant_type="nf4")
            scales = state.absmax
        # neither parameters, which an average of weights would average, nor buffers, which DDP
        # would send to all processes before each step
        self.codes, self.scales = codes.to(device), scales.to(device)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> FewBits:
        super()._apply(fn, recurse)
        self.codes = fn(self.codes)
        self.scales = self.scales.to(self.codes.device)  # whatever the model's precision is
        return self

    def _save_to_state_dict(
        self, destination: dict[str, Any], prefix: str, keep_vars: bool
    ) -> None:
        # where the few bits are there may be no memory for the floats
        destination[f"{prefix}weight"] = self.weight.cpu()
        super()._save_to_state_dict(destination, prefix, keep_vars)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, metadata: dict[str, Any], *more: Any
    ) -> None:
        strict, missing, unexpected, errors = more
        name = f"{prefix}weight"
        found = state_dict.get(name)
        if found is None:
            missing += [name] if strict else []
        elif found.shape != (shape := (self.out_features, self.in_features)):
            errors.append(f"size mismatch for {name}: {tuple(found.shape)}, not {shape}")
        else:
            self._keep(found, self.codes.device)
        super()._load_from_state_dict(state_dict, prefix, metadata, *more)
        if name in unexpected:  # torch knows parameters and buffers only
            unexpected.remove(name)


class _Product(torch.autograd.Function):
    """The product with a layer's weights, which don't wait as floats for the backward pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: FewBits) -> Tensor:
        ctx.layer, device = layer, x.device.type
        mixed = torch.is_autocast_enabled(device)
        dtype = torch.get_autocast_dtype(device) if mixed else x.dtype
        return F.linear(x, layer.read(dtype), layer.bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,) = gradients
        return gradient @ ctx.layer.read(gradient.dtype), None


def keep_in_few_bits(encoder: nn.Module, bits: Bits) -> None:
    """Give a model of `transformers` layers of few bits in place of its linear ones.

    Raises:
        MissingExtra: `bitsandbytes` is not installed.
        ConfigError: it has no linear layers.
    """
    try:
        import bitsandbytes  # noqa: F401 - only whether it is there: layers import it as they work
    except ImportError as error:
        raise MissingExtra("bitsandbytes", "bits", f"= {bits}", field="bits") from error
    # by name, so that each layer's floats go as soon as its bits are there
    names = [name for name, part in encoder.named_modules() if type(part) is nn.Linear]
    if not names:
        problem = f": a {type(encoder).__name__} keeps its weights in no linear layers"
        raise ConfigError(problem, field="bits", hint="{--bits} null")
    for name in names:
        linear = encoder.get_submodule(name)
        assert isinstance(linear, nn.Linear)
        encoder.set_submodule(name, FewBits(linear, bits))


def read_in_full(model: nn.Module) -> None:
    """Give a model ordinary linear layers again, of the floats that its bits stand for."""
    for name, part in [*model.named_modules()]:
        if isinstance(part, FewBits):
            model.set_submodule(name, part.plain())


def few_bits_of(model: nn.Module) -> list[FewBits]:
    """The layers of few bits."""
    return [part for part in model.modules() if isinstance(part, FewBits)]
