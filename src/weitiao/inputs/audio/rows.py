"""Encoded sounds, padded to batches; those of training may be changed as their batch is made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.inputs import Draws, InputRows, tensors
from weitiao.inputs.audio.card import SoundInput
from weitiao.inputs.audio.changes import Changes
from weitiao.io.arrow import Ragged

FRAMES = "frames"
"""The column of encoded rows, and the argument of a backbone."""


class SoundRows(InputRows):
    """Spectrograms in a memory-mapped table.

    Args:
        table: ``frames``, lists of ``T · bands`` numbers.
    """

    def __init__(self, table: pa.Table, card: SoundInput) -> None:
        self.card, self.frames = card, Ragged(table[FRAMES])
        self.lengths: np.ndarray = self.frames.lengths // card.bands

    def collate(self, draws: Draws) -> dict[str, Any]:
        """A padded batch: ``frames (B, T, bands)`` float32, 0 at padding, and ``attention_mask
        (B, T)`` bool."""
        return self.padded(self.clips(draws.rows))

    def spectrograms(self, rows: np.ndarray) -> list[np.ndarray]:
        """``(T, bands)`` float32 each, as they were prepared."""
        lists = self.frames.lists(rows)
        return [each.astype(np.float32).reshape(-1, self.card.bands) for each in lists]

    def clips(self, rows: np.ndarray) -> list[np.ndarray]:
        """Likewise, less each band's mean over the clip, with which goes what a microphone or a
        room does to all frames alike (Atal 1974); and scaled."""
        scale = np.float32(1 / self.card.deviation)
        return [(each - each.mean(0)) * scale for each in self.spectrograms(rows)]

    def padded(self, clips: list[np.ndarray]) -> dict[str, Any]:
        """A batch of spectrograms."""
        lengths = np.array([len(clip) for clip in clips], np.int64)
        frames = np.zeros((len(clips), lengths.max(initial=0), self.card.bands), np.float32)
        for place, clip in zip(frames, clips, strict=True):
            place[: len(clip)] = clip
        mask = np.arange(frames.shape[1]) < lengths[:, None]
        return {"inputs": tensors({FRAMES: frames, "attention_mask": mask})}


class ChangedSounds(SoundRows):
    """Spectrograms that are changed anew in each epoch, from seed, epoch and slot alone."""

    def __init__(self, table: pa.Table, card: SoundInput, changes: Changes, seed: int) -> None:
        super().__init__(table, card)
        self.changes, self.seed = changes, seed

    def collate(self, draws: Draws) -> dict[str, Any]:
        """A padded batch of spectrograms, and ``changed (B,)``, true where one is not its own."""
        before = self.clips(draws.rows)
        keys = ((self.seed, draws.epoch, slot) for slot in draws.slots.tolist())
        drawn = (np.random.default_rng(key) for key in keys)
        after = [self.changes(*each) for each in zip(before, drawn, strict=True)]
        same = (np.array_equal(*pair) for pair in zip(before, after, strict=True))
        changed = ~np.fromiter(same, bool, len(before))
        return self.padded(after) | tensors({"changed": changed})

    def examples(self, count: int) -> None:
        """None: changed sounds aren't shown."""
        return
