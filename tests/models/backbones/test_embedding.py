"""Embeddings begin with the word vectors of the card, and a checkpoint needs no file of them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_models import (
    VOCABULARY,
    loader,
    logits,
    module_of,
    random_batches,
    tiny_card,
    tiny_trainer,
)

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.models.backbones.bag import Bag
from weitiao.models.backbones.embedding import WIDTH, Embedding
from weitiao.models.backbones.recurrent import Recurrent
from weitiao.models.backbones.textcnn import TextCNN
from weitiao.models.module import Module

BACKBONES = (TextCNN, Bag, Recurrent)


@pytest.fixture
def card(tmp_path: Path) -> DataCard:
    """A card with word vectors of width 6."""
    drawn = np.random.default_rng(0).normal(size=(VOCABULARY, 6)).astype(np.float32)
    np.save(tmp_path / "vectors.npy", drawn)
    return tiny_card(vectors=str(tmp_path / "vectors.npy"), vector_width=6)


def weight(module: Module) -> torch.Tensor:
    """A copy of the embeddings."""
    return module.backbone.embedding.weight.detach().clone()  # type: ignore[union-attr]


def trained(module: Module, folder: Path, steps: int = 3) -> Module:
    trainer = tiny_trainer(folder, max_steps=steps)
    trainer.fit(module, loader(random_batches([8] * steps)))
    return module


@pytest.mark.parametrize("backbone", BACKBONES)
def test_embeddings_begin_with_the_vectors(backbone: type, card: DataCard) -> None:
    module = module_of(card, backbone)
    assert np.array_equal(weight(module), np.load(card.input.vectors or ""))


@pytest.mark.parametrize("backbone", BACKBONES)
def test_frozen_vectors_stay_and_others_learn(
    backbone: type, card: DataCard, tmp_path: Path
) -> None:
    for how, learns in (("freeze", False), ("train", True)):
        module = module_of(card, partial(backbone, vectors=how))
        before = weight(module)
        assert torch.equal(weight(trained(module, tmp_path)), before) != learns


@pytest.mark.parametrize("how", ["train", "freeze"])
@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_checkpoint_needs_no_file_of_vectors(
    backbone: type, how: str, card: DataCard, tmp_path: Path
) -> None:
    module = module_of(card, partial(backbone, vectors=how))
    trainer = tiny_trainer(tmp_path, max_steps=2)
    trainer.fit(module, loader(random_batches([8] * 2)))
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    Path(card.input.vectors or "").unlink()
    again = Module.load_from_checkpoint(tmp_path / "a.ckpt", weights_only=True)
    batch = random_batches([6], seed=7)[0]
    with torch.inference_mode():
        assert torch.equal(logits(again.eval(), batch), logits(module.eval(), batch))
    assert again.card.input.vectors is None
    frozen = [name for name, p in again.named_parameters() if not p.requires_grad]
    assert frozen == (["backbone.embedding.weight"] if how == "freeze" else [])


def test_width_is_that_of_the_vectors_or_as_asked_or_the_usual(card: DataCard) -> None:
    widths = [
        Embedding(c, width, "train").embedding_dim
        for c, width in ((card, None), (card, 6), (tiny_card(), None), (tiny_card(), 9))
    ]
    assert widths == [6, 6, WIDTH, 9]


@pytest.mark.parametrize("backbone", BACKBONES)
def test_another_width_than_the_vectors_is_refused(backbone: type, card: DataCard) -> None:
    with pytest.raises(ConfigError, match="embedding = 7, but the word vectors are 6 wide"):
        backbone(card, embedding=7)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_there_must_be_vectors_to_freeze(backbone: type) -> None:
    with pytest.raises(ConfigError, match="no word vectors to freeze"):
        backbone(tiny_card(), vectors="freeze")
