"""A DataModule of a small file, a run on it that learns nothing, and its checkpoint."""

import csv
import random
from pathlib import Path

import lightning.pytorch as L
import pytest
import torch
from batches import listed
from lightning.pytorch.callbacks import ModelCheckpoint
from text_parts import text_data

from weitiao.data.batch import Batching
from weitiao.data.datamodule import DataModule


class Recorder(L.LightningModule):
    """Learns nothing, writes down the rows that come."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen: list[tuple[int, list[int]]] = []

    def training_step(self, batch):
        self.seen.append((self.trainer.current_epoch, batch["row"].tolist()))
        return self.weight

    def validation_step(self, batch):
        return None

    def predict_step(self, batch):
        return batch["row"]

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def trainer(folder: Path, **options) -> L.Trainer:
    options = {"max_epochs": 2, "logger": False, "enable_progress_bar": False} | options
    return L.Trainer(
        accelerator="cpu",
        devices=1,
        default_root_dir=folder,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **options,
    )


def some_rows(count: int = 60, seed: int = 0) -> list[tuple[str, str]]:
    draw = random.Random(seed)
    letters = "天地玄黄宇宙洪荒日月盈昃"
    texts = [f"{''.join(draw.choices(letters, k=draw.randint(2, 20)))}{i}" for i in range(count)]
    return [(text, "好坏"[i % 2]) for i, text in enumerate(texts)]


def write(path: Path, rows, header=("text", "label")) -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return str(path)


@pytest.fixture
def train(tmp_path) -> str:
    return write(tmp_path / "train.csv", some_rows())


@pytest.fixture
def make(tmp_path, train):
    def data(**options) -> DataModule:
        options = {"train": train, "cache": str(tmp_path / "cache")} | options
        return text_data(**{"batch": Batching(tokens=80, size=6), **options})

    return data


@pytest.fixture
def checkpoint(make, tmp_path) -> Path:
    """A checkpoint of a run on `train.csv`."""
    path = tmp_path / "run.ckpt"
    fitting = trainer(tmp_path, max_epochs=1, enable_checkpointing=False)
    fitting.fit(Recorder(), datamodule=make())
    fitting.save_checkpoint(path)
    return path


@pytest.fixture
def whole(make, tmp_path) -> tuple[list, Path]:
    """The batches of a run of two epochs, and its checkpoints after each step."""
    keep = ModelCheckpoint(
        tmp_path / "saved",
        "{step}",
        auto_insert_metric_name=False,
        every_n_train_steps=1,
        save_top_k=-1,
    )
    recorder = Recorder()
    trainer(tmp_path, callbacks=[keep]).fit(recorder, datamodule=make())
    return recorder.seen, tmp_path / "saved"


def contents(loader) -> list[dict]:
    return [listed(batch) for batch in loader]
