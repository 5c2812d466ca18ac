"""`src/generate.py`: a tiny GPT kind continues a text; each way of choosing shapes it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from conftest import reviews
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

from weitiao.errors import ConfigError
from weitiao.generation.cli import run_generate
from weitiao.generation.options import Generation
from weitiao.generation.texts import texts
from weitiao.pretraining.tokenizer import LanguageTokenizer

TEXTS = [text for text, _ in reviews(40)]
PROMPT = TEXTS[0][:4]


@pytest.fixture(scope="module", params=["characters", "wordpiece"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model with random weights, and its tokenizer."""
    folder = tmp_path_factory.mktemp(request.param)
    tokenizer = LanguageTokenizer(request.param, min_count=1).make(iter(TEXTS), "causal")
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(tokenizer), n_embd=16, n_layer=1, n_head=2, n_positions=64,
        pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id,
        initializer_range=0.5,
    )  # fmt: skip
    GPT2LMHeadModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def said(model: str, **options) -> list[str]:
    return texts(Generation(model, PROMPT, **({"length": 20} | options)))


def test_the_prompt_comes_first_and_the_same_seed_says_the_same(model: str) -> None:
    (text,) = said(model)
    assert text.startswith(PROMPT)
    assert " " not in text[: len(PROMPT) + 1]
    assert said(model) == [text]


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        ("龘房间很好", "龘"),
        ("ABC Hotel", "ABC"),
        ("１２３房间", "１"),
        ("龘龘", "龘"),
        ("房间 很好  ", ""),
        ("".join(map(chr, range(0x9F00, 0x9F20))), " and 22 more"),
    ],
)
def test_the_prompt_is_printed_as_typed_and_what_is_unknown_told(
    model: str, prompt: str, unknown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run_generate(["--model", model, "--prompt", prompt, "--length=20"])
    out, err = capsys.readouterr()
    assert out.startswith(prompt)
    told = err.partition("! the model doesn't know ")[2]
    assert bool(told) == bool(unknown)
    assert unknown[:1] in told
    assert err.endswith(unknown + "\n") or " more" not in unknown


def test_each_option_shapes_what_is_said(model: str) -> None:
    (plain,) = said(model)
    for options in (
        {"seed": 2}, {"temperature": 3.0}, {"temperature": 0.0}, {"top_k": 2}, {"top_p": 0.2},
        {"beams": 3}, {"length": 4},
    ):  # fmt: skip
        assert said(model, **options) != [plain], options
    assert len(set(said(model, count=3))) == 3
    assert len(said(model, count=2, beams=3)) == 2


@pytest.mark.parametrize("seed", [-(2**63), 2**64 - 1])
def test_the_farthest_seeds_are_taken(model: str, seed: int) -> None:
    assert said(model, seed=seed) == said(model, seed=seed)


def test_the_likeliest_is_what_one_of_k_gives(model: str) -> None:
    assert said(model, temperature=0.0) == said(model, top_k=1)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"count": 0}, "count"),
        ({"top_p": 0.0}, "top_p"),
        ({"temperature": -1.0}, "temperature"),
        ({"temperature": 1e-39}, "temperature must be 0 or at least 0.001"),
        ({"beams": 2, "top_k": 3}, "nothing is here"),
        ({"temperature": 0.0, "top_p": 0.5}, "nothing is here"),
        ({"beams": 2, "count": 3}, "exceeds"),
        ({"temperature": 0.0, "count": 2}, "exceeds"),
        ({"seed": 2**64}, "seed is from -9223372036854775808 to 18446744073709551615"),
        ({"seed": -(2**63) - 1}, "seed is from"),
        ({"prompt": "房\udcff"}, r"prompt is no text in UTF-8: '房\\udcff'"),
    ],
)
def test_values_out_of_bounds_or_without_effect_are_refused(options, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Generation("none", **options)


def test_what_the_model_cannot_do_is_told(model: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="64 positions") as error:
        said(model, length=100)
    room = int(str(error.value).partition("→ length ")[2])
    assert said(model, temperature=0.0, length=room) == said(model, temperature=0.0, length=None)
    with pytest.raises(ConfigError, match=r"64 positions of the model\n  → a shorter prompt$"):
        texts(Generation(model, "好" * 64))
    with pytest.raises(ConfigError, match="neither a folder nor a name"):
        texts(Generation(str(tmp_path / "none"), PROMPT))


def test_a_masked_model_is_refused(tmp_path: Path) -> None:
    from transformers import BertConfig, BertForMaskedLM

    config = BertConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2)
    BertForMaskedLM(config).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="BertForMaskedLM, which doesn't continue"):
        texts(Generation(str(tmp_path), PROMPT))


def edit(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values), "utf-8")


@pytest.mark.parametrize(
    ("file", "spoil", "told"),
    [
        ("model.safetensors", lambda path: path.write_bytes(b"x" * 100), "no loadable safetensors"),
        ("config.json", Path.unlink, "no loadable safetensors"),
        ("config.json", lambda path: edit(path, n_layer="x"), r"no loadable .*\n.* 'n_layer'"),
        (
            "config.json",
            lambda path: edit(path, n_embd=32),
            r".* has \d+ of its weights in another shape .*: \(48,\), not \(96,\)",
        ),
        ("tokenizer.json", lambda path: path.write_text("{}"), "can't load"),
    ],
    ids=["weights", "config", "value", "width", "tokenizer"],
)
def test_a_damaged_folder_is_told(model: str, tmp_path: Path, file, spoil, told: str) -> None:
    folder = shutil.copytree(model, tmp_path / "damaged")
    spoil(folder / file)
    with pytest.raises(ConfigError, match=rf"^model: {told}"):
        texts(Generation(str(folder), PROMPT))


def test_ids_that_the_model_does_not_know_are_refused(model: str, tmp_path: Path) -> None:
    folder = shutil.copytree(model, tmp_path / "other")
    own = AutoTokenizer.from_pretrained(folder)
    known = len(own)
    own.add_tokens(["𠮷"])
    own.save_pretrained(folder)
    with pytest.raises(ConfigError, match=f"{known + 1} ids, the model knows {known}\n  →"):
        texts(Generation(str(folder), "𠮷"))


def test_a_model_that_lacks_weights_is_refused(model: str, tmp_path: Path) -> None:
    folder = shutil.copytree(model, tmp_path / "part")
    weights = load_file(folder / "model.safetensors")
    weights.pop("transformer.ln_f.weight")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ConfigError, match=r"^model: .* lacks 1 of its weights, e.g. transf"):
        texts(Generation(str(folder), PROMPT))
