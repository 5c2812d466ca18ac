"""A study: where it is stored, and what it was started with."""

from __future__ import annotations

import subprocess
import uuid
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import optuna
from filelock import FileLock

from weitiao.card import DataCard
from weitiao.config.earlier_names import renamed
from weitiao.config.parser import flat
from weitiao.errors import ConfigError
from weitiao.io.nearby import newest, there_are
from weitiao.tuning.journal import open_storage
from weitiao.tuning.options import Search
from weitiao.tuning.outcomes import ENDED, trials_of
from weitiao.tuning.samplers import pruner_of
from weitiao.tuning.start import Start

LATENCY = "latency_ms"
SIGN = "study.id"
"""In the study's folder: by which its workers know it, whatever holds the study."""
Direction = Literal["maximize", "minimize"]
RECIPE = "config.recipe"
_COMPARED = ("space", "search", "config", "objectives", "data")


@dataclass(frozen=True)
class Facts:
    """What a study is begun with; another call must bring the same.

    Args:
        space: content of the space's YAML.
        search: sampler, pruner, seed, and whether the start is measured.
        config: configuration that all trials start from, flat.
        objectives: names of the scores.
        directions: ``maximize`` or ``minimize`` each.
        data: fingerprint and rows of the data prepared from that configuration.
        arguments: the command line of ``fit`` that gives the configuration.
    """

    space: dict[str, Any]
    search: dict[str, Any]
    config: dict[str, Any]
    objectives: list[str]
    directions: list[Direction]
    data: dict[str, Any]
    arguments: list[str]

    @classmethod
    def of(cls, search: Search, space: dict[str, Any], start: Start, card: DataCard) -> Facts:
        """The facts of a search."""
        directions: list[Direction] = ["maximize" if start.mode == "max" else "minimize"]
        if search.latency:
            directions.append("minimize")
        return cls(
            space,
            {
                "sampler": search.sampler,
                "pruner": search.pruning,
                "seed": search.seed,
                "start": search.start,
            },
            start.config,
            [start.monitor, *([LATENCY] if search.latency else [])],
            directions,
            {"fingerprint": card.fingerprint, "rows": card.rows},
            start.arguments,
        )


def begin(search: Search, facts: Facts) -> optuna.Study:
    """Create the study, or open it if it was begun with the same facts.

    Raises:
        ConfigError: it was begun with others; names them.
    """
    search.folder.mkdir(parents=True, exist_ok=True)
    with FileLock(search.folder / "begin.lock"):  # others may begin it at the same time
        return _begun(search, facts)


def _begun(search: Search, facts: Facts) -> optuna.Study:
    storage = open_storage(search.folder, search.storage)
    study = optuna.create_study(
        storage=storage,
        study_name=search.study,
        directions=facts.directions,
        load_if_exists=True,
        pruner=pruner_of(search),
    )
    _refuse_other_folder(study, search)
    then, now = renamed(study.user_attrs), vars(facts)
    before, after = (flat({k: f[k] for k in _COMPARED if k in f}) for f in (then, now))
    differing = [key for key in before | after if before.get(key) != after.get(key)]
    if differing and trials_of(study, *ENDED):
        raise other_values(search.study, differing, before, after)
    for name, value in now.items():  # where no trial has ended, a fault may have been mended
        if then.get(name) != value:
            study.set_user_attr(name, value)
    if "commit" not in then:
        study.set_user_attr("commit", _commit())
    return study


def other_values(
    name: str, differing: list[str], before: dict[str, Any], after: dict[str, Any]
) -> ConfigError:
    """The message about a study that was begun with other values: the recipe first, and ten."""
    ways = ["a study of its own: --study NAME"]
    if RECIPE in differing:  # it brings most of the others along
        differing = [RECIPE, *(key for key in differing if key != RECIPE)]
        begun = before.get(RECIPE)
        named = "none" if begun in (None, "auto") else begun  # as it stands where none was taken
        ways = [f"as it was begun: --recipe {named}", *ways]
    lines = [f"{key}: {before.get(key)} → {after.get(key)}" for key in differing[:10]]
    if left := len(differing) - len(lines):
        lines.append(f"and {left} more")
    problem = "\n  ".join([f"study {name!r} was begun with other values:", *lines])
    return ConfigError(problem, hint="; or ".join(ways))


def _refuse_other_folder(study: optuna.Study, search: Search) -> None:
    """Workers know of each other by the folder, so those of one database must share it, too."""
    sign = search.folder / SIGN
    known = study.user_attrs.get("folder")
    if not sign.is_file() and known is None:
        sign.write_text(uuid.uuid4().hex, "utf-8")
    here = sign.read_text("utf-8") if sign.is_file() else None
    if known is None:
        study.set_user_attr("folder", here)
    elif known != here:
        raise ConfigError(
            f"study {search.study!r} in this database has another folder than {search.folder}"
            "\n  → start it where it was begun; machines must share the folder, not only a database"
        )


def reopen(search: Search) -> optuna.Study:
    """The study as it stands.

    Raises:
        ConfigError: there is none of this name.
    """
    mark = "journal.log" if search.storage is None else SIGN
    others = there_are([place.name for place in newest(Path(search.root), mark)])
    missing = ConfigError(f"there is no study {search.study!r} in {search.root}", hint=others)
    if search.storage is None and not (search.folder / "journal.log").is_file():
        raise missing
    storage = open_storage(search.folder, search.storage)
    try:
        return optuna.load_study(study_name=search.study, storage=storage, pruner=pruner_of(search))
    except KeyError as error:
        raise missing from error


def quiet_optuna() -> None:
    """Silence what Optuna says of each trial, and that its Sobol sampler may change some day."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


def _commit() -> str | None:
    git = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):  # no checkout: the wheel
        return None
