"""Pretrained tokenizers: their ids are those of AutoTokenizer; padding, prefixes, faults."""

import json
import time
from pathlib import Path

import pytest
from small_tokenizers import fit, rows, save_tokenizer
from tokenizers import Tokenizer, models
from transformers import AutoTokenizer

from weitiao.errors import ConfigError
from weitiao.inputs.text.coverage import Coverage
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.inputs.text.tokenization import Encoder

REAL = Path(__file__).parents[4] / "shared" / "models" / "multilingual-e5-small-zh-en"


def test_a_folder_gives_the_ids_of_auto_tokenizer(tmp_path):
    name = save_tokenizer(tmp_path)
    texts, pairs = ["abc", "", "hxg x"], ["d", "efg", ""]
    encoder = fit(name)
    theirs = AutoTokenizer.from_pretrained(name)
    assert rows(encoder.encode(texts)) == theirs(texts)["input_ids"]
    assert rows(encoder.encode(texts, pairs)) == theirs(texts, pairs)["input_ids"]
    assert (encoder.pad_id, encoder.vocab_size) == (theirs.pad_token_id, len(theirs))


def test_unknown_share_of_a_pretrained_tokenizer_counts_its_own_unknown(tmp_path):
    encoder = fit(save_tokenizer(tmp_path))
    again = TextEncoder.from_state(encoder.state(), Segmenter())
    for one in (encoder, again):
        assert Coverage.of(one, one.encode(["ax"])).unknown_share == 1 / 2


def test_truncation_and_padding_saved_with_a_tokenizer_are_not_ours(tmp_path):
    name = save_tokenizer(tmp_path)
    saved = Tokenizer.from_file(f"{name}/tokenizer.json")
    saved.enable_truncation(4)
    saved.enable_padding(length=10)
    saved.save(f"{name}/tokenizer.json")
    assert [len(ids) for ids in rows(fit(name).encode(["a", "abcdef"]))] == [3, 8]


def test_a_text_without_any_id_gets_a_place(tmp_path):
    encoder = fit(save_tokenizer(tmp_path, special=False))
    assert rows(encoder.encode(["", "a"])) == [[encoder.pad_id], [4]]
    table = encoder.encode([""], [""])
    assert (rows(table), rows(table, "token_type_ids")) == ([[encoder.pad_id]], [[0]])


def test_special_ids_that_leave_no_room_are_refused(tmp_path):
    encoder = fit(save_tokenizer(tmp_path), max_length=4)
    assert rows(encoder.encode(["abcdef"])) == [[2, 4, 5, 3]]
    with pytest.raises(ConfigError, match="max_length = 4 leaves no room"):
        encoder.encode(["a"], ["b"])


def test_a_tokenizer_without_padding_token_is_told_one(tmp_path):
    name = save_tokenizer(tmp_path, pad_token=None, eos_token="</s>")
    with pytest.raises(ConfigError, match=r"no padding token\n.*pad_token '</s>'"):
        fit(name)
    encoder = fit(name, pad_token="</s>")
    assert encoder.pad_id == 3
    assert rows(encoder.encode(["ab"])) == [[2, 4, 5, 3]]
    again = TextEncoder.from_state(encoder.state(), Segmenter())
    assert again.pad_id == 3


def test_a_padding_token_that_does_not_exist_is_refused(tmp_path):
    name = save_tokenizer(tmp_path, pad_token=None)
    with pytest.raises(ConfigError, match=r"'<fill>' is not in the vocabulary(.|\n)*'<unk>' is"):
        fit(name, pad_token="<fill>")


@pytest.mark.parametrize("pad_token", ["<pad>", "</s>"])
def test_a_padding_token_beside_the_tokenizers_own_is_refused(pad_token, tmp_path):
    with pytest.raises(ConfigError, match="is padded with '<pad>'"):
        fit(save_tokenizer(tmp_path), pad_token=pad_token)
    with pytest.raises(ConfigError, match="'characters' has a padding token"):
        fit(pad_token=pad_token)


@pytest.mark.parametrize("option", [{"vocab_size": 90}, {"min_count": 1}, {"lowercase": False}])
def test_options_of_training_are_refused_for_a_pretrained_tokenizer(option):
    with pytest.raises(ConfigError, match=f"{next(iter(option))} has no effect"):
        Encoder("some/name", **option)


@pytest.mark.parametrize(("truncation", "kept"), [("head", "abc"), ("tail", "fgh")])
def test_a_prefix_stands_before_each_text_and_is_never_cut(tmp_path, truncation, kept):
    name = save_tokenizer(tmp_path)
    encoder = fit(name, prefix="hg", max_length=7, truncation=truncation)
    again = TextEncoder.from_state(json.loads(json.dumps(encoder.state())), Segmenter())
    for each in (encoder, again):
        table = each.encode(["a", "abcdefgh", ""])
        ids = [[2, *map(letter, f"hg{text}"), 3] for text in ("a", kept, "")]
        assert rows(table) == ids
        assert rows(table, "cut") == [False, True, False]
    pairs = fit(name, prefix="hg", max_length=13, truncation=truncation)
    cut = [2, *map(letter, "hgab"), 3, 3, *map(letter, f"hg{kept}"), 3]
    assert rows(pairs.encode(["ab"], ["abcdefgh"])) == [cut]
    with pytest.raises(ConfigError, match="adds 4 ids, special ones and the prefix"):
        fit(name, prefix="hg", max_length=4).encode(["a"])


def letter(char: str) -> int:
    return 4 + "abcdefgh ".index(char)


def test_a_prefix_counts_in_nothing(tmp_path):
    name = save_tokenizer(tmp_path)
    for texts, pairs in ((["a?", "??", "a</s>", "", "abc"], None), (["a?", "??"], ["b", "?"])):
        plain, before = (fit(name, prefix=p, max_length=9 + 3 * len(p)) for p in ("", "ab"))
        found = [Coverage.of(e, e.encode(texts, pairs)) for e in (plain, before)]
        assert found[0] == found[1]
        assert found[0].unknown_rows == 1


def test_a_prefix_that_means_nothing_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="the tokenizer doesn't know 'query: '"):
        fit(save_tokenizer(tmp_path), prefix="query: ")
    with pytest.raises(ConfigError, match=r"^prefix goes with a pretrained tokenizer"):
        fit(prefix="query: ")


def test_an_unknown_name_is_told_shortly_and_soon(monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    began = time.monotonic()
    with pytest.raises(ConfigError, match="no-such-owner/no-such-name") as error:
        fit("no-such-owner/no-such-name")
    assert time.monotonic() - began < 10
    assert str(error.value).count("\n") <= 3
    assert "characters, wordpiece, bpe, words" in str(error.value)


@pytest.mark.parametrize("content", [None, "{}", "no JSON"])
def test_a_folder_without_a_usable_tokenizer_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(ConfigError, match="can't load"):
        fit(str(tmp_path))


@pytest.mark.skipif(not REAL.is_dir(), reason="needs ../shared/models")
def test_a_real_tokenizer_gives_the_ids_of_auto_tokenizer():
    encoder = fit(str(REAL), max_length=12)
    theirs = AutoTokenizer.from_pretrained(REAL)
    texts = ["我来到北京清华大学，今天天气不错", "We went out, <s> twice!\n", "", "😀 𠮷"]
    pairs = ["short", texts[0] * 2, "天气", ""]
    options = {"truncation": "longest_first", "max_length": 12}
    assert rows(encoder.encode(texts)) == theirs(texts, **options)["input_ids"]
    both = theirs(texts, pairs, return_token_type_ids=True, **options)
    table = encoder.encode(texts, pairs)
    assert rows(table) == both["input_ids"]
    assert rows(table, "token_type_ids") == both["token_type_ids"]
    assert any(rows(table, "cut"))


def test_a_tokenizer_that_panics_is_told(tmp_path):
    name = save_tokenizer(tmp_path)
    file = tmp_path / "tokenizer.json"
    content = json.loads(file.read_text("utf-8"))
    content["post_processor"]["special_tokens"] = {}
    file.write_text(json.dumps(content), "utf-8")
    with pytest.raises(ConfigError, match=r"^tokenizer: .* fails on a text"):
        fit(name)


def test_what_the_tokenizer_raises_on_some_texts_only_is_told(tmp_path):
    backend = Tokenizer(models.Unigram([("a", -1.0), ("▁", -1.0)]))
    encoder = TextEncoder(backend, 0, None, 9, "head", "keep")
    assert rows(encoder.encode(["aa"])) == [[0, 0]]
    with pytest.raises(ConfigError, match=r"^tokenizer: .* fails on a text: .*unk_id"):
        encoder.encode(["aa", "好"])
