"""On which device, and in which numbers, a model computes without a Trainer."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import torch

from weitiao.evaluation.inference import Precision
from weitiao.training import matmul

M = TypeVar("M", bound=torch.nn.Module)
_MIXED = {"16-mixed": torch.float16, "bf16-mixed": torch.bfloat16}
_TRUE = {
    "16-true": torch.float16,
    "bf16-true": torch.bfloat16,
    "32-true": torch.float32,
    "64-true": torch.float64,
}


PRIMITIVES = "64"
"""Of oneDNN, kept for shapes that come again. It keeps 1024, and few batches have one shape: a
server of the default model grew by 800 MiB, and was no faster."""


def keep_few_primitives() -> None:
    """Bound what oneDNN keeps, unless the environment does; it looks at its first use."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", PRIMITIVES)


def device_of(accelerator: str) -> torch.device | None:
    """What torch calls Lightning's ``accelerator`` here; null = Lightning has to say."""
    if accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
        return torch.device("cuda")
    if accelerator in ("auto", "gpu", "mps") and torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu") if accelerator in ("auto", "cpu") else None


def cast(model: M, precision: Precision) -> M:
    """The model with weights in the numbers of the precision."""
    dtype = _TRUE.get(precision, torch.float32)
    return model if dtype is torch.float32 else model.to(dtype)


@contextmanager
def arithmetic(precision: Precision, device: torch.device) -> Iterator[None]:
    """Within the block, compute in the numbers of the precision, and keep nothing for gradients."""
    mixed, before = _MIXED.get(precision), torch.get_default_dtype()
    products = torch.get_float32_matmul_precision()
    torch.set_default_dtype(_TRUE.get(precision, torch.float32))
    if device.type == "cpu":
        matmul.use(matmul.fastest())
    try:
        with torch.inference_mode(), torch.autocast(device.type, mixed, enabled=mixed is not None):
            yield
    finally:
        torch.set_default_dtype(before)
        torch.set_float32_matmul_precision(products)


def moved(batch: Any, device: torch.device) -> Any:
    """A batch whose tensors lie on a device."""
    if isinstance(batch, torch.Tensor):
        return batch.to(device)
    if isinstance(batch, Mapping):
        return {name: moved(value, device) for name, value in batch.items()}
    if isinstance(batch, list | tuple):
        return [moved(value, device) for value in batch]
    return batch
