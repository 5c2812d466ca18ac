"""A run whose loss is no number ends at once, and names the rows."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import lightning.pytorch as L
import pytest
import torch
from conftest import reviews, write_csv
from lightning.pytorch.callbacks import Callback
from tiny_models import module_of

from weitiao.data.batch import Batching
from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError
from weitiao.models.backbones.transformer import Transformer
from weitiao.training.checkpointing import LastCheckpoint
from weitiao.training.divergence import EndIfDiverged

BATCHES = 12  # of an epoch


class Spoil(Callback):
    """Makes the weights not-a-number before or after a batch; notes the rows of that batch."""

    def __init__(self, batch: int, value: float = torch.nan, *, after: bool = False) -> None:
        self.batch, self.value, self.after = batch, value, after
        self.rows: list[int] = []
        self.last = 0

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx) -> None:
        self.last += 1
        if self.last == self.batch:
            self.rows = batch["row"].tolist()
            if not self.after:
                self._spoil(pl_module)

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        if self.after and self.last == self.batch:
            self._spoil(pl_module)

    def _spoil(self, module: L.LightningModule) -> None:
        with torch.no_grad():
            next(module.objective.parameters()).fill_(self.value)


def fit(folder: Path, spoil: Spoil, *, id: str | None = None, every: int | None = None, **options):
    rows = [(*row, f"n{i:03}") for i, row in enumerate(reviews(120))]
    train = str(write_csv(folder / "my.csv", rows, ("text", "label", "no")))
    data = DataModule(train, id=id, batch=Batching(size=8), cache=str(folder / "cache"))
    module = module_of(data.card, partial(Transformer, layers=1, width=8, heads=1))
    trainer = L.Trainer(
        accelerator="cpu",
        max_epochs=2,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[spoil, EndIfDiverged(), LastCheckpoint(folder / "last.ckpt", every)],
        **options,
    )
    with pytest.raises(ConfigError) as error:
        trainer.fit(module, datamodule=data)
    return str(error.value), data


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
@pytest.mark.parametrize(
    ("batch", "accumulated", "noticed"),
    [(1, 1, 2), (5, 1, 6), (6, 2, 7), (7, 2, 8), (BATCHES, 1, BATCHES), (14, 1, 15)],
)
def test_the_rows_of_the_batch_are_named(
    tmp_path: Path, batch: int, accumulated: int, noticed: int, value: float
) -> None:
    spoil = Spoil(batch, value)
    told, data = fit(tmp_path, spoil, accumulate_grad_batches=accumulated)
    assert spoil.last == noticed
    epoch, number = divmod(batch - 1, BATCHES)
    assert f"in epoch {epoch}, batch {number + 1}, step " in told
    (named,) = re.findall(r"its rows in (\S+): ([\d, ]+)", told)
    lines = data.rows("train")["row"].take(sorted(spoil.rows)).to_pylist()
    assert named == (str(tmp_path / "my.csv"), ", ".join(map(str, lines)))
    assert "lower optim.lr" in told
    assert (tmp_path / "last.ckpt").exists() == (epoch == 1)


def test_rows_with_an_id_are_named_by_it(tmp_path: Path) -> None:
    spoil = Spoil(3)
    told, data = fit(tmp_path, spoil, id="no")
    ids = data.rows("train")["id"].take(sorted(spoil.rows)).to_pylist()
    assert f"its rows have the ids {', '.join(ids)}\n" in told


def test_weights_that_are_no_numbers_are_not_saved(tmp_path: Path) -> None:
    spoil = Spoil(4, after=True)  # as a gradient that is none leaves them
    told, _ = fit(tmp_path, spoil, every=1)
    assert spoil.last == 4
    assert "a weight is no number after epoch 0, batch 4, step 4" in told
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 3
    assert sorted(path.name for path in tmp_path.glob("*.ckpt*")) == ["last.ckpt", "previous.ckpt"]
