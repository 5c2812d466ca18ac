"""Words from a masked model: where they go, and that their neighbours stay."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from methods import keys, save_masked_model
from safetensors.torch import load_file

from weitiao.errors import DataError
from weitiao.inputs.text.augment.augmenter import Augmentation
from weitiao.inputs.text.augment.masked import MaskedEdit
from weitiao.inputs.text.augment.step import Step
from weitiao.inputs.text.segment import Segmenter

SEGMENTER = Segmenter()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_masked_model(tmp_path_factory.mktemp("masked"))


def masked(folder: str | Path, share: float = 0.1, top: int = 10) -> Step:
    return Step("contextual", share=share, path=str(folder), top=top)


def edit(folder: str, share: float = 0.1, top: int = 10) -> Augmentation:
    return Augmentation([(1.0, MaskedEdit(masked(folder, share, top), SEGMENTER))])


def test_hanzi_words_keep_their_length_and_the_rest_its_letters(folder: str) -> None:
    text = "这家 Hotel的房间,😀 Ä不错!"
    before = SEGMENTER.segment([text])[0]
    for after in edit(folder)([text] * 20, keys(20)):
        assert after != text
        # nothing but one word differs: the text around it is to the letter
        assert any(
            after.startswith("".join(before[:i])) and after.endswith("".join(before[i + 1 :]))
            for i in range(len(before))
        )
        assert "[" not in after


def test_a_hanzi_word_is_replaced_hanzi_by_hanzi(folder: str) -> None:
    after = edit(folder, share=1.0)(["房间"] * 20, keys(20))
    assert "房间" not in after
    assert all(text[0] != "房" and text[-1] != "间" for text in after)


def test_an_english_word_is_replaced_by_a_whole_one(folder: str) -> None:
    for after in edit(folder, share=1.0, top=500)(["movies"] * 50, keys(50)):
        assert not after.startswith(("##", "["))


def test_what_lies_beyond_the_models_length_stays(folder: str) -> None:
    text = "房间" * 100
    (after,) = edit(folder, share=1.0)([text], keys(1))
    assert after[:20] != text[:20]
    assert after[-130:] == text[-130:]
    assert len(after) >= len(text)


def test_the_number_of_threads_changes_nothing(folder: str) -> None:
    texts, threads = ["房间 服务 不错", "酒店"] * 10, torch.get_num_threads()
    found = []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            found.append(edit(folder)(texts, keys(20)))
            assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(threads)
    assert found[0] == found[1]


def test_an_encoder_that_never_learned_to_fill_masks_is_told(folder: str, tmp_path: Path) -> None:
    from transformers import BertModel

    shutil.copytree(folder, tmp_path / "encoder")
    BertModel.from_pretrained(folder).save_pretrained(tmp_path / "encoder")
    with pytest.raises(DataError, match="weights to predict words with are missing"):
        MaskedEdit(masked(tmp_path / "encoder"), SEGMENTER)


def test_a_tokenizer_without_a_mask_is_told(folder: str, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(folder, tmp_path / "broken"))
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        if (broken / name).exists():
            values = json.loads((broken / name).read_text("utf-8"))
            values.pop("mask_token", None)
            (broken / name).write_text(json.dumps(values))
    config = json.loads((broken / "tokenizer_config.json").read_text("utf-8"))
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    (broken / "tokenizer_config.json").write_text(json.dumps(config))
    with pytest.raises(DataError, match="mask"):
        MaskedEdit(masked(broken), SEGMENTER)


def test_weights_in_a_pickle_are_not_read(folder: str, tmp_path: Path) -> None:
    copied = shutil.copytree(folder, tmp_path / "copied")
    weights = copied / "model.safetensors"
    torch.save(load_file(weights), copied / "pytorch_model.bin")
    weights.unlink()
    with pytest.raises(DataError, match=r"model\.safetensors"):
        MaskedEdit(masked(copied), SEGMENTER)


def save_xlmr(folder: Path) -> str:
    """A tiny XLM-R with random weights, whose tokenizer begins each part of a text with a space."""
    from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM, XLMRobertaTokenizer

    units = ["▁", "▁今天", "天气", "很好", "酒店", "今天", "好", "▁好"]
    units = ["<s>", "<pad>", "</s>", "<unk>", *units, "<mask>"]
    vocab = [(unit, -float(i)) for i, unit in enumerate(units)]
    XLMRobertaTokenizer(vocab=vocab).save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_attention_heads": 1, "intermediate_size": 8}
    config = XLMRobertaConfig(
        vocab_size=len(vocab), num_hidden_layers=1, max_position_embeddings=40, **sizes
    )
    XLMRobertaForMaskedLM(config).save_pretrained(folder)
    return str(folder)


def test_a_word_has_a_mask_for_each_piece_but_the_space(tmp_path: Path) -> None:
    fill = MaskedEdit(masked(save_xlmr(tmp_path), share=1.0), SEGMENTER)
    assert [len(ids) for ids in fill._plan(["天气", "酒店", "今天"], 0).pieces] == [1, 1, 1]


@pytest.mark.parametrize("text", ["今天天气很好", "今天 天气很好", "天气很好 酒店"])
def test_no_space_comes_between_hanzi(tmp_path: Path, text: str) -> None:
    fill = MaskedEdit(masked(save_xlmr(tmp_path), share=0.4), SEGMENTER)
    read: list[list[str]] = []

    def model(**inputs: torch.Tensor) -> Any:
        read.extend(map(fill.tokenizer.convert_ids_to_tokens, inputs["input_ids"].tolist()))
        return whole(**inputs)

    whole, fill.model = fill.model, model
    after = fill([text] * 20, range(20))
    assert {*after} - {text}
    assert all(each.count(" ") == text.count(" ") for each in after)
    for units in read:
        spaces = [i for i, unit in enumerate(units) if unit == "▁" and units[i - 1] == "<mask>"]
        assert len(spaces) <= text.count(" ")


def test_a_model_of_16_bits_is_computed_in_32(folder: str, tmp_path: Path) -> None:
    from transformers import BertForMaskedLM

    shutil.copytree(folder, tmp_path / "half")
    BertForMaskedLM.from_pretrained(folder).half().save_pretrained(tmp_path / "half")
    assert MaskedEdit(masked(tmp_path / "half"), SEGMENTER).model.dtype == torch.float32
