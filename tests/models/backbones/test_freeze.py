"""Freezing by depth and gradient checkpointing: what learns, what it costs, what stays equal."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_models import (
    DROPOUTS,
    E5,
    EACH_PRETRAINED,
    loader,
    loss_of,
    module_of,
    random_batches,
    save_pretrained,
    tiny_card,
    tiny_trainer,
)
from torch import nn

from weitiao.errors import ConfigError
from weitiao.evaluation.model import without_weights
from weitiao.models.backbones.pretrained import Pretrained
from weitiao.models.module import Module
from weitiao.models.optim import Optimisation

BELOW = {  # what lies below the first layer, beside its own parameters
    "bert": "embeddings.",
    "roberta": "embeddings.",
    "electra": "embeddings",  # and their projection to the width
    "modernbert": "embeddings.",
    "deberta-v2": ("embeddings.", "encoder.rel_embeddings"),
    "gpt2": ("wte.", "wpe."),
    "llama": "embed_tokens.",
    "qwen2": "embed_tokens.",
    "qwen3": "embed_tokens.",
    "gemma2": "embed_tokens.",
    "t5": "embed_tokens.",
    "mt5": "embed_tokens.",
    "bart": ("embed_tokens.", "embed_positions.", "layernorm_embedding."),
    "mbart": ("embed_tokens.", "embed_positions.", "layernorm_embedding."),
}
LAYERS = ("encoder.layer.", "layers.", "h.", "block.")


def built(folder: Path, **options: Any) -> Pretrained:
    return Pretrained(tiny_card(), name=str(folder), **options)


def still(backbone: Pretrained) -> set[str]:
    """Names of the parameters that are not trained."""
    return {n for n, p in backbone.encoder.named_parameters() if not p.requires_grad}


def gradients(module: Module) -> dict[str, torch.Tensor]:
    """Gradients of one batch, by name."""
    torch.manual_seed(0)  # for the dropout
    batch = random_batches([6])[0]
    loss_of(module, batch).backward()
    return {n: p.grad for n, p in module.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("kind", EACH_PRETRAINED)
@pytest.mark.parametrize("count", [1, 2])
def test_embeddings_and_the_first_layers_are_frozen(kind: str, count: int, tmp_path: Path) -> None:
    backbone = built(save_pretrained(kind, tmp_path, type_vocab_size=2), freeze=count)
    starts = tuple(f"{layers}{i}." for layers in LAYERS for i in range(count))
    expected = {
        name
        for name, _ in backbone.encoder.named_parameters()
        if name.startswith(starts) or name.startswith(BELOW[kind])
    }
    assert still(backbone) == expected


@pytest.mark.parametrize("kind", ["bert", "gpt2", "t5"])
def test_all_layers_frozen_leave_nothing_of_the_backbone_to_learn(
    kind: str, tmp_path: Path
) -> None:
    folder = save_pretrained(kind, tmp_path, **dict.fromkeys(DROPOUTS, 0.5))
    module = module_of(tiny_card(), partial(Pretrained, name=str(folder), freeze=3), pooling="last")
    names = {n for n, p in module.named_parameters() if p.requires_grad}
    assert names == {f"objective.scorer.head.1.{name}" for name in ("weight", "bias")}
    batch = random_batches([4])[0]
    hidden = module.train().backbone(
        batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"]
    )
    again = module.backbone(batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"])
    assert torch.equal(hidden, again)  # no dropout
    assert not hidden.requires_grad


@pytest.mark.parametrize("recompute", [False, True])
def test_frozen_layers_keep_no_graph_and_drop_nothing(recompute: bool, tmp_path: Path) -> None:
    folder = save_pretrained("bert", tmp_path, **dict.fromkeys(DROPOUTS, 0.5))
    backbone = built(folder, freeze=2, gradient_checkpointing=recompute)
    batch = random_batches([4])[0]
    seen: list[list[torch.Tensor]] = [[], []]
    for found, layer in zip(seen, backbone.encoder.encoder.layer[1:], strict=True):
        layer.register_forward_hook(lambda m, i, out, found=found: found.append(out))
    for _ in range(2):
        backbone(batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"])
    frozen, trained = seen
    assert not frozen[0].requires_grad
    assert torch.equal(*frozen)
    assert trained[0].requires_grad
    assert not torch.equal(*trained)


def test_training_moves_only_what_is_not_frozen_and_keeps_modes(tmp_path: Path) -> None:
    folder = save_pretrained("gpt2", tmp_path / "model")
    module = module_of(
        tiny_card(),
        partial(Pretrained, name=str(folder), freeze=1),
        pooling="last",
        optim=Optimisation(lr=0.1, weight_decay=0.5, warmup=0),
    )
    before = {n: p.detach().clone() for n, p in module.named_parameters()}
    modes: list[tuple[bool, bool]] = []
    layers = module.backbone.encoder.h  # type: ignore[union-attr]
    layers[1].register_forward_hook(
        lambda *_: modes.append((layers[0].training, layers[1].training))
    )
    batches = loader(random_batches([4, 4]))
    trainer = tiny_trainer(tmp_path, max_epochs=2)
    trainer.fit(module, batches, batches)
    assert (
        modes
        == [(False, True)] * 2 + [(False, False)] * 2 + [(False, True)] * 2 + [(False, False)] * 2
    )
    moved = {n for n, p in module.named_parameters() if not torch.equal(p, before[n])}
    assert moved == {n for n, p in module.named_parameters() if p.requires_grad}
    assert {f"backbone.encoder.{n}" for n in still(module.backbone)} == before.keys() - moved  # type: ignore[arg-type]
    optimised = [p for g in trainer.optimizers[0].param_groups for p in g["params"]]
    assert len(optimised) == len(moved)


def test_frozen_layers_come_back_frozen_from_a_checkpoint(tmp_path: Path) -> None:
    folder = save_pretrained("qwen2", tmp_path)
    one = built(folder, layers=2, freeze=1)
    other = Pretrained(tiny_card(), name="gone", layers=2, freeze=1, **one.rebuild_args())
    assert still(other) == still(one) != set()


@pytest.mark.parametrize("count", [-1, 4])
def test_more_than_there_is_can_not_be_frozen(count: int, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"has 3 layers, can't freeze {count}"):
        built(save_pretrained("bert", tmp_path), freeze=count)


def test_layers_that_share_their_weights_are_frozen_all_or_none(tmp_path: Path) -> None:
    folder = save_pretrained("albert", tmp_path)
    with pytest.raises(ConfigError, match="shares weights between its layers"):
        built(folder, freeze=1)
    assert not any(p.requires_grad for p in built(folder, freeze=3).parameters())


@pytest.mark.parametrize("kind", ["bert", "gpt2", "llama", "t5"])
def test_predictions_read_the_weights_of_a_frozen_encoder(kind: str, tmp_path: Path) -> None:
    """They come after the modules, which know no numbers yet."""
    before = built(save_pretrained(kind, tmp_path), freeze=1).eval()
    with without_weights():
        after = built(tmp_path / "gone", freeze=1, **before.rebuild_args()).eval()
    after.load_state_dict(before.state_dict(), assign=True)
    inputs = random_batches([4])[0]["inputs"]
    with torch.inference_mode():
        assert torch.equal(after(**inputs), before(**inputs))


def test_freezing_draws_no_random_number(tmp_path: Path) -> None:
    folder = save_pretrained("bert", tmp_path, **dict.fromkeys(DROPOUTS, 0.5))
    states = []
    for count in (0, 1):
        torch.manual_seed(0)
        built(folder, freeze=count)
        states.append(torch.get_rng_state())
    assert torch.equal(*states)


# --- gradient checkpointing -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["bert", "modernbert", "gpt2", "llama", "qwen3", "t5", "bart"])
def test_checkpointing_gives_the_same_gradients_and_keeps_less(kind: str, tmp_path: Path) -> None:
    # dropout, so that the second computation must drop the same
    folder = save_pretrained(kind, tmp_path, **dict.fromkeys(DROPOUTS, 0.1))
    found, kept = [], []
    for recompute in (False, True):
        factory = partial(Pretrained, name=str(folder), gradient_checkpointing=recompute)
        torch.manual_seed(0)
        module = module_of(tiny_card(), factory, pooling="last")
        size = [0]

        def keep(tensor: torch.Tensor, size: list[int] = size) -> torch.Tensor:
            size[0] += tensor.numel()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            found.append(gradients(module))
        kept.append(size[0])
    plain, recomputed = found
    assert plain.keys() == recomputed.keys()
    for name, gradient in plain.items():
        torch.testing.assert_close(recomputed[name], gradient, msg=name)
    assert kept[1] < kept[0] / 2


def test_checkpointing_goes_with_freezing(tmp_path: Path) -> None:
    folder = save_pretrained("gpt2", tmp_path)
    found = []
    for recompute in (False, True):
        torch.manual_seed(0)
        factory = partial(Pretrained, name=str(folder), freeze=2, gradient_checkpointing=recompute)
        found.append(gradients(module_of(tiny_card(), factory, pooling="last")))
    assert found[0].keys() == found[1].keys()
    for name, gradient in found[0].items():
        torch.testing.assert_close(found[1][name], gradient, msg=name)


def test_a_model_that_can_not_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^gradient_checkpointing"):
        built(save_pretrained("albert", tmp_path), gradient_checkpointing=True)


@pytest.mark.skipif(not E5.exists(), reason=f"needs the pretrained encoder {E5.name}")
def test_real_encoder_is_frozen_by_depth() -> None:
    backbone = Pretrained(tiny_card(), name=str(E5), layers=3, freeze=2)
    layers: nn.ModuleList = backbone.encoder.encoder.layer
    assert [all(p.requires_grad for p in layer.parameters()) for layer in layers] == [
        False,
        False,
        True,
    ]
    assert not any(p.requires_grad for p in backbone.encoder.embeddings.parameters())
