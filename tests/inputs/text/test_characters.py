from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, trainers

from weitiao.inputs.text.characters import ISOLATED, CharacterIds
from weitiao.inputs.text.special_tokens import SPECIALS, UNK
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.inputs.text.trained_tokenizer import train_tokenizer

KINDS = st.sampled_from("天地玄黄宇宙洪荒aAßẞ\r\n \t𪚥🏴‍[]SEP")
TEXTS = st.lists(st.text(KINDS, max_size=12) | st.text(max_size=5), min_size=1, max_size=20)


def of_characters(texts: list[str], *, lowercase: bool = True) -> Tokenizer:
    return train_tokenizer("characters", texts, vocab_size=1000, min_count=1, lowercase=lowercase)


@given(TEXTS, st.booleans(), st.integers(6, 30), st.integers(1, 3))
def test_counted_characters_are_the_vocabulary_that_the_trainer_makes(
    texts: list[str], lowercase: bool, vocab_size: int, min_count: int
) -> None:
    theirs = Tokenizer(models.WordLevel(unk_token=UNK))
    theirs.pre_tokenizer = ISOLATED
    if lowercase:
        theirs.normalizer = normalizers.Lowercase()
    trainer = trainers.WordLevelTrainer(
        vocab_size=vocab_size,
        min_frequency=min_count,
        special_tokens=list(SPECIALS),
        show_progress=False,
    )
    theirs.train_from_iterator(texts, trainer)
    ours = train_tokenizer(
        "characters", texts, vocab_size=vocab_size, min_count=min_count, lowercase=lowercase
    )
    theirs.post_processor = ours.post_processor
    assert ours.to_str() == theirs.to_str()


@given(TEXTS, st.booleans(), st.integers(4, 12), st.sampled_from(["head", "tail", "head_tail"]))
def test_looked_up_ids_are_those_of_the_tokenizer(
    texts: list[str], paired: bool, max_length: int, truncation: str
) -> None:
    encoder = TextEncoder(
        of_characters(texts[: len(texts) // 2 + 1]), 0, 1, max_length, truncation, "split"
    )
    pairs = texts[::-1] if paired else None
    found = encoder.encode(texts, pairs)
    assert encoder.characters is not None
    encoder.characters = None
    assert found.equals(encoder.encode(texts, pairs))
    assert found.schema == encoder.encode(texts, pairs).schema


def test_a_character_that_becomes_two_is_left_to_the_tokenizer() -> None:
    backend = of_characters(["İi"])
    assert CharacterIds(backend).encode(["İ", "i"], None, 8, "head") is None
    encoder = TextEncoder(backend, 0, 1, 8, "head", "split")
    assert [len(ids) for ids in encoder.encode(["İ", "i"])["input_ids"].to_pylist()] == [4, 3]


def test_other_tokenizers_are_not_taken_for_one_of_characters() -> None:
    pieces = train_tokenizer("wordpiece", ["天地"], vocab_size=50, min_count=1, lowercase=True)
    words = train_tokenizer("words", [["天地"]], vocab_size=50, min_count=1, lowercase=True)
    kept = of_characters(["天地"])
    assert CharacterIds.of(kept)
    assert not any(CharacterIds.of(other) for other in (pieces, words))
    assert TextEncoder(kept, 0, 1, 8, "head", "keep").characters is None  # [SEP] is a token there
    assert TextEncoder(kept, 0, 1, 8, "head", "split", prefix="天").characters is None
