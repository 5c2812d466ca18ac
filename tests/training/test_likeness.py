"""Two texts of a row with a vector each, from a file to scores and predictions."""

from __future__ import annotations

import csv
import json
import signal
from pathlib import Path

import pytest
from conftest import Command, write_csv
from pairs_of_texts import SMALL, drawn, write
from resumed_runs import by_test, rows
from scipy.stats import spearmanr

import weitiao

NEGATIVES = ("--data.input.negatives=[negative_1,negative_2]", "--model.objective.chunk=7")
OPTIONS = {
    "likeness": ("--task=likeness",),
    "retrieval": (
        *("--task=retrieval", "--model.objective.loss.temperature=0.1"),
        "--model.objective.chunk=5",
    ),
    "negatives": ("--task=retrieval", *NEGATIVES),
    "classes": ("--task=retrieval", "--data.target.classes=label"),
    "triplets": ("--task=retrieval", *NEGATIVES, "--model.objective.loss.kind=triplet"),
}
"""What is learned → its options."""
TASKS = [*OPTIONS]
BACKBONES = ["Transformer", "TextCNN", "Recurrent", "Bag"]
# each of both once: how texts become vectors and what is learned of them don't know each other
EACH_ONCE = [
    *((one, "retrieval") for one in BACKBONES[:-1]),
    *(("Bag", task) for task in TASKS),
]


def run(command: Command, folder: Path, *options: str | Path) -> str:
    done = command(*options, cwd=folder, kill_after=300)
    assert done.code == 0, done.err
    return done.out + done.err


def metrics_of(run: Path) -> dict[str, float]:
    return json.loads((run / "metrics.json").read_text("utf-8"))


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [*csv.DictReader(file)]


OTHERS = ("retrieval", "negatives", "classes")
TASKS = ("likeness", *(pytest.param(task, marks=pytest.mark.slow) for task in OTHERS))


@pytest.fixture(scope="module", params=TASKS)
def learned(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, command: Command
) -> tuple[str, Path, str]:
    """The task, a folder with a run of it, and what it told."""
    folder, task = tmp_path_factory.mktemp(request.param), request.param
    write(folder / "my.csv", task, drawn(task, 300))
    options = ("--trainer.max_epochs=4", "--model.objective.dimensions=[64]", *OPTIONS[task])
    recipe = f"--recipe={'likeness' if task == 'likeness' else 'retrieval'}"
    told = run(command, folder, "train", recipe, *SMALL, *options)
    return task, folder, told


Learned = tuple[str, Path, str]


def test_they_are_learned_beside_simpler_models(learned: Learned) -> None:
    task, folder, told = learned
    metrics = metrics_of(folder / "logs/latest")
    if task == "likeness":
        assert metrics["test/spearman"] > 0.6
        wanted = {"baseline/spearman", "similarity/spearman", "test/spearman_dim/64"}
    else:
        assert metrics["test/ndcg_10"] > 0.8
        assert 0 < metrics["test/accuracy_1"] <= metrics["test/mrr_10"] <= 1
        wanted = {"baseline/mrr_10", "words/accuracy_1", "similarity/recall_10"}
        wanted |= {"test/ndcg_10_dim/64"}
    assert wanted <= metrics.keys()
    for part in ("Spearman",) if task == "likeness" else ("nDCG@10", "BM25\n", "accuracy@1"):
        assert part.strip() in told
    assert "arning" not in told


def test_the_file_of_predictions_holds_cosines(learned: Learned, command: Command) -> None:
    task, folder, _ = learned
    tested = lines(folder / "logs/latest/predictions.csv")
    cosines = [float(row["label"]) for row in tested]
    assert all(-1 <= cosine <= 1.00001 for cosine in cosines)
    if task == "likeness":
        true = [float(row["true"]) for row in tested]
        found = spearmanr(cosines, true).statistic
        assert metrics_of(folder / "logs/latest")["test/spearman"] == pytest.approx(found, abs=1e-3)
    new = [(row["text"], row["pair"]) for row in tested]
    write_csv(folder / "new.csv", new, ("text", "pair"))
    checkpoint = folder / "logs/latest/checkpoints/best.ckpt"
    on = ("--ckpt_path", checkpoint, "--hardware.accelerator=cpu", "--data.batch.size=3")
    run(command, folder, "predict", *on, "--data.predict=new.csv", "--out=said.csv")
    said = [float(row["label"]) for row in lines(folder / "said.csv")]
    assert said == pytest.approx(cosines, abs=1e-4)
    assert weitiao.load(folder / "logs/latest").predict(new[:2]).labels == pytest.approx(
        cosines[:2], abs=1e-4
    )


def test_a_checkpoint_is_measured_on_another_file(learned: Learned, command: Command) -> None:
    task, folder, _ = learned
    write(folder / "more.csv", task, drawn(task, 40, seed=5))
    best = folder / "logs/latest/checkpoints/best.ckpt"
    on = ("--ckpt_path", best, "--hardware.accelerator=cpu", "--data.test=more.csv")
    told = run(command, folder, "test", *on, "--out=measured.csv")
    assert ("Spearman" if task == "likeness" else "recall@100") in told
    assert len(lines(folder / "measured.csv")) == 40


def test_a_file_to_measure_on_may_have_no_negatives(learned: Learned, command: Command) -> None:
    task, folder, _ = learned
    if task != "negatives":
        pytest.skip("of rows with negatives")
    write(folder / "pairs.csv", "retrieval", drawn("retrieval", 40, seed=5))
    best = folder / "logs/latest/checkpoints/best.ckpt"
    on = ("test", "--ckpt_path", best, "--hardware.accelerator=cpu", "--data.test=pairs.csv")
    done = command(*on, "--out=pairs_said.csv", cwd=folder)
    assert done.code
    assert "--data.negatives" in done.err
    run(command, folder, *on, "--out=pairs_said.csv", "--data.negatives=[]")
    assert len(lines(folder / "pairs_said.csv")) == 40


def test_a_file_of_one_text_a_row_is_told(tmp_path: Path, command: Command) -> None:
    write_csv(tmp_path / "my.csv", [("一", "2"), ("二", "3")], ("text", "label"))
    done = command("fit", "--task=likeness", *SMALL, cwd=tmp_path)
    assert done.code
    assert "pair" in done.err


@pytest.mark.slow
@pytest.mark.parametrize(("backbone", "task"), EACH_ONCE)
def test_every_backbone_learns_a_few_rows_by_heart(
    backbone: str, task: str, tmp_path: Path, command: Command
) -> None:
    few = drawn(task, 32, seed=1)
    if task == "likeness":  # equal numbers would bound the correlation of their ranks
        few = [(text, pair, str(number)) for number, (text, pair, _) in enumerate(few)]
    write(tmp_path / "my.csv", task, few)
    files = ("--data.val=my.csv", "--data.audit.drop_leaks=false", "--data.split.test=0")
    model = (f"--model.backbone={backbone}", "--model.backbone.dropout=0", *OPTIONS[task])
    small = {"Bag": "buckets=2000", "Transformer": "width=64"}  # as they come they take a minute
    if backbone in small:
        model = (*model, f"--model.backbone.{small[backbone]}")
    how = (
        "--model.optim.lr=0.002",
        "--trainer.max_epochs=150",
        "--trainer.check_val_every_n_epoch=30",
        "--data.batch.size=32",
        "--recipe=none",
    )
    run(command, tmp_path, "fit", *SMALL, *files, *model, *how)
    latest = tmp_path / "logs/latest"
    if task == "triplets":  # which say nothing of the texts of other rows
        losses = [v for (_, name), v in logged(latest).items() if name == "train/loss_epoch"]
        assert losses[0] > 0.05
        assert losses[-1] < 0.002
        return
    metrics = metrics_of(latest)
    assert metrics["val/spearman" if task == "likeness" else "val/accuracy_1"] > 0.99


EXACT = (
    *("--recipe=none", "--model.backbone=TextCNN", "--model.backbone.token_dropout=0"),
    *("--model.backbone.dropout=0", "--model.optim.lr=0.01", "--trainer.max_epochs=2"),
    *("--data.batch.tokens=null", "--model.objective.dimensions=[16]"),
)


def logged(folder: Path) -> dict[tuple[str, str], float]:
    """What was logged, by step and name."""
    rows = lines(folder / "metrics.csv")
    return {(row["step"], row["metric"]): float(row["value"]) for row in rows}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "accumulate"), [("likeness", 1), ("negatives", 1), ("classes", 1), ("retrieval", 2)]
)
def test_two_processes_learn_what_one_does(
    task: str, accumulate: int, tmp_path: Path, command: Command
) -> None:
    found = drawn(task, 123)
    if task not in ("likeness", "classes"):  # texts that come twice stand in different processes
        found += [(text, f"{pair}好", *wrong) for text, pair, *wrong in found[:40]]
    write(tmp_path / "my.csv", task, found)
    given = (*SMALL, *EXACT, *OPTIONS[task])
    given += (f"--trainer.accumulate_grad_batches={accumulate}",)
    # Adam makes roundings large, and so does a larger rate: at 0.1 they grow from 1e-7 to 8e-4
    given += ("--model.optim.optimizer=sgd", "--model.optim.lr=0.02")
    two = ("--trainer.devices=2", "--trainer.strategy=ddp", "--data.batch.size=8")
    one = ("--trainer.devices=1", "--data.batch.size=16")
    run(command, tmp_path, "train", "--run.folder=one", *given, *one)
    run(command, tmp_path, "train", "--run.folder=two", *given, *two)
    alone, both = (logged(tmp_path / name) for name in ("one", "two"))
    assert alone.keys() == both.keys()
    names = {"train/loss", "train/loss_epoch", "val/loss"}
    first = "spearman" if task == "likeness" else "ndcg_10"
    names |= {f"val/{first}", f"val/{first}_dim/16", f"test/{first}"}
    keys = [key for key in alone if key[1] in names]
    assert len(keys) > 15
    for key in keys:
        assert both[key] == pytest.approx(alone[key], rel=1e-4, abs=1e-6), key


@pytest.mark.slow
@pytest.mark.parametrize("task", ["likeness", "negatives", "classes"])
def test_a_killed_run_goes_on_to_the_same_digits(
    task: str, tmp_path: Path, command: Command
) -> None:
    write(tmp_path / "my.csv", task, drawn(task, 100))
    given = (*SMALL, *EXACT, *OPTIONS[task], "--trainer.devices=1")
    given += ("--data.batch.size=8", "--run.save_every=1", "--model.backbone.dropout=0.2")
    run(command, tmp_path, "fit", "--run.root=whole", *given)
    unbroken = rows(tmp_path / "whole" / "latest")
    for step in (3, 10, 11):  # in mid-epoch, at its last step, at the first of the next
        kill = (*by_test("kill_at.KillAt"), f"--trainer.callbacks.step={step}")
        root = tmp_path / f"killed-{step}"
        killed = command("fit", f"--run.root={root.name}", *given, *kill, cwd=tmp_path)
        assert killed.code == -signal.SIGKILL, killed.err
        last = (root / "latest" / "checkpoints" / "last.ckpt").resolve()
        resume = ("--ckpt_path", last, "--allow_code=kill_at", "--trainer.callbacks=null")
        run(command, tmp_path, "fit", *resume)
        assert rows(root / "latest") == unbroken, f"killed at step {step}"
