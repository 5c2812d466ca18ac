"""What is changed of a pretrained tokenizer is the same in a checkpoint as it was in training."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from span_rows import rows, write
from test_tags import TINY

import weitiao
from weitiao.cli.main import main
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.inputs.text.tokenization import Encoder
from weitiao.io.checkpoint_file import load_checkpoint

WORDS = ["北京", "上海", "广州市", "今天", "大家", "去年"]
HARD = [
    "北京 的<s>王伟[SEP]</s>",
    "<mask>上海[MASK]，New  York",
    " 北京北京",
    "",
    "𪚥[UNK]<unk>广州市",
]


def save_tokenizer(folder: Path, kind: str) -> None:
    """One that joins hanzi to words, with its special tokens in its vocabulary."""
    from transformers import BertTokenizer, XLMRobertaTokenizer

    known = [*WORDS, *sorted({c for text, _ in rows(160) for c in text.lower() if not c.isspace()})]
    if kind == "bert":
        units = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *known, *(f"##{w}" for w in known)]
        vocab = {unit: i for i, unit in enumerate(dict.fromkeys(units))}
        BertTokenizer(vocab=vocab, tokenize_chinese_chars=False).save_pretrained(folder)
    else:
        units = ["<s>", "<pad>", "</s>", "<unk>", "▁", *known, "▁北京", "<mask>"]
        scored = [(unit, -8.0 / len(unit)) for unit in dict.fromkeys(units)]
        XLMRobertaTokenizer(vocab=scored).save_pretrained(folder)
    model_type = {"bert": "bert", "xlm-r": "xlm-roberta"}[kind]
    config = {"model_type": model_type, "vocab_size": len(units)}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")


@pytest.mark.parametrize("kind", ["bert", pytest.param("xlm-r", marks=pytest.mark.slow)])
def test_a_checkpoint_reads_texts_as_training_did(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    save_tokenizer(tmp_path / "tok", kind)
    write(Path("my.csv"), rows(160))
    options = ["--data.input.encode.tokenizer=tok", "--data.input.encode.special_text=split"]
    assert main(["train", "--data.train=my.csv", *TINY, *options]) == 0
    encoder = Encoder("tok", max_length=256, truncation="windows")
    in_training = replace(encoder, special_text="split").fit([], Segmenter())
    state = load_checkpoint(Path("logs/latest/checkpoints/best.ckpt"))["DataModule"]
    in_use = TextEncoder.from_state(state["input"]["encoder"], Segmenter())
    texts = [*HARD, *(text for text, _ in rows(40))]
    assert in_use.encode(texts).equals(in_training.encode(texts))
    assert not encoder.fit([], Segmenter()).encode(texts).equals(in_training.encode(texts))
    with Path("logs/latest/predictions.csv").open(encoding="utf-8") as file:
        lines = [*csv.DictReader(file)]
    found = weitiao.load("logs/latest").predict([line["text"] for line in lines]).labels
    spans = [[[span["start"], span["end"], span["label"]] for span in row] for row in found]
    assert spans == [json.loads(line["label"]) for line in lines]
    assert any(spans)
