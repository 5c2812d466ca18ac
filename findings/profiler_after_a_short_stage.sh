#!/usr/bin/env bash
# Once a stage of fewer than 5 batches has overridden the schedule of PyTorchProfiler, it is never
# reset: the wrapper around it stays in the profiler's arguments and counts on. When that has come to
# its end, the profiler of each later stage isn't started, and `Trainer.test` raises in its teardown,
# after all was computed: "Profiler must be initialized before accessing events". Long stages alone,
# or one stage after `fit`, go well. Exits non-zero if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q torch==2.13.0 lightning==2.6.6
cat > profiled.py <<'PYTHON'
import logging
import warnings

warnings.filterwarnings("ignore")
import lightning.pytorch as L
import torch
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


def run(train):
    x = torch.linspace(-1, 1, 64).unsqueeze(1)
    loader = DataLoader(TensorDataset(x, 3 * x + 1), batch_size=4)
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = L.Trainer(
        max_epochs=1,
        accelerator="cpu",
        profiler="pytorch",
        enable_checkpointing=False,
        limit_train_batches=train,
        limit_val_batches=6,
        limit_test_batches=2,
        **quiet,
    )
    module = Line()
    trainer.fit(module, loader, loader)
    trainer.validate(module, loader, verbose=False)
    try:
        trainer.test(module, loader, verbose=False)
        return "went well"
    except AssertionError as error:
        assert "test" in trainer.callback_metrics  # was computed
        return f"AssertionError: {error}"


said = {train: run(train) for train in (16, 3)}
for train, outcome in said.items():
    print(f"fit of {train} batches, validate of 6, test of 2: {outcome}")
assert said[16] == "went well"
assert "must be initialized" in said[3], "changed: the schedule is reset"
PYTHON
venv/bin/python profiled.py 2> errors.txt | grep -v ^USDT || { cat errors.txt; exit 1; }
