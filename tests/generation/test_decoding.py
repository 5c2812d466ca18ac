"""Rows that go on side by side: the ids of transformers' own loop, and of each row alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from chat_models import write_chat_model
from transformers import AutoModelForCausalLM

from weitiao.errors import ConfigError
from weitiao.generation.choice import Choice
from weitiao.generation.options import Generation
from weitiao.generation.speaker import Speaker
from weitiao.models.decoding import Row, go_on, in_batches

KINDS = {
    "llama": {},
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 512},
    "qwen3": {"head_dim": 16},
    "gemma2": {"head_dim": 16, "sliding_window": 8},
}
PROMPTS = [[5, 6, 7], [9], [11, 30, 40, 41, 42, 50, 60, 61, 62, 63], [8, 9, 10, 11], [70, 71]]


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp(request.param)
    write_chat_model(folder, texts=["你好", "good"], kind=request.param, **KINDS[request.param])
    return AutoModelForCausalLM.from_pretrained(folder).eval()


def continued(model, rows: list[Row], ends=(), **options) -> list[list[int]]:
    go_on(model, rows, Choice(Generation("none", **options)), ends)
    return [row.ids for row in rows]


def test_the_likeliest_ids_are_those_of_transformers(model) -> None:
    found = continued(model, [Row(prompt, 24) for prompt in PROMPTS], temperature=0.0)
    for prompt, ids in zip(PROMPTS, found, strict=True):
        known = model.generate(
            torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            max_new_tokens=24, do_sample=False, eos_token_id=None, pad_token_id=0,
        )  # fmt: skip
        assert ids == known[0, len(prompt) :].tolist()


def test_a_row_ends_by_its_id_its_length_or_who_listens(model) -> None:
    whole = continued(model, [Row(PROMPTS[0], 24)], temperature=0.0)[0]
    end = whole[5]
    first = whole.index(end)
    rows = [
        Row(PROMPTS[0], 24),
        Row(PROMPTS[0], 2),
        Row(PROMPTS[0], 24, heard=lambda ids: len(ids) == 1),
    ]
    assert continued(model, rows, {end}, temperature=0.0)[0] == whole[:first]
    assert [row.ids for row in rows[1:]] == [whole[:2], whole[:1]] if first > 1 else True
    assert [row.ended for row in rows] == [True, first < 2, True]


def test_what_a_row_draws_depends_on_no_other(model) -> None:
    rows = [Row(prompt, 20, number) for number, prompt in enumerate(PROMPTS)]
    together = continued(model, rows)
    for number, prompt in reversed(list(enumerate(PROMPTS))):
        assert continued(model, [Row(prompt, 20, number)]) == [together[number]]
    assert continued(model, [Row(PROMPTS[0], 20, 7)]) != [together[0]]
    assert continued(model, [Row(PROMPTS[0], 20, 0)], seed=2) != [together[0]]


def test_ids_are_drawn_as_often_as_they_are_likely() -> None:
    logits = torch.tensor([0.0, 1.0, -torch.inf, 2.0, 0.5]).repeat(20_000, 1)
    rows = [Row([0], 1, number) for number in range(len(logits))]
    for options, scale, kept in (
        ({}, 1.0, [0, 1, 3, 4]),
        ({"temperature": 2.0}, 2.0, [0, 1, 3, 4]),
        ({"top_k": 2}, 1.0, [1, 3]),
        ({"top_p": 0.6}, 1.0, [1, 3]),
    ):
        drawn = Choice(Generation("none", **options))(logits, rows)
        shares = drawn.bincount(minlength=5) / len(drawn)
        wanted = torch.zeros(5)
        wanted[kept] = (logits[0, kept] / scale).softmax(0)
        torch.testing.assert_close(shares, wanted, atol=0.012, rtol=0)
        assert set(drawn.tolist()) == set(kept)


def test_what_is_drawn_hardly_depends_on_the_last_digits() -> None:
    """Where another order of sums moves logits by 1e-5, some of ten thousand ids are others."""
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(2_000, 3_000, generator=draw)
    moved = logits + 1e-5 * torch.randn(logits.shape, generator=draw)
    drawn = [
        Choice(Generation("none"))(one, [Row([0], 1, number) for number in range(2_000)])
        for one in (logits, moved)
    ]
    assert (drawn[0] != drawn[1]).sum() <= 2


def test_batches_hold_rows_of_like_length() -> None:
    rows = [Row([0] * size, 1) for size in (5, 1, 4, 2, 3)]
    assert [[len(row.prompt) for row in some] for some in in_batches(rows, 2)] == [
        [1, 2], [3, 4], [5],
    ]  # fmt: skip


def test_a_kind_without_keys_and_values_is_refused(tmp_path: Path) -> None:
    from transformers import MambaConfig, MambaForCausalLM

    write_chat_model(tmp_path, texts=["good"])
    sizes = {"vocab_size": 300, "hidden_size": 16, "num_hidden_layers": 1, "state_size": 4}
    MambaForCausalLM(MambaConfig(**sizes)).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match=r"^model: a MambaForCausalLM knows no .*\n.*GPT-2"):
        Speaker.open(str(tmp_path), chat=False)
