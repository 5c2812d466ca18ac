"""What an option changes: data, loss, order, scores or files of a run of small models."""

from __future__ import annotations

import csv
import functools
import multiprocessing
import re
from pathlib import Path
from typing import Any

import lightning.pytorch as L
import pytest
import torch
from jsonargparse import ArgumentParser, capture_parser
from lightning.fabric.utilities.exceptions import MisconfigurationException
from option_effects import Effect

from weitiao.errors import WeitiaoError
from weitiao.evaluation.inference import (
    Hardware,
    LabelledFile,
    PredictFile,
    use_parser,
)
from weitiao.evaluation.opening import open_checkpoint
from weitiao.evaluation.predict import run_predict
from weitiao.evaluation.testing import compare_with_baseline, run_test
from weitiao.inputs.text.segment.dictionary import _WORTH_PROCESSES
from weitiao.training.checkpointing import LastCheckpoint
from weitiao.training.fit import fit
from weitiao.training.recipe import with_presets

RESULTS = ("out.csv", "another.csv", "predictions.csv")
VALIDATED = ("scores", "evaluated")
"""Kinds of evidence that a validation gives; the others do without it."""
FAULTS = (WeitiaoError, MisconfigurationException, ValueError, SystemExit)
USE = {
    verb: (
        "--ckpt_path=kept/checkpoints/best.ckpt",
        f"--data.{verb}=val.csv",
        "--out=out.csv",
        "--hardware.accelerator=cpu",
    )
    for verb in ("test", "predict")
}


class Recorder(L.Callback):
    """What a training did, step by step."""

    def __init__(self) -> None:
        kinds = ("loss", "order", "schedule", "scores", "evaluated")
        self.found: dict[str, list[Any]] = {kind: [] for kind in kinds}

    def on_train_batch_start(self, trainer: L.Trainer, module: Any, batch: Any, *_: Any) -> None:
        self.found["order"].append((trainer.current_epoch, batch["row"].tolist()))
        self.found["schedule"].append([group["lr"] for group in trainer.optimizers[0].param_groups])

    def on_train_batch_end(self, trainer: L.Trainer, module: Any, outputs: Any, *_: Any) -> None:
        self.found["loss"].append(float(outputs["loss"]))

    def on_validation_batch_end(
        self, trainer: L.Trainer, module: Any, outputs: Any, *_: Any
    ) -> None:
        if not trainer.sanity_checking:
            self.found["evaluated"].append(outputs["row"].tolist())
            found = outputs["predictions"]  # of some tasks no tensor
            self.found["scores"].append(found if isinstance(found, list) else found.tolist())


@functools.cache
def parser_of_fit() -> ArgumentParser:
    return capture_parser(fit, [], "fit")


def built(arguments: list[str]) -> Any:
    parser = parser_of_fit()
    values = parser.parse_args(with_presets(arguments)[0])
    L.seed_everything(values.seed_everything, verbose=False)
    return parser.instantiate(values)


def training(arguments: list[str], *, validating: bool) -> dict[str, list[Any]]:
    parts, recorder = built(arguments), Recorder()
    options = parts.trainer.as_dict() | {
        "logger": False,
        "callbacks": [recorder],
        "enable_checkpointing": False,
        "enable_progress_bar": False,
    }
    if not validating:
        options |= {"limit_val_batches": 0, "num_sanity_val_steps": 0}
    L.Trainer(**options).fit(parts.model, datamodule=parts.data)
    return recorder.found


def prepared(arguments: list[str]) -> tuple[str, Any]:
    data = built(arguments).data.prepared
    splits = {split: (data.rows(split), data.ids(split)) for split in data.card.rows}
    content = {s: (r.to_pylist(), i.to_pylist()) for s, (r, i) in splits.items()}
    return data.folder.name, (data.card.target.labels, content)


def written(arguments: list[str], patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a whole run leaves behind."""
    saved: list[int] = []
    save = LastCheckpoint._save

    def counted(self: LastCheckpoint, trainer: L.Trainer) -> None:
        saved.append(trainer.global_step)
        save(self, trainer)

    threads = torch.get_num_threads()
    with patch.context() as here:
        here.setattr(LastCheckpoint, "_save", counted)
        run = fit(arguments, "train")
    used, products = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_num_threads(threads)
    metrics = compare_with_baseline(run)
    files = {
        re.sub(r"\d{8}-\d{6}", "TIME", str(path))
        for path in Path().rglob("*")
        if "tfevents" not in path.name and not path.is_symlink()
    }
    with (run.folder.path / "predictions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    decided = [
        (row["label"], [row[n] for n in row if n.startswith(("p(", "best"))]) for row in rows
    ]
    with (run.folder.path / "metrics.csv").open(newline="") as file:
        logged = [row["step"] for row in csv.DictReader(file)]
    return {
        "files": files,
        "saved": saved,
        "threads": used,
        "products": products,
        "best": metrics["best/epoch"],
        "decided": decided,
        "logged": logged,
    }


def used(verb: str, arguments: list[str]) -> dict[str, str]:
    {"test": run_test, "predict": run_predict}[verb](arguments)
    return {
        path.name: path.read_text("utf-8") for path in Path().glob("*.csv") if path.name in RESULTS
    }


def loader(verb: str, arguments: list[str]) -> Any:
    """The loader that a verb iterates over."""
    if verb == "train and fit":
        return built(arguments).data.train_dataloader()
    parser = use_parser(verb, {"test": LabelledFile, "predict": PredictFile}[verb])
    parser.add_class_arguments(Hardware, "hardware")
    parser.add_argument("--out", type=str)
    options = parser.instantiate(parser.parse_args(arguments))
    _, data = open_checkpoint(options.ckpt_path, options.data.changes(), trust_remote_code=False)
    return getattr(data, f"{verb}_dataloader")()


def processes(verb: str, arguments: list[str], patch: pytest.MonkeyPatch) -> int:
    """How many processes preparing and loading start."""
    patch.setitem(_WORTH_PROCESSES, "rjieba", 0)
    before = len(multiprocessing.active_children())
    loaded = loader(verb, arguments)
    _ = next(iter(loaded))  # workers live as long as the loader
    return len(multiprocessing.active_children()) - before


def evidence(verb: str, effect: Effect, arguments: list[str], patch: pytest.MonkeyPatch) -> Any:
    fitting = verb == "train and fit"
    match effect.kind:
        case "prepared":
            return prepared(arguments)
        case "processes":
            return processes(verb, arguments, patch)
        case "order" if not fitting:
            return [batch["row"].tolist() for batch in loader(verb, arguments)]
        case "run":
            return written(arguments, patch)
        case "refused" if fitting:
            fit(arguments, "fit")
            return "taken"
        case "output" | "refused":
            return used(verb, arguments)
    return training(arguments, validating=effect.kind in VALIDATED)[effect.kind]
