"""Causal backbones: vectors, logits, answers, rows side by side, and back from a checkpoint."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from replies import reply_batch, reply_card, save_causal, sums
from tiny_models import loader, save_pretrained, tiny_card, tiny_trainer
from transformers import AutoModelForCausalLM

from weitiao.errors import ConfigError
from weitiao.evaluation.model import without_weights
from weitiao.models.backbones.attention import ATTENTION
from weitiao.models.backbones.causal import Causal
from weitiao.models.backbones.lora import Lora
from weitiao.models.decoding import Row, go_on, likeliest
from weitiao.models.module import Module
from weitiao.models.optim import Optimisation
from weitiao.objectives import Replying

KINDS: dict[str, dict[str, Any]] = {
    "gpt2": {},
    "llama": {},
    "qwen3": {},
    "mistral": {"sliding_window": 4},
    "gemma2": {"sliding_window": 4},
    "cohere": {"logit_scale": 0.3},
    "granite": {"logits_scaling": 3.0},
    "opt": {"ffn_dim": 32, "word_embed_proj_dim": 32, "dropout": 0.0},
}


def inputs_of(batch: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    return batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"]


def on_the_left(ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The same rows, padded on the left."""
    lengths = mask.sum(1).tolist()
    rolled = [
        torch.stack([row.roll(len(row) - n) for row, n in zip(x, lengths, strict=True)])
        for x in (ids, mask)
    ]
    return rolled[0], rolled[1]


def said(backbone: Causal, *asked: Any) -> list[list[int]]:
    return [row.ids for row in backbone.generate(*asked)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tied", [True, False])
def test_vectors_and_logits_are_the_models_own(kind: str, tied: bool, tmp_path: Path) -> None:
    folder = save_causal(tmp_path, kind, tie_word_embeddings=tied, **KINDS[kind])
    own = AutoModelForCausalLM.from_pretrained(folder).eval()
    ids, mask = inputs_of(reply_batch(sums(5)))
    seen = mask.bool()
    plain = Causal(reply_card(), name=folder).eval()
    packed = Causal(reply_card(), name=folder, packed=True).eval()
    left = on_the_left(ids, mask)
    with torch.inference_mode():
        rows = zip(ids, mask.sum(1).tolist(), strict=True)
        wanted = torch.cat([own(row[None, :n]).logits[0] for row, n in rows])
        for backbone, given in ((plain, (ids, mask)), (packed, (ids, mask)), (plain, left)):
            found = backbone.logits(backbone(*given)[given[1].bool()])
            torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(packed(ids, mask)[seen], plain(ids, mask)[seen])


@pytest.mark.parametrize("attention", [ATTENTION, "sdpa"])
def test_rows_side_by_side_do_not_see_each_other(attention: str, tmp_path: Path) -> None:
    packed = Causal(reply_card(), name=save_causal(tmp_path), packed=True).eval()
    packed.encoder.set_attn_implementation(attention)
    ids, mask = inputs_of(reply_batch(sums(3)))
    changed = ids.clone()
    changed[0, 2] = (ids[0, 2] + 1) % 100
    with torch.inference_mode():
        before, after = packed(ids, mask), packed(changed, mask)
    assert torch.equal(before[1:], after[1:])
    assert not torch.equal(before[0], after[0])


def test_gradients_side_by_side_are_those_of_padded_rows(tmp_path: Path) -> None:
    folder, batch = save_causal(tmp_path), reply_batch(sums(5))
    found = []
    for options in ({}, {"packed": True}, {"packed": True, "gradient_checkpointing": True}):
        backbone = Causal(reply_card(), name=folder, **options)
        Replying(reply_card(), backbone).loss(backbone, batch).value.backward()
        found.append({n: p.grad for n, p in backbone.named_parameters()})
    for other in found[1:]:
        torch.testing.assert_close(other, found[0], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("kind", ["gpt2", "llama", "gemma2", "bloom"])
def test_answers_do_not_depend_on_other_rows(kind: str, tmp_path: Path) -> None:
    backbone = Causal(reply_card(), name=save_causal(tmp_path, kind, initializer_range=0.3)).eval()
    ids, mask = inputs_of(reply_batch(sums(6)))
    together = said(backbone, ids, mask, 8, ())
    turned = said(backbone, ids.flip(0), mask.flip(0), 8, ())
    alone = [said(backbone, ids[[i]], mask[[i]], 8, ())[0] for i in range(6)]
    left = said(backbone, *on_the_left(ids, mask), 8, ())
    assert together == turned[::-1] == alone == left
    own = (
        backbone.whole_model()
        .generate(ids[:1, : mask[0].sum()], max_new_tokens=8, do_sample=False, eos_token_id=None)[
            0, mask[0].sum() :
        ]
        .tolist()
    )
    assert own == together[0]
    assert len({*map(tuple, together)}) > 1
    ends = {row[3] for row in together}
    for row, whole in zip(backbone.generate(ids, mask, 8, ends), together, strict=True):
        first = next(i for i, each in enumerate(whole) if each in ends)
        assert row.ids == whole[:first]
        assert row.ended


def test_answers_end_where_positions_do(tmp_path: Path) -> None:
    folder = save_causal(tmp_path, "gpt2", max_position_embeddings=64)
    backbone = Causal(reply_card(), name=folder).eval()
    ids, mask = torch.full((3, 64), 7), torch.ones(3, 64, dtype=torch.long)
    mask[1, 60:] = mask[2, 20:] = 0
    assert [len(row) for row in said(backbone, ids, mask, 30, ())] == [0, 4, 30]


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_a_checkpoint_alone_says_the_same(kind: str, tied: bool, tmp_path: Path) -> None:
    gone = save_causal(tmp_path / "gone", kind, tie_word_embeddings=tied)
    factory = partial(Causal, name=gone, layers=1)
    optim = Optimisation(lr=0.02, warmup=0)
    module = Module(reply_card(), factory, partial(Replying, sample=2, longest=4), optim)
    trainer = tiny_trainer(tmp_path, max_epochs=2)
    trainer.fit(module, loader([reply_batch(sums(4)), reply_batch(sums(4, 4))]))
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    shutil.rmtree(gone)
    weights = torch.load(tmp_path / "a.ckpt", weights_only=True)["state_dict"]
    vocabulary = [n for n, w in weights.items() if w.shape[:1] == (reply_card().tokens.vocab_size,)]
    assert len(vocabulary) == (1 if tied else 2)
    again: Any = Module.load_from_checkpoint(tmp_path / "a.ckpt", weights_only=True)
    batch = reply_batch(sums(6, 20))
    with torch.inference_mode():
        assert torch.equal(
            again.eval().backbone(*inputs_of(batch)), module.eval().backbone(*inputs_of(batch))
        )
        assert again(batch) == module(batch)


@pytest.mark.parametrize("kind", ["gpt2", "llama", "mistral"])
def test_weights_may_take_the_place_of_none(kind: str, tmp_path: Path) -> None:
    """As predictions read a checkpoint."""
    before = Causal(reply_card(), name=save_causal(tmp_path, kind), freeze=1).eval()
    with without_weights():
        after = Causal(reply_card(), name="gone", freeze=1, **before.rebuild_args()).eval()
    after.load_state_dict(before.state_dict(), assign=True)
    ids, mask = inputs_of(reply_batch(sums(3)))
    with torch.inference_mode():
        assert torch.equal(after(ids, mask), before(ids, mask))
    assert said(after, ids, mask, 5, ()) == said(before, ids, mask, 5, ())


def test_adapters_leave_all_embeddings_alone(tmp_path: Path) -> None:
    pytest.importorskip("peft")
    for tied in (True, False):
        folder = save_causal(tmp_path / str(tied), tie_word_embeddings=tied)
        backbone = Causal(reply_card(), name=folder, lora=Lora(rank=2))
        learned = {n for n, p in backbone.named_parameters() if p.requires_grad}
        assert learned == {n for n, _ in backbone.named_parameters() if ".lora_" in n}
        assert not any("embed" in name or "head" in name for name in learned)
        adapted = {name.rpartition(".lora_A")[0] for name in learned if ".lora_A" in name}
        assert len(adapted) == 2 * 7


@pytest.mark.parametrize(
    ("kind", "options", "problem"),
    [
        ("gpt2", {"freeze": 2}, "nothing of .* is left to learn"),
        ("gpt2", {"freeze": 3}, "has 2 layers"),
        ("bloom", {"packed": True}, "can't compute rows side by side"),
        ("bert", {}, "BertLMHeadModel"),
        ("llama", {"attention_dropout": 2.0}, "attention_dropout"),
    ],
)
def test_what_cannot_be_is_refused(
    kind: str, options: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=problem):
        Causal(reply_card(), name=save_causal(tmp_path, kind), **options)


def test_a_model_without_a_head_is_refused(tmp_path: Path) -> None:
    folder = str(save_pretrained("llama", tmp_path))
    with pytest.raises(ConfigError, match=r"lacks 1 of its weights, e\.g\. lm_head"):
        Causal(tiny_card(), name=folder)


def test_mixed_precision_casts_no_weight_for_each_id(tmp_path: Path) -> None:
    backbone = Causal(reply_card(), name=save_causal(tmp_path, initializer_range=0.2))
    seen: list[torch.Tensor] = []

    def choose(logits: torch.Tensor, rows: Any) -> torch.Tensor:
        seen.append(logits.clone())
        return likeliest(logits, rows)

    for mixed in (False, True):
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            go_on(backbone.whole_model(), [Row([5, 6, 7], 4)], choose, ())
    assert len(seen) == 8
    assert all(torch.equal(one, other) for one, other in zip(seen[:4], seen[4:], strict=True))


def test_answers_under_mixed_precision_are_those_of_the_weights_of_now(tmp_path: Path) -> None:
    name = save_causal(tmp_path, initializer_range=0.2)
    backbone = Causal(reply_card(), name=name, lora=Lora(rank=4, dropout=0.0)).eval()
    batch = reply_batch(sums(3))
    asked = (batch["inputs"]["input_ids"][:, :9], batch["inputs"]["attention_mask"][:, :9])

    def answers(*, mixed: bool) -> list[list[int]]:
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            return [row.ids for row in backbone.generate(*asked, max_new=6, ends=())]

    before = answers(mixed=True)
    assert before == answers(mixed=True)
    names = {*backbone.state_dict()}
    with torch.no_grad():
        for key, weight in backbone.named_parameters():
            if ".lora_B." in key:
                weight.normal_(0, 0.5)
    backbone.train().eval()
    after = answers(mixed=True)
    assert after != before
    assert {*backbone.state_dict()} == names  # the copy is no part of a checkpoint
    plain = answers(mixed=False)
    pairs = [pair for rows in zip(after, plain, strict=True) for pair in zip(*rows, strict=True)]
    same = sum(one == other for one, other in pairs)
    assert same > 9  # of 18: rounding may tell apart what is nearly as likely
