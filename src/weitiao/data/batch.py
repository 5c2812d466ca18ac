"""Rows to padded batches: near-equal lengths under a token budget, resumable in mid-epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch.utils.data import Dataset, Sampler

from weitiao.config.bounds import at_least
from weitiao.data.sampling import Slots
from weitiao.errors import ConfigError
from weitiao.inputs import Draws, InputRows
from weitiao.io.arrow import Ragged
from weitiao.targets import target_array

JITTER = 0.1  # training rows of up to 10 % different length may share a batch, so batches vary


@dataclass(frozen=True)
class Batching:
    """How rows are grouped.

    Args:
        tokens: most ids of a batch, padding included. Short texts then share large batches. A
            picture counts as one: all are of a size, and ``size`` bounds their batches. Of a sound
            each frame counts.
        size: most rows of a batch; with ``tokens`` null, the fixed number of rows.
        workers: processes that make batches beside the training process; 0 = none.
        eval_times: an evaluation or a prediction takes so many times as many ids and rows at once:
            without gradients there is room, and answers are written faster side by side.
    """

    tokens: int | None = 4096
    size: int | None = 64
    workers: int = 0
    eval_times: int = 1

    def __post_init__(self) -> None:
        if self.tokens is None and self.size is None:
            raise ConfigError("or size must be given, or both", field="tokens")
        at_least(1, tokens=self.tokens, size=self.size)
        at_least(0, workers=self.workers)
        at_least(1, eval_times=self.eval_times)

    @property
    def in_evaluation(self) -> Batching:
        """How rows are grouped where nothing is learned."""
        more = {
            name: value * self.eval_times
            for name, value in (("tokens", self.tokens), ("size", self.size))
            if value is not None
        }
        return replace(self, eval_times=1, **more)

    def cut(self, lengths: np.ndarray, processes: int = 1) -> np.ndarray:
        """Where batches begin, for rows in rising order of length.

        Args:
            lengths: ``(N,)`` rising lengths in ids.
            processes: that share out the rows of each batch; the budget is that of one of them.

        Returns:
            ``(batches + 1,)`` offsets into the rows. A row longer than the budget is a batch alone,
            but each process has a row of each batch, if there are as many.
        """
        offsets = [0]
        size = self.size or len(lengths)
        for row, length in enumerate(lengths.tolist()):
            all_rows = row - offsets[-1] + 1
            rows = -(-all_rows // processes)
            full = rows > size or (self.tokens and rows * length > self.tokens)
            if full and all_rows > processes:
                offsets.append(row)
        if len(offsets) > 1 and len(lengths) - offsets[-1] < processes:  # too few for all
            last = offsets.pop()
            if (fewer := len(lengths) - processes) >= offsets[-1] + processes:
                offsets.append(min(fewer, last))
        return np.array([*offsets, len(lengths)] if len(lengths) else [0])


Batch = dict[str, Any]
"""``inputs``: what a model reads, by the name of its argument; ``row (B,)``; perhaps ``target``."""


def positions_of(batch: Batch) -> torch.Tensor:
    """``(B, T)``, true where there is an id and no padding; where there are no ids, of each row one
    that stands for all of it."""
    mask = batch["inputs"].get("attention_mask")
    return torch.ones_like(batch["row"], dtype=torch.bool)[:, None] if mask is None else mask


class Rows(Dataset):
    """Encoded rows; draws of them give a batch.

    Args:
        target: of each row; null = they have none.
        beside: what else a batch brings along of its rows, by name ``(N, …)``.
    """

    def __init__(
        self,
        inputs: InputRows,
        target: pa.ChunkedArray | None = None,
        beside: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self.inputs, self.lengths, self.beside = inputs, inputs.lengths, beside or {}
        self.targets = None if target is None else target_array(target)

    @classmethod
    def of(
        cls,
        inputs: InputRows,
        encoded: pa.Table,
        beside: Mapping[str, np.ndarray] | None = None,
    ) -> Rows:
        """The rows with the target that stands beside them, if one does."""
        target = encoded["target"] if "target" in encoded.column_names else None
        return cls(inputs, target, beside)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitems__(self, draws: Draws) -> Batch:
        """A batch: what `InputRows.collate` gives, ``row (B,)``, what stands beside the rows and,
        if they have one, a target."""
        batch = {**self.inputs.collate(draws), "row": torch.from_numpy(draws.rows)}
        batch |= {
            name: torch.from_numpy(all_rows[draws.rows]) for name, all_rows in self.beside.items()
        }
        if isinstance(self.targets, Ragged):
            batch["target"] = self.targets.lists(draws.rows)
        elif isinstance(self.targets, pa.ChunkedArray):
            batch["target"] = self.targets.take(pa.array(draws.rows)).to_pylist()
        elif self.targets is not None:
            batch["target"] = torch.from_numpy(np.ascontiguousarray(self.targets[draws.rows]))
        return batch


Position = Callable[[], tuple[int, int]]


def first_batch() -> tuple[int, int]:
    """The position of a run that begins: (epoch 0, batch 0)."""
    return 0, 0


class EpochBatches(Sampler[Draws]):
    """Batches of one epoch.

    With ``shuffle`` draws are sorted by a length that is jittered by up to 10 %, cut into batches,
    and the batches shuffled; all from ``(seed, epoch)``. The cuts are made once, on lengths taken
    10 % longer, so every epoch has the same number of batches and none breaks the budget.
    Otherwise they come in rising length, the same each time, `Batching.in_evaluation`.

    Args:
        lengths: ``(N,)`` ids per row.
        shuffle: whether the order depends on the epoch.
        position: gives (epoch, batches already done) when an epoch starts.
        processes: that share out the rows of each batch: a batch of two processes is as large as
            two of one, and each process has as many batches, none of them empty.
        slots: the draws of an epoch; null = each row once, slots being rows.

    Raises:
        ConfigError: there are fewer rows than processes.
    """

    def __init__(
        self,
        lengths: np.ndarray,
        batching: Batching,
        *,
        shuffle: bool,
        seed: int = 0,
        position: Position = first_batch,
        process: int = 0,
        processes: int = 1,
        slots: Slots | None = None,
    ) -> None:
        self.slots = slots or Slots.each_row(len(lengths))
        self.lengths, self.longest = lengths, self.slots.longest(lengths)
        self.shuffle, self.seed, self.position = shuffle, seed, position
        self.process, self.processes = process, processes
        if 0 < len(self.longest) < processes:
            raise ConfigError(f"{processes} processes have {len(self.longest)} rows between them")
        stretch, batching = (1 + JITTER, batching) if shuffle else (1, batching.in_evaluation)
        self.offsets = batching.cut(np.sort(self.longest) * stretch, processes)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def epoch(self, epoch: int) -> list[np.ndarray]:
        """This process' slots of all batches of an epoch, in order."""
        if not len(self.longest):
            return []
        if self.shuffle:
            random = np.random.default_rng((self.seed, epoch))
            batches = self._cut(self.longest * random.uniform(1, 1 + JITTER, len(self.longest)))
            batches = [batches[i] for i in random.permutation(len(batches))]
        else:
            batches = self._cut(self.longest)
        return [slots[self.process :: self.processes] for slots in batches]

    def _cut(self, keys: np.ndarray) -> list[np.ndarray]:
        """The slots in rising order of their keys, batch by batch."""
        return np.split(np.argsort(keys, kind="stable"), self.offsets[1:-1])

    def __iter__(self) -> Iterator[Draws]:
        epoch, done = self.position()
        rows = self.slots.draw(np.random.default_rng((self.seed, epoch, 1)))
        for slots in self.epoch(epoch)[done:]:
            yield Draws(rows[slots], slots, epoch)
