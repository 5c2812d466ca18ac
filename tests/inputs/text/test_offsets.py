"""Units of texts stand where the text has them, whatever the tokenizer makes of it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from weitiao.errors import ConfigError
from weitiao.inputs.text import Text
from weitiao.inputs.text.offsets import OFFSETS, PIECES, in_the_original
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.inputs.text.tokenization import Encoder

TEXTS = ["王小明在北京大学学习。", "He lives in New York, NY", "iPhone15在 上海", " 前后 ", ""]
UNITS = {
    "王小明在北京大学学习。": [*"王小明在北京大学学习。"],
    "iPhone15在 上海": ["iPhone15", *"在上海"],
    " 前后 ": ["前", "后"],
    "": [],
}


def joining_hanzi() -> Tokenizer:
    """A tokenizer whose pieces join hanzi, and hold the space before a word."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=75, special_tokens=["<unk>"], unk_token="<unk>")
    tokenizer.train_from_iterator([*TEXTS * 20, *["北京大学", "学习"] * 500], trainer)
    return tokenizer


def of_bytes() -> Tokenizer:
    """A tokenizer with three ids a hanzi."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=257, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def encoder_of(kind: str, prefix: str = "") -> TextEncoder:
    """A tokenizer that is ready, which leaves texts whole."""
    if kind == "bytes":
        return TextEncoder(of_bytes(), 0, None, 128, "windows", "keep")
    if kind != "unigram":
        encode = Encoder(tokenizer=kind, min_count=1, truncation="windows", lowercase=False)
        return encode.fit(TEXTS, Segmenter("jieba") if kind == "words" else Segmenter())
    return TextEncoder(joining_hanzi(), 0, 0, 128, "windows", "keep", prefix=prefix)


def surfaces(encoder: TextEncoder, text: str) -> list[str]:
    """The units of a text."""
    (offsets,) = encoder.encode([text])[OFFSETS].to_pylist()
    return [text[b:e] for b, e in zip(offsets[::2], offsets[1::2], strict=True) if e > b]


@pytest.mark.parametrize("kind", ["characters", "wordpiece", "words", "unigram", "bytes"])
@pytest.mark.parametrize("text", TEXTS)
def test_units_together_are_the_text_without_spaces(kind: str, text: str) -> None:
    assert "".join(surfaces(encoder_of(kind), text)) == "".join(text.split())


@pytest.mark.parametrize("text", UNITS)
def test_hanzi_that_a_tokenizer_joins_are_units_of_their_own(text: str) -> None:
    encoder = encoder_of("unigram")
    found = surfaces(encoder, text)
    assert [unit for unit in found if not unit.isascii()] == [
        unit for unit in UNITS[text] if not unit.isascii()
    ]
    (pieces,) = encoder.encode([text])[PIECES].to_pylist()
    assert pieces == sorted(pieces)


def test_some_hanzi_share_an_id() -> None:
    (pieces,) = encoder_of("unigram").encode([TEXTS[0]])[PIECES].to_pylist()
    assert len({*pieces}) < len(pieces)


def test_a_prefix_is_no_text() -> None:
    plain, prefixed = (encoder_of("unigram", prefix) for prefix in ("", "He "))
    for text in TEXTS:
        assert surfaces(prefixed, text) == surfaces(plain, text)


QUESTIONS = ["谁在北京？", "Where does he live?", "手机 iPhone15", "", "空"]


@pytest.mark.parametrize("kind", ["characters", "wordpiece", "words", "unigram", "bytes"])
def test_of_a_pair_the_units_are_those_of_the_text(kind: str) -> None:
    encoder = encoder_of(kind)
    alone, paired = encoder.encode(TEXTS), encoder.encode(TEXTS, QUESTIONS)
    assert paired[OFFSETS].to_pylist() == alone[OFFSETS].to_pylist()
    ids = zip(*(table["input_ids"].to_pylist() for table in (alone, paired)), strict=True)
    pieces = zip(*(table[PIECES].to_pylist() for table in (alone, paired)), strict=True)
    for (own, both), (places, shifted) in zip(ids, pieces, strict=True):
        assert [both[i] for i in shifted] == [own[i] for i in places]


def test_a_long_question_is_cut_to_half_of_a_window_where_both_are_too_long() -> None:
    encoder = Encoder(max_length=16, truncation="windows", min_count=1).fit(TEXTS, Segmenter())
    short, long = "谁在北京？", "He lives in New York, NY"
    texts, questions = [long, long, "前后", long], [short, long, long[:9], ""]
    encoded = encoder.encode(texts, questions)
    assert encoded["pair_cut"].to_pylist() == [False, True, False, False]
    assert encoded["cut"].to_pylist() == [True, True, False, True]
    room = (16 - 3) // 2
    lengths = [len(row) for row in encoded["input_ids"].to_pylist()]
    assert lengths[1] == 3 + room + len(long)
    own = encoder.encode([long])["input_ids"][0].as_py()
    ids, pieces = (encoded[name][1].as_py() for name in ("input_ids", PIECES))
    (alone,) = encoder.encode([long])[PIECES].to_pylist()
    assert [ids[i] for i in pieces] == [own[i] for i in alone]
    types = encoded["token_type_ids"][1].as_py()
    assert len(types) == len(ids)
    assert types.count(1) == len(long) + 1
    assert encoder.unread([long, long]) == [[], [(room, len(long))]]
    assert encoder.unread([long, short]) == [[], []]


def test_nothing_is_cut_and_long_rows_are_counted() -> None:
    encoder = Encoder(max_length=8, truncation="windows", min_count=1).fit(TEXTS, Segmenter())
    encoded = encoder.encode(TEXTS)
    assert encoded["cut"].to_pylist() == [True, True, True, False, False]
    assert len(encoded["input_ids"][1].as_py()) == len(TEXTS[1]) + 2
    assert encoder.unread([TEXTS[1]]) == [[]]


def test_places_are_those_of_the_text_before_it_was_cleaned() -> None:
    original, text = "<b>王小明</b>　在ＡＢ", "王小明 在AB"
    offsets = [0, 1, 1, 2, 2, 3, 3, 3, 4, 5, 5, 7]  # of white space: 3, 3
    column = pa.chunked_array([pa.array([offsets], pa.large_list(pa.int32()))])
    table = pa.Table.from_pydict({"original": [original], "text": [text]})
    (found,) = in_the_original(column, table).to_pylist()
    spans = [original[b:e] for b, e in zip(found[::2], found[1::2], strict=True)]
    assert spans == ["王", "小", "明", "", "在", "ＡＢ"]


@pytest.mark.parametrize("options", [{"linear": {}}, {"augment": {}}], ids=lambda o: next(iter(o)))
def test_what_has_no_place_in_one_text_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="truncation: windows"):
        Text(encode=Encoder(truncation="windows"), **options)


def test_windows_hold_both_texts_of_a_pair() -> None:
    with pytest.raises(ConfigError, match="apart doesn't go with truncation: windows"):
        Text(pair="other", encode=Encoder(truncation="windows", pairs="apart"))


E5 = Path(__file__).parents[3] / ".cache" / "models" / "e5-small"


@pytest.mark.skipif(not E5.is_dir(), reason="make encoder puts it there")
def test_units_of_a_real_tokenizer() -> None:
    encode = Encoder(tokenizer=str(E5), truncation="windows", prefix="query: ")
    encoder = encode.fit([], Segmenter())
    for text in TEXTS:
        assert "".join(surfaces(encoder, text)) == "".join(text.split())
