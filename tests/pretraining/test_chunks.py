"""Documents in pieces: nothing is lost, and each id knows its word."""

from __future__ import annotations

import numpy as np
import pytest

from weitiao.inputs.text.segment import Segmenter
from weitiao.pretraining.chunks import Frame, pieces, word_numbers
from weitiao.pretraining.tokenizer import LanguageTokenizer

TEXTS = ["研究生命的起源 is not easy", "今天天气很好。", "a", "unbelievable unbelievable words"]


@pytest.fixture(scope="module")
def tokenizer():
    return LanguageTokenizer("wordpiece", vocab_size=60, min_count=1).make(iter(TEXTS), "masked")


def test_all_of_a_text_comes_back_in_pieces(tokenizer) -> None:
    frame = Frame.of(tokenizer, "masked")
    assert (len(frame.begin), len(frame.end)) == (1, 1)
    for text in TEXTS:
        whole = tokenizer(text, add_special_tokens=False)["input_ids"]
        cut = list(pieces([text], tokenizer.backend_tokenizer, frame, Segmenter("char"), 8))
        assert all(len(piece.ids) <= 8 for piece in cut)
        inside = [i for piece in cut for i in piece.ids[1:-1].tolist()]
        assert inside == whole
        for piece in cut:
            assert [piece.ids[0], piece.ids[-1]] == [*frame.begin, *frame.end]
            assert piece.words[0] == piece.words[-1] == -1
            assert piece.words[1] == 0


@pytest.mark.parametrize(
    ("offsets", "words", "numbers"),
    [
        ([(0, 1), (1, 2), (2, 3)], ["我们", "好"], [0, 0, 1]),
        ([(0, 3), (3, 6), (6, 9)], ["unbeliev", "a"], [0, 0, 0]),  # one id reaches over
        ([(0, 2), (2, 5)], ["我们", " ", "go"], [0, 1]),  # with the space before it
        ([(0, 1), (2, 3)], ["a", " ", "b"], [0, 1]),
        ([(0, 2), (1, 3), (3, 4)], ["ab", "c", "d"], [0, 0, 1]),
        ([], ["a"], []),
    ],
)
def test_ids_get_the_number_of_their_word(offsets, words, numbers) -> None:
    found = word_numbers(np.array(offsets, np.int64).reshape(-1, 2), words)
    assert found.tolist() == numbers


def test_a_text_of_a_causal_model_ends(tmp_path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.WordLevel({"<end>": 0, "a": 1, "?": 2}, "?"))
    backend.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    plain = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<end>", unk_token="?")
    assert Frame.of(plain, "causal") == Frame([], [0], each=False)
    assert Frame.of(plain, "masked") == Frame([], [])


@pytest.mark.parametrize(("begin", "end"), [([2], [3]), ([], [3]), ([2], []), ([2, 2], [3, 3])])
def test_a_document_of_a_causal_model_ends_once_and_after_text(tokenizer, begin, end) -> None:
    frame = Frame(begin, end, each=False)
    for length in range(1, 30):
        text = TEXTS[0] * 9
        text = text[: tokenizer(text, add_special_tokens=False).token_to_chars(length - 1).end]
        cut = list(pieces([text], tokenizer.backend_tokenizer, frame, Segmenter("char"), 8))
        inside = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert [i for piece in cut for i in piece.ids.tolist()] == [*begin, *inside, *end]
        assert all(8 - len(end) <= len(piece.ids) <= 8 for piece in cut[:-1])
        assert len(end) < len(cut[-1].ids) <= 8
        for number, piece in enumerate(cut):
            special = (len(begin) if number == 0 else 0, len(end) if piece is cut[-1] else 0)
            words = piece.words[special[0] : len(piece.ids) - special[1]]
            assert words[0] == 0
            assert (np.diff(words) >= 0).all()
            assert (piece.words == -1).sum() == sum(special)


def test_a_text_without_ids_has_no_piece(tokenizer) -> None:
    for each in (True, False):
        assert not list(
            pieces(
                ["", " "], tokenizer.backend_tokenizer, Frame([2], [3], each), Segmenter("char"), 8
            )
        )
