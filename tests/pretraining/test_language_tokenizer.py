"""The tokenizer of a language model: what is refused is told by its own options."""

from __future__ import annotations

from typing import Any

import pytest

from weitiao.errors import ConfigError
from weitiao.pretraining.tokenizer import LanguageTokenizer


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"vocab_size": 5}, "vocab_size must exceed the 5 special ids"),
        ({"name": "mine", "vocab_size": 9}, "vocab_size has no effect"),
        ({"name": "mine", "min_count": 1}, "min_count has no effect"),
        ({"name": "mine", "lowercase": False}, "lowercase has no effect"),
        ({"characters": 0}, "characters must be at least 1, got 0"),
        ({"characters": -5}, "characters must be at least 1, got -5"),
        ({"name": "words"}, "name: "),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_is_told_by_its_option(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as error:
        LanguageTokenizer(**options)
    assert told in str(error.value)


@pytest.mark.parametrize("name", ["characters", "wordpiece"])
def test_an_empty_vocabulary_is_told_with_the_option_that_fills_it(name: str) -> None:
    tokenizer = LanguageTokenizer(name, min_count=9)
    with pytest.raises(ConfigError, match=r"seen 9 times.*\n.*min_count 1"):
        tokenizer.make(iter(["", ""]) if name == "wordpiece" else iter(["ab"]), "masked")
