"""Tokenizers that are trained on the texts, and the ids that they give."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_tokenizers import CLS, SEP, TEXTS, UNK, fit, rows, vocabulary

from weitiao.errors import ConfigError
from weitiao.inputs.text.coverage import Coverage
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.special_tokens import SPECIALS
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.inputs.text.tokenization import Encoder

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
