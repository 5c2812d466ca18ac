"""Tokenizers that are trained on the training split: the same texts give the same vocabulary."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from weitiao.inputs.text.characters import ISOLATED, between_ends, count_characters
from weitiao.inputs.text.special_tokens import SPECIALS, UNK

TRAINED = ("characters", "wordpiece", "bpe", "words")
LONGEST = 24
"""Bytes of a unit at most: where words have no spaces between them, whole sentences come again."""
BYTES = len(pre_tokenizers.ByteLevel.alphabet())
"""Entries that a vocabulary of byte pairs has at least, besides the special ones."""


def train_tokenizer(
    kind: str,
    texts: Iterable[str] | Iterable[list[str]],
    *,
    vocab_size: int,
    min_count: int,
    lowercase: bool,
) -> Tokenizer:
    """Train a tokenizer.

    Args:
        texts: the texts or, for a vocabulary of words, the words of each.
    """
    options: dict[str, Any] = {
        "vocab_size": vocab_size,
        "min_frequency": min_count,
        "special_tokens": list(SPECIALS),
        "show_progress": False,
    }
    if kind == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token=UNK))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        _train_wordpiece(tokenizer, list(texts), options)
    elif kind == "bpe":
        tokenizer = Tokenizer(models.BPE())
        if lowercase:
            tokenizer.normalizer = normalizers.Lowercase()
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        options["initial_alphabet"] = pre_tokenizers.ByteLevel.alphabet()
        options["max_token_length"] = LONGEST
        tokenizer.train_from_iterator(texts, trainers.BpeTrainer(**options))
    else:
        tokenizer = Tokenizer(models.WordLevel(unk_token=UNK))
        if lowercase:
            tokenizer.normalizer = normalizers.Lowercase()
        if kind == "characters":
            tokenizer.pre_tokenizer = ISOLATED
            _train_characters(tokenizer, texts, vocab_size, min_count)
        else:
            tokenizer.train_from_iterator(texts, trainers.WordLevelTrainer(**options))
    tokenizer.post_processor = between_ends(tokenizer)
    return tokenizer


def decoder_of(kind: str) -> Any:
    """What makes one text of the units of a trained tokenizer again, as far as they tell."""
    of_kind = {"characters": decoders.Fuse, "bpe": decoders.ByteLevel}
    return of_kind.get(kind, decoders.WordPiece)()


def _train_characters(
    tokenizer: Tokenizer, texts: Iterable[Any], vocab_size: int, min_count: int
) -> None:
    """What the WordLevelTrainer would make of the texts, in a thirtieth of its time."""
    counts = count_characters(texts, tokenizer.normalizer)
    ranked = sorted(counts, key=lambda char: (-counts[char], char))
    units = islice([*SPECIALS, *(c for c in ranked if counts[c] >= min_count)], vocab_size)
    tokenizer.model = models.WordLevel({u: i for i, u in enumerate(units)}, unk_token=UNK)
    tokenizer.add_special_tokens(list(SPECIALS))


def _train_wordpiece(tokenizer: Tokenizer, texts: list[Any], options: dict[str, Any]) -> None:
    """Train so that the same texts give the same vocabulary.

    The trainer numbers characters inside words ("##a") in the order of a hash map, and breaks ties
    between pieces by number. So a first round, without pieces, finds these characters, and the
    second one gets them in order, as if they were special.
    """
    first = trainers.WordPieceTrainer(**options | {"vocab_size": 0})
    tokenizer.train_from_iterator(texts, first)
    inside = sorted(unit for unit in tokenizer.get_vocab() if unit.startswith("##"))
    special = options["special_tokens"]
    seeded = Tokenizer(models.WordPiece(unk_token=UNK))
    seeded.normalizer, seeded.pre_tokenizer = tokenizer.normalizer, tokenizer.pre_tokenizer
    second = trainers.WordPieceTrainer(**options | {"special_tokens": special + inside})
    seeded.train_from_iterator(texts, second)
    tokenizer.model = models.WordPiece(seeded.get_vocab(), unk_token=UNK)
