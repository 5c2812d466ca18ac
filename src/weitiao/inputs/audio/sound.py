"""The sound input: which column names the files, and each step from a file to a spectrogram."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa

from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError
from weitiao.inputs import FittedInput, Input, Targets
from weitiao.inputs.audio.card import SoundInput
from weitiao.inputs.audio.changes import Changes
from weitiao.inputs.audio.log_mel import LogMel

if TYPE_CHECKING:
    from weitiao.inputs.audio.opening import SoundOpener


@dataclass(frozen=True)
class Sound(Input):
    """Sounds, read once as spectrograms.

    Args:
        path: column of the file of a sound, relative to the folder of the table that names it. A
            folder of sounds, with one for each class in it, is such a table itself.
        log_mel: how samples become a spectrogram.
        shortest: of a sound, in seconds; a shorter one is a bad row.
        longest: likewise, of a longer one.
        changes: what training clips go through; null = nothing.

    Raises:
        ConfigError: a value is out of bounds.
    """

    path: str = "path"
    log_mel: LogMel = LogMel()
    shortest: float = 0.05
    longest: float = 30.0
    changes: Changes | None = None

    shown_as: ClassVar[str] = "path"
    counted_in: ClassVar[str] = "milliseconds"
    recipe: ClassVar[str | None] = "sounds"

    def __post_init__(self) -> None:
        at_least(0, shortest=self.shortest)
        if self.longest < self.shortest:
            raise ConfigError(f"is below {{--shortest}} {self.shortest:g}", field="longest")

    @property
    def columns(self) -> dict[str, str]:
        """Role → column of the file."""
        return {"text": self.path}

    @property
    def opener(self) -> SoundOpener:
        """Listens to the sounds while rows are read."""
        from weitiao.inputs.audio.opening import SoundOpener

        return SoundOpener(self.log_mel.rate, self.shortest, self.longest)

    @property
    def times(self) -> int | None:
        """Each row comes once in an epoch, changed or not."""
        return None if self.changes is None else 1

    def shaping(self) -> Sound:
        """The same without what shapes no spectrogram."""
        return replace(self, changes=None)

    def keys(self, table: pa.Table) -> Iterator[str]:
        """The samples, of which a hash stands for all."""
        yield from table["digest"].to_pylist()

    def sizes(self, table: pa.Table) -> np.ndarray:
        """Milliseconds of each sound."""
        return np.round(table["seconds"].to_numpy() * 1000).astype(np.int64)

    def fit(
        self,
        tables: Mapping[str, pa.Table],
        targets: Targets,
        folder: Path,
        begin: Callable[[str], None],
    ) -> FittedInput:
        """Nothing is learned before the spectrograms are there."""
        from weitiao.inputs.audio.fitted import FittedSound

        how = self.log_mel
        begin(f"read {sum(table.num_rows for table in tables.values()):,} sounds")
        return FittedSound(self, SoundInput(how.rate, how.bands, how.window, how.step))

    def from_state(self, state: Mapping[str, Any], card: SoundInput) -> FittedInput:
        """The fitted input that a checkpoint keeps: all of it stands in the card."""
        from weitiao.inputs.audio.fitted import FittedSound

        return FittedSound(self, card)
