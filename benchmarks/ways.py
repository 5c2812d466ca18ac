"""A classifier of BERT's kind, trained on the same batches by us, by hand, by transformers."""

from __future__ import annotations

import copy
import random
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from timing import ROOT, Clock

sys.path.insert(0, str(ROOT / "src"))

import lightning.pytorch as L
import torch
from lightning.pytorch.callbacks import Callback, LearningRateMonitor
from torch import Tensor, nn

from weitiao.data.datamodule import DataModule
from weitiao.models.backbones.pretrained import Pretrained
from weitiao.models.backbones.transformer import Transformer
from weitiao.models.module import Module
from weitiao.models.optim import Optimisation
from weitiao.objectives.heads import Head
from weitiao.objectives.labels.classification import Classification
from weitiao.training.csv_log import CSVLog
from weitiao.training.optional_parts import TensorBoard
from weitiao.training.progress import Progress
from weitiao.training.random_state import RandomState
from weitiao.training.run_folder import RunFolder
from weitiao.training.throughput import Throughput

LENGTH, BATCH, CLIP = 128, 64, 1.0
SCRATCH, PRETRAINED = Optimisation(), Optimisation(lr=5e-5)
Batch = dict[str, Tensor]


@dataclass(frozen=True)
class Setting:
    """What all four share."""

    data: DataModule
    classifier: nn.Module
    epochs: int
    seed: int
    model: str | None = None

    @property
    def optim(self) -> Optimisation:
        """Pretrained weights are changed gently."""
        return PRETRAINED if self.model else SCRATCH

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole training."""
        return self.epochs * -(-self.data.card.rows["train"] // BATCH)

    def optimiser(self, model: nn.Module) -> tuple[torch.optim.Optimizer, Any]:
        """The same optimiser and schedule for any of them."""
        built = self.optim.build(model, self.steps)
        return built["optimizer"], built["lr_scheduler"]["scheduler"]

    def module(self) -> Module:
        """Our module with the classifier's weights: BERT's pooler is a head of kind ``mlp``."""
        config = self.classifier.config
        sizes = {"width": config.hidden_size, "heads": config.num_attention_heads}
        layers = config.num_hidden_layers
        backbone = (
            partial(Pretrained, name=self.model, layers=layers)
            if self.model
            else partial(Transformer, layers=layers, **sizes)
        )
        module = Module(
            self.data.card,
            backbone,
            partial(Classification, pooling="cls", head=Head("mlp", "tanh")),
            self.optim,
        )
        weights, scorer = dict(self.classifier.bert.state_dict()), module.objective.scorer
        for name in ("weight", "bias"):
            scorer.head[0].get_parameter(name).data.copy_(weights.pop(f"pooler.dense.{name}"))
        module.backbone.encoder.load_state_dict(weights)
        scorer.head[-1].load_state_dict(self.classifier.classifier.state_dict())
        return module


def train_weitiao(setting: Setting, clock: Clock, *, precision: Any = "32-true") -> nn.Module:
    """Our Trainer path."""

    class Ticks(Callback):
        def on_train_start(self, trainer: Any, module: Any) -> None:
            clock.start()

        def on_train_batch_end(
            self, trainer: Any, module: Any, out: Any, batch: Batch, i: int
        ) -> None:
            clock.tick(len(batch["target"]))

    module = setting.module()
    with tempfile.TemporaryDirectory(prefix="weitiao-") as path:
        folder = RunFolder(Path(path), started=True)
        trainer = L.Trainer(
            accelerator="cpu",
            precision=precision,
            max_epochs=setting.epochs,
            gradient_clip_val=CLIP,
            log_every_n_steps=10,
            limit_val_batches=0,
            enable_checkpointing=False,
            enable_model_summary=False,
            logger=[TensorBoard(folder.path), CSVLog(folder.path / "metrics.csv")],
            callbacks=[
                Progress(),
                RandomState(),
                LearningRateMonitor("step"),
                Throughput(),
                Ticks(),
            ],
        )
        trainer.fit(module, datamodule=setting.data)
    return module


def train_bare(setting: Setting, clock: Clock) -> nn.Module:
    """The loop of the textbook over our batches."""
    module = setting.module()
    optimizer, schedule = setting.optimiser(module)
    setting.data.trainer = None
    batches = setting.data.train_dataloader()
    module.train()
    clock.start()
    for epoch in range(setting.epochs):
        batches.batches.position = lambda epoch=epoch: (epoch, 0)
        for batch in batches:
            loss = module.objective.loss(module.backbone, batch).value
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(module.parameters(), CLIP)
            optimizer.step()
            schedule.step()
            clock.tick(len(batch["target"]))
    return module


def train_hf(setting: Setting, clock: Clock, *, dynamic: bool) -> nn.Module:
    """transformers' Trainer, with its defaults where the comparison doesn't ask for others."""
    from transformers import (
        DataCollatorWithPadding,
        PreTrainedTokenizerFast,
        Trainer,
        TrainerCallback,
        TrainingArguments,
        default_data_collator,
    )

    class Ticks(TrainerCallback):
        def on_train_begin(self, *args: Any, **kwargs: Any) -> None:
            clock.start()

        def on_step_end(self, arguments: Any, state: Any, control: Any, **_: Any) -> None:
            done = (state.global_step - 1) % (setting.steps // setting.epochs) * BATCH
            clock.tick(min(BATCH, setting.data.card.rows["train"] - done))

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=setting.data.fitted.encoder.backend,
        pad_token="<pad>" if setting.model else "[PAD]",
    )
    model = copy.deepcopy(setting.classifier)
    with tempfile.TemporaryDirectory(prefix="weitiao-") as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=setting.epochs,
            per_device_train_batch_size=BATCH,
            max_grad_norm=CLIP,
            seed=setting.seed,
            use_cpu=True,
            report_to="none",
            save_strategy="no",
            train_sampling_strategy="group_by_length" if dynamic else "random",
        )
        Trainer(
            model,
            arguments,
            train_dataset=training_rows(setting.data, padded=not dynamic),
            data_collator=DataCollatorWithPadding(tokenizer) if dynamic else default_data_collator,
            optimizers=setting.optimiser(model),
            callbacks=[Ticks()],
        ).train()
    return model


def training_rows(data: DataModule, *, padded: bool) -> list[dict[str, Any]]:
    """The training rows for transformers' Trainer."""
    data.trainer = None
    return hf_rows(data.train_dataloader(), data.card.input.pad_id, padded=padded)


def hf_rows(batches: Iterable[Batch], pad_id: int, *, padded: bool) -> list[dict[str, Any]]:
    """Rows as `run_classification.py` has them after its tokenizer, in memory."""
    rows = []
    for batch in batches:
        targets = batch["target"].tolist()
        for ids, mask, target in zip(
            batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"], targets, strict=True
        ):
            kept = ids[mask].tolist()
            fill = LENGTH - len(kept) if padded else 0
            rows.append(
                {
                    "input_ids": kept + [pad_id] * fill,
                    "attention_mask": [1] * len(kept) + [0] * fill,
                    "labels": target,
                }
            )
    random.Random(0).shuffle(rows)
    return rows


WAYS: dict[str, Callable[[Setting, Clock], nn.Module]] = {
    "weitiao": train_weitiao,
    "weitiao blas": train_weitiao,
    "weitiao bf16": partial(train_weitiao, precision="bf16-mixed"),
    "HF padded": partial(train_hf, dynamic=False),
    "HF dynamic": partial(train_hf, dynamic=True),
    "HF switched": partial(train_hf, dynamic=True),
    "bare": train_bare,
}
AS_TORCH_COMES = ("weitiao blas", "HF padded", "HF dynamic")
