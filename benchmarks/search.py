"""What a search costs besides training, and what pruning saves.

    python benchmarks/search.py cost [--trials 50]       seconds a trial beside training, memory
    python benchmarks/search.py pruning [--trials 50]    the same points without and with a pruner
    python benchmarks/search.py replay [--trials 50]     what other pruners would have done

`cost` searches the default space on the embedded corpus with few batches a trial, so that what is
not training counts most. A trial's cost is the time from its beginning to that of the next one,
less the training itself (with its validations), as `fit/seconds` has it. Memory is that of the
worker, once a second.

`pruning` searches the default space as it is, first without a pruner, then with the default one:
the same seed gives the same points. The bar is the same best score in half the time. It takes an
hour or two.

`replay` searches without a pruner, with four validations an epoch, and shows each pruner those
curves as one worker would have: what it ends early can be known without training again, and for
other orders of the same trials, too. With `--root` an earlier search is taken, if there is one.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import optuna
from optuna.pruners import BasePruner, NopPruner, PercentilePruner, SuccessiveHalvingPruner
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console
from rich.table import Table

from weitiao.tuning.options import Search
from weitiao.tuning.outcomes import ENDED, ranked, trials_of
from weitiao.tuning.samplers import pruner_of
from weitiao.tuning.study import quiet_optuna, reopen

ROOT = Path(__file__).parents[1]
DEBUG = ("--config=configs/default.yaml", "--recipe=reviews", "--config=configs/presets/debug.yaml")
MOST_SECONDS, MOST_GROWTH, LEAST_SAVED = 1.0, 1.05, 0.5
LOOKS, ORDERS = 4, 40  # validations an epoch of the search that is replayed; orders of its trials
PRUNERS = {
    "median": pruner_of(Search(pruner="median")),
    "hyperband": pruner_of(Search(pruner="hyperband")),
    "best 40 %": PercentilePruner(40.0),
    "best 25 %": PercentilePruner(25.0),
    "halving": SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
    "thirds": SuccessiveHalvingPruner(min_resource=1, reduction_factor=3),
}
SETTLED = 5  # trials after which a worker has imported and allocated all that it needs


@dataclass(frozen=True)
class Searched:
    """A search that has ended.

    Args:
        study: with all its trials.
        seconds: of the whole command.
        memory: MiB of the worker by second.
    """

    study: optuna.Study
    seconds: float
    memory: list[tuple[float, float]]


def search(root: str, *options: str) -> Searched:
    """Run ``src/tune.py`` with one worker, and watch it."""
    own = Search(root=root)
    since, memory = time.time(), []
    process = subprocess.Popen(
        [sys.executable, "src/tune.py", "--workers=1", f"--root={root}", *options], cwd=ROOT
    )
    while process.poll() is None:
        time.sleep(1)
        memory += [(time.time(), size) for size in map(_resident, _workers(own.folder))]
    if process.returncode:
        sys.exit(f"the search ended with {process.returncode}")
    return Searched(reopen(own), time.time() - since, memory)


def _workers(folder: Path) -> list[str]:
    """Process ids of the live workers, by their leases."""
    return [path.name.split("-")[-2] for path in (folder / "workers").glob("*-*-??????")]


def _resident(pid: str) -> float:
    """MiB in memory; 0 for a process that has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return 0.0
    sizes = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
    return int(sizes[0]) / 1024 if sizes else 0.0


def trained(trial: FrozenTrial) -> float:
    """Seconds of a trial's training alone."""
    metrics = Path(trial.user_attrs["folder"]) / "metrics.json"
    return json.loads((ROOT / metrics).read_text("utf-8"))["fit/seconds"]


def cost(root: str, trials: int) -> bool:
    """Measure and print what a trial costs beside training; whether the bar is met."""
    done = search(root, f"--trials={trials}", "--pruner=none", *DEBUG)
    found = trials_of(done.study, TrialState.COMPLETE)
    beside = [
        (b.datetime_start - a.datetime_start).total_seconds() - trained(a)
        for a, b in pairwise(found)
    ]
    settled = found[min(SETTLED, len(found) - 1)].datetime_start.timestamp()
    sizes = [size for at, size in done.memory if at > settled and size]
    table = Table(title=f"{len(found)} trials", title_justify="left")
    for title in ("", "first", "median", "most"):
        table.add_column(title, justify="right")
    later = beside[1:]
    seconds = (beside[0], statistics.median(later), max(later))
    table.add_row("seconds beside training", *(f"{value:.2f}" for value in seconds))
    tenth = max(1, len(sizes) // 10)
    first, last = statistics.median(sizes[:tenth]), statistics.median(sizes[-tenth:])
    table.add_row("MiB, first and last tenth", f"{first:.0f}", f"{last:.0f}", f"{max(sizes):.0f}")
    Console().print(table)
    return seconds[1] <= MOST_SECONDS and last <= MOST_GROWTH * first


def pruning(root: str, trials: int) -> bool:
    """Measure and print what the default pruner saves; whether the bar is met."""
    table = Table(title=f"{trials} trials of the same points", title_justify="left")
    for title in ("pruner", "pruned", "best on validation", "seconds of trials", "of command"):
        table.add_column(title, justify="right")
    spent, best = [], []
    for pruner in ("none", "median"):
        done = search(f"{root}/{pruner}", f"--trials={trials}", f"--pruner={pruner}")
        ended = trials_of(done.study, *ENDED)
        spent.append(sum(trial.user_attrs["seconds"] for trial in ended))
        best.append(ranked(done.study)[0].values[0])
        count = len(trials_of(done.study, TrialState.PRUNED))
        cells = (f"{best[-1]:.4f}", f"{spent[-1]:.0f}", f"{done.seconds:.0f}")
        table.add_row(pruner, str(count), *cells)
    Console().print(table)
    return best[1] >= best[0] and spent[1] <= (1 - LEAST_SAVED) * spent[0]


def replay(root: str, trials: int) -> bool:
    """Print what pruners would have saved of a search without one; whether any meets the bar."""
    search(root, f"--trials={trials}", "--pruner=none", f"--trainer.val_check_interval={1 / LOOKS}")
    found = trials_of(reopen(Search(root=root, pruner="none")), TrialState.COMPLETE)
    draw = random.Random(0)
    orders = [found, *(draw.sample(found, len(found)) for _ in range(ORDERS - 1))]
    table = Table(title=f"{len(found)} trials in {ORDERS} orders", title_justify="left")
    for title in ("looks an epoch", "pruner", "epochs trained", "from … to", "same best", "loss"):
        table.add_column(title, justify="right")
    met = False
    for looks in (1, 2, LOOKS):
        whole = replayed(found, NopPruner(), looks)
        for name, pruner in PRUNERS.items():
            done = [replayed(order, pruner, looks) for order in orders]
            shares = [one.epochs / whole.epochs for one in done]
            losses = [whole.best - one.best for one in done]
            same = losses.count(0.0)
            met |= same == len(done) and statistics.fmean(shares) <= 1 - LEAST_SAVED
            cells = (f"{min(shares):.0%} … {max(shares):.0%}", f"{same} of {len(done)}")
            mean, loss = f"{statistics.fmean(shares):.0%}", f"{100 * statistics.fmean(losses):.2f}"
            table.add_row(str(looks), name, mean, *cells, loss)
    Console().print(table)
    return met


@dataclass(frozen=True)
class Replayed:
    """What a pruner would have made of a search: the best score, and the epochs of all trials."""

    best: float
    epochs: float


def replayed(trials: list[FrozenTrial], pruner: BasePruner, looks: int) -> Replayed:
    """The trials once more, one after another.

    Args:
        trials: that ran to their end with ``LOOKS`` validations an epoch; more is better.
        pruner: sees their scores.
        looks: validations an epoch that it sees, and that there would have been.
    """
    study = optuna.create_study(direction="maximize", pruner=pruner, study_name=Search.study)
    epochs = 0.0
    for trial in trials:
        scores = list(trial.intermediate_values.values())[LOOKS // looks - 1 :: LOOKS // looks]
        again = study.ask()
        for step, score in enumerate(scores, 1):
            again.report(score, step)
            if over := step < len(scores) and again.should_prune():
                break
        epochs += step / looks
        state = TrialState.PRUNED if over else TrialState.COMPLETE
        study.tell(again, None if over else max(scores), state)
    return Replayed(study.best_value, epochs)


def main() -> int:
    """Measure what is asked for; 1 where the bar isn't met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("cost", "pruning", "replay"))
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--root", help="folder that keeps the searches; null = a temporary one")
    options = parser.parse_args()
    measure = {"cost": cost, "pruning": pruning, "replay": replay}[options.what]
    quiet_optuna()
    with tempfile.TemporaryDirectory() as folder:
        return 0 if measure(options.root or folder, options.trials) else 1


if __name__ == "__main__":
    sys.exit(main())
