"""Answers of conversations as targets: encoded, written from ids, counted."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from weitiao.card import DataCard, TokenInput
from weitiao.errors import DataError
from weitiao.targets import Reply
from weitiao.targets.whole_text import ReplyTarget

ANSWERS = ["你好。", "007", "你好。", " 好\n"]


def table(answers: list[str | None]) -> pa.Table:
    return pa.table(
        {
            "text": [f"问{i}" for i in range(len(answers))],
            "label": pa.array(answers, pa.string()),
            "file": pa.array(["my.json"] * len(answers)).dictionary_encode(),
            "row": list(range(1, len(answers) + 1)),
        }
    )


def tokenizer_of_bytes() -> Tokenizer:
    units = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({unit: i for i, unit in enumerate(units)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|end|>"])
    return tokenizer


def test_a_card_is_written_and_read_back() -> None:
    card = ReplyTarget(tokenizer_of_bytes().to_str())
    data = DataCard(TokenInput(257, 0, 8), card, {"train": 4})
    assert DataCard.of(json.loads(json.dumps(data.plain()))) == data
    assert [*card.labels] == []
    assert Reply().fit({"train": table([*ANSWERS])}) == ReplyTarget()


def test_answers_are_encoded_as_texts_and_written_from_ids() -> None:
    tokenizer = tokenizer_of_bytes()
    card = ReplyTarget(tokenizer.to_str())
    assert card.encode(table([*ANSWERS])).to_pylist() == ANSWERS
    end = tokenizer.token_to_id("<|end|>")
    ids = [[*tokenizer.encode(answer).ids, end] for answer in ANSWERS]
    assert card.written([*ids, []]) == [*ANSWERS, ""]


def test_rows_without_an_answer_are_refused_and_equal_answers_are_not() -> None:
    alike = table(["好", "好"])
    Reply().check({"train": alike}, alike)
    lacking = table(["好", None])
    with pytest.raises(DataError, match="no label") as error:
        Reply().check({"train": lacking}, lacking)
    assert error.value.row == 2


def test_answers_are_counted_and_drawn_as_they_come() -> None:
    rows = table([*ANSWERS])
    targets = {"different answers": 3, "median characters": 3, "most characters": 3}
    assert Reply().described(rows) == {"classes": {}, "targets": targets}
    strata = Reply().strata(rows)
    assert strata is not None
    assert {*strata.tolist()} == {0}
    assert Reply().strata(rows.drop_columns(["label"])) is None


@pytest.mark.parametrize(
    ("token", "names"),
    [
        ("Ġthe", ["Ġthe"]),  # as the vocabulary has it
        (" the", ["Ġthe"]),  # as it reads
        ("<|end|>", ["<|end|>"]),
        ("中", ["ä¸Ń"]),
        ("中中", ["ä¸Ń", "ä¸Ń"]),
        ("好", ["å", "¥", "½"]),
    ],
)
def test_a_token_is_named_as_it_reads_or_as_the_vocabulary_has_it(
    token: str, names: list[str]
) -> None:
    units = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("Ġ", "t"), ("Ġt", "h"), ("Ġth", "e"), ("ä", "¸"), ("ä¸", "Ń")]
    vocabulary = [*units, *("".join(pair) for pair in merges)]
    tokenizer = Tokenizer(models.BPE({unit: i for i, unit in enumerate(vocabulary)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|end|>"])
    found = ReplyTarget(tokenizer.to_str()).tokens_of(token)
    assert found == [(tokenizer.token_to_id(name), name) for name in names]


def test_a_token_that_is_unknown_is_none() -> None:
    words = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1}, unk_token="[UNK]"))
    assert ReplyTarget(words.to_str()).tokens_of("<2zh>") == []
