"""Is the best really better? The top configurations again under other seeds, then one on test."""

import itertools
import statistics
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import optuna
from optuna.trial import TrialState
from rich.console import Console
from rich.table import Table

from weitiao.config.commands import near
from weitiao.errors import ConfigError
from weitiao.evaluation.significance import mean_and_sd, paired_p
from weitiao.evaluation.testing import run_test
from weitiao.io.csv_file import write_csv
from weitiao.objectives.display import cell, titled
from weitiao.training.run_folder import RunFolder
from weitiao.tuning.forked import WaitingWorkers
from weitiao.tuning.options import Search
from weitiao.tuning.outcomes import ENDED, is_start, ranked, trials_of
from weitiao.tuning.pool import run_study
from weitiao.tuning.start import START, Start
from weitiao.tuning.study import Facts, begin
from weitiao.tuning.trial import drop_checkpoints
from weitiao.tuning.watch import NAMES

NAME = "start"
"""Of what the search started from, beside the trials."""
LEVEL = 0.05  # of significance; a p below it is called significant


@dataclass(frozen=True)
class Candidate:
    """A configuration that was trained under several seeds.

    Args:
        name: ``trial N``, or ``start``: what the search started from.
        config: its file.
        scores: on validation, one a seed, in the order of the seeds.
        folders: of the runs, in the same order.
    """

    name: str
    config: str
    scores: list[float]
    folders: list[Path]

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return statistics.fmean(self.scores)


def confirm(
    search: Search, study: optuna.Study, start: Start, console: Console, waiting: WaitingWorkers
) -> tuple[Table, str]:
    """Train the top configurations and the start again, and test the best on validation.

    It is a study of its own, a grid of configurations and seeds, so it goes on after a crash like
    any other. The seeds are other ones than that of the search: the score by which a trial was
    chosen is too good to be true.

    Args:
        waiting: as `run_study` has it.

    Returns:
        Mean and standard deviation of each, with the p of a paired t-test against the start, and
        the test scores of the best; and in a line which one to use.

    Raises:
        ConfigError: trials keep failing, or too few ended well.
    """
    found = [trial for trial in ranked(study) if not is_start(trial)]
    files = {f"trial {t.number}": str(_folder(t) / "config.yaml") for t in found[: search.confirm]}
    files[NAME] = str(search.folder / START)
    seeds = _fresh_seeds(search, study, start)
    content = {
        "config": {"choices": list(files.values())},
        "seed_everything": {"choices": seeds},
    }
    total = len(files) * len(seeds)
    again = _again(search, total, ended=len(trials_of(study, *ENDED)))
    base = Start.read(["--config", files[NAME]])
    runs = begin(again, Facts.of(again, content, base, base.prepare()))
    base.save(again.folder / START)
    runs.set_user_attr(NAMES, dict(zip(files.values(), files, strict=True)))
    console.print(_planned([*files], seeds), markup=False, soft_wrap=True)
    run_study(runs, again, total, console, waiting)
    candidates = _candidates(runs, files, seeds, console)
    candidates.sort(key=lambda candidate: candidate.mean, reverse=start.mode == "max")
    winner = candidates[0]
    tested = _tested_once(runs, winner, start.monitor)
    over = {trial.number for trial in trials_of(runs)}
    kept = {int(folder.name.rpartition("-")[2]) for folder in winner.folders}
    drop_checkpoints(again.folder / "trials", over, kept)
    _write(candidates, seeds, again.folder / "confirm.csv")
    advice = advised(candidates, start.mode, search.folder / START)
    return _table(candidates, tested, start.monitor), advice


def _fresh_seeds(search: Search, study: optuna.Study, start: Start) -> list[int]:
    """Seeds that the search has not used."""
    first = start.config["seed_everything"]
    used = {first, *(trial.params.get("seed_everything") for trial in trials_of(study))}
    return list(
        itertools.islice((n for n in itertools.count(first) if n not in used), search.seeds)
    )


def _planned(names: list[str], seeds: list[int]) -> str:
    """What will be trained, in a line; the last of the names is the start's."""
    under = ", ".join(map(str, seeds))
    count = len(names) * len(seeds)
    return (
        f"confirming {', '.join(names[:-1])} and the {NAME} under seeds {under}: {count} trainings"
    )


def advised(candidates: list[Candidate], mode: Literal["max", "min"], kept: Path) -> str:
    """Which configuration to use, and why.

    Args:
        candidates: the best on average first.
        mode: whether more or less of a score is better.
        kept: file of the start.
    """
    winner = candidates[0]
    if winner.name == NAME:
        return f"none is better than the start: keep it, {kept}"
    start = next(one for one in candidates if one.name == NAME)
    p = paired_p(winner.scores, start.scores)
    if p is None or p >= LEVEL:
        reason = "each seed gains the same" if p is None else f"p = {p:.3f}"
        return f"not significant ({reason}): keep the start, {kept}"
    best = max(winner.scores) if mode == "max" else min(winner.scores)
    folder = winner.folders[winner.scores.index(best)]
    return f"significant (p = {p:.3f}): use {near(RunFolder(folder, started=True).best)}"


def _again(search: Search, total: int, *, ended: int) -> Search:
    """The options of the study that confirms a search of which so many trials have ended."""
    return replace(
        search,
        # of more trials the top is another
        study=f"{search.study}-confirm-{ended}-{search.confirm}x{search.seeds}",
        root=str(search.folder),
        sampler="grid",
        pruner="none",
        latency=False,
        trials=total,
        keep_top=total,
        timeout=None,
        start=False,  # is a candidate itself
    )


def _tested_once(runs: optuna.Study, winner: Candidate, monitor: str) -> list[float]:
    """The winner's scores on test, which are measured once and kept with the study."""
    tested = runs.user_attrs.get("test")
    if tested is None or tested["config"] != winner.config:
        tested = {"config": winner.config, "scores": _test(winner, monitor)}
        runs.set_user_attr("test", tested)
    scores: list[float] = tested["scores"]
    return scores


def _folder(trial: optuna.trial.FrozenTrial) -> Path:
    return Path(trial.user_attrs["folder"])


def _candidates(
    runs: optuna.Study, files: dict[str, str], seeds: list[int], console: Console
) -> list[Candidate]:
    done = {
        (trial.params["config"], trial.params["seed_everything"]): trial
        for trial in trials_of(runs, TrialState.COMPLETE)
    }
    found = []
    for name, file in files.items():
        trials = [done.get((file, seed)) for seed in seeds]
        if None in trials:
            console.print(f"! {name} did not end well under every seed", markup=False)
            continue
        whole = [trial for trial in trials if trial is not None]
        folders = [_folder(trial) for trial in whole]
        found.append(Candidate(name, file, [trial.values[0] for trial in whole], folders))
    if len(found) < 2 or found[-1].name != NAME:
        raise ConfigError(f"too few ended well to compare\n  → failure-*.txt in {runs.study_name}")
    return found


def _test(winner: Candidate, monitor: str) -> list[float]:
    """Test scores of the winner's runs: the only time that a search looks at test."""
    name = f"test/{monitor.partition('/')[2]}"
    found = []
    for folder in winner.folders:
        best = RunFolder(folder, started=True).best
        metrics = run_test([f"--ckpt_path={best}"], Console(quiet=True))
        found.append(metrics[name])
    return found


def _write(candidates: list[Candidate], seeds: list[int], path: Path) -> None:
    rows = [
        [one.name, one.config, *row]
        for one in candidates
        for row in zip(seeds, one.scores, one.folders, strict=True)
    ]
    write_csv(path, [["candidate", "config", "seed", "value", "folder"], *rows])


def _table(candidates: list[Candidate], tested: list[float], monitor: str) -> Table:
    start = next(one for one in candidates if one.name == NAME)
    table = Table(title=f"confirmed under {len(tested)} other seeds", title_justify="left")
    test = f"test/{monitor.partition('/')[2]}"
    for title in ("", titled(monitor), "− start", "paired t-test", titled(test)):
        table.add_column(title, justify="right", no_wrap=True)
    for one in candidates:
        p = paired_p(one.scores, start.scores)
        table.add_row(
            one.name,
            mean_and_sd(one.scores, monitor),
            "" if one is start else cell(monitor, one.mean - start.mean, "+"),
            "" if p is None else f"p = {p:.3f}",
            mean_and_sd(tested, test) if one is candidates[0] else "",
        )
    return table
