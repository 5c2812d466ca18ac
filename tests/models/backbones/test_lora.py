"""Low-rank adapters: what learns, where it starts, and that it comes back from a checkpoint."""

from __future__ import annotations

import shutil
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
from tiny_models import (
    EACH_PRETRAINED,
    loader,
    logits,
    module_of,
    random_batches,
    save_pretrained,
    tiny_card,
    tiny_trainer,
)
from torch import nn

from weitiao.errors import ConfigError, MissingExtra
from weitiao.models.backbones.lora import Lora
from weitiao.models.backbones.pretrained import Pretrained
from weitiao.models.module import Module
from weitiao.models.optim import Optimisation

pytest.importorskip("peft")


@pytest.mark.filterwarnings("error::UserWarning:peft")
@pytest.mark.parametrize("kind", EACH_PRETRAINED)
def test_adapters_start_as_the_model_itself_and_alone_learn(kind: str, tmp_path: Path) -> None:
    folder, batch = str(save_pretrained(kind, tmp_path)), random_batches([6])[0]
    torch.manual_seed(0)
    plain = Pretrained(tiny_card(), name=folder).eval()
    adapted = Pretrained(tiny_card(), name=folder, lora=Lora(rank=2)).eval()
    inputs = (batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"])
    with torch.inference_mode():
        torch.testing.assert_close(adapted(*inputs), plain(*inputs))
    adapted.train()(*inputs).square().sum().backward()
    learning = {n for n, p in adapted.named_parameters() if p.requires_grad}
    assert learning == {n for n, p in adapted.named_parameters() if ".lora_" in n} != set()
    assert all(p.grad is not None for p in adapted.parameters() if p.requires_grad)
    shapes = [p.shape for n, p in adapted.named_parameters() if ".lora_A." in n]
    assert {shape[0] for shape in shapes} == {2}
    # torch's own takes a third of a step of adapters on a CPU
    assert not any(type(part) is nn.Dropout for part in adapted.modules())


@pytest.mark.parametrize("kind", ["bert", "gpt2", "qwen3", "t5"])
def test_checkpoint_with_adapters_alone_gives_the_same_logits(kind: str, tmp_path: Path) -> None:
    gone = save_pretrained(kind, tmp_path / "gone")
    lora = Lora(rank=2, alpha=64, dropout=0.1)
    factory = partial(Pretrained, name=str(gone), layers=2, lora=lora, gradient_checkpointing=True)
    module = module_of(tiny_card(), factory, pooling="last", optim=Optimisation(lr=0.05, warmup=0))
    before = {n: p.detach().clone() for n, p in module.named_parameters()}
    trainer = tiny_trainer(tmp_path, max_epochs=2)
    trainer.fit(module, loader(random_batches([4, 4])))
    moved = {n for n, p in module.named_parameters() if not torch.equal(p, before[n])}
    assert moved == {n for n in before if ".lora_" in n or ".head." in n}
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    shutil.rmtree(gone)
    again = Module.load_from_checkpoint(tmp_path / "a.ckpt", weights_only=True)
    batch = random_batches([6], seed=7)[0]
    with torch.inference_mode():
        assert torch.equal(logits(again.eval(), batch), logits(module.eval(), batch))
    assert [p.requires_grad for p in again.parameters()] == [
        p.requires_grad for p in module.parameters()
    ]


def test_adapters_and_freezing_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="freeze has no effect"):
        Pretrained(tiny_card(), name=str(save_pretrained("bert", tmp_path)), lora=Lora(), freeze=1)


def test_without_peft_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(MissingExtra, match=r"weitiao\[peft\]"):
        Pretrained(tiny_card(), name=str(save_pretrained("bert", tmp_path)), lora=Lora())
