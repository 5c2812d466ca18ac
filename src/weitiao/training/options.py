"""The options of a run that are neither data's, model's nor Trainer's."""

from dataclasses import dataclass
from pathlib import Path

from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError
from weitiao.training.matmul import Library


@dataclass(frozen=True)
class RunOptions:
    """Where a run lives and what it keeps.

    Args:
        root: folder of all runs.
        name: ends the name of the run's folder.
        folder: the run's own folder; a run that has begun there goes on. null = a new one in
            ``root``, named by time and ``name``.
        monitor: metric by which the best checkpoint is chosen, an error by least, any other by
            most; null = ``val/f1_macro``, for a regression ``val/r2``.
        save_every: optimiser steps between writings of ``last.ckpt``; null = once an epoch.
        threads: CPU threads; null = as many as torch takes, and written down, since another count
            gives other last digits.
        matmul: what multiplies matrices of 32 bits on a CPU: torch's BLAS, or oneDNN; null = the
            faster of those that err by less than 1e-5 here, measured, and written down likewise.
    """

    root: str = "logs"
    name: str = "fit"
    folder: str | None = None
    monitor: str | None = None
    save_every: int | None = None
    threads: int | None = None
    matmul: Library | None = None

    def __post_init__(self) -> None:
        at_least(1, save_every=self.save_every, threads=self.threads)
        if Path(self.name).name != self.name:
            raise ConfigError(f": {self.name!r} can't end a folder's name", field="name")
