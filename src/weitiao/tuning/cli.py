"""The command line of a search."""

from __future__ import annotations

import sys
from pathlib import Path

from optuna.trial import TrialState
from rich.console import Console

from weitiao.errors import ConfigError
from weitiao.run.cli import guarded
from weitiao.run.parser import Parser
from weitiao.tuning.report import top_table, write_report
from weitiao.tuning.space import check_space, load_space
from weitiao.tuning.study import Search, run_study

SPACE, CONFIG = "configs/search/default.yaml", "configs/default.yaml"


def main(argv: list[str] | None = None) -> int:
    """Search; gives the exit code: 0, 1 for a fault the user can mend, 2 for wrong usage."""
    return guarded(lambda: run_tune(argv))


def split_arguments(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The options of the search, and those that are handed to each trial's ``fit``."""
    names = {"--help", "-h", "--space", *(f"--{name}" for name in Search.__dataclass_fields__)}
    own: list[str] = []
    rest: list[str] = []
    target = rest
    for argument in arguments:
        if argument.startswith("-"):
            target = own if argument.partition("=")[0] in names else rest
        target.append(argument)
    return own, rest


def run_tune(argv: list[str] | None = None) -> Path:
    """Run the study that the command line describes; gives the path of the best config.

    What the parser doesn't know is handed to each trial's ``fit``, as in
    ``src/tune.py --trials 20 --data.train my.csv``.
    """
    parser = Parser(prog="tune.py", description="Search for a better configuration.")
    parser.add_class_arguments(Search, as_group=False)
    parser.add_argument("--space", type=Path, default=Path(SPACE), help="YAML of the space.")
    own, rest = split_arguments(sys.argv[1:] if argv is None else argv)
    options = parser.parse_args(own)
    search = Search(**{name: options[name] for name in Search.__dataclass_fields__})
    own_config = any(option.partition("=")[0] == "--config" for option in rest)
    fit = rest if own_config else ["--config", CONFIG, *rest]
    space = load_space(options.space)
    check_space(space, fit)
    console = Console(stderr=True, highlight=False)
    study = run_study(search, space, fit, console)
    if not study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        raise ConfigError(f"no trial of study {search.study!r} has ended well yet")
    best = write_report(study, search.folder)
    Console().print(top_table(study))
    lines = (
        f"all trials: {search.folder / 'trials.csv'}",
        f"the best again, to the same digits: python src/train.py fit --config {best}",
    )
    console.print("\n".join(lines), markup=False, soft_wrap=True)
    return best
