"""`--model.start`: a run that continues a fine-tuned model on other data."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import reviews, write_csv
from option_world import save_bert

import weitiao
from weitiao.cli.main import main
from weitiao.config.arguments import as_arguments
from weitiao.errors import ConfigError
from weitiao.training.fit import Run, fit

COMMON = {
    "data.text": "review",
    "data.label": "stars",
    "data.batch.size": 32,
    "trainer.max_epochs": 1,
    "trainer.accelerator": "cpu",
    "run.threads": 1,
}
KINDS: dict[str, dict[str, Any]] = {
    "transformer": {
        "model.backbone": "Transformer",
        "model.backbone.layers": 1,
        "model.backbone.width": 16,
        "data.input.encode.max_length": 48,
    },
    "textcnn": {
        "model.backbone": "TextCNN",
        "data.input.encode.tokenizer": "words",
        "data.input.segment.method": "jieba",
        "data.input.encode.min_count": 1,
        "model.objective.head.kind": "mlp",
    },
    "bag": {"model.backbone": "Bag", "model.objective.wide": {"buckets": 1000}},
    "recurrent": {
        "model.backbone": "Recurrent",
        "data.input.encode.vectors": "vectors.txt",
        "model.backbone.vectors": "freeze",
        "model.objective.pooling": "attention",
    },
    "pretrained": {
        "model.backbone": "Pretrained",
        "model.backbone.name": "bert",
        "data.input.encode.tokenizer": "bert",
        "data.input.encode.max_length": 32,
        "data.input.encode.truncation": "tail",
    },
    "lora": {
        "model.backbone": "Pretrained",
        "model.backbone.name": "bert",
        "model.backbone.lora": {"rank": 2},
        "data.input.encode.tokenizer": "bert",
        "data.input.encode.max_length": 32,
    },
}
STILL = {"model.optim.lr": 0.0, "model.objective.wide.lr": 0.0}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with rows of two labels and of three, a tiny BERT and word vectors."""
    folder = tmp_path_factory.mktemp("start")
    rows = reviews(150)
    write_csv(folder / "two.csv", rows)
    third = [(text + "呢", "中评" if i % 3 == 0 else label) for i, (text, label) in enumerate(rows)]
    write_csv(folder / "three.csv", third)
    values = [(text, str(len(text))) for text, _ in rows]
    write_csv(folder / "numbers.csv", values)
    save_bert(folder / "bert", 0, pad_token="[PAD]")
    hanzi = sorted({char for text, _ in rows for char in text})
    lines = [f"{char} {i % 7 - 3} {i % 3 - 1} {i % 5 - 2}" for i, char in enumerate(hanzi)]
    (folder / "vectors.txt").write_text("\n".join(lines), "utf-8")
    return folder


@pytest.fixture(autouse=True)
def here(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setattr(sys, "argv", ["train.py"])


Begun = Callable[[str], Path]


@pytest.fixture(scope="module")
def begun(place: Path) -> Begun:
    """The run of a kind that others begin with, trained once."""

    def of(kind: str) -> Path:
        folder = place / f"first-{kind}"
        if not folder.is_dir():
            options = COMMON | KINDS[kind] | {"data.train": "two.csv", "run.folder": folder}
            fit(options | {"model.optim.lr": 0.01}, quiet=True)
        return folder

    return of


def go_on(start: Path, rows: str = "three.csv", **more: Any) -> Run:
    options = COMMON | {"data.train": rows, "model.start": start, "trainer.log_every_n_steps": 1}
    return fit(options | {k.replace("__", "."): v for k, v in more.items()}, quiet=True)


def weights(run: Path) -> dict[str, torch.Tensor]:
    content = torch.load(run / "checkpoints" / "best.ckpt", weights_only=True)
    return content["state_dict"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_goes_on_with_its_weights_and_the_rows_of_labels_that_it_knows(
    kind: str, begun: Begun
) -> None:
    first = begun(kind)
    still = STILL if kind == "bag" else {"model.optim.lr": 0.0}
    run = go_on(first, **still)
    before, after = weights(first), weights(run.folder.path)
    parts = [name for name in after if name.startswith(("backbone.", "objective.scorer.pool."))]
    assert parts
    assert all(torch.equal(after[name], before[name]) for name in parts)
    assert run.data.card.target.labels == ["中评", "好评", "差评"]
    for name in after:
        if ".scorer.head." in name and after[name].shape != before[name].shape:
            assert torch.equal(after[name][[1, 2]], before[name])
    assert (
        weitiao.load(run, device="cpu").predict(["很好很满意"]).classes
        == run.data.card.target.labels
    )


def test_on_the_same_rows_it_is_the_same_model(begun: Begun) -> None:
    first = begun("textcnn")
    scores = json.loads((first / "metrics.json").read_text("utf-8"))
    again = go_on(first, "two.csv", **{"model.optim.lr": 0.0})
    assert again.scores["val/loss"] == pytest.approx(scores["val/loss"], abs=1e-6)
    assert (
        again.data.fitted.state()["encoder"]["tokenizer"]
        == weitiao.load(first).rows.fitted.state()["encoder"]["tokenizer"]
    )


def test_a_line_counts_the_labels(begun: Begun, capfd: pytest.CaptureFixture[str]) -> None:
    options = COMMON | {"data.train": "three.csv", "model.start": begun("bag")}
    fit(options)
    assert "2 of 3 labels as before, 1 new: 中评" in " ".join(capfd.readouterr().err.split())
    fit(options | {"data.train": "numbers.csv", "data.task": "regression"})
    assert "its backbone; the head is new" in " ".join(capfd.readouterr().err.split())


def test_adapters_are_put_into_a_model_that_had_none(begun: Begun) -> None:
    first = begun("pretrained")
    run = go_on(first, model__backbone__lora={"rank": 2}, model__optim__lr=0.0)
    before, after = weights(first), weights(run.folder.path)
    inside = [name for name in after if ".base_layer." in name]
    assert inside
    assert all(torch.equal(after[n], before[n.replace(".base_layer.", ".")]) for n in inside)


def test_a_model_needs_no_file_of_the_one_it_began_with(begun: Begun, place: Path) -> None:
    first = shutil.copytree(begun("pretrained"), place / "gone")
    run = go_on(first)
    shutil.rmtree(first)
    assert len(weitiao.load(run, device="cpu").predict(["好"])) == 1


@pytest.mark.parametrize(
    ("kind", "more", "told"),
    [
        ("transformer", {"model.backbone.width": 32}, "model.backbone.width: 16 → 32"),
        ("transformer", {"model.backbone": "Bag"}, r"model.backbone: .*Transformer → .*Bag"),
        ("transformer", {"data.input.encode.max_length": 64}, r"\(48, 16\).*\(64, 16\)"),
        ("pretrained", {"model.backbone.name": "other"}, "model.backbone.name: bert → other"),
        ("lora", {"model.backbone.lora": None}, "model.backbone.lora: the checkpoint has adapters"),
        ("lora", {"model.backbone.lora": {"rank": 3}}, "lora_A"),
    ],
)
def test_what_contradicts_the_checkpoint_is_refused(
    kind: str, more: dict[str, Any], told: str, begun: Begun, place: Path
) -> None:
    before = {*place.iterdir(), *(place / "logs").glob("*")}
    with pytest.raises(ConfigError, match=told):
        go_on(begun(kind), **more)
    assert {*place.iterdir(), *(place / "logs").glob("*")} - before <= {place / f"first-{kind}"}


def test_a_checkpoint_that_asks_for_code_is_refused(begun: Begun, place: Path) -> None:
    content = torch.load(begun("bag") / "checkpoints" / "best.ckpt", weights_only=True)
    content["hyper_parameters"]["backbone"]["class_path"] = "os.system"
    torch.save(content, place / "evil.ckpt")
    with pytest.raises(ConfigError, match=r"asks to run 'os.system'"):
        go_on(place / "evil.ckpt")


def test_a_start_that_is_not_there_is_told() -> None:
    with pytest.raises(ConfigError, match=r"no such checkpoint: nope"):
        go_on(Path("nope"))


@pytest.mark.slow
def test_a_search_starts_from_the_model(begun: Begun, capsys: pytest.CaptureFixture[str]) -> None:
    options = as_arguments(
        COMMON | {"data.train": "three.csv", "model.start": begun("transformer")}
    )
    assert main(["tune", "--dry_run", "--study=of_a_start", *options]) == 0
    assert "model.optim.lr" in capsys.readouterr().out
