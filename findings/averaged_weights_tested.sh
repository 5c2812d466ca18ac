#!/usr/bin/env bash
# After `fit` with EMAWeightAveraging, `trainer.test(ckpt_path=best)` of the same Trainer measures
# the weights that were *not* averaged: the callback puts `current_model_state` of the checkpoint in
# place of its `state_dict`, which holds the average, whatever the Trainer is about to do. A fresh
# Trainer, or a checkpoint loaded by hand, measures the average. Exits non-zero if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q torch==2.13.0 lightning==2.6.6
cat > averaged.py <<'PYTHON'
import logging
import warnings

warnings.filterwarnings("ignore")
import lightning.pytorch as L
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint
from torch.utils.data import DataLoader, TensorDataset

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
print("lightning", L.__version__, "torch", torch.__version__)


class Line(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def training_step(self, batch):
        x, y = batch
        return torch.nn.functional.mse_loss(self.layer(x), y)

    def validation_step(self, batch):
        self.log("val", self.training_step(batch))

    def test_step(self, batch):
        self.log("test", self.training_step(batch))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)


torch.manual_seed(0)
x = torch.linspace(-1, 1, 64).unsqueeze(1)
loader = DataLoader(TensorDataset(x, 3 * x + 1), batch_size=8)
quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
best = ModelCheckpoint("checkpoints", filename="best", monitor="val")
averaging = EMAWeightAveraging(decay=0.99)
trainer = L.Trainer(max_epochs=2, accelerator="cpu", callbacks=[averaging, best], **quiet)
module = Line()
trainer.fit(module, loader, loader)
path = best.best_model_path
same = trainer.test(module, loader, ckpt_path=path, verbose=False)[0]["test"]
fresh = Line()
fresh.load_state_dict(torch.load(path, weights_only=True)["state_dict"])
other = L.Trainer(accelerator="cpu", **quiet).test(fresh, loader, verbose=False)[0]["test"]
print(f"best validation loss, of averaged weights          {float(best.best_model_score):.4f}")
print(f"best.ckpt tested by a fresh Trainer, same rows     {other:.4f}")
print(f"best.ckpt tested by the Trainer that has fitted    {same:.4f}")
assert abs(other - float(best.best_model_score)) < 1e-5
assert abs(same - other) > 1e-3, "changed: both test the averaged weights"
PYTHON
venv/bin/python averaged.py
