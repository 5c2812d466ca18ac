"""The options of a search."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError

Sampler = Literal["random", "grid", "tpe", "qmc"]
Pruner = Literal["none", "median", "hyperband"]


@dataclass(frozen=True)
class Search:
    """How the space is searched.

    Args:
        trials: trials in all, those of earlier calls included; failed ones don't count.
        sampler: draw points at random, take each point of a grid once, by a tree-structured Parzen
            estimator (Bergstra et al. 2011), or from a Sobol sequence.
        pruner: end a trial early that is worse than the median of the others was at its time, or by
            Hyperband (Li et al. 2018); null = ``median``, with ``latency`` ``none``.
        seed: seed of the points; trial ``n`` draws from (seed, n).
        study: name of the study and of its folder below ``root``.
        root: folder of all studies; machines that share it may work on the same study.
        storage: where Optuna keeps the study; null = a journal in the study's folder, else the URL
            of a database.
        workers: processes that each run one trial at a time; 0 = this one does.
        timeout: seconds after which no further trial begins; null = none.
        latency: search for speed as well, ``latency_ms`` of one text; gives a Pareto front.
        keep_top: of so many best trials the checkpoints are kept.
        confirm: train so many best configurations again under other seeds, beside what the search
            started from, and test the one that is best on validation; 0 = none.
        seeds: seeds of the confirmation.
        start: train what the search starts from as well, as the first trial, to compare with.
    """

    trials: int = 50
    sampler: Sampler = "random"
    pruner: Pruner | None = None
    seed: int = 0
    study: str = "default"
    root: str = "logs/tune"
    storage: str | None = None
    workers: int = 1
    timeout: float | None = None
    latency: bool = False
    keep_top: int = 1
    confirm: int = 0
    seeds: int = 3
    start: bool = True

    def __post_init__(self) -> None:
        at_least(0, seed=self.seed, workers=self.workers, confirm=self.confirm)
        at_least(1, trials=self.trials, keep_top=self.keep_top)
        at_least(2, seeds=self.seeds)
        at_least(0, timeout=self.timeout)
        if Path(self.study).name != self.study or self.study in ("", ".", ".."):
            raise ConfigError(f": {self.study!r} can't be a folder's name", field="study")
        if self.seeds != Search.seeds and not self.confirm:
            problem = "has no effect without confirm"
            raise ConfigError(problem, field="seeds", hint="{--confirm} 3")
        if self.latency and self.pruner not in (None, "none"):
            problem = f": {self.pruner} compares one score; with latency there are two"
            raise ConfigError(problem, field="pruner", hint="{--pruner} none")

    @property
    def pruning(self) -> Pruner:
        """The pruner in effect."""
        return self.pruner or ("none" if self.latency else "median")

    @property
    def folder(self) -> Path:
        """Holds journal, trials, leases of workers and, in the end, the report."""
        return Path(self.root) / self.study
