"""Backbones: padding is invisible; pretrained weights arrive as they are, or not at all."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_models import (
    E5,
    FROM_SCRATCH,
    LENGTH,
    POOLINGS,
    PRETRAINED,
    logits,
    padded,
    random_batches,
    random_texts,
    save_pretrained,
    tiny_card,
)
from transformers import AutoModel

from weitiao.errors import ConfigError
from weitiao.models.backbones import BackboneFactory, Pretrained, Transformer
from weitiao.models.module import TextModule

needs_e5 = pytest.mark.skipif(not E5.exists(), reason=f"needs the pretrained encoder {E5.name}")


@pytest.fixture(params=[*FROM_SCRATCH, *PRETRAINED, pytest.param("e5", marks=needs_e5)])
def backbone(request: pytest.FixtureRequest, tmp_path: Path) -> BackboneFactory:
    """Every kind of backbone, small."""
    if request.param in FROM_SCRATCH:
        return FROM_SCRATCH[request.param]
    if request.param == "e5":
        return partial(Pretrained, name=str(E5), layers=1)
    return partial(Pretrained, name=str(save_pretrained(request.param, tmp_path)))


def test_padded_rows_give_the_logits_of_the_row_alone(backbone: BackboneFactory) -> None:
    texts = random_texts(6)
    assert len({len(text) for text in texts}) > 2
    for pooling in POOLINGS:
        module = TextModule(tiny_card(), backbone, pooling).eval()
        with torch.inference_mode():
            together = logits(module, padded(texts))
            alone = torch.cat([logits(module, padded([text])) for text in texts])
        torch.testing.assert_close(together, alone, atol=1e-5, rtol=0, msg=pooling)
        assert (together[0] - together[1]).abs().max() > 1e-4  # not merely constant


def test_hidden_states_have_the_backbones_width(backbone: BackboneFactory) -> None:
    batch = random_batches([4])[0]
    built = backbone(tiny_card())
    hidden = built(batch["input_ids"], batch["attention_mask"])
    assert hidden.shape == (*batch["input_ids"].shape, built.width)


def test_every_parameter_gets_a_gradient(backbone: BackboneFactory) -> None:
    module = TextModule(tiny_card(), backbone)
    batch = random_batches([8])[0]
    module.loss(logits(module, batch), batch["target"]).backward()
    assert [n for n, p in module.named_parameters() if p.requires_grad and p.grad is None] == []


def test_second_text_of_a_pair_is_told_from_the_first(tmp_path: Path) -> None:
    batch = random_batches([4])[0]
    ids, mask = batch["input_ids"], batch["attention_mask"]
    types = (torch.arange(ids.shape[1]) > 1).long().expand_as(ids)
    for factory in (Transformer, partial(Pretrained, name=str(save_pretrained("bert", tmp_path)))):
        built = factory(tiny_card(pair=True)).eval()
        assert not torch.allclose(built(ids, mask), built(ids, mask, types))


def test_transformer_has_the_configured_shape() -> None:
    options: dict[str, Any] = {"layers": 3, "width": 48, "heads": 4, "feedforward": 20}
    built = Transformer(tiny_card(), **options, dropout=0.3, activation="relu")
    config = built.encoder.config
    assert built.width == built.encoder.embeddings.word_embeddings.embedding_dim == 48
    assert len(built.encoder.encoder.layer) == 3
    assert built.encoder.encoder.layer[0].intermediate.dense.out_features == 20
    assert built.encoder.encoder.layer[0].attention.self.num_attention_heads == 4
    assert (config.hidden_dropout_prob, config.attention_probs_dropout_prob) == (0.3, 0.3)
    assert isinstance(
        built.encoder.encoder.layer[0].intermediate.intermediate_act_fn, torch.nn.ReLU
    )
    assert built.encoder.embeddings.position_embeddings.num_embeddings == LENGTH
    inner = Transformer(tiny_card(), width=48).encoder.encoder.layer[0].intermediate
    assert inner.dense.out_features == 4 * 48


def test_width_that_heads_do_not_divide_is_refused() -> None:
    with pytest.raises(ConfigError, match="width 30 is no multiple of 4 heads"):
        Transformer(tiny_card(), width=30, heads=4)


@pytest.mark.parametrize("kind", PRETRAINED)
def test_pretrained_gives_the_hidden_states_of_automodel(kind: str, tmp_path: Path) -> None:
    folder = save_pretrained(kind, tmp_path)
    batch = random_batches([5])[0]
    inputs = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}
    with torch.inference_mode():
        ours = Pretrained(tiny_card(), name=str(folder)).eval()(**inputs)
        theirs = AutoModel.from_pretrained(folder).eval()(**inputs).last_hidden_state
    torch.testing.assert_close(ours, theirs)


def test_first_layers_really_are_the_first(tmp_path: Path) -> None:
    folder = save_pretrained("bert", tmp_path)
    batch = random_batches([5])[0]
    ids, mask = batch["input_ids"], batch["attention_mask"]
    with torch.inference_mode():
        whole = AutoModel.from_pretrained(folder).eval()(
            input_ids=ids, attention_mask=mask, output_hidden_states=True
        )
        for layers in (1, 2, 3):
            cut = Pretrained(tiny_card(), name=str(folder), layers=layers).eval()
            torch.testing.assert_close(cut(ids, mask), whole.hidden_states[layers])


@pytest.mark.parametrize("layers", [0, 4])
def test_more_layers_than_there_are_is_refused(layers: int, tmp_path: Path) -> None:
    folder = save_pretrained("bert", tmp_path)
    with pytest.raises(ConfigError, match=f"has 3 layers, can't keep {layers}"):
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
    ids, mask = batch["input_ids"], batch["attention_mask"]
    built = Pretrained(tiny_card(), name=str(E5), layers=2).eval()
    with torch.inference_mode():
        whole = AutoModel.from_pretrained(E5, dtype=torch.float32).eval()(
            input_ids=ids, attention_mask=mask, output_hidden_states=True
        )
        torch.testing.assert_close(built(ids, mask), whole.hidden_states[2])
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
    with pytest.raises(ConfigError, match=r"lacks 1 of its weights.*layer\.1\.output"):
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


@pytest.mark.parametrize("kind", PRETRAINED)
def test_longest_text_is_the_longest_the_positions_take(kind: str, tmp_path: Path) -> None:
    # RoBERTa's table of 26 rows serves 24 positions: they are counted from the padding id on
    folder = save_pretrained(kind, tmp_path)
    built = Pretrained(tiny_card(max_length=LENGTH), name=str(folder)).eval()
    longest = padded([[5] * LENGTH])
    built(longest["input_ids"], longest["attention_mask"])
    with pytest.raises(ConfigError, match=f"max_length {LENGTH + 1} exceeds the {LENGTH} pos"):
        Pretrained(tiny_card(max_length=LENGTH + 1), name=str(folder))


@pytest.mark.parametrize("name", ["no-such-owner/no-such-model", "no/such/folder", "nowhere-to-be"])
def test_unknown_name_fails_at_once(name: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ConfigError, match=name):
        Pretrained(tiny_card(), name=name)
    assert time.perf_counter() - start < 8  # transformers alone retries for 23 s


def test_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no loadable safetensors model in that folder"):
        Pretrained(tiny_card(), name=str(tmp_path))
