import json
import time
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from weitiao.errors import ConfigError
from weitiao.inputs.text.coverage import Coverage
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.special_tokens import SPECIALS
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.inputs.text.tokenization import Encoder

REAL = Path(__file__).parents[4] / "shared" / "models" / "multilingual-e5-small-zh-en"
TEXTS = ["我来到北京清华大学", "今天天气不错，We went OUT!", "", "北京 天气", "大学大学", "out out"]
CLS, SEP, UNK = (SPECIALS.index(name) for name in ("[CLS]", "[SEP]", "[UNK]"))


def fit(tokenizer="characters", texts=TEXTS, segmenter=None, **options):
    return Encoder(tokenizer, **options).fit(texts, segmenter or Segmenter())


def rows(table, column="input_ids"):
    return table[column].to_pylist()


def vocabulary(encoder: TextEncoder) -> set[str]:
    return set(encoder.backend.get_vocab()) - set(SPECIALS)


def save_tokenizer(folder: Path, *, special=True, **names) -> str:
    """A small pretrained tokenizer of letters."""
    vocab = {name: i for i, name in enumerate(["<unk>", "<pad>", "<s>", "</s>", *"abcdefgh "])}
    backend = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    if special:
        backend.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>",
            pair="<s> $A </s> </s> $B </s>",
            special_tokens=[("<s>", 2), ("</s>", 3)],
        )
    names = {"unk_token": "<unk>", "pad_token": "<pad>"} | names
    PreTrainedTokenizerFast(tokenizer_object=backend, **names).save_pretrained(folder)
    return str(folder)


# -- trained ---------------------------------------------------------------------------------------


def test_characters_are_ranked_by_count_and_the_rare_ones_unknown():
    encoder = fit(texts=["大大大学", "学学好好", "坏"], min_count=2)
    backend = encoder.backend
    assert [backend.id_to_token(i) for i in range(encoder.vocab_size)] == [*SPECIALS, *"大学好"]
    assert rows(encoder.encode(["大坏好"])) == [[CLS, 5, UNK, 7, SEP]]


def test_wordpiece_learns_pieces_and_takes_chinese_by_character():
    encoder = fit("wordpiece", ["lowest lowly low 北京大学"] * 5, vocab_size=60)
    assert {"low", "北", "学"} <= vocabulary(encoder)
    assert rows(encoder.encode(["low 北京"]))[0][1] == encoder.backend.token_to_id("low")


def test_words_come_from_the_segmenter_without_white_space():
    encoder = fit("words", min_count=1)
    assert {"清华大学", "来到", "北京", "out"} <= vocabulary(encoder)
    assert not any(unit.isspace() for unit in vocabulary(encoder))
    ids = rows(encoder.encode(["北京 清华大学"]))[0]
    assert [encoder.backend.id_to_token(i) for i in ids[1:-1]] == ["北京", "清华大学"]


def test_stop_words_of_the_segmenter_are_no_words_of_the_vocabulary(tmp_path):
    (tmp_path / "stop.txt").write_text("北京\n", "utf-8")
    encoder = fit("words", min_count=1, segmenter=Segmenter(stop_words=str(tmp_path / "stop.txt")))
    assert "北京" not in vocabulary(encoder)
    assert len(rows(encoder.encode(["北京"]))[0]) == 2


@pytest.mark.parametrize("tokenizer", ["characters", "wordpiece", "words"])
def test_case_is_folded_only_if_asked(tokenizer):
    texts = ["out", "OUT"]
    folded = rows(fit(tokenizer, min_count=1).encode(texts))
    kept = rows(fit(tokenizer, ["out OUT"] * 3, lowercase=False).encode(texts))
    assert folded[0] == folded[1]
    assert kept[0] != kept[1]
    assert UNK not in kept[1]


@pytest.mark.parametrize("tokenizer", ["characters", "words"])
def test_vocab_size_keeps_the_most_frequent(tokenizer):
    encoder = fit(tokenizer, ["我 我 我 好 好 他"], vocab_size=len(SPECIALS) + 2, min_count=1)
    assert encoder.vocab_size == len(SPECIALS) + 2
    assert "他" not in vocabulary(encoder)


@pytest.mark.parametrize("tokenizer", ["characters", "wordpiece", "words"])
def test_training_again_gives_the_same_tokenizer(tokenizer):
    # All letters alike, so that pieces tie, and more pieces than fit.
    texts = [f"天{''.join(word)}" for word in permutations("abcdef", 5)]
    first, second = (fit(tokenizer, texts, vocab_size=80, min_count=1) for _ in range(2))
    assert first.state() == second.state()


def test_a_vocabulary_of_nothing_is_refused():
    with pytest.raises(ConfigError, match="min_count 1"):
        fit(texts=["天地", "玄黄"], min_count=2)


@pytest.mark.parametrize("options", [{"max_length": 3}, {"vocab_size": len(SPECIALS)}])
def test_senseless_sizes_are_refused(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        Encoder(**options)


def test_unknown_share_counts_ids_of_the_unknown():
    encoder = fit(texts=["好好"])
    found = Coverage.of(encoder, encoder.encode(["好坏", "坏", ""]))
    assert (found.unknown_share, found.unknown_rows) == (2 / 3, 1)  # without [CLS] and [SEP]
    pairs = Coverage.of(encoder, encoder.encode(["好坏", "坏"], ["坏", "坏"]))
    assert (pairs.unknown_share, pairs.unknown_rows) == (4 / 5, 1)


# -- ids -------------------------------------------------------------------------------------------


def test_pairs_go_to_the_tokenizer_as_pairs():
    encoder = fit(min_count=1)
    table = encoder.encode(["北京"], ["大学"])
    first, second = (rows(encoder.encode([text]))[0] for text in ("北京", "大学"))
    assert rows(table) == [first + second[1:]]
    assert rows(table, "token_type_ids") == [[0, 0, 0, 0, 1, 1, 1]]
    assert "token_type_ids" not in encoder.encode(["北京"]).column_names


def test_words_take_pairs_and_empty_texts():
    encoder = fit("words", min_count=1)
    table = encoder.encode(["北京", ""], ["", "大学"])
    assert [len(ids) for ids in rows(table)] == [4, 4]
    assert rows(table, "token_type_ids") == [[0, 0, 0, 1], [0, 0, 1, 1]]


@pytest.mark.parametrize("tokenizer", ["characters", "wordpiece", "words"])
def test_an_empty_text_is_its_special_ids(tokenizer):
    assert rows(fit(tokenizer, min_count=1).encode([""])) == [[CLS, SEP]]


@pytest.mark.parametrize("pairs", [None, []])
def test_no_texts_give_an_empty_table_with_the_same_columns(pairs):
    encoder = fit()
    some = encoder.encode(["好"], None if pairs is None else ["好"])
    empty = encoder.encode([], pairs)
    assert empty.num_rows == 0
    assert empty.schema == some.schema


@pytest.mark.parametrize("truncation", ["head", "tail", "head_tail"])
def test_long_texts_are_cut_and_marked(truncation):
    encoder = fit(texts=["天地玄黄宇宙洪荒"] * 2, max_length=6, truncation=truncation)
    table = encoder.encode(["天地玄黄宇宙洪荒", "天地玄黄"])
    kept = {"head": "天地玄黄", "tail": "宇宙洪荒", "head_tail": "天地洪荒"}[truncation]
    assert rows(table)[0] == rows(encoder.encode([kept]))[0]
    assert rows(table, "cut") == [True, False]


@given(st.lists(st.tuples(st.text("ab", max_size=20), st.text("ab", max_size=20)), max_size=5))
def test_cut_pairs_keep_one_token_type_per_id(pairs):
    encoder = fit(texts=["ab"] * 2, max_length=9)
    table = encoder.encode([a for a, _ in pairs], [b for _, b in pairs])
    for (a, b), ids, types in zip(pairs, rows(table), rows(table, "token_type_ids"), strict=True):
        assert len(ids) == len(types) == min(len(a) + len(b) + 3, 9)
        assert types == sorted(types)
        assert ids.count(SEP) == 2


@pytest.mark.parametrize("tokenizer", ["characters", "wordpiece", "words"])
@pytest.mark.parametrize("truncation", ["head", "tail"])
def test_state_makes_the_same_encoder_again(tokenizer, truncation):
    encoder = fit(tokenizer, min_count=1, max_length=6, truncation=truncation)
    again = TextEncoder.from_state(encoder.state(), Segmenter())
    assert again.encode(TEXTS, TEXTS).equals(encoder.encode(TEXTS, TEXTS))
    assert again.state() == encoder.state()


# -- pretrained ------------------------------------------------------------------------------------


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


# -- a prefix --------------------------------------------------------------------------------------


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


# -- special tokens that stand in a text -----------------------------------------------------------


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("tokenizer", ["characters", "wordpiece", "words"])
def test_a_trained_tokenizer_reads_special_tokens_in_a_text_as_text(tokenizer, lowercase):
    text = "好 [SEP] [PAD] [CLS] [MASK] 坏"
    cut = Segmenter("whitespace")
    encoder = fit(tokenizer, [text, "好坏 SEP"], cut, min_count=1, lowercase=lowercase)
    for one in (encoder, TextEncoder.from_state(encoder.state(), cut)):
        (ids,) = rows(one.encode([text]))
        assert not {encoder.pad_id, CLS, SEP, SPECIALS.index("[MASK]")} & set(ids[1:-1])
        assert Coverage.of(one, one.encode([text, "好"])).special_rows == 0


@pytest.mark.parametrize("kind", ["unigram", "added"])
def test_an_option_decides_what_special_tokens_in_a_text_mean(kind, tmp_path):
    pieces = [*("<pad>", "</s>", "<unk>", "<s>"), "▁", "<", "/", "s", ">", *"abc"]
    if kind == "unigram":  # as XLM-R: they stand in the vocabulary itself
        backend = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], 2))
        backend.pre_tokenizer = pre_tokenizers.Metaspace()
    else:
        backend = Tokenizer(models.WordLevel({p: i for i, p in enumerate(pieces)}, "<unk>"))
        backend.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 3), ("</s>", 1)]
    )
    names = {"unk_token": "<unk>", "pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}
    PreTrainedTokenizerFast(tokenizer_object=backend, **names).save_pretrained(tmp_path)
    texts = ["ab</s>c", "<pad>a", "abc", "a < s >"]
    for habit, option, special in (
        *((None, None, 2), (None, "keep", 2), (None, "split", 0)),
        *((True, None, 0), (True, "keep", 2)),
    ):
        if habit:
            own = AutoTokenizer.from_pretrained(tmp_path, split_special_tokens=True)
            own.save_pretrained(tmp_path)
        encoder = fit(str(tmp_path), special_text=option)
        again = TextEncoder.from_state(encoder.state(), Segmenter())
        for one in (encoder, again):
            table = one.encode(texts)
            assert Coverage.of(one, table).special_rows == special, (habit, option)
            assert rows(table)[2] == rows(fit(str(tmp_path)).encode(texts))[2]
        assert again.state() == encoder.state()


def test_what_trained_tokenizers_do_with_special_tokens_is_no_option():
    with pytest.raises(ConfigError, match="special_text has no effect: 'characters'"):
        Encoder(special_text="keep")


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
