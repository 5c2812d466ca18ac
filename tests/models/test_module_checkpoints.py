"""A module's checkpoint: plain values, which alone give the same logits."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_models import (
    E5,
    EACH_PRETRAINED,
    FROM_SCRATCH,
    loader,
    logits,
    module_of,
    random_batches,
    save_pretrained,
    tiny_card,
    tiny_trainer,
)

from weitiao.models.backbones.base import BackboneFactory
from weitiao.models.backbones.pretrained import Pretrained
from weitiao.models.backbones.transformer import Transformer
from weitiao.models.module import Module
from weitiao.models.optim import Optimisation
from weitiao.objectives.heads import Head
from weitiao.objectives.labels.classification import ClassLoss


def strings_numbers(value: Any) -> Iterator[Any]:
    """The leaves of plain values."""
    if isinstance(value, dict):
        for item in value.values():
            yield from strings_numbers(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_numbers(item)
    else:
        yield value


def saved(module: Module, folder: Path) -> Path:
    """A checkpoint of the module after two steps of training."""
    trainer = tiny_trainer(folder, max_epochs=1)
    trainer.fit(module, loader(random_batches([4, 4])))
    trainer.save_checkpoint(folder / "model.ckpt")
    return folder / "model.ckpt"


@pytest.mark.parametrize("kind", [*FROM_SCRATCH, *EACH_PRETRAINED])
def test_checkpoint_alone_gives_the_same_logits(kind: str, tmp_path: Path) -> None:
    gone = tmp_path / "pretrained"
    factory: BackboneFactory = (
        FROM_SCRATCH[kind]
        if kind in FROM_SCRATCH
        else partial(Pretrained, name=str(save_pretrained(kind, gone)), layers=2)
    )
    module = module_of(
        tiny_card(),
        factory,
        Optimisation(lr=2e-3, betas=(0.8, 0.9)),
        pooling="attention",
        head=Head("mlp", "gelu", 0.2),
        loss=ClassLoss(label_smoothing=0.1, class_weights="balanced"),
    )
    path = saved(module, tmp_path)
    shutil.rmtree(gone, ignore_errors=True)
    again = Module.load_from_checkpoint(path, weights_only=True)
    batch = random_batches([6], seed=7)[0]
    with torch.inference_mode():
        assert torch.equal(logits(again.eval(), batch), logits(module.eval(), batch))
    assert (again.card, again.optim) == (module.card, module.optim)
    assert torch.equal(again.objective.criterion.weight, module.objective.criterion.weight)
    assert again.objective.criterion.label_smoothing == 0.1
    third = Module.load_from_checkpoint(saved(again.train(), tmp_path), weights_only=True)
    with torch.inference_mode():  # a module that was loaded can be trained and saved again
        assert torch.equal(logits(again.eval(), batch), logits(third.eval(), batch))


@pytest.mark.skipif(not E5.exists(), reason=f"needs the pretrained encoder {E5.name}")
def test_checkpoint_of_the_real_encoder_gives_the_same_logits(tmp_path: Path) -> None:
    module = module_of(tiny_card(), partial(Pretrained, name=str(E5), layers=1))
    again = Module.load_from_checkpoint(saved(module, tmp_path), weights_only=True)
    batch = random_batches([6], seed=7)[0]
    with torch.inference_mode():
        assert torch.equal(logits(again.eval(), batch), logits(module.eval(), batch))


def test_half_precision_folder_comes_back_in_single_precision(tmp_path: Path) -> None:
    folder = save_pretrained("bert", tmp_path / "half", dtype=torch.float16)
    module = module_of(tiny_card(), partial(Pretrained, name=str(folder)))
    again = Module.load_from_checkpoint(saved(module, tmp_path), weights_only=True)
    assert {p.dtype for p in again.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    "factory", [Transformer, partial(Transformer, layers=1), partial(Transformer, dropout=0.3)]
)
def test_hyper_parameters_are_plain_values(factory: BackboneFactory) -> None:
    hparams = dict(module_of(tiny_card(), factory).hparams)
    assert json.loads(json.dumps(hparams)) == hparams
    leaves = (str, int, float, bool, type(None))
    assert all(isinstance(leaf, leaves) for leaf in strings_numbers(hparams))
    given = factory.keywords if isinstance(factory, partial) else {}
    assert given.items() <= hparams["backbone"]["init_args"].items()
    assert hparams["card"]["target"]["init_args"]["labels"] == ["label 0", "label 1", "label 2"]


def test_what_can_not_be_written_down_is_refused() -> None:
    with pytest.raises(TypeError, match=r"class or a functools\.partial"):
        module_of(tiny_card(), lambda card: Transformer(card))
