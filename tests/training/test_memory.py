"""A lack of memory is told with the option to lower."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from weitiao.cli.error_handling import guarded

TOO_MUCH = 2**50  # bytes


class Killed(Dataset):
    """Rows whose making the kernel ends."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, row: int) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return row


def of_a_gpu() -> None:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has …")


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (of_a_gpu, "data.batch.tokens and data.batch.size"),
        (lambda: torch.empty(TOO_MUCH, dtype=torch.uint8), "data.batch.tokens and data.batch.size"),
        (lambda: np.zeros(TOO_MUCH, np.uint8), "data.batch.tokens and data.batch.size"),
        (lambda: pa.allocate_buffer(TOO_MUCH), "fewer rows, or more memory"),
        (lambda: list(DataLoader(Killed(), num_workers=1)), "data.batch.workers"),
    ],
    ids=["gpu", "cpu", "numpy", "arrow", "worker"],
)
def test_a_lack_of_memory_names_the_option_to_lower(
    work: Callable[[], object], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(work) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert said in told
    assert len(told.splitlines()) == 2
