"""What all trials start from: the command line of ``fit``, checked before the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jsonargparse import ArgumentParser, Namespace, capture_parser

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.models.scores import FIRST
from weitiao.run.fit import mode_of, run_fit
from weitiao.run.parser import flat
from weitiao.tuning.space import Space, as_options, ends


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
        parser = capture_parser(run_fit, arguments, "search")
        parsed = parser.parse_args(arguments)
        config = {k: _plain(v) for k, v in flat(parsed).items() if k != "config"}
        return cls(arguments, config, parser, parsed)

    @property
    def monitor(self) -> str:
        """The score of a trial."""
        return self.config["run.monitor"] or f"val/{FIRST[self.config['data.task']]}"

    @property
    def mode(self) -> Literal["max", "min"]:
        """Whether more or less of the score is better."""
        return mode_of(self.monitor)

    def prepare(self) -> DataCard:
        """Prepare the data and build the model, so that what fails in all trials fails now.

        Raises:
            WeitiaoError: as ``fit`` would.
        """
        return self.parser.instantiate(self.parsed).data.card

    def save(self, path: Path) -> None:
        """Write the configuration as a YAML that ``--config`` takes."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.parser.dump(self.parsed, skip_none=False), "utf-8")

    def check(self, space: Space) -> None:
        """See to it that each key takes the ends of its range, before the first trial.

        Raises:
            ConfigError: a key is unknown, or takes no such value.
        """
        self._check(space, [])

    def _check(self, space: Space, before: Sequence[str]) -> None:
        for key, dimension in space.items():
            for value in ends(dimension.distribution):
                options = [*before, *as_options({key: value})]
                try:
                    self.parser.parse_args([*self.arguments, *options])
                except SystemExit as error:  # the parser has said why
                    raise ConfigError(f"search space: {key} doesn't take {value!r}") from error
                self._check(dimension.branches.get(value, {}), options)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Namespace):
        return _plain(value.as_dict())
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value if isinstance(value, bool | int | float | str | None) else str(value)
