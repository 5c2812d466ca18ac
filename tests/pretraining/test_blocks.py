"""What stands in the blocks is what is said to be seen."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from weitiao.config.arguments import as_arguments
from weitiao.config.field_paths import field_paths
from weitiao.config.parser import Parser
from weitiao.errors import ConfigError, DataError
from weitiao.inputs.text.contamination_index import ContaminationIndex, numbers_of
from weitiao.inputs.text.segment import Segmenter
from weitiao.io.corpora import Corpus
from weitiao.pretraining import prepare
from weitiao.pretraining.datamodule import LanguageData
from weitiao.pretraining.prepare import LanguagePreparation
from weitiao.pretraining.tokenizer import LanguageTokenizer

TEXTS = [f"第{number}个 Text" for number in range(60)]


def prepared(
    folder: Path,
    without: Corpus | None = None,
    *,
    repeats: bool = False,
    tokenizer: LanguageTokenizer = LanguageTokenizer("characters", min_count=1),
) -> Path:
    corpus = folder / "c.txt"
    corpus.write_text("\n".join(TEXTS * (1 + repeats)), "utf-8")
    preparation = LanguagePreparation(
        Corpus(str(corpus), deduplicate=not repeats),
        Segmenter("char"),
        tokenizer,
        "masked",
        max_length=32,
        val=0.2,
        without=without,
    )
    return preparation(folder / "cache")[0]


def numbers(folder: Path) -> list[int]:
    seen = ContaminationIndex.read(folder)
    assert seen is not None
    return seen.numbers.tolist()


@pytest.mark.parametrize("together", [7, 1000])
def test_each_document_is_seen_once(tmp_path, monkeypatch, together) -> None:
    monkeypatch.setattr(prepare, "TOGETHER", together)
    expected = np.unique(numbers_of(TEXTS)).tolist()
    assert len(expected) == len(TEXTS)
    assert numbers(prepared(tmp_path)) == expected
    assert numbers(prepared(tmp_path, repeats=True)) == expected


@pytest.mark.parametrize("together", [7, 1000])  # of 7, all of some portions are kept
def test_what_is_kept_from_the_model_is_not_seen(tmp_path, monkeypatch, together) -> None:
    monkeypatch.setattr(prepare, "TOGETHER", together)
    hidden = tmp_path / "test.txt"
    hidden.write_text("\n".join(text.upper().replace(" ", "　") for text in TEXTS[:20]), "utf-8")
    folder = prepared(tmp_path, Corpus(str(hidden)))
    assert numbers(folder) == np.unique(numbers_of(TEXTS[20:])).tolist()


@pytest.mark.parametrize(
    "name", ["characters", "wordpiece", pytest.param("trained before", marks=pytest.mark.slow)]
)
def test_a_corpus_of_which_all_is_kept_is_told(tmp_path: Path, name: str) -> None:
    hidden = tmp_path / "test.txt"
    hidden.write_text("\n".join(TEXTS), "utf-8")
    tokenizer = LanguageTokenizer(name)
    if not tokenizer.trained:
        LanguageTokenizer().make(iter(TEXTS), "masked").save_pretrained(tmp_path / name)
        tokenizer = LanguageTokenizer(str(tmp_path / name))
    with pytest.raises(ConfigError, match="without keeps all 60 documents from the model"):
        prepared(tmp_path, Corpus(str(hidden)), tokenizer=tokenizer)


BAD = {
    "encoding": (b"\xff\xff", {}, "→ .*--{}.encoding NAME"),
    "no encoding": (b"a", {"encoding": "utf-9"}, "^{}.encoding: Python knows no text encoding"),
    "column": (b"a", {"text": "body"}, "^{}.text has no effect on lines"),
    "binary": (bytes(range(256)) * 9, {"format": "auto"}, "--{}.format parquet or arrow"),
    "data set": (b"a", {"files": "hf:a/b"}, "→ --{}.files FILE"),
    "no file": (b"a", {"files": []}, "→ --{}.files FILE"),
    "short": (b"a", {"min_chars": 9}, "^bad: the corpus holds no document of 9"),
}


@pytest.mark.parametrize("option", ["data.corpus", "data.without"])
@pytest.mark.parametrize("case", BAD)
def test_faults_of_a_corpus_are_told_by_its_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, option: str
) -> None:
    content, options, told = BAD[case]
    monkeypatch.chdir(tmp_path)
    Path("bad").write_bytes(content)
    Path("good.txt").write_text("\n".join(TEXTS), "utf-8")
    bad = {f"{option}.{name}": value for name, value in ({"files": "bad"} | options).items()}
    small = {"data.tokenizer.name": "characters", "data.tokenizer.min_count": 1, "data.val": 0.2}

    @field_paths()
    def prepare() -> None:
        parser = Parser(prog="pretrain.py")
        parser.add_class_arguments(LanguageData, "data")
        given = as_arguments({"data.corpus.files": "good.txt", **small, **bad})
        _ = parser.instantiate(parser.parse_args(given)).data.prepared

    with pytest.raises((ConfigError, DataError), match=told.format(re.escape(option))):
        prepare()


@pytest.mark.parametrize("name", ["characters", "wordpiece"])
def test_special_tokens_in_a_document_are_text(tmp_path, name) -> None:
    corpus = tmp_path / "c.txt"
    texts = [f"第{number}个 [SEP] [MASK]" for number in range(60)]
    corpus.write_text("\n".join(texts), "utf-8")
    tokenizer = LanguageTokenizer(name, min_count=1)
    preparation = LanguagePreparation(
        Corpus(str(corpus)), Segmenter("char"), tokenizer, "masked", max_length=32, val=0.2
    )
    folder, card = preparation(tmp_path / "cache")
    blocks = prepare.PackedSequences.of(folder, "train")
    assert card.mask_id not in blocks.ids
    ends = int((np.asarray(blocks.ids) == card.end[0]).sum())
    assert ends == len(blocks.pieces) - 1  # one for each document, none within


def test_a_corpus_that_the_tokenizer_does_not_know_is_refused(tmp_path) -> None:
    corpus = tmp_path / "c.txt"
    corpus.write_text("\n".join(f"{number} 房间很好服务也好" for number in range(60)), "utf-8")
    units = {unit: i for i, unit in enumerate(["[PAD]", "[UNK]", "[MASK]", *"0123456789 "])}
    backend = Tokenizer(models.WordLevel(units, "[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    names = {"unk_token": "[UNK]", "pad_token": "[PAD]", "mask_token": "[MASK]"}
    folder = tmp_path / "tokenizer"
    PreTrainedTokenizerFast(tokenizer_object=backend, **names).save_pretrained(folder)
    preparation = LanguagePreparation(
        Corpus(str(corpus)), Segmenter("char"), LanguageTokenizer(str(folder)), "masked", 32, 0.2
    )
    with pytest.raises(ConfigError, match=r"^name .*: \d\d% of the ids"):
        preparation(tmp_path / "cache")
