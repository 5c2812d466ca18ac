"""A model continues with the ids that it has learned: with other ones it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models
from transformers import BertConfig, PreTrainedTokenizerFast

from weitiao.errors import ConfigError
from weitiao.pretraining import cli
from weitiao.pretraining.cli import refuse_other_ids

TOKENS = ["?", "一", "二", "三"]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the model ``mine``."""
    monkeypatch.chdir(tmp_path)
    BertConfig().save_pretrained("mine")


def tokenizer(folder: str, tokens: list[str], **special: str) -> None:
    backend = Tokenizer(models.WordLevel({token: i for i, token in enumerate(tokens)}, "?"))
    fast = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="?", **special)
    fast.save_pretrained(folder)


@pytest.mark.parametrize(
    ("tokens", "told"),
    [
        (["?", "一", "三", "二"], "of the 4 tokens of the model 'mine', 2 have .* e.g. '二'"),
        (["?", "一", "二"], "of the 4 tokens of the model 'mine', 1 have .* e.g. '三'"),
        (["?", "四", "一", "二", "三"], "3 have another id in 'given', or none"),
    ],
    ids=["order", "fewer", "more"],
)
def test_other_ids_are_refused(tokens: list[str], told: str) -> None:
    tokenizer("mine", TOKENS)
    tokenizer("given", tokens)
    with pytest.raises(ConfigError, match=told + r".*\n  → data\.tokenizer\.name mine"):
        refuse_other_ids("mine", "given")


def test_equal_ids_pass_and_a_mask_may_be_added() -> None:
    tokenizer("mine", TOKENS)
    tokenizer("given", TOKENS)
    refuse_other_ids("mine", "given")
    tokenizer("given", TOKENS, mask_token="[MASK]")
    refuse_other_ids("mine", "given")


def test_nothing_is_compared_where_the_model_has_no_tokenizer() -> None:
    tokenizer("given", TOKENS)
    refuse_other_ids("mine", "given")


def test_the_model_s_own_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer("mine", TOKENS)
    monkeypatch.delattr(cli, "fast_tokenizer")
    refuse_other_ids("mine", "./mine/")


def test_a_damaged_tokenizer_of_the_model_is_told() -> None:
    tokenizer("mine", TOKENS)
    tokenizer("given", TOKENS)
    Path("mine", "tokenizer.json").write_text("{", "utf-8")
    with pytest.raises(ConfigError, match=r"model\.network\.name: can't load a tokenizer 'mine'"):
        refuse_other_ids("mine", "given")
