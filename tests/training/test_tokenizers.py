"""A pretrained tokenizer and texts that don't go together are told, whatever they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import TINY, Command, reviews, write_csv

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
HANZI = tuple(sorted({char for text, _ in reviews(60) for char in text}))


def save_vocabulary(folder: Path, kind: str, units: Sequence[str], **config: object) -> None:
    """What the folder of a Chinese model holds besides its weights."""
    folder.mkdir()
    config = {"model_type": kind, "vocab_size": len(units)} | config
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    (folder / "vocab.txt").write_text("\n".join(units) + "\n", "utf-8")


@dataclass(frozen=True)
class Unfit:
    """A folder, texts, and what must be said."""

    name: str
    kind: str
    units: Sequence[str]
    said: Sequence[str]
    text: str = "{}"


MADE_UP = ('"tokenizer_class": "BertTokenizer"', "vocab.txt")
TABLE = [
    *(
        Unfit(f"{kind}_with_vocab_txt", kind, SPECIALS + HANZI, MADE_UP)
        for kind in ("roberta", "albert", "gpt2", "xlm-roberta", "deberta-v2")
    ),
    Unfit("without_unknown_token", "bert", SPECIALS[2:] + HANZI, ["Missing [UNK]", "fails"]),
    Unfit("of_another_language", "bert", (*SPECIALS, *"abcdefg"), ["100% of the ids", "unknown"]),
    Unfit("of_few_characters", "bert", SPECIALS + HANZI[:9], ["of the ids of train", "unknown"]),
    Unfit("of_one_unknown_word", "bert", SPECIALS + HANZI, ["same ids"], "x" * 101 + "{:05}"),
]


@pytest.mark.parametrize("unfit", TABLE, ids=lambda unfit: unfit.name)
def test_a_tokenizer_that_does_not_read_the_texts_is_refused(
    unfit: Unfit, command: Command, tmp_path: Path
) -> None:
    save_vocabulary(tmp_path / "tok", unfit.kind, unfit.units)
    numbered = "{:" in unfit.text
    rows = [
        (unfit.text.format(i if numbered else text), label)
        for i, (text, label) in enumerate(reviews(60))
    ]
    write_csv(tmp_path / "my.csv", rows)
    tokenizer = "--data.input.encode.tokenizer=tok"
    done = command("fit", "--data.train=my.csv", *TINY, tokenizer, cwd=tmp_path)
    assert done.code == 1, done.err
    assert "Traceback" not in done.err
    for words in ("data.input.encode.tokenizer", *unfit.said):
        assert words in done.err, done.err
    assert not list((tmp_path / "logs").glob("*"))


def test_unknown_ids_and_special_tokens_in_texts_are_told(command: Command, tmp_path: Path) -> None:
    save_vocabulary(tmp_path / "tok", "bert", SPECIALS + HANZI[3:])
    rows = [(text + "[SEP][MASK]" * (i < 20), label) for i, (text, label) in enumerate(reviews(60))]
    write_csv(tmp_path / "my.csv", rows)
    options = ("fit", "--data.train=my.csv", *TINY, "--data.split.test=0", "--trainer.max_epochs=1")
    tokenizer = "--data.input.encode.tokenizer=tok"
    done = command(*options, tokenizer, cwd=tmp_path)
    assert done.code == 0, done.err
    assert "! unknown ids: train " in done.err
    audit = json.loads((tmp_path / "logs/latest/audit.json").read_text("utf-8"))
    found = [split["special_rows"] for split in audit["encode"].values()]
    assert sum(found) == 20
    assert f"! {found[0]} texts of train hold special tokens" in done.err
    split = "--data.input.encode.special_text=split"
    done = command(*options, tokenizer, split, cwd=tmp_path)
    assert done.code == 0, done.err
    assert "special tokens" not in done.err
