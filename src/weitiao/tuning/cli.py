"""The command line of a search."""

import sys
from pathlib import Path
from typing import Any

import optuna
from jsonargparse import Namespace
from optuna.trial import TrialState
from rich.console import Console

from weitiao.config.arguments import divided
from weitiao.config.commands import CONFIGS, called, command, near
from weitiao.config.field_paths import field_paths
from weitiao.config.own_code import permitted
from weitiao.config.parser import Parser
from weitiao.errors import ConfigError
from weitiao.training import signals
from weitiao.training.completion import completed
from weitiao.tuning.confirm import confirm
from weitiao.tuning.fitting import around_start, point_of, space_for, without_absent
from weitiao.tuning.forked import WaitingWorkers, waiting_workers
from weitiao.tuning.options import Search
from weitiao.tuning.outcomes import ENDED, ranked, trials_of
from weitiao.tuning.pool import run_study
from weitiao.tuning.preview import show_preview
from weitiao.tuning.report import BEST, edge_warnings, top_table, verdict, write_report
from weitiao.tuning.space import Space, parse_space, read_space, size
from weitiao.tuning.start import START, Start
from weitiao.tuning.study import Facts, begin, quiet_optuna, reopen
from weitiao.tuning.watch import status

CONFIG = CONFIGS / "default.yaml"
ELSEWHERE = {
    **dict.fromkeys(("trial", "n_trials", "num_trials", "max_trials", "num_samples"), "trials"),
    **dict.fromkeys(("n_jobs", "jobs", "num_workers", "parallel"), "workers"),
    **dict.fromkeys(("search_space", "grid", "search"), "space"),
    **dict.fromkeys(("study_name", "name", "experiment"), "study"),
    **dict.fromkeys(("algorithm", "strategy", "method"), "sampler"),
}
"""What other frameworks call an option of a search, and what it is called here."""
LARGEST_GRID = 100_000  # points: they are listed in memory, and nobody can wait for them


def tune_parser() -> Parser:
    """The parser of the search's own options."""
    parser = Parser(prog=called("tune"), description="Search for a better configuration.")
    parser.add_class_arguments(Search, as_group=False)
    parser.add_argument(
        "--space",
        type=Path | None,
        help="YAML of the space; null = the one of configs/search that fits the model.",
    )
    parser.add_argument(
        "--dry_run",
        action="store_true",
        help="Show the space, its first points and what a search may cost; train nothing.",
    )
    parser.add_argument("--status", action="store_true", help="Show how far the study is.")
    return parser


def split_arguments(parser: Parser, arguments: list[str]) -> tuple[list[str], list[str]]:
    """The options of the search, and those that are handed to each trial's ``fit``.

    Raises:
        ConfigError: an option would name a trial's folder.
    """
    known = {"-h", "--help", *(f"--{name}" for name in vars(parser.get_defaults()))}
    own, rest = divided(known, arguments)
    for option in (argument.partition("=")[0] for argument in rest):
        if option in ("--run.name", "--run.root", "--run.folder"):
            raise ConfigError(f"{option}: trials have folders of their own\n  → --study, --root")
        if meant := ELSEWHERE.get(option.lstrip("-").replace("-", "_")):
            raise ConfigError(f"{option} is not an option\n  → here it is --{meant}")
    return own, rest


@field_paths()
@permitted
def run_tune(argv: list[str]) -> None:
    """Run the study that the command line describes.

    What the parser doesn't know is handed to each trial's ``fit``, as in
    ``tune --trials 20 --data.train my.csv``.
    """
    parser = tune_parser()
    own, rest = split_arguments(parser, argv)
    options = parser.parse_args(own)
    search = Search(**{name: options[name] for name in Search.__dataclass_fields__})
    quiet_optuna()
    if options.status:
        _show_status(search)
        return
    # a confirmation has workers of its own
    count = 0 if options.dry_run else search.workers * (2 if search.confirm else 1)
    with waiting_workers(count) as waiting:
        _run(search, options, rest, waiting)


def _run(search: Search, options: Namespace, rest: list[str], waiting: WaitingWorkers) -> None:
    """Find out what to search, and do it, or show it.

    Args:
        options: beside those of ``search``.
        rest: what is handed to ``fit``.
    """
    own_config = any(word.partition("=")[0] in ("--config", "--model.start") for word in rest)
    arguments, recipe = completed(rest if own_config else ["--config", near(CONFIG), *rest])
    start = Start.read(arguments)
    console = Console(stderr=True, highlight=False)
    if recipe:
        console.print(recipe, soft_wrap=True, markup=False)
    content, where = _content(options.space, start, console)
    space = parse_space(content, where)
    start.check(space, where)
    total, points = total_of(search, space, start), size(space)
    if search.sampler != "grid" and points is not None and points < total:
        few = f"! the space has {points:,} points, so some are tried twice → --sampler grid"
        console.print(few, style="yellow")
    if options.dry_run:
        show_preview(search, space, start, total, Console())
        return
    _search(search, content, start, total, console, waiting)


def _content(path: Path | None, start: Start, console: Console) -> tuple[dict[str, Any], Path]:
    """The space that is named, or the one that fits the model, and its file."""
    if path is not None:
        return around_start(read_space(path), start.config, path), path
    found, reason = space_for(start.config)
    path = Path(near(found))
    content, lacking = without_absent(read_space(path), start.config)
    if not content:
        raise ConfigError(f"the model has none of the keys of {path}\n  → --space FILE")
    less = f", without {', '.join(lacking)}, which it lacks" if lacking else ""
    console.print(f"space: {path}, since {reason}{less}", soft_wrap=True, markup=False)
    return around_start(content, start.config, path), path


def _search(
    search: Search,
    content: dict[str, Any],
    start: Start,
    total: int,
    console: Console,
    waiting: WaitingWorkers,
) -> None:
    card = start.prepare()
    if search.confirm and "test" not in card.rows:
        raise ConfigError("confirm needs a test split\n  → --data.test, or data.split.test above 0")
    study = begin(search, Facts.of(search, content, start, card))
    start.save(search.folder / START)
    study.set_user_attr("trials", total)
    try:
        run_study(study, search, total, console, waiting)
    finally:  # results so far are shown even if the search was stopped
        signals.take_time()
        best = write_report(study, search.folder) if trials_of(study, *ENDED) else None
    if best is None or not ranked(study):
        raise ConfigError(f"no trial of study {search.study!r} has ended well yet")
    if (ended := len(trials_of(study, *ENDED))) < total:
        console.print(f"! the search ended with {ended} of {total} trials", style="yellow")
    _show_result(study, search, best, console)
    if search.confirm:
        table, advice = confirm(search, study, start, console, waiting)
        Console().print(table)
        Console().print(advice, markup=False, soft_wrap=True, highlight=False)


def _show_status(search: Search) -> None:
    """Show how far the study is; of one that nobody works on any more, what it has found."""
    study, console = reopen(search), Console()
    console.print(status(study, search))
    best = search.folder / BEST
    if ranked(study) and best.is_file() and not trials_of(study, TrialState.RUNNING):
        _show_result(study, search, best, console)


def _show_result(study: optuna.Study, search: Search, best: Path, console: Console) -> None:
    # a file or a pipe has no width; where columns are cut, figures would be
    table_console = Console(width=None if sys.stdout.isatty() else 160)
    table_console.print(top_table(study))
    lines = (
        *verdict(study),
        *(f"! {warning}" for warning in edge_warnings(study)),
        f"report: {search.folder / 'report.html'}; all trials: {search.folder / 'trials.csv'}",
        f"trial {ranked(study)[0].number} again, to the same digits:"
        f" {command('fit', '--config', best)}",
    )
    console.print("\n".join(lines), markup=False, soft_wrap=True)


def total_of(search: Search, space: Space, start: Start) -> int:
    """How many trials a study ends with: those asked for, of a grid no more than it has points.

    Raises:
        ConfigError: the space doesn't suit the sampler.
    """
    if search.sampler == "qmc" and any(dimension.branches for dimension in space.values()):
        raise ConfigError("sampler qmc needs a space without branches\n  → --sampler tpe")
    if search.sampler != "grid":
        return search.trials
    points = size(space)
    if points is not None and points > LARGEST_GRID:
        raise ConfigError(f"the grid has {points:,} points\n  → --sampler random")
    if points is None:
        return search.trials
    beside = search.start and point_of(start.config, space) is None
    return min(search.trials, points + beside)
