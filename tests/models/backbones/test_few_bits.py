"""Frozen weights of few bits: what they compute, what a checkpoint holds of them, and refusals."""

from __future__ import annotations

import copy
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from lightning.pytorch.strategies import ModelParallelStrategy
from replies import reply_batch, reply_card, save_causal, sums
from tiny_models import loader, tiny_trainer
from torch import nn

from weitiao.errors import ConfigError, MissingExtra
from weitiao.evaluation.untuned import _as_loaded
from weitiao.models.backbones.causal import Causal
from weitiao.models.backbones.few_bits import Bits, FewBits, few_bits_of
from weitiao.models.backbones.lora import Lora
from weitiao.models.module import Module
from weitiao.models.optim import Optimisation
from weitiao.objectives import Replying
from weitiao.training.weights import refuse_few_bits, weight_lines

pytest.importorskip("bitsandbytes", reason="pip install 'weitiao[bits]'")
BOTH = pytest.mark.parametrize("bits", [4, 8])


def layer(bits: Bits, sizes: tuple[int, int] = (50, 30)) -> FewBits:
    torch.manual_seed(0)
    return FewBits(nn.Linear(*sizes).requires_grad_(False), bits)


def backbone_of(folder: Path, bits: Bits, **more: Any) -> Causal:
    return Causal(reply_card(), name=save_causal(folder), lora=Lora(rank=2), bits=bits, **more)


def trained(folder: Path, bits: Bits) -> tuple[Module, Any]:
    """A run of two epochs."""
    lora = Lora(rank=2, dropout=0.0)
    factory = partial(Causal, name=save_causal(folder), lora=lora, bits=bits)
    learning = Optimisation(lr=0.02, warmup=0)
    torch.manual_seed(1)
    module = Module(reply_card(), factory, partial(Replying, sample=2, longest=4), learning)
    trainer = tiny_trainer(folder, max_epochs=2)
    trainer.fit(module, loader([reply_batch(sums(4)), reply_batch(sums(4, 4))]))
    return module, trainer


@pytest.mark.parametrize(("bits", "most"), [(4, 0.1), (8, 0.01)])
@pytest.mark.parametrize("sizes", [(50, 30), (10, 7), (96, 64)])
def test_few_bits_are_near_the_weights_and_their_own_again(
    bits: Bits, most: float, sizes: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    linear = nn.Linear(*sizes)
    linear.weight.data.normal_(0, 0.02)[3] = 0
    few = FewBits(linear, bits)
    found = few.weight
    assert found.shape == linear.weight.shape
    assert few.nbytes < (0.2 if bits == 4 else 0.4) * linear.weight.nbytes or sizes == (10, 7)
    off = (found - linear.weight).square().mean() / linear.weight.square().mean()
    assert 1e-6 < off.sqrt() < most
    assert not found[3].any()
    again = FewBits(few.plain(), bits)
    assert torch.equal(again.codes, few.codes)
    assert torch.equal(again.scales, few.scales)


@BOTH
@pytest.mark.parametrize("mixed", [False, True])
def test_a_product_and_its_gradient_are_those_of_the_floats(bits: Bits, mixed: bool) -> None:
    few = layer(bits)
    found = []
    for part in (few, few.plain()):
        torch.manual_seed(2)
        x = torch.randn(3, 5, 50, requires_grad=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            given = part(x)
            given.square().sum().backward()
        found.append((given, x.grad))
    assert found[0][0].dtype == (torch.bfloat16 if mixed else torch.float32)
    assert torch.equal(found[0][0], found[1][0])
    torch.testing.assert_close(found[0][1], found[1][1])


@BOTH
def test_no_float_weight_waits_for_the_backward_pass(bits: Bits) -> None:
    kept: list[int] = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept.append(tensor.numel())
        return tensor

    x = torch.randn(2, 50, requires_grad=True)
    for part, waiting in ((layer(bits), 0), (layer(bits).plain(), 1500)):
        kept.clear()
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            part(x)
        assert max(kept, default=0) == waiting


@BOTH
def test_a_copy_and_other_precisions_keep_the_bits(bits: Bits) -> None:
    few = layer(bits)
    x = torch.randn(2, 50)
    narrow = copy.deepcopy(few).to(torch.bfloat16)
    assert torch.equal(narrow.weight, few.weight)
    assert narrow(x.bfloat16()).dtype == torch.bfloat16
    wide = copy.deepcopy(few).double()
    torch.testing.assert_close(wide(x.double()).float(), few(x))


@BOTH
def test_adapters_alone_learn_beside_a_model_that_is_nearly_the_same(
    bits: Bits, tmp_path: Path
) -> None:
    backbone = backbone_of(tmp_path, bits)
    assert len(few_bits_of(backbone)) == 2 * 7
    plain = Causal(reply_card(), name=save_causal(tmp_path))
    batch = reply_batch(sums(5))
    losses = [Replying(reply_card(), each).loss(each, batch).value for each in (backbone, plain)]
    assert abs(losses[0] - losses[1]) < (0.1 if bits == 4 else 0.01)
    assert losses[0] != losses[1]
    losses[0].backward()
    learning = {n for n, p in backbone.named_parameters() if p.grad is not None}
    assert learning == {n for n, _ in backbone.named_parameters() if ".lora_" in n} != set()
    state, names = backbone.state_dict(), plain.state_dict()
    assert {n.replace(".base_layer.", ".") for n in state if ".lora_" not in n} == {*names}
    assert all(state[n].dtype == torch.float32 for n in state)


@BOTH
def test_dora_and_gradient_checkpointing_go_with_few_bits(bits: Bits, tmp_path: Path) -> None:
    batch, found = reply_batch(sums(3)), []
    for again in (False, True):
        torch.manual_seed(3)
        lora = Lora(rank=2, dropout=0.0, dora=True)
        name = save_causal(tmp_path)
        options: dict[str, Any] = {"lora": lora, "bits": bits, "gradient_checkpointing": again}
        torch.manual_seed(4)
        backbone = Causal(reply_card(), name=name, **options)
        Replying(reply_card(), backbone).loss(backbone, batch).value.backward()
        found.append([p.grad for p in backbone.parameters() if p.requires_grad])
    torch.testing.assert_close(found[0], found[1])
    assert any(gradient.any() for gradient in found[0])


@BOTH
def test_a_checkpoint_is_that_of_the_floats(bits: Bits, tmp_path: Path) -> None:
    module, trainer = trained(tmp_path, bits)
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    batch = reply_batch(sums(6, 20))
    again: Any = Module.load_from_checkpoint(tmp_path / "a.ckpt", weights_only=True)
    content = torch.load(tmp_path / "a.ckpt", weights_only=True)
    options = content["hyper_parameters"]["backbone"]["init_args"]
    assert options["bits"] == bits
    lora = Lora(**options["lora"])
    plain = Causal(reply_card(), name="gone", lora=lora, config=options["config"])
    weights = content["state_dict"].items()
    plain.load_state_dict({n[9:]: w for n, w in weights if n.startswith("backbone.")})
    inputs = batch["inputs"].values()
    with torch.inference_mode():
        wanted = module.eval().backbone(*inputs)
        assert torch.equal(again.eval().backbone(*inputs), wanted)
        assert torch.equal(plain.eval()(*inputs), wanted)
        assert again(batch) == module(batch)


def test_a_checkpoint_of_other_shapes_is_refused() -> None:
    state = layer(4).state_dict()
    with pytest.raises(RuntimeError, match=r"size mismatch for weight: \(30, 50\), not \(7, 9\)"):
        layer(4, (9, 7)).load_state_dict(state)
    with pytest.raises(RuntimeError, match=r'Missing key.*"weight"'):
        layer(4).load_state_dict({"bias": state["bias"]})


@BOTH
def test_answers_under_mixed_precision_are_of_the_adapters_too(bits: Bits, tmp_path: Path) -> None:
    backbone = backbone_of(tmp_path, bits).eval()
    batch = reply_batch(sums(3))
    asked = batch["inputs"]["input_ids"][:, :9], batch["inputs"]["attention_mask"][:, :9]
    with torch.autocast("cpu", torch.bfloat16):
        before = [row.ids for row in backbone.generate(*asked, 6, ())]
        for name, weight in backbone.named_parameters():
            if ".lora_B." in name:
                weight.data.normal_(0, 0.5)
        backbone.train().eval()
        after = [row.ids for row in backbone.generate(*asked, 6, ())]
    assert before != after
    assert len(few_bits_of(backbone)) == 2 * 7


def test_the_untuned_model_is_of_the_same_bits(tmp_path: Path) -> None:
    module, _ = trained(tmp_path, 4)
    module.hparams["start"] = None
    assert isinstance(module.backbone, Causal)
    before = _as_loaded(module, module.backbone)
    fresh = backbone_of(tmp_path, 4).eval()
    inputs = reply_batch(sums(2))["inputs"].values()
    with torch.inference_mode():
        assert torch.equal(before(*inputs), fresh(*inputs))
        assert not torch.equal(module.backbone.eval()(*inputs), before(*inputs))


def test_a_run_says_what_memory_is_saved(tmp_path: Path) -> None:
    few = backbone_of(tmp_path, 4)
    lines = [*weight_lines(few, on_processor=True)]
    plain = Causal(reply_card(), name=save_causal(tmp_path), lora=Lora(rank=2))
    (first,) = weight_lines(plain, on_processor=True)
    assert lines[0] == first
    assert "in 4 bits" in lines[1]
    assert lines[2].startswith("!")
    assert len([*weight_lines(few, on_processor=False)]) == 2


def test_few_bits_are_refused_where_they_cannot_be(tmp_path: Path) -> None:
    few = backbone_of(tmp_path, 4)
    mps = SimpleNamespace(strategy=SimpleNamespace(root_device=torch.device("mps")))
    with pytest.raises(ConfigError, match="not on mps"):
        refuse_few_bits(mps, few)
    shared = SimpleNamespace(strategy=ModelParallelStrategy())
    with pytest.raises(ConfigError, match="shared out"):
        refuse_few_bits(shared, few)
    refuse_few_bits(shared, nn.Linear(2, 2))


@pytest.mark.parametrize(
    ("kind", "options", "problem"),
    [
        ("llama", {}, "only adapters"),
        ("gpt2", {"lora": Lora()}, "no linear layers"),
        ("llama", {"lora": Lora(), "freeze": 1}, "freeze has no effect"),
    ],
)
def test_few_bits_go_with_adapters_of_linear_layers(
    kind: str, options: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=problem):
        Causal(reply_card(), name=save_causal(tmp_path, kind), bits=4, **options)


def test_without_bitsandbytes_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(MissingExtra, match=r"weitiao\[bits\]"):
        backbone_of(tmp_path, 4)
