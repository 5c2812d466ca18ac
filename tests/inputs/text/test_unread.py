"""Which parts of a long text no id stands for, in the text as people see it."""

from __future__ import annotations

import pytest

from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.inputs.text.tokenization import Encoder

TEXTS = ["今天 天气很好，😀我们去公园玩", "ABC好的abc 好的"] * 3


def fitted(tokenizer: str, truncation: str, **more: object) -> TextEncoder:
    options = {"tokenizer": tokenizer, "truncation": truncation, "max_length": 6, "min_count": 1}
    # one dictionary of values of several types
    return Encoder(**options | more).fit(TEXTS, Segmenter())  # type: ignore[arg-type]


def read(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with a line in place of what was not read."""
    for begin, end in reversed(spans):
        text = f"{text[:begin]}|{text[end:]}"
    return text


@pytest.mark.parametrize(
    ("tokenizer", "truncation", "expected"),
    [
        ("characters", "head", "今天 天|"),
        ("characters", "tail", "|去公园玩"),
        ("characters", "head_tail", "今天|园玩"),
        ("words", "head", "今天 天气 很 好|"),
    ],
)
def test_what_is_left_out_is_known_to_the_character(
    tokenizer: str, truncation: str, expected: str
) -> None:
    encoder = fitted(tokenizer, truncation)
    (spans,) = encoder.unread([TEXTS[0]])
    assert read(TEXTS[0], spans).replace(" ", "") == expected.replace(" ", "")


@pytest.mark.parametrize("tokenizer", ["characters", "words", "wordpiece"])
@pytest.mark.parametrize("text", [*TEXTS[:2], "好", ""])
def test_it_is_what_the_encoder_cuts(tokenizer: str, text: str) -> None:
    encoder = fitted(tokenizer, "head")
    (spans,) = encoder.unread([text])
    assert bool(spans) == encoder.encode([text])["cut"][0].as_py()
    # what is left of the text gives the same ids
    if spans:
        (begin, end), *_ = spans
        assert encoder.encode([text[:begin]])["input_ids"] == encoder.encode([text])["input_ids"]
        assert end == len(text)


def test_of_a_pair_each_text_has_its_own() -> None:
    encoder = fitted("characters", "head", max_length=9)
    assert encoder.unread(["好的", "今天天气很好"]) == [[], [(4, 6)]]
    assert encoder.unread(["好", "的"]) == [[], []]
