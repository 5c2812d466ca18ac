"""Pairs of which a side seems to be in another language: its script is another one."""

from __future__ import annotations

import pytest
from parallel_texts import pairs, table

from weitiao.inputs.parallel.pairs import pairs_of, told_of_pairs
from weitiao.inputs.parallel.scripts import NONE, SCRIPTS, scripts_of

COUNTS = ("other_read", "other_written", "alike", "first_other")


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("I have 两只猫 and a dog.", "Latin letters"),
        ("用PyTorch Lightning微调BERT模型", "hanzi"),  # though most of its letters are Latin
        ("猫を二匹飼っています。", "kana"),
        ("𠮷野家", "hanzi"),
        ("У меня две кошки, Tom.", "Cyrillic letters"),
        ("고양이 두 마리", "Hangul"),
        ("ཞི་མི།", "Tibetan letters"),
        ("12:30, 3 €!", None),
        ("", None),
    ],
)
def test_a_text_has_the_script_of_most_of_its_words(text: str, script: str | None) -> None:
    (found,) = scripts_of(table([(text, "")]), "text")
    assert found == (NONE if script is None else SCRIPTS.index(script))


def test_sides_in_another_script_than_usual_are_counted_and_named() -> None:
    wrong = [
        ("我不知道。", "我不知道。"),
        ("I don't know.", "I do not know."),
        ("Ничего.", "没什么。"),
        ("我走了。", "I'm off."),
        ("12:30", "8:00"),
    ]
    train, test = table([*pairs(48), *wrong]), table([("Good.", "Bien.")])
    found = pairs_of({"train": train, "test": test})
    assert [found["train"][name] for name in COUNTS] == [3, 2, 2, "my.csv, row 50"]
    assert [found["test"][name] for name in COUNTS] == [0, 1, 1, "my.csv, row 2"]
    told = [line for line in told_of_pairs(found) if "script" in line]
    assert told == [
        "! train: in another script than usual in train: 3 texts (usually Latin letters), 2 of what"
        " is to be written (usually hanzi); in 2 of these rows both sides share one; the first is"
        " my.csv, row 50: are they in the right language?",
        "! test: in another script than usual in train: 1 of what is to be written (usually hanzi);"
        " in 1 of these rows both sides share one; the first is my.csv, row 2: are they in the"
        " right language?",
    ]


def test_where_no_script_is_usual_none_is_another_one() -> None:
    both = [*pairs(8), *((label, text) for text, label in pairs(8))]
    found = pairs_of({"train": table(both), "val": table(both)})
    for split in ("train", "val"):
        assert [found[split][name] for name in COUNTS] == [0, 0, 0, None]
    assert not [line for line in told_of_pairs(found) if "script" in line]


def test_of_one_side_alone_that_has_a_usual_script_the_others_are_counted() -> None:
    mixed = [(label if n % 2 else text, label) for n, (text, label) in enumerate(pairs(32))]
    found = pairs_of({"train": table([*mixed, ("Good.", "Bien.")])})
    assert [found["train"][name] for name in COUNTS] == [0, 1, 1, "my.csv, row 34"]
    (line,) = [line for line in told_of_pairs(found) if "script" in line]
    assert ": 1 of what is to be written (usually hanzi); in 1 of these" in line
