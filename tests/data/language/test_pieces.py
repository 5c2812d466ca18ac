"""Documents in pieces: nothing is lost, and each id knows its word."""

from __future__ import annotations

import numpy as np
import pytest

from weitiao.data.language.pieces import Frame, pieces, word_numbers
from weitiao.data.language.tokenizer import LanguageTokenizer
from weitiao.data.segment import Segmenter

TEXTS = ["研究生命的起源 is not easy", "今天天气很好。", "a", "unbelievable unbelievable words"]


@pytest.fixture(scope="module")
def tokenizer():
    return LanguageTokenizer("wordpiece", vocab_size=60, min_count=1).make(iter(TEXTS), "masked")


def test_all_of_a_text_comes_back_in_pieces(tokenizer) -> None:
    frame = Frame.of(tokenizer, "masked")
    assert (len(frame.begin), len(frame.end)) == (1, 1)
    for text in TEXTS:
        whole = tokenizer(text, add_special_tokens=False)["input_ids"]
        cut = list(pieces([text], tokenizer, frame, Segmenter("char"), 8))
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
    assert Frame.of(plain, "causal") == Frame([], [0])
    assert Frame.of(plain, "masked") == Frame([], [])
