"""Small cards, batches, backbones and loops that the tests of models share.

A new backbone joins every test of backbones by one line in ``FROM_SCRATCH``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import lightning.pytorch as L
import pytest
import torch
from cards import target_card
from lightning.pytorch.callbacks import Callback
from torch import Tensor
from torch.utils.data import DataLoader

from weitiao.card import DataCard, TokenInput
from weitiao.models.backbones.bag import Bag
from weitiao.models.backbones.base import BackboneFactory
from weitiao.models.backbones.recurrent import Recurrent
from weitiao.models.backbones.textcnn import TextCNN
from weitiao.models.backbones.transformer import Transformer
from weitiao.models.module import Module
from weitiao.models.optim import Optimisation
from weitiao.objectives.labels.classification import Classification
from weitiao.objectives.labels.hierarchical import Hierarchical
from weitiao.objectives.labels.multilabel import MultiLabel
from weitiao.objectives.labels.ordinal import Ordinal
from weitiao.objectives.labels.regression import Regression

VOCABULARY, LENGTH = 60, 24
OBJECTIVES: dict[str, Any] = {
    "classification": Classification,
    "hierarchical": Hierarchical,
    "multilabel": MultiLabel,
    "ordinal": Ordinal,
    "regression": Regression,
}
POOLINGS = ("cls", "last", "mean", "max", "attention")
FROM_SCRATCH: dict[str, BackboneFactory] = {
    "transformer": partial(Transformer, layers=2, width=32, heads=2, dropout=0.0),
    "textcnn": partial(TextCNN, embedding=16, filters=16, dropout=0.0, token_dropout=0.0),
    "bag": partial(Bag, embedding=32, orders=3, buckets=1000, dropout=0.0),
    "lstm": partial(Recurrent, embedding=16, width=64, dropout=0.0),
    "gru": partial(Recurrent, embedding=32, cell="gru", bidirectional=False, dropout=0.0),
}
DECODERS = ("gpt2", "llama", "qwen2", "qwen3", "gemma2")
ENCODERS = ("bert", "roberta", "electra", "modernbert", "deberta-v2")
ENCODERS_OF_SEQ2SEQ = ("t5", "mt5", "bart", "mbart")
PRETRAINED = (*ENCODERS, *DECODERS, *ENCODERS_OF_SEQ2SEQ)
EACH_PRETRAINED = [
    pytest.param(kind, marks=[] if kind in ("bert", "llama", "t5") else [pytest.mark.slow])
    for kind in PRETRAINED
]
"""Each as a parameter of a test, of which one of each sort is quick."""
DROPOUTS = (  # the names that kinds of models have for it
    *("hidden_dropout_prob", "attention_probs_dropout_prob"),
    *("resid_pdrop", "embd_pdrop", "attn_pdrop"),
    *("dropout", "dropout_rate", "attention_dropout", "activation_dropout"),
)
E5 = Path(__file__).parents[3] / "shared" / "models" / "multilingual-e5-small-zh-en"
Batch = dict[str, Any]


def tiny_card(classes: int = 3, **changes: Any) -> DataCard:
    """A card of a small vocabulary."""
    words = {
        "task": "classification",
        "labels": [f"label {c}" for c in range(classes)],
        "label_counts": [10 * (c + 1) for c in range(classes)],
        "target_mean": 0.0,
        "target_scale": 1.0,
    }
    task, labels, counts, mean, scale = (changes.pop(w, usual) for w, usual in words.items())
    target = target_card(task, labels, counts, mean=mean, scale=scale)
    sizes = {"vocab_size": VOCABULARY, "pad_id": 1, "max_length": LENGTH}
    sizes |= {name: changes.pop(name) for name in vars(TokenInput(1, 0, 1)) if name in changes}
    return DataCard(TokenInput(**sizes), target, **{"rows": {"train": 100}} | changes)


def padded(
    texts: Sequence[Sequence[int]], targets: Sequence[int] | None = None, *, left: bool = False
) -> Batch:
    """The ids as the DataModule's batch, which is filled on the right."""
    longest = max(map(len, texts))
    ids = torch.ones(len(texts), longest, dtype=torch.long)
    mask = torch.arange(longest) < torch.tensor([[len(text)] for text in texts])
    mask = mask.flip(1) if left else mask
    ids[mask] = torch.tensor([unit for text in texts for unit in text])
    inputs = {"input_ids": ids, "attention_mask": mask}
    batch = {"inputs": inputs, "row": torch.arange(len(texts))}
    return batch if targets is None else batch | {"target": torch.tensor(targets)}


def random_texts(rows: int, seed: int = 0, longest: int = LENGTH) -> list[list[int]]:
    """Texts of 3 to ``longest`` ids without the id of padding."""
    draw = torch.Generator().manual_seed(seed)
    lengths = torch.randint(3, longest + 1, (rows,), generator=draw).tolist()
    return [torch.randint(2, VOCABULARY, (n,), generator=draw).tolist() for n in lengths]


def random_batches(
    sizes: Sequence[int], classes: int = 3, seed: int = 0, longest: int = LENGTH
) -> list[Batch]:
    """Batches of these sizes with random targets."""
    draw = torch.Generator().manual_seed(seed + 1)
    texts = iter(random_texts(sum(sizes), seed, longest))
    return [
        padded(
            [next(texts) for _ in range(n)],
            torch.randint(0, classes, (n,), generator=draw).tolist(),
        )
        for n in sizes
    ]


def task_of(card: DataCard) -> str:
    """The name that `--task` has for the card's target."""
    of_kind = {
        "ClassTarget": "classification",
        "PathTarget": "hierarchical",
        "SetTarget": "multilabel",
        "ScaleTarget": "ordinal",
        "NumberTarget": "regression",
    }
    return of_kind[type(card.target).__name__]


def objective_of(card: DataCard, width: int = 4, **options: Any) -> Any:
    """The objective for the card's targets, of a backbone of that width."""
    return OBJECTIVES[task_of(card)](card, SimpleNamespace(width=width), **options)


def module_of(
    card: DataCard,
    backbone: BackboneFactory = Transformer,
    optim: Optimisation = Optimisation(),
    **options: Any,
) -> Module:
    """A module that learns the card's targets, by an objective with these options."""
    return Module(card, backbone, partial(OBJECTIVES[task_of(card)], **options), optim)


def logits(module: Module, batch: Batch) -> Tensor:
    """Logits ``(B, C)`` of a batch."""
    assert module.objective.scorer is not None
    return module.objective.scorer(module.backbone, batch["inputs"])


def loss_of(module: Module, batch: Batch) -> Tensor:
    """The loss of a batch."""
    return module.objective.loss(module.backbone, batch).value


def loader(batches: list[Batch]) -> DataLoader:
    """The batches as they are; a bare list would be several loaders to Lightning."""
    return DataLoader(batches, batch_size=None)  # type: ignore[arg-type]


def save_pretrained(kind: str, folder: Path, **changes: Any) -> Path:
    """A tiny model of that kind, as `transformers` saves it (safetensors).

    Args:
        kind: its ``model_type``.
        folder: where to.
        changes: values of its configuration; ``dtype`` of its weights.
    """
    from transformers import AutoConfig, AutoModel

    torch.manual_seed(0)
    values: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": 32,
        "embedding_size": 16,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 16,
        "d_kv": 16,
        "intermediate_size": 48,
        "d_ff": 48,
        "max_position_embeddings": LENGTH + (2 if kind == "roberta" else 0),
        "initializer_range": 0.2,
        "init_std": 0.2,
        "relative_attention": True,  # as every DeBERTa has it
        "pos_att_type": ["c2p", "p2c"],
    }
    for half in ("encoder", "decoder"):
        values |= {f"{half}_layers": 3, f"{half}_attention_heads": 2, f"{half}_ffn_dim": 48}
    ids = ("pad", "bos", "eos", "cls", "sep", "decoder_start")
    values |= {f"{name}_token_id": 1 for name in ids}
    values |= dict.fromkeys(DROPOUTS, 0.0)
    if kind in ("t5", "mt5"):
        del values["max_position_embeddings"]  # positions are relative
    dtype = changes.pop("dtype", torch.float32)
    model = AutoModel.from_config(AutoConfig.for_model(kind, **values | changes))
    model.to(dtype).save_pretrained(folder)
    return folder


def tiny_trainer(folder: Path, *callbacks: Callback, **options: Any) -> L.Trainer:
    """A silent Trainer that writes nothing unless asked."""
    quiet: dict[str, Any] = {
        "accelerator": "cpu",
        "devices": 1,
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "default_root_dir": folder,
        "log_every_n_steps": 1,
        "num_sanity_val_steps": 0,
    }
    return L.Trainer(callbacks=list(callbacks), **quiet | options)


class Recorder(Callback):
    """Keeps the loss of each batch, the learning rate it was taken with, and logged values."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.rates: list[float] = []
        self.validations: list[dict[str, float]] = []

    def on_train_batch_start(self, trainer: L.Trainer, *_: Any) -> None:
        self.rates.append(trainer.optimizers[0].param_groups[0]["lr"])

    def on_train_batch_end(self, trainer: L.Trainer, module: Any, outputs: Any, *_: Any) -> None:
        self.losses.append(float(outputs["loss"]))

    def on_validation_end(self, trainer: L.Trainer, *_: Any) -> None:
        if not trainer.sanity_checking:
            self.validations.append({k: float(v) for k, v in trainer.callback_metrics.items()})
