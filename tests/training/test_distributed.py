"""Several processes: the same scores and predictions as one, and the same exactness."""

from __future__ import annotations

import csv
import json
import re
import shutil
import signal
from pathlib import Path
from typing import Protocol

import pytest
import torch
from conftest import TINY, Command, reviews, run_behind, write_csv
from resumed_runs import OPTIONS, by_test, rows

from weitiao import distributed
from weitiao.distributed import device_count, refuse_other_processes
from weitiao.errors import ConfigError

TRAIN = Path(__file__).parents[2] / "src" / "train.py"
CONFIGS = TRAIN.parents[1] / "configs"
PROBE = ("--model.objective.head.start=probe",)
JOINED = ("--trainer.gradient_clip_val=0.1", "--trainer.accumulate_grad_batches=3")


class Train(Protocol):
    """Runs `src/train.py`; gives what it tells."""

    def __call__(self, *arguments: str | Path, cwd: Path, code: int = 0) -> str: ...


@pytest.fixture
def train(command: Command) -> Train:
    def run(*arguments: str | Path, cwd: Path, code: int = 0) -> str:
        done = command(*arguments, cwd=cwd, script=str(TRAIN), kill_after=300)
        assert done.code == code, done.err
        return done.err

    return run


# -- evaluation ------------------------------------------------------------------------------------


@pytest.fixture
def odd(workplace: Path) -> Path:
    """A trained run's folder with a labelled file whose 67 rows no number of processes divides."""
    write_csv(workplace / "odd.csv", reviews(67, seed=5))
    return workplace


@pytest.mark.slow
def test_scores_and_predictions_are_those_of_one_process(odd: Path, train: Train) -> None:
    best = run_behind(odd / "logs" / "latest") / "checkpoints" / "best.ckpt"
    on_new = ("--ckpt_path", best, "--hardware.accelerator=cpu", "--data.batch.size=4")
    for devices in (1, 3):
        one = (*on_new, f"--hardware.devices={devices}")
        train("test", *one, "--data.test=odd.csv", f"--out=tested-{devices}.csv", cwd=odd)
        train("predict", *one, "--data.predict=odd.csv", f"--out=said-{devices}.csv", cwd=odd)
    for name in ("tested", "said"):
        whole, shared = (read(odd / f"{name}-{devices}.csv") for devices in (1, 3))
        assert [row["text"] for row in shared] == [text for text, _ in reviews(67, seed=5)]
        assert [row["label"] for row in shared] == [row["label"] for row in whole]
        for a, b in zip(whole, shared, strict=True):
            assert float(a["p(好评)"]) == pytest.approx(float(b["p(好评)"]), abs=2e-6)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
@pytest.mark.parametrize("task", ["classification", "multilabel", "regression"])
def test_the_scores_of_a_run_do_not_depend_on_the_number_of_processes(
    tmp_path: Path, task: str, train: Train
) -> None:
    labels = {"classification": "{}", "multilabel": "{}|短评", "regression": "{}"}
    numbers = {"好评": "1.5", "差评": "-0.5"}
    data = [
        (text, labels[task].format(numbers[x] if task == "regression" else x))
        for text, x in reviews(201)
    ]
    write_csv(tmp_path / "my.csv", data)
    options = ["--data.train=my.csv", f"--task={task}", *TINY, "--trainer.max_epochs=1"]
    train("train", "--run.folder=whole", *options, cwd=tmp_path)
    best = tmp_path / "whole" / "checkpoints" / "best.ckpt"
    expected = json.loads((tmp_path / "whole" / "metrics.json").read_text("utf-8"))
    shutil.copy(tmp_path / "whole" / "predictions.csv", tmp_path / "expected.csv")
    train("test", "--ckpt_path", best, "--hardware.devices=2", cwd=tmp_path)
    found = json.loads((tmp_path / "whole" / "metrics.json").read_text("utf-8"))
    tested = {name for name in expected if name.startswith("test/")}
    assert len(tested) > 4
    for name in tested:
        assert found[name] == pytest.approx(expected[name], abs=1e-6, nan_ok=True), name


# -- training --------------------------------------------------------------------------------------

SMALL = (
    *("--data.train=my.csv", "--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false"),
    *("--data.text=review", "--data.target.label=stars", "--trainer.log_every_n_steps=1"),
    *("--trainer.max_epochs=2", "--data.batch.tokens=null", "--model.optim.lr=0.01"),
    *("--model.backbone=TextCNN", "--model.backbone.dropout=0"),
    *("--model.backbone.token_dropout=0", "--model.objective.head.dropout=0"),
)
TWO = ("--trainer.devices=2", "--trainer.strategy=ddp")
SHARDED = (f"--config={CONFIGS / 'trainer' / 'fsdp.yaml'}", "--trainer.devices=2")
SHARDED_CPU = (*SHARDED, "--trainer.accelerator=cpu")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("strategy", "both"),
    [(TWO, ()), (TWO, JOINED), (TWO, PROBE), (SHARDED_CPU, ()), (SHARDED_CPU, JOINED)],
)
def test_two_processes_with_half_the_batch_learn_what_one_learns(
    tmp_path: Path, strategy: tuple[str, ...], both: tuple[str, ...], train: Train
) -> None:
    write_csv(tmp_path / "my.csv", reviews(243))  # 195 of train: the last batch has 3
    train("fit", "--run.folder=one", *SMALL, *both, "--data.batch.size=16", cwd=tmp_path)
    more = (*strategy, *both, "--data.batch.size=8")
    train("fit", "--run.folder=two", *SMALL, *more, cwd=tmp_path)
    one, two = (values(tmp_path / name) for name in ("one", "two"))
    assert one.keys() == two.keys()
    means = [key for key in one if key[1] in ("train/loss_epoch", "val/loss", "lr-AdamW/pg1")]
    assert len(means) > 10
    # gradients are summed in another order; the large weights of a solved head amplify that
    close = 1e-4 if both == PROBE else 1e-5
    for key in means:
        assert two[key] == pytest.approx(one[key], rel=close), key


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["t5", "albert"])
def test_two_processes_share_out_layers_within_layers_and_repeated_ones(
    tmp_path: Path, kind: str, train: Train
) -> None:
    write_csv(tmp_path / "my.csv", reviews(120))
    save_model(kind, tmp_path / "model")
    options = (
        *("--data.train=my.csv", "--data.text=review", "--data.target.label=stars"),
        *("--trainer.accelerator=cpu", "--trainer.max_epochs=1", "--data.batch.tokens=null"),
        *("--trainer.log_every_n_steps=1", "--data.input.encode.tokenizer=model"),
        *(
            "--model.backbone=Pretrained",
            "--model.backbone.name=model",
            "--model.objective.head.dropout=0",
        ),
    )
    train("fit", "--run.folder=one", *options, "--data.batch.size=16", cwd=tmp_path)
    train("fit", "--run.folder=two", *options, *SHARDED_CPU, "--data.batch.size=8", cwd=tmp_path)
    one, two = (values(tmp_path / name) for name in ("one", "two"))
    losses = [key for key in one if key[1] in ("train/loss_epoch", "val/loss")]
    assert losses
    for key in losses:
        assert two[key] == pytest.approx(one[key], rel=1e-4), key


def save_model(kind: str, folder: Path) -> None:
    """A tiny model without dropout, and its tokenizer of characters."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

    hanzi = sorted({char for text, _ in reviews(120) for char in text})
    units = {unit: i for i, unit in enumerate(["[PAD]", "[UNK]", *hanzi])}
    tokenizer = Tokenizer(models.WordLevel(units, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    names = {"unk_token": "[UNK]", "pad_token": "[PAD]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)
    sizes = {"hidden_size": 16, "embedding_size": 8, "intermediate_size": 16, "d_ff": 16, "d_kv": 8}
    counts = {"num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": len(units)}
    dropout = dict.fromkeys(("hidden_dropout_prob", "attention_probs_dropout_prob"), 0.0)
    dropout |= {"dropout_rate": 0.0, "classifier_dropout_prob": 0.0}
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, **sizes, **counts, **dropout)
    AutoModel.from_config(config).save_pretrained(folder)


def values(run: Path) -> dict[tuple[str, str], float]:
    return {(step, metric): float(value) for step, _, metric, value in rows(run)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("strategy", "number", "code"),
    [(TWO, signal.SIGKILL, -9), (SHARDED_CPU, signal.SIGUSR1, 75)],
)
def test_two_processes_go_on_to_the_same_digits(
    tmp_path: Path, strategy: tuple[str, ...], number: int, code: int, train: Train
) -> None:
    write_csv(tmp_path / "my.csv", reviews(200))
    options = [*OPTIONS, "--trainer.max_epochs=2", *strategy, "--data.batch.size=4"]
    options.append("--data.input.augment.steps=[{method: swap}]")
    if strategy == SHARDED_CPU:
        refused = train("fit", *options, cwd=tmp_path, code=1)
        assert "an average of weights can't be kept where processes share them out" in refused
        options.append("--trainer.callbacks=[]")
    train("fit", "--run.folder=whole", *options, cwd=tmp_path)
    kill = (*by_test("kill_at.KillAt"), "--trainer.callbacks.step=7")
    number_of = f"--trainer.callbacks.number={int(number)}"
    train("fit", "--run.folder=broken", *options, *kill, number_of, cwd=tmp_path, code=code)
    train("fit", "--run.folder=broken", *options, cwd=tmp_path)
    assert rows(tmp_path / "broken") == rows(tmp_path / "whole")
    assert run_behind(tmp_path / "latest").name == "broken"


@pytest.mark.slow
def test_all_processes_end_when_the_loss_of_one_is_no_number(tmp_path: Path, train: Train) -> None:
    write_csv(tmp_path / "my.csv", [(text, str(len(text))) for text, _ in reviews(60)])
    options = (*SMALL, *TWO, "--task=regression", "--data.batch.size=2")
    spoil = (*by_test("spoil_target.SpoilTarget"), "--trainer.callbacks.batch=3")
    told = train("fit", *options, *spoil, "--run.folder=one", cwd=tmp_path, code=1)
    assert "training diverged: the loss is inf in epoch 0, batch 4" in told
    (rows,) = set(re.findall(r"its rows in my.csv: ([\d, ]+)", told))
    assert len(rows.split(", ")) == 2  # those of one process, not of the batch
    assert "Traceback" not in told


# -- launchers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "count"),
    [
        ({}, None),
        ({"SLURM_NTASKS": "4", "SLURM_JOB_NAME": "mine", "SLURM_STEP_ID": "0"}, 4),
        ({"SLURM_NTASKS": "1", "SLURM_JOB_NAME": "mine"}, 1),
        ({"SLURM_NTASKS": "4", "SLURM_JOB_NAME": "bash"}, None),
        ({"SLURM_NTASKS": "4", "SLURM_JOB_NAME": "interactive", "WORLD_SIZE": "2"}, 2),
        ({"WORLD_SIZE": "8"}, 8),
    ],
)
def test_how_many_processes_a_launcher_started(
    environment: dict[str, str], count: int | None
) -> None:
    assert distributed.launched(environment) == count


@pytest.mark.parametrize(
    ("devices", "count"),
    [(1, 1), ("2", 2), ([0, 3], 2), ("0,3", 2), ("auto", None), (-1, None), ("-1", None)],
)
def test_how_many_devices_are_meant(devices: int | str | list[int], count: int | None) -> None:
    assert device_count(devices) == count


def test_another_number_of_processes_is_refused_with_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_NTASKS", "3")
    monkeypatch.setenv("SLURM_STEP_ID", "0")
    monkeypatch.setenv("SLURM_JOB_NAME", "mine")
    with pytest.raises(ConfigError, match=r"started 3 processes, but devices = 2 .* makes 4"):
        refuse_other_processes(2, 2)
    refuse_other_processes(3, 1)
    monkeypatch.delenv("SLURM_STEP_ID")
    with pytest.raises(ConfigError, match="3 tasks, but srun did not start them"):
        refuse_other_processes(3, 1)


@pytest.mark.parametrize("name", distributed.RANKS)
def test_only_one_process_is_the_first(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for variable in distributed.RANKS:
        monkeypatch.setenv(variable, "0")
    assert distributed.first()
    monkeypatch.setenv(name, "1")
    assert not distributed.first()
