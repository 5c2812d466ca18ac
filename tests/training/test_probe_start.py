"""A head that starts from a probe: what it is, what it is worth, and that it is solved once."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import lightning.pytorch as L
import numpy as np
import pytest
import torch
from cards import target_card
from conftest import reviews, write_csv
from rich.console import Console
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler
from test_tasks import of_text
from text_parts import text_data
from tiny_models import logits as logits_of
from tiny_models import module_of, objective_of, task_of

from weitiao.card import DataCard, TokenInput
from weitiao.cli.main import main
from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError
from weitiao.inputs.text.tokenization import Encoder
from weitiao.models.backbones.transformer import Transformer
from weitiao.models.module import Module
from weitiao.objectives.probe import ENOUGH, FEWEST, ProbeTask, Vectors, probe
from weitiao.targets import Labels, Number, OneClass, Scale, target_array
from weitiao.training.probe_start import start_from_probe

SMALL = (
    *("--data.train=my.csv", "--data.text=review", "--data.target.label=stars", "--run.threads=1"),
    *("--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false"),
    *("--model.backbone=Transformer", "--model.backbone.layers=1", "--model.backbone.width=16"),
    *("--model.optim.lr=1e-9", "--data.batch.size=16", "--trainer.max_epochs=1"),
)
CONFIGS = Path(__file__).parents[2] / "configs"
PROBE = "--model.objective.head.start=probe"


def untrained(folder: Path, task: Any, rows: Sequence[tuple[str, str]]) -> tuple[Any, Any]:
    """Data of the rows, and a model of them that starts at random."""
    write_csv(folder / "my.csv", rows)
    targets = {"classification": OneClass("stars"), "multilabel": Labels("stars")}
    targets |= {"ordinal": Scale("stars", ["low", "middle", "high"]), "regression": Number("stars")}
    options: dict[str, Any] = {"text": "review", "encode": Encoder("characters", min_count=1)}
    options["cache"] = str(folder / "cache")
    data = text_data(train=str(folder / "my.csv"), target=targets[task], **options)
    torch.manual_seed(0)
    return data, module_of(data.card, partial(Transformer, layers=1, width=16))


def started(folder: Path, module: Module, data: DataModule) -> str:
    """Start the head; gives what is told."""
    trainer = L.Trainer(accelerator="cpu", logger=False, default_root_dir=folder)
    with (folder / "told.txt").open("w+", encoding="utf-8") as file:
        start_from_probe(trainer, module, data, Console(file=file, width=200))
        file.seek(0)
        return file.read()


def seen(module: Module, data: DataModule) -> tuple[np.ndarray, np.ndarray]:
    """Pooled vectors and logits of the training rows, in their order."""
    pooled, logits = {}, {}
    module.eval()
    with torch.no_grad():
        for batch in data.plain_loader("train"):
            vectors = module.objective.scorer.pooled(module.backbone, batch["inputs"])
            pooled |= zip(batch["row"].tolist(), vectors.numpy(), strict=True)
            logits |= zip(batch["row"].tolist(), logits_of(module, batch).numpy(), strict=True)
    return tuple(np.stack([found[i] for i in range(len(found))]) for found in (pooled, logits))


def expected(x: np.ndarray, y: np.ndarray, c: float, card: DataCard, even: bool) -> np.ndarray:
    """The logits by scikit-learn alone."""
    x = StandardScaler().fit_transform(x.astype(float))
    if task_of(card) == "regression":
        return Ridge(alpha=1 / c).fit(x, (y - y.mean()) / y.std()).predict(x)[:, None]

    def logits(rows: np.ndarray, true: np.ndarray) -> np.ndarray:
        weight = "balanced" if even else None
        fitted = LogisticRegression(C=c, class_weight=weight, max_iter=2000, tol=1e-8)
        return fitted.fit(x[rows], true[rows]).decision_function(x)

    every = np.ones(len(y), bool)
    if task_of(card) == "multilabel":
        return np.stack([logits(every, column) for column in y.T], 1)
    if task_of(card) == "ordinal":
        return np.stack([logits(y >= k, y > k) for k in range(2)], 1)
    found = logits(every, y)
    return np.stack([-found / 2, found / 2], 1) if found.ndim == 1 else found


def label_of(task: str, text: str, label: str) -> str:
    if task == "two classes":
        return label
    if task == "three classes":
        return of_text(text)["ordinal"]
    return of_text(text)[task]


@pytest.mark.parametrize(
    "task", ["two classes", "three classes", "multilabel", "ordinal", "regression"]
)
def test_the_logits_are_those_of_scikit_learn(tmp_path: Path, task: str) -> None:
    rows = [(text, label_of(task, text, label)) for text, label in reviews(160)]
    name = "classification" if "classes" in task else task
    data, module = untrained(tmp_path, name, rows)
    told = started(tmp_path, module, data)
    assert module.training
    x, logits = seen(module, data)
    y = target_array(data.prepared.ids("train")["target"])
    (c,) = re.findall(r"C = ([\d.]+)", told)
    right = expected(x, y, float(c), data.card, "balanced" in told)
    np.testing.assert_allclose(logits, right, atol=2e-2)  # the solver stops at its tolerance
    score = "R²" if task == "regression" else "macro F1"
    line = rf"head: .* on 128 rows' vectors, C = .*: cross-validated {score} \d+\.\d\d %"
    assert re.search(line, told)


def card_of(task: Any, targets: np.ndarray, labels: int) -> DataCard:
    counts = targets.sum(0) if targets.ndim == 2 else np.bincount(targets, minlength=labels)
    names = [str(i) for i in range(labels)]
    target = target_card(task, names, counts.tolist())
    return DataCard(TokenInput(10, 0, 8), target, {"train": len(targets)})


def solved(task: Any, targets: np.ndarray, labels: int) -> ProbeTask:
    return objective_of(card_of(task, targets, labels)).probe()


def test_the_standardisation_is_folded_in_to_the_digit() -> None:
    random = np.random.default_rng(0)
    x = (random.normal(size=(90, 8)) * [1, 9, 0.1, 1, 1, 1, 0, 1] + 5).astype(np.float32)
    y = (x[:, 0] > 5) + 2 * (x[:, 2] > 5)
    found = probe(Vectors(x, y), Vectors(x, y), solved("classification", y, 4))
    assert not found.linear.weight[:, 6].any()  # a constant feature says nothing
    layer = torch.nn.Linear(8, 4)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(found.linear.weight))
        layer.bias.copy_(torch.from_numpy(found.linear.bias))
        here = layer(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(here, found.linear(x.astype(float)), atol=1e-4)
    assert (here.argmax(1) == y).mean() > 0.9


@pytest.mark.parametrize(
    ("task", "targets", "labels", "never", "always"),
    [
        ("classification", [0, 0, 2, 2] * 10, 4, [1, 3], []),
        ("classification", [0, 1, 2, 2] * 10, 4, [3], []),
        ("classification", [1] * 40, 3, [0, 2], [1]),
        ("classification", [1] * 3, 2, [0], [1]),
        ("multilabel", [[0, 1, 0], [0, 1, 1]] * 20, 3, [0], [1]),
        ("ordinal", [0, 1] * 20, 4, [2, 3], []),
        ("ordinal", [2, 3] * 20, 4, [0, 1], []),
    ],
)
def test_classes_and_labels_without_rows(
    task: str, targets: list[Any], labels: int, never: list[int], always: list[int]
) -> None:
    y = np.array(targets)
    x = np.random.default_rng(0).normal(size=(len(y), 5)).astype(np.float32)
    x[:, 0] += y if y.ndim == 1 else y[:, 2]
    objective = objective_of(card_of(task, y, labels))
    solved = probe(Vectors(x, y), Vectors(x, y), objective.probe()).linear
    found = objective.postprocess(torch.from_numpy(solved(x))).numpy()
    assert np.isfinite(found).all()
    assert (found[:, never] < 0.3).all()
    assert (found[:, always] > 0.5).all()


def test_who_chooses_how_strongly_it_is_regularised() -> None:
    random = np.random.default_rng(0)
    y = np.arange(400) % 2
    x = (y[:, None] + random.normal(size=(400, 20)) * 2).astype(np.float32)
    task = solved("classification", y[:80], 2)

    def found(train: int, val: int) -> str | None:
        rows, others = Vectors(x[:train], y[:train]), Vectors(x[400 - val :], y[400 - val :])
        return probe(rows, others, task).chosen_by

    assert found(80, ENOUGH) == "validation"
    assert found(80, ENOUGH - 1) == "cross-validated"
    assert found(FEWEST - 1, ENOUGH) == "validation"
    assert found(FEWEST - 1, ENOUGH - 1) is None


def test_uneven_classes_may_weigh_alike() -> None:
    random = np.random.default_rng(1)
    y = (np.arange(600) % 10 == 0).astype(int)
    x = (1.5 * y[:, None] + random.normal(size=(600, 4))).astype(np.float32)
    task = solved("classification", y[:300], 2)
    found = probe(Vectors(x[:300], y[:300]), Vectors(x[300:], y[300:]), task)
    even = solved("classification", np.arange(300) % 2, 2)
    plain = probe(Vectors(x[:300], y[:300]), Vectors(x[300:], y[300:]), even)
    assert found.score is not None
    assert plain.score is not None
    assert not plain.balanced
    assert found.score >= plain.score


# -- whole runs ------------------------------------------------------------------------------------


def metrics(run: str) -> list[dict[str, str]]:
    with Path(run, "metrics.csv").open(newline="") as file:
        return [row for row in csv.DictReader(file) if "second" not in row["metric"]]


def test_a_run_starts_from_it_once_and_reruns_to_the_digit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "my.csv", reviews(240, noise=0))
    assert main(["fit", *SMALL, "--run.folder=random"]) == 0
    assert "head: logistic" not in capfd.readouterr().err
    assert main(["fit", *SMALL, PROBE, "--run.folder=still"]) == 0
    at_random, still = (
        json.loads(Path(run, "metrics.json").read_text())["val/f1_macro"]
        for run in ("random", "still")
    )
    assert still > 0.8 > at_random + 0.1  # nothing has been trained
    assert main(["fit", "--config=still/config.yaml", "--run.folder=again"]) == 0
    assert metrics("again") == metrics("still")
    assert capfd.readouterr().err.count("head: logistic regression on 192 rows") == 2
    more = ["--ckpt_path=again/checkpoints/last.ckpt", "--trainer.max_epochs=2"]
    assert main(["fit", *more]) == 0
    assert "head: logistic" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--model.objective.head.kind=mlp",), "probe solves a linear head only"),
        (
            (f"--config={CONFIGS / 'trainer' / 'fsdp.yaml'}", "--trainer.accelerator=cpu"),
            "this strategy never sends whole weights to the others",
        ),
    ],
)
def test_refusals(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "my.csv", reviews(60))
    assert main(["fit", *SMALL, PROBE, *options]) == 1
    err = " ".join(capfd.readouterr().err.split())
    assert told in err
    assert "Traceback" not in err


def test_vectors_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    data, module = untrained(tmp_path, "classification", reviews(60))
    with torch.no_grad():
        next(module.backbone.parameters()).fill_(torch.inf)
    with pytest.raises(ConfigError, match="the vectors of 48 of 48 rows of train are not finite"):
        started(tmp_path, module, data)
