"""The best trial's configuration: a file that trains it again, and what differs from the start."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
import yaml
from optuna.trial import FrozenTrial

from weitiao.config.parser import flat
from weitiao.errors import ConfigError
from weitiao.io.atomic import whole_or_not
from weitiao.tuning.outcomes import objectives

OWN = ("config", "run.root", "run.name", "trainer.enable_progress_bar")
"""Values that differ in every trial and are no news."""


def write_best(study: optuna.Study, trial: FrozenTrial, path: Path) -> dict[str, Any]:
    """Write a trial's whole configuration, seed and thread count included, and give it.

    ``fit --config best.yaml`` trains it again to the same digits.

    Raises:
        ConfigError: the trial's folder is not there any more.
    """
    source = Path(trial.user_attrs["folder"]) / "config.yaml"
    try:
        config = yaml.safe_load(source.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"the best trial's config is gone: {source}") from error
    config["run"] |= {"root": "logs", "name": f"best-of-{study.study_name}"}
    config["trainer"]["enable_progress_bar"] = None
    pairs = zip(objectives(study), trial.values or [], strict=True)
    header = f"# trial {trial.number}: {', '.join(f'{name} = {value!r}' for name, value in pairs)}"
    with whole_or_not(path) as part:
        part.write_text(f"{header}\n{as_yaml(config)}", "utf-8")
    return config


def as_yaml(config: dict[str, Any]) -> str:
    """The text of ``best.yaml``."""
    return yaml.safe_dump(config, allow_unicode=True, sort_keys=False)


def differences(
    config: dict[str, Any], start: Mapping[str, Any], searched: set[str]
) -> tuple[list[tuple[str, Any, Any]], list[tuple[str, Any, Any]]]:
    """Key, start's value and value of what is searched, and of what else differs from the start.

    Args:
        start: what the search started from, values under dotted keys.
    """
    own, other = [], []
    for key, value in flat(config).items():
        row = (key, start.get(key), value)
        if key.replace(".init_args", "").removesuffix(".class_path") in searched:
            own.append(row)
        elif key not in OWN and value != start.get(key):
            other.append(row)
    return own, other
