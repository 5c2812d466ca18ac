"""What a search costs beside one that is written by hand: Optuna's loop around Lightning's Trainer.

    python benchmarks/search_loop.py [--trials 6] [--rounds 3]

The same small model, 400 rows and points of the space for both, in turns, from the start of the
process to its end. Of the loop, a trial is a Trainer with the best checkpoint, CSV and TensorBoard,
and the study a journal whose trials end up in a table; ours leaves its whole run folders and its
report. The bar is 1.2 times the loop's time.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LOOP = "loop"  # as the first argument: be the loop
ROWS, MOST = 400, 1.2
MONITOR = "val/f1_macro"


def search(file: str, folder: str, points: str) -> None:
    """Search by hand.

    Args:
        points: JSON, a list of learning rate, dropout and epochs.
    """
    from functools import partial

    import lightning.pytorch as L
    import optuna
    import torch
    from lightning.pytorch.callbacks import ModelCheckpoint
    from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    from weitiao.data.datamodule import DataModule
    from weitiao.models.backbones.textcnn import TextCNN
    from weitiao.models.module import Module
    from weitiao.models.optim import Optimisation
    from weitiao.objectives import Classification
    from weitiao.objectives.heads import Head

    torch.set_num_threads(1)
    data = DataModule(file, cache=f"{folder}/cache")

    def objective(trial: optuna.Trial) -> float:
        L.seed_everything(1)
        lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
        head = Head(dropout=trial.suggest_float("dropout", 0.0, 0.9))
        epochs = trial.suggest_int("epochs", 1, 100)
        scores = partial(Classification, pooling="max", head=head)
        module = Module(data.card, TextCNN, scores, Optimisation(lr=lr))
        place = Path(folder) / f"trial-{trial.number}"
        best = ModelCheckpoint(place, monitor=MONITOR, mode="max")
        trainer = L.Trainer(
            accelerator="cpu",
            max_epochs=epochs,
            logger=[CSVLogger(place), TensorBoardLogger(place)],
            callbacks=[best],
            enable_progress_bar=False,
            log_every_n_steps=10,
        )
        trainer.fit(module, data)
        assert best.best_model_score is not None
        return float(best.best_model_score)

    storage = JournalStorage(JournalFileBackend(f"{folder}/journal.log"))
    study = optuna.create_study(storage=storage, direction="maximize")
    for point in json.loads(points):
        study.enqueue_trial(point)
    study.optimize(objective, n_trials=len(json.loads(points)))
    study.trials_dataframe().to_csv(f"{folder}/trials.csv")


def ours(file: Path, folder: Path, trials: int) -> list[str]:
    """The command of our search."""
    options = ["--config=configs/default.yaml", "--recipe=none", "--model.backbone=TextCNN"]
    options += [f"--data.train={file}", f"--data.cache={folder}/cache", f"--root={folder}"]
    options += ["--model.objective.pooling=max", "--trainer.max_epochs=1", "--run.threads=1"]
    options += ["--trainer.accelerator=cpu", "--pruner=none", f"--trials={trials}"]
    return [sys.executable, "src/tune.py", *options]


def points_of(folder: Path) -> str:
    """The points that ours has trained, in order, as `search` takes them."""
    import yaml

    found = []
    runs = folder.glob("default/trials/*-trial-*")
    for run in sorted(runs, key=lambda run: int(run.name.rpartition("-")[2])):
        config = yaml.safe_load((run / "config.yaml").read_text("utf-8"))
        head = config["model"]["objective"]["init_args"]["head"]
        point = {"lr": config["model"]["optim"]["lr"], "dropout": head["dropout"]}
        found.append(point | {"epochs": config["trainer"]["max_epochs"]})
    return json.dumps(found)


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds that a command takes, and those of the processor."""
    since, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode:
        sys.exit(f"{' '.join(command)}\n{ended.stderr[-3000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - since, used


def main() -> int:
    """Measure both in turns; 1 where the bar isn't met."""
    from generated import write_reviews

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    taken: dict[str, list[tuple[float, float]]] = {"ours": [], LOOP: []}
    with tempfile.TemporaryDirectory() as root:
        file = Path(root) / "rows.csv"
        write_reviews(file, ROWS)
        for turn in range(options.rounds):
            place, by_hand = Path(root) / f"{turn}", Path(root) / f"{turn}-by-hand"
            by_hand.mkdir()
            taken["ours"].append(timed(ours(file, place, options.trials)))
            loop = [sys.executable, __file__, LOOP, str(file), str(by_hand), points_of(place)]
            taken[LOOP].append(timed(loop))
    for name, used in taken.items():
        wall, processor = (statistics.median(each) for each in zip(*used, strict=True))
        print(f"{name}: {wall:.1f} s, of the processor {processor:.1f} s")
    pairs = [*zip(*taken.values(), strict=True)]
    walls, processors = (statistics.median(o[i] / t[i] for o, t in pairs) for i in (0, 1))
    print(f"{walls:.2f} × the time of the loop, {processors:.2f} × its processor's")
    return int(walls > MOST)


if __name__ == "__main__":
    if sys.argv[1:2] == [LOOP]:
        search(*sys.argv[2:])
    else:
        sys.exit(main())
