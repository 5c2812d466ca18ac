from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from weitiao.inputs.text.truncation import kept_positions


def layout(first: int, second: int | None = None) -> list[int | None]:
    """Sequence ids of [CLS] A [SEP], or of [CLS] A [SEP] B [SEP]."""
    ids = [None, *[0] * first, None]
    return ids if second is None else [*ids, *[1] * second, None]


@cache
def hugging_face() -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel({"[CLS]": 0, "[SEP]": 1, "a": 2}, unk_token="[SEP]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 0), ("[SEP]", 1)],
    )
    return tokenizer


lengths = st.integers(0, 30)


@given(lengths, lengths, st.integers(4, 40))
def test_head_of_a_pair_is_cut_as_hugging_face_does_longest_first(first, second, max_length):
    reference = hugging_face()
    reference.enable_truncation(max_length, strategy="longest_first")
    expected = reference.encode(" ".join("a" * first), " ".join("a" * second)).sequence_ids

    sequence_ids = layout(first, second)
    kept = kept_positions(sequence_ids, max_length, "head")

    assert [sequence_ids[i] for i in kept] == expected


@given(lengths, st.none() | lengths, st.integers(4, 40), st.sampled_from(["tail", "head_tail"]))
def test_other_rules_keep_as_much_of_each_text_as_the_head_does(first, second, room, rule):
    sequence_ids = layout(first, second)
    kept, head = (kept_positions(sequence_ids, room, r) for r in (rule, "head"))
    assert [sequence_ids[i] for i in kept] == [sequence_ids[i] for i in head]
    assert kept == sorted(set(kept))


@pytest.mark.parametrize(
    ("truncation", "kept"),
    [
        ("head", [0, 1, 2, 3, 11]),
        ("tail", [0, 8, 9, 10, 11]),
        ("head_tail", [0, 1, 2, 10, 11]),  # the head gets the odd one
    ],
)
def test_each_rule_keeps_its_part(truncation, kept):
    assert kept_positions(layout(10), 5, truncation) == kept


def test_tail_of_a_pair_keeps_the_ends_of_both_texts():
    # [CLS] 1…6 [SEP] 8…10 [SEP]; three ids too many, all taken from the longer text
    assert kept_positions(layout(6, 3), 9, "tail") == [0, 4, 5, 6, 7, 8, 9, 10, 11]


def test_what_fits_stays():
    assert kept_positions(layout(3, 2), 8, "head_tail") == list(range(8))
