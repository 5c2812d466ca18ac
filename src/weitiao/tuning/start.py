"""The starting configuration of all trials, checked before the first one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jsonargparse import ArgumentParser, Namespace, capture_parser
from optuna.distributions import CategoricalDistribution

from weitiao import distributed
from weitiao.card import DataCard
from weitiao.config.arguments import as_arguments
from weitiao.config.parser import flat
from weitiao.distributed import device_count
from weitiao.errors import ConfigError, UsageError
from weitiao.io.atomic import whole_or_not
from weitiao.objectives.base import Objective, objective_class
from weitiao.objectives.metrics import mode_of
from weitiao.training.checks import check_parts, check_trainer
from weitiao.training.fit import fit
from weitiao.tuning.fitting import absent, way_out
from weitiao.tuning.space import Space, Value, ends_of

START = "start.yaml"
"""In the study's folder: the configuration that trials start from."""

NOT_SEARCHED = (
    *("run.", "ckpt_path", "task", "data.target", "data.val", "data.test", "data.predict"),
    *("trainer.devices", "trainer.num_nodes", "trainer.strategy"),
)
"""Keys that are the search's own, or without which the scores of two trials don't compare."""


@dataclass(frozen=True)
class Start:
    """Where a search starts.

    Args:
        arguments: command line of ``fit`` that all trials share.
        config: the configuration it gives, values under dotted keys.
        parser: of ``fit``.
        parsed: what the parser makes of the arguments.
    """

    arguments: list[str]
    config: dict[str, Any]
    parser: ArgumentParser
    parsed: Namespace

    @classmethod
    def read(cls, arguments: list[str]) -> Start:
        """Parse the command line as ``fit`` would; a fault ends the program with its message."""
        parser = capture_parser(fit, arguments, "fit")
        parsed = parser.parse_args(arguments)
        config = {k: _plain(v) for k, v in flat(parsed).items() if k != "config"}
        return cls(arguments, config, parser, parsed)

    @property
    def monitor(self) -> str:
        """The score of a trial."""
        return self.config["run.monitor"] or f"val/{self._objective.first}"

    @property
    def mode(self) -> Literal["max", "min"]:
        """Whether more or less of the score is better."""
        return mode_of(self.monitor, self._objective.lower_is_better)

    @property
    def _objective(self) -> type[Objective]:
        return objective_class(self.config["model.objective.class_path"])

    def prepare(self) -> DataCard:
        """Prepare the data and build the model, so that what fails in all trials fails now.

        Raises:
            WeitiaoError: as ``fit`` would, and where a trial would be several processes.
        """
        _refuse_several_processes(self.config)
        made = self.parser.instantiate(self.parsed)
        check_trainer({k: v for k, v in self.config.items() if k.startswith("trainer.")})
        check_parts("fit", made.model, made.data, self.monitor)
        return made.data.card

    def save(self, path: Path) -> None:
        """Write the configuration as a YAML that ``--config`` takes."""
        with whole_or_not(path) as part:  # workers may be reading it
            part.write_text(self.parser.dump(self.parsed, skip_none=False), "utf-8")

    def check(self, space: Space, where: object = "search space") -> None:
        """See to it that each key takes the ends of its range, before the first trial.

        Raises:
            ConfigError: the model has no such key, or it takes no such value.
        """
        if files := space.get("config"):  # these are read before all other keys
            self._check({"config": files}, [], where)
            rest = {key: of for key, of in space.items() if key != "config"}
            for file in ends_of(files):
                self._check(rest, as_arguments({"config": file}), where)
        else:
            self._check(space, [], where)

    def _check(self, space: Space, before: Sequence[str], where: object) -> None:
        held = flat(self._parsed(before)) if before else self.config
        for key in space:
            if key.startswith(NOT_SEARCHED):
                raise ConfigError(f"{where}: with {key}, trials would not compare")
            if key != "config" and (reason := absent(key, held)):
                problem = f"{where}: {key} is not in the model: {reason}"
                raise ConfigError(problem, hint=way_out(key, held))
        together = self._taken_together(space, before)
        for key, dimension in space.items():
            for value in [] if key in together else ends_of(dimension):
                options = [*before, *as_arguments({key: value})]
                try:
                    read = _read(self._parsed(options), key, value)
                except ConfigError as error:
                    raise ConfigError(f"{where}: {key} doesn't take {value!r}: {error}") from error
                if not _same(value, read):
                    raise ConfigError(f"{where}: {key}: {value!r} is read as {read!r}")
                self._check(dimension.branches.get(value, {}), options, where)

    def _taken_together(self, space: Space, before: Sequence[str]) -> set[str]:
        """The ranges whose lower ends all go together, and whose upper ends do; else none.

        Each question takes the parser 50 ms; who is at fault is asked only where something is.
        """
        choices = CategoricalDistribution
        ranges = {
            k: ends_of(d) for k, d in space.items() if not isinstance(d.distribution, choices)
        }
        for ends in zip(*ranges.values(), strict=True):
            values = dict(zip(ranges, ends, strict=True))
            try:
                parsed = self._parsed([*before, *as_arguments(values)])
            except ConfigError:
                return set()
            if not all(_same(value, _read(parsed, key, value)) for key, value in values.items()):
                return set()
        return {*ranges}

    def _parsed(self, options: Sequence[str]) -> Namespace:
        """What the parser makes of further options.

        Raises:
            ConfigError: it takes them not; says why.
        """
        try:
            return self.parser.parse_args([*self.arguments, *options])
        except UsageError as error:
            raise ConfigError(" ".join(str(error).split())) from error


def _refuse_several_processes(config: Mapping[str, Any]) -> None:
    """Each process would ask for trials of its own, and wait for the others in each of them."""
    if (started := distributed.launched()) not in (None, 1):
        problem = f"a launcher (srun, torchrun) started {started} processes for one search"
        raise ConfigError(problem, hint="a job array, whose jobs share it: make slurm-tune N=8")
    if device_count(config["trainer.devices"]) != 1 or config["trainer.num_nodes"] != 1:
        hint = "{--trainer.devices} 1 {--trainer.num_nodes} 1, and workers for trials side by side"
        raise ConfigError("a trial has one device", hint=hint)


def _read(parsed: Namespace, key: str, value: Value) -> Any:
    """What the parser made of a value; itself where its key isn't to be found."""
    found = {k.replace(".init_args", ""): v for k, v in flat(parsed).items()}
    return found.get(key.replace(".init_args", ""), value)


def _same(value: Value, read: Any) -> bool:
    """Whether a value came through the command line; mappings and lists are JSON on the way."""
    if isinstance(value, str) or isinstance(read, list | tuple):
        return isinstance(read, list | tuple) or str(read) == value
    return read == value


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Namespace):
        return _plain(value.as_dict())
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value if isinstance(value, bool | int | float | str | None) else str(value)
