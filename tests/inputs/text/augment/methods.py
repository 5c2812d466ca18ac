"""Every method of augmentation with what it needs, in small."""

from __future__ import annotations

import random
from pathlib import Path
from typing import get_args

import numpy as np
from conftest import reviews

from weitiao.inputs.text.augment.augmenter import Augmentation, Augmenter
from weitiao.inputs.text.augment.step import Method, Step
from weitiao.inputs.text.segment import Segmenter

METHODS = get_args(Method)
EDGES = [
    *("", " ", "\n", "，", "。。。", "😀", "好", "a", "1", "很好", "ab", "Good", "[MASK]", "x"),
    *("房间 服务", "good movie", "i am", " 好", "好 ", "\t房间\n服务  不错 ", "ＡＢ", "é", "ﷺ"),
    *("A very good movie, really: 10/10!", "这家hotel的service不错", "x" * 900, "好" * 700),
]
ENGLISH = ["The room was small but clean.", "I would not buy this phone again", "great value"]
TEXTS = [text for text, _ in reviews(100)] + ENGLISH * 5 + EDGES


def save_masked_model(folder: Path) -> str:
    """A tiny masked model with random weights, of the texts' characters and some English words."""
    import torch
    from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast

    units = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "##s", "##y"]
    units += sorted({char for text in TEXTS for char in text.lower() if not char.isspace()})
    units += sorted({word for text in ENGLISH for word in text.lower().split()})
    units = list(dict.fromkeys(units))
    folder.mkdir(exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(units), "utf-8")
    BertTokenizerFast(str(folder / "vocab.txt"), do_lower_case=True).save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_attention_heads": 1, "intermediate_size": 8}
    config = BertConfig(
        vocab_size=len(units), num_hidden_layers=1, max_position_embeddings=64, **sizes
    )
    BertForMaskedLM(config).save_pretrained(folder)
    return str(folder)


def files(folder: Path) -> dict[str, str]:
    """What the methods that need a file find in the folder."""
    (folder / "groups.txt").write_text("喜欢 喜爱\n酒店 宾馆 旅馆\ngood great fine\n", "utf-8")
    words = sorted({w for row in Segmenter().segment(TEXTS) for w in row if w.isalnum()})
    draw = random.Random(0)
    lines = [f"{word} {' '.join(f'{draw.gauss(0, 1):.3f}' for _ in range(4))}" for word in words]
    (folder / "vectors.txt").write_text("\n".join(lines) + "\n", "utf-8")
    return {
        "reserved": str(folder / "groups.txt"),
        "vectors": str(folder / "vectors.txt"),
        "contextual": save_masked_model(folder / "masked"),
    }


def build(*steps: Step, segmenter: Segmenter = Segmenter()) -> Augmentation:
    """The steps, ready for `TEXTS`."""
    return Augmenter(list(steps)).build(lambda: TEXTS, segmenter)


def keys(count: int, epoch: int = 0, seed: int = 1) -> list[tuple[int, ...]]:
    """One for each text."""
    return [(seed, epoch, slot, 0) for slot in np.arange(count).tolist()]
