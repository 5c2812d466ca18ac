"""Encoder–decoder models that are loaded from a folder."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from parallel_texts import card
from tiny_models import tiny_trainer
from torch.nn import functional as F

from weitiao.card import NOTHING
from weitiao.errors import ConfigError
from weitiao.models.backbones.lora import Lora
from weitiao.models.backbones.pretrained_seq2seq import PretrainedSeq2Seq
from weitiao.models.module import Module
from weitiao.objectives import Translating

SMALL: dict[str, dict[str, Any]] = {
    "t5": {"d_ff": 32, "d_kv": 8, "num_layers": 2, "num_heads": 2, "decoder_start_token_id": 0},
    "bart": {
        **{f"{side}_{name}": 2 for side in ("encoder", "decoder") for name in ("layers",)},
        **{f"{side}_attention_heads": 2 for side in ("encoder", "decoder")},
        **{f"{side}_ffn_dim": 32 for side in ("encoder", "decoder")},
        **{
            "max_position_embeddings": 32,
            "forced_eos_token_id": None,
            "decoder_start_token_id": 3,
            "bos_token_id": 2,
        },
    },
}
BEGIN = {"t5": None, "bart": 2}


def save(folder: Path, kind: str, **changes: Any) -> str:
    """A folder of a tiny model with random weights."""
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    sizes = {"vocab_size": 40, "d_model": 16, "pad_token_id": 0, "eos_token_id": 3}
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, **sizes, **SMALL[kind] | changes)
    model = AutoModelForSeq2SeqLM.from_config(config)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    return str(folder)


def texts() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids that are read, their mask, and those that are written."""
    torch.manual_seed(1)
    mask = torch.arange(9) < torch.tensor([9, 5, 7])[:, None]
    written = torch.tensor([[7, 8, 9, 3], [7, 3, NOTHING, NOTHING], [9, 9, 3, NOTHING]])
    return torch.randint(4, 40, mask.shape).where(mask, 0), mask.long(), written


@pytest.mark.parametrize("kind", SMALL)
def test_logits_and_loss_are_the_models_own(kind: str, tmp_path: Path) -> None:
    from transformers import AutoModelForSeq2SeqLM

    name = save(tmp_path, kind)
    ours = PretrainedSeq2Seq(card(begin=BEGIN[kind]), name=name).eval()
    theirs = AutoModelForSeq2SeqLM.from_pretrained(name).eval()
    ids, mask, written = texts()
    logits, asked = ours.logits(ids, mask, written)
    found = theirs(input_ids=ids, attention_mask=mask, labels=written)
    torch.testing.assert_close(logits, found.logits, rtol=1e-4, atol=1e-5)
    value = F.cross_entropy(logits.transpose(1, 2), asked, ignore_index=NOTHING)
    torch.testing.assert_close(value, found.loss)


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("kind", SMALL)
def test_what_is_written_is_the_models_own_whatever_the_batch(
    kind: str, beams: int, tmp_path: Path
) -> None:
    from transformers import AutoModelForSeq2SeqLM

    name = save(tmp_path, kind)
    ours = PretrainedSeq2Seq(card(begin=BEGIN[kind]), name=name).eval()
    ids, mask, _ = texts()
    together = ours.generate(ids, mask, beams=beams)
    alone = [
        ours.generate(row[None, : int(one.sum())], one[None, : int(one.sum())], beams=beams)[0]
        for row, one in zip(ids, mask, strict=True)
    ]
    assert together == alone
    theirs = AutoModelForSeq2SeqLM.from_pretrained(name).eval()
    found = theirs.generate(
        ids, attention_mask=mask, max_new_tokens=11, num_beams=beams, early_stopping=beams > 1
    )
    begun = [row[1 : 1 + len(own)].tolist() for row, own in zip(found, together, strict=True)]
    assert begun == together


@pytest.mark.parametrize("lora", [None, Lora(rank=4, dropout=0.0)], ids=["whole", "adapters"])
@pytest.mark.parametrize("kind", SMALL)
def test_a_checkpoint_alone_writes_the_same(kind: str, lora: Lora | None, tmp_path: Path) -> None:
    name, of_data = save(tmp_path / "model", kind), card(begin=BEGIN[kind])
    build = partial(PretrainedSeq2Seq, name=name, lora=lora)
    module = Module(of_data, build, Translating)
    with torch.no_grad():
        for key, weight in module.named_parameters():
            if weight.requires_grad and weight.ndim > 1:
                weight.normal_(0, 0.3 if lora is None else 0.1)
            assert lora is None or weight.requires_grad == (".lora_" in key)
    trainer = tiny_trainer(tmp_path)
    trainer.strategy.connect(module)
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    for file in (tmp_path / "model").iterdir():
        file.unlink()
    again = Module.load_from_checkpoint(tmp_path / "last.ckpt", weights_only=True)
    ids, mask, _ = texts()
    both: list[Any] = [module.backbone.eval(), again.backbone.eval()]
    said = [each.generate(ids, mask) for each in both]
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("sizes", "changes", "field"),
    [
        ({"shared": False}, {}, "written"),
        ({}, {"eos_token_id": 5}, "name"),
        ({}, {"vocab_size": 30}, "name"),
        ({}, {"decoder_start_token_id": None}, "name"),
    ],
)
def test_a_tokenizer_that_is_not_its_own_is_refused(
    sizes: dict[str, Any], changes: dict[str, Any], field: str, tmp_path: Path
) -> None:
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    values = {"vocab_size": 40, "d_model": 16, "pad_token_id": 0, "eos_token_id": 3}
    config = AutoConfig.for_model("t5", **values | SMALL["t5"] | changes)
    AutoModelForSeq2SeqLM.from_config(config).save_pretrained(tmp_path)
    with pytest.raises(ConfigError) as caught:
        PretrainedSeq2Seq(card(begin=None, **sizes), name=str(tmp_path))
    assert caught.value.field == field


def test_texts_longer_than_its_positions_are_refused(tmp_path: Path) -> None:
    name = save(tmp_path, "bart", max_position_embeddings=8)
    with pytest.raises(ConfigError, match="exceeds the 8 positions"):
        PretrainedSeq2Seq(card(), name=name)
