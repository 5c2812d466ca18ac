"""Which library multiplies float32 matrices on this processor: the fastest exact one."""

import json
import platform
import time
from contextlib import suppress
from functools import cache
from typing import Literal, NamedTuple, get_args

import torch
from platformdirs import user_cache_path
from torch import Tensor
from torch.nn import functional as F

from weitiao.io.atomic import whole_or_not

Library = Literal["blas", "onednn"]
"""torch's BLAS (MKL, or OpenBLAS on ARM), or oneDNN."""
EXACT = 1e-5  # of the largest product: sums of 32 bits err by 1e-6 in any order, bfloat16 by 1e-3
FASTER = 1.1  # below, the clock's noise would choose
ROWS, WIDTH, ROUNDS = 1024, 384, 7  # a batch through a layer of a small encoder
LARGE = 4096  # rows and columns that keep a GPU busy


class Measured(NamedTuple):
    """What a library does here.

    Args:
        rate: floating-point operations a second, of the best of `ROUNDS` products.
        error: largest one, as a share of the largest product.
    """

    rate: float
    error: float


def on_processor(accelerator: object) -> bool:
    """Whether Lightning trains on a CPU if it is given this accelerator."""
    return accelerator == "cpu" or (accelerator == "auto" and not torch.accelerator.is_available())


def use(library: Library) -> None:
    """Multiply by this library from now on, in this process.

    torch has no switch for it but the permission to be less exact ("medium"), upon which it calls
    oneDNN. With it oneDNN rounds to bfloat16 where a processor multiplies that in tiles (AMX), and
    a GPU does too: hence `fastest`.
    """
    torch.set_float32_matmul_precision("medium" if library == "onednn" else "highest")


def fastest() -> Library:
    """The library to use on this processor."""
    found = measured()
    one, other = found["onednn"], found["blas"]
    return "onednn" if one.error <= EXACT and one.rate >= FASTER * other.rate else "blas"


def rounds_off(library: Library) -> bool:
    """Whether the library is less exact on this processor than 32 bits are."""
    return measured()[library].error > EXACT


def measured() -> dict[Library, Measured]:
    """What each library does, with as many threads as torch has now; takes 50 ms once.

    It is written down in the user's cache, so that all commands on this machine choose alike,
    however busy it is: a killed ``predict`` continues with the digits that it began with.
    """
    return _remembered(torch.get_num_threads())


@cache  # a server asks for each batch
def _remembered(threads: int) -> dict[Library, Measured]:
    """What is written down, or is measured now and written down."""
    place = user_cache_path("weitiao", appauthor=False) / "matmul.json"
    known = json.loads(place.read_text("utf-8")) if place.is_file() else {}
    # names of processors don't tell: "AMD EPYC" is many
    kind = f"{platform.node()}, {torch.backends.cpu.get_cpu_capability()}"
    key = f"{kind}, {threads} threads, torch {torch.__version__}"
    if key not in known:
        known[key] = _measure(threads)
        with suppress(OSError):  # a home may be read only
            place.parent.mkdir(parents=True, exist_ok=True)
            with whole_or_not(place) as part:
                part.write_text(json.dumps(known, indent=1), "utf-8")
    return {name: Measured(*known[key][name]) for name in get_args(Library)}


def _measure(threads: int) -> dict[Library, Measured]:
    """Rate and error of each library, in turn, so that a busy machine slows them alike."""
    made = torch.Generator().manual_seed(0)  # and the run's own draws are as they were
    rows, weight = (torch.randn(n, WIDTH, generator=made) for n in (ROWS, WIDTH))
    exact = F.linear(rows.double(), weight.double())
    seconds: dict[Library, float] = {}
    errors: dict[Library, float] = {}
    before = torch.get_float32_matmul_precision()
    try:
        for _ in range(ROUNDS):
            for library in get_args(Library):
                use(library)
                taken, product = _timed(rows, weight)
                seconds[library] = min(taken, seconds.get(library, taken))
                errors[library] = float((product - exact).abs().max() / exact.abs().max())
    finally:
        torch.set_float32_matmul_precision(before)
    return {n: Measured(_work(rows, weight) / seconds[n], errors[n]) for n in get_args(Library)}


def rate(precision: str, device: torch.device) -> float:
    """Floating-point operations a second of a product of matrices, as things stand.

    Args:
        precision: Lightning's name of the number format.
    """
    kinds = {"bf16": torch.bfloat16, "16": torch.float16, "64": torch.float64}
    kind = kinds.get(precision.partition("-")[0], torch.float32)
    size = (ROWS, WIDTH, WIDTH) if device.type == "cpu" else (LARGE, LARGE, LARGE)
    made = torch.Generator(device).manual_seed(0)
    rows, weight = (
        torch.randn(count, size[1], generator=made, device=device, dtype=kind)
        for count in (size[0], size[2])
    )
    return _work(rows, weight) / min(_timed(rows, weight)[0] for _ in range(ROUNDS))


def _timed(rows: Tensor, weight: Tensor) -> tuple[float, Tensor]:
    """Seconds of a product, and the product."""
    began = time.perf_counter()
    product = F.linear(rows, weight)
    if rows.device.type != "cpu":
        torch.accelerator.synchronize()
    return time.perf_counter() - began, product


def _work(rows: Tensor, weight: Tensor) -> int:
    """Floating-point operations of a product: ``(B, I)`` by ``(O, I)``."""
    return 2 * len(rows) * weight.numel()
