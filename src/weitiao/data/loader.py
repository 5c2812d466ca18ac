"""The loader of batches, whose place in the data Lightning can save."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import DataLoader, Dataset

from weitiao.data.batch import Batching, EpochBatches, first_batch
from weitiao.data.sampling import Slots
from weitiao.errors import ConfigError

if TYPE_CHECKING:
    import lightning.pytorch as L


def position_of(trainer: L.Trainer | None) -> tuple[int, int]:
    """(epoch, batches done in it): the trainer's own progress, which a resume restores."""
    if trainer is None:
        return 0, 0
    # Lightning can stop only its own samplers from shuffling: the same batches each epoch
    epoch = 0 if trainer.overfit_batches else trainer.current_epoch
    return epoch, trainer.fit_loop.epoch_loop.batch_progress.current.ready


class ResumableLoader:
    """Loads `EpochBatches`, from a place in the data that Lightning can save.

    The place itself is the trainer's own progress (`EpochBatches.position`), read when an epoch
    starts, so prefetching workers can't run ahead of it. What is saved here is what must be equal
    for that place to mean the same batches. It holds a DataLoader and is none itself: Lightning
    rebuilds those with samplers of its own for prediction and for several devices.

    Args:
        rows: gives a batch of draws (`Rows`, say).
        workers: processes that make batches; 0 = none.

    Attributes:
        waited: seconds that were waited for batches, so far.
    """

    def __init__(self, rows: Dataset, batches: EpochBatches, workers: int = 0) -> None:
        self.batches, self.waited = batches, 0.0
        self.loader: DataLoader = DataLoader(
            rows,
            batch_sampler=batches,  # type: ignore[arg-type]  # a batch is more than row numbers
            collate_fn=_same,
            num_workers=workers,
            persistent_workers=workers > 0,
            worker_init_fn=_outlive,
            # its own generator: otherwise each epoch would draw a seed from the global one
            generator=torch.Generator().manual_seed(batches.seed),
        )

    @classmethod
    def of_split(
        cls,
        rows: Any,
        batching: Batching,
        seed: int,
        trainer: L.Trainer | None,
        *,
        shuffle: bool,
        slots: Slots | None = None,
    ) -> ResumableLoader:
        """This process's part of all batches; shuffled ones go on where the trainer stands."""
        batches = EpochBatches(
            rows.lengths,
            batching,
            shuffle=shuffle,
            seed=seed,
            position=partial(position_of, trainer) if shuffle else first_batch,
            process=trainer.global_rank if trainer else 0,
            processes=trainer.world_size if trainer else 1,
            slots=slots,
        )
        return cls(rows, batches, batching.workers)

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        # a generator, so that the position is read at the first batch, not at Lightning's set-up
        batches = iter(self.loader)
        while True:
            since = time.perf_counter()
            batch = next(batches, None)
            self.waited += time.perf_counter() - since
            if batch is None:
                return
            yield batch

    def state_dict(self) -> dict[str, Any]:
        """What the order of batches depends on."""
        batches = self.batches
        return {
            "rows": len(batches.lengths),
            "draws": len(batches.longest),
            "batches": len(self),
            "seed": batches.seed,
            "processes": batches.processes,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Refuse to continue with other batches than those of the checkpoint.

        Raises:
            ConfigError: rows, draws, batches, seed or number of processes differ.
        """
        now = self.state_dict()
        if differing := [f"{k}: {state.get(k)} → {v}" for k, v in now.items() if state.get(k) != v]:
            raise ConfigError(
                f"the checkpoint was made with other batches ({', '.join(differing)})",
                hint="resume with the run's own config.yaml, or start afresh",
            )


FAREWELL = 9  # seconds that a process which makes batches goes on after it was told to end


def _outlive(worker: int) -> None:
    """Go on for a while when all processes of a job are told to end: the run saves first.

    What comes from elsewhere than its parent kills such a process at once, by torch's handler.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda *_: signal.alarm(FAREWELL))


def _same(batch: Any) -> Any:
    return batch
