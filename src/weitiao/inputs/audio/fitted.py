"""A sound input that has seen the training rows: files to spectrograms, and their scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.errors import DataError
from weitiao.inputs import FittedInput
from weitiao.inputs.audio.card import SoundInput
from weitiao.inputs.audio.clips import UnreadableSound, read_clip
from weitiao.inputs.audio.features import features
from weitiao.inputs.audio.found import Found
from weitiao.inputs.audio.rows import FRAMES, ChangedSounds, SoundRows
from weitiao.inputs.audio.sound import Sound
from weitiao.io.arrow import list_array, parts_of
from weitiao.io.tables.opened import folder_of


class FittedSound(FittedInput):
    """A sound input that has seen the training rows."""

    card: SoundInput

    def __init__(self, options: Sound, card: SoundInput) -> None:
        self.options, self.card = options, card

    def encode(self, table: pa.Table) -> pa.Table:
        """The spectrograms of a table's sounds, lists of ``T · bands`` numbers of 16 bits.

        Raises:
            DataError: a sound has changed since it was listened to.
        """
        parts = [self._encoded(part) for part in parts_of(table)]
        return pa.concat_tables(parts) if parts else self._encoded(table)

    def _encoded(self, table: pa.Table) -> pa.Table:
        found, log_mel = [], self.card.log_mel
        folders: dict[str, Path] = {}
        places = zip(*(table[name].to_pylist() for name in ("file", "text", "row")), strict=True)
        for source, cell, row in places:
            folder = folders.setdefault(source, folder_of(source))
            try:
                found.append(log_mel(read_clip(folder / cell, self.card.rate)).ravel())
            except UnreadableSound as fault:
                where = {"file": source, "row": row, "column": self.options.path, "value": cell}
                raise DataError(str(fault), **where, hint=fault.hint) from fault
        return pa.table({FRAMES: list_array(found, pa.float16())})

    def examine(self, encoded: pa.Table, table: pa.Table, *, training: bool) -> dict[str, Any]:
        """Count sounds that are silent or clipped; those of training are measured."""
        if training:
            self.card = replace(self.card, deviation=_deviation(SoundRows(encoded, self.card)))
        return asdict(Found.of(table))

    def joined(self, found: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
        """The counts of both."""
        return asdict(Found(**found) + Found(**more))

    def rows(self, encoded: pa.Table) -> SoundRows:
        """The sounds as they are."""
        return SoundRows(encoded, self.card)

    def changed_rows(self, encoded: pa.Table, table: pa.Table, seed: int) -> ChangedSounds:
        """The sounds with their changes."""
        assert self.options.changes is not None
        return ChangedSounds(encoded, self.card, self.options.changes, seed)

    def features(self, encoded: pa.Table) -> np.ndarray:
        """Cepstra, their means and deviations, ``(N, F)``."""
        return features(SoundRows(encoded, self.card))

    def handling(self, report: Mapping[str, Any], rows: Mapping[str, int]) -> Iterator[str]:
        """Lines on how sounds are read, and on which of them are doubtful."""
        card = self.card
        yield (
            f"sounds: {card.rate:,} samples a second, {card.bands} bands every {card.step:g} ms of"
            f" {card.window:g}; deviation {card.deviation:.3f}"
        )
        yield from Found.lines({s: Found(**each) for s, each in report["encode"].items()})

    def of_new_rows(self, split: str, found: Mapping[str, Any]) -> Iterator[str]:
        """Lines on doubtful ones among sounds that are new to a checkpoint."""
        yield from Found.lines({split: Found(**found)})


def _deviation(rows: SoundRows) -> float:
    """Of the numbers of all clips from the mean of their band; 1 where all sounds are silent."""
    squares, count = 0.0, 0
    for row in range(len(rows.lengths)):
        (clip,) = rows.spectrograms(np.array([row]))
        squares += float(np.square(clip - clip.mean(0), dtype=np.float64).sum())
        count += clip.size
    return float(np.sqrt(squares / max(1, count))) or 1.0
