"""Pretrained backbones: weights arrive as they are, or not at all."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_models import (
    E5,
    EACH_PRETRAINED,
    ENCODERS_OF_SEQ2SEQ,
    LENGTH,
    PRETRAINED,
    padded,
    random_batches,
    save_pretrained,
    tiny_card,
)
from transformers import AutoModel

from weitiao.errors import ConfigError
from weitiao.models.backbones.pretrained import Pretrained

needs_e5 = pytest.mark.skipif(not E5.exists(), reason=f"needs the pretrained encoder {E5.name}")


@pytest.mark.parametrize("kind", EACH_PRETRAINED)
def test_pretrained_gives_the_hidden_states_of_automodel(kind: str, tmp_path: Path) -> None:
    folder = save_pretrained(kind, tmp_path)
    batch = random_batches([5])[0]
    inputs = batch["inputs"]
    with torch.inference_mode():
        ours = Pretrained(tiny_card(), name=str(folder)).eval()(**inputs)
        theirs = AutoModel.from_pretrained(folder).eval()
        if kind in ENCODERS_OF_SEQ2SEQ:
            theirs = theirs.get_encoder()
        hidden = theirs(**inputs).last_hidden_state
    mask = batch["inputs"]["attention_mask"]
    torch.testing.assert_close(ours[mask], hidden[mask])


def test_an_encoder_saved_without_its_decoder_is_whole(tmp_path: Path) -> None:
    from transformers import AutoModelForTextEncoding

    whole = AutoModel.from_pretrained(save_pretrained("t5", tmp_path / "whole"))
    half = AutoModelForTextEncoding.from_pretrained(tmp_path / "whole")
    half.save_pretrained(tmp_path / "half")
    built = Pretrained(tiny_card(), name=str(tmp_path / "half"))
    for name, weight in whole.get_encoder().state_dict().items():
        torch.testing.assert_close(built.encoder.state_dict()[name], weight)


@pytest.mark.parametrize(
    ("kind", "name"), [("t5", "num_decoder_layers"), ("bart", "decoder_layers")]
)
def test_a_decoder_beside_the_encoder_is_not_even_made(
    kind: str, name: str, tmp_path: Path
) -> None:
    built = Pretrained(tiny_card(), name=str(save_pretrained(kind, tmp_path)))
    assert built.rebuild_args()["config"][name] == 0


@pytest.mark.parametrize("kind", ["gpt2", "qwen2", "gemma2", "t5", "bart"])
def test_fewer_layers_have_the_weights_of_the_first(kind: str, tmp_path: Path) -> None:
    folder = str(save_pretrained(kind, tmp_path))
    whole = Pretrained(tiny_card(), name=folder).encoder.state_dict()
    cut = Pretrained(tiny_card(), name=folder, layers=2).encoder.state_dict()
    gone = whole.keys() - cut.keys()
    assert gone
    assert all(".2." in name for name in gone)
    for name, weight in cut.items():
        torch.testing.assert_close(weight, whole[name])


def test_a_model_that_subtracts_masks_takes_ours(tmp_path: Path) -> None:
    built = Pretrained(
        tiny_card(), name=str(save_pretrained("deberta-v2", tmp_path, conv_kernel_size=3))
    )
    batch = random_batches([2])[0]
    assert built(batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"]).isfinite().all()


def test_a_decoder_keeps_no_keys_and_values(tmp_path: Path) -> None:
    built = Pretrained(tiny_card(), name=str(save_pretrained("qwen2", tmp_path)))
    kept: list[object] = []
    built.encoder.register_forward_hook(lambda m, i, out: kept.append(out.past_key_values))
    batch = random_batches([2])[0]
    built(batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"])
    assert kept == [None]


def test_first_layers_really_are_the_first(tmp_path: Path) -> None:
    folder = save_pretrained("bert", tmp_path)
    batch = random_batches([5])[0]
    ids, mask = batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"]
    with torch.inference_mode():
        whole = AutoModel.from_pretrained(folder).eval()(
            input_ids=ids, attention_mask=mask, output_hidden_states=True
        )
        for layers in (1, 2, 3):
            cut = Pretrained(tiny_card(), name=str(folder), layers=layers).eval()
            torch.testing.assert_close(cut(ids, mask)[mask], whole.hidden_states[layers][mask])


@pytest.mark.parametrize("layers", [0, 4])
def test_more_layers_than_there_are_is_refused(layers: int, tmp_path: Path) -> None:
    folder = save_pretrained("bert", tmp_path)
    told = rf"^layers: .* has 3 layers, can't keep {layers}"
    with pytest.raises(ConfigError, match=told):
        Pretrained(tiny_card(), name=str(folder), layers=layers)


def test_half_precision_weights_arrive_in_single_precision(tmp_path: Path) -> None:
    folder = save_pretrained("bert", tmp_path, dtype=torch.float16)
    stored = load_file(folder / "model.safetensors")["embeddings.word_embeddings.weight"]
    assert stored.dtype == torch.float16
    built = Pretrained(tiny_card(), name=str(folder))
    assert {p.dtype for p in built.parameters()} == {torch.float32}
    torch.testing.assert_close(built.encoder.embeddings.word_embeddings.weight, stored.float())


@needs_e5
def test_real_encoder_agrees_with_automodel_in_its_first_layers() -> None:
    batch = random_batches([3])[0]
    ids, mask = batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"]
    built = Pretrained(tiny_card(), name=str(E5), layers=2).eval()
    with torch.inference_mode():
        whole = AutoModel.from_pretrained(E5, dtype=torch.float32).eval()(
            input_ids=ids, attention_mask=mask, output_hidden_states=True
        )
        torch.testing.assert_close(built(ids, mask)[mask], whole.hidden_states[2][mask])
    assert len(built.encoder.encoder.layer) == 2


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder = save_pretrained("bert", tmp_path)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    with pytest.raises(ConfigError, match="safetensors"):
        Pretrained(tiny_card(), name=str(folder))


def test_weights_that_are_not_there_are_refused_not_drawn(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    folder = save_pretrained("bert", tmp_path)
    weights = load_file(folder / "model.safetensors")
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ConfigError, match=r"^name: .* lacks 1 .*layer\.1\.output"):
        Pretrained(tiny_card(), name=str(folder))


@pytest.mark.parametrize(
    ("value", "told"),
    [(64, r".* in another shape .*: \("), ("x", r"no loadable .*\n.*'intermediate_size'")],
)
def test_a_configuration_that_does_not_fit_is_told(value, told: str, tmp_path: Path) -> None:
    folder = save_pretrained("bert", tmp_path)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"intermediate_size": value}), "utf-8")
    with pytest.raises(ConfigError, match=rf"^name: {told}"):
        Pretrained(tiny_card(), name=str(folder))


def test_code_of_the_model_runs_only_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, ran = save_pretrained("bert", tmp_path / "model"), tmp_path / "ran"
    code = (
        f"open({str(ran)!r}, 'w').close()\n"
        "from transformers import BertConfig, BertModel\n"
        "class OwnConfig(BertConfig):\n    model_type = 'own-kind'\n"
        "class OwnModel(BertModel):\n    config_class = OwnConfig\n"
    )
    (folder / "own.py").write_text(code)
    config = json.loads((folder / "config.json").read_text())
    own = {"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel"}
    config |= {"model_type": "own-kind", "auto_map": own}
    (folder / "config.json").write_text(json.dumps(config))
    modules = str(tmp_path / "modules")
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", modules)
    with pytest.raises(ConfigError, match="trust_remote_code"):
        Pretrained(tiny_card(), name=str(folder))
    assert not ran.exists()
    built = Pretrained(tiny_card(), name=str(folder), trust_remote_code=True)
    assert ran.exists()
    assert type(built.encoder).__name__ == "OwnModel"
    assert built.rebuild_args() == {}  # the code isn't in a checkpoint, so it can't stand alone


def test_tokenizer_with_more_ids_than_the_backbone_is_refused(tmp_path: Path) -> None:
    folder = save_pretrained("bert", tmp_path)
    with pytest.raises(ConfigError, match=r"has 61 ids.*knows 60"):
        Pretrained(tiny_card(vocab_size=61), name=str(folder))


@pytest.mark.parametrize("kind", [k for k in PRETRAINED if k not in ("t5", "mt5")])
def test_longest_text_is_the_longest_the_positions_take(kind: str, tmp_path: Path) -> None:
    # RoBERTa's table of 26 rows serves 24 positions: they are counted from the padding id on
    folder = save_pretrained(kind, tmp_path)
    built = Pretrained(tiny_card(max_length=LENGTH), name=str(folder)).eval()
    longest = padded([[5] * LENGTH])
    built(longest["inputs"]["input_ids"], longest["inputs"]["attention_mask"])
    with pytest.raises(ConfigError, match=f"max_length {LENGTH + 1} exceeds the {LENGTH} pos"):
        Pretrained(tiny_card(max_length=LENGTH + 1), name=str(folder))


def test_relative_positions_have_no_longest_text(tmp_path: Path) -> None:
    folder = save_pretrained("t5", tmp_path)
    built = Pretrained(tiny_card(max_length=3 * LENGTH), name=str(folder)).eval()
    longest = padded([[5] * 3 * LENGTH])
    built(longest["inputs"]["input_ids"], longest["inputs"]["attention_mask"])


@pytest.mark.parametrize(
    ("kind", "message"),
    [("fnet", "does not take ids of text and their mask"), ("vit", "does not take ids of text")],
)
def test_a_model_of_another_kind_is_refused(kind: str, message: str, tmp_path: Path) -> None:
    folder = save_pretrained(kind, tmp_path, type_vocab_size=2)
    with pytest.raises(ConfigError, match=message):
        Pretrained(tiny_card(), name=str(folder))


@pytest.mark.parametrize("name", ["no-such-owner/no-such-model", "no/such/folder", "nowhere-to-be"])
def test_unknown_name_fails_at_once(name: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ConfigError, match=name):
        Pretrained(tiny_card(), name=name)
    assert time.perf_counter() - start < 8  # transformers alone retries for 23 s


def test_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no loadable safetensors model .* in that folder"):
        Pretrained(tiny_card(), name=str(tmp_path))


@pytest.mark.parametrize(
    "quantized",
    [
        {"quant_method": "bitsandbytes", "load_in_8bit": True},
        {"quant_method": "awq", "bits": 4},
        {"quant_method": "gptq", "bits": 4},
        {"quant_method": "fp8"},
    ],
    ids=lambda quantized: quantized["quant_method"],
)
def test_a_quantized_model_is_told_in_one_line(quantized: dict, tmp_path: Path) -> None:
    config = save_pretrained("bert", tmp_path) / "config.json"
    config.write_text(
        json.dumps(json.loads(config.read_text()) | {"quantization_config": quantized})
    )
    with pytest.raises(ConfigError, match=r"^name: .* is quantized") as error:
        Pretrained(tiny_card(), name=str(tmp_path))
    assert quantized["quant_method"] in str(error.value)
    assert str(error.value).endswith("\n  → take the unquantized one")


@pytest.mark.parametrize(
    "fault", [ImportError("needs a package"), RuntimeError("broken"), KeyError()]
)
def test_whatever_loading_raises_is_told_in_one_line(
    fault: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr("transformers.AutoModel.from_pretrained", fail)
    folder = str(save_pretrained("bert", tmp_path))
    with pytest.raises(ConfigError, match=r"^name: no loadable") as error:
        Pretrained(tiny_card(), name=folder)
    assert (str(fault) or type(fault).__name__) in str(error.value)
    assert str(error.value).count("\n") == 1
