"""Tokenizers that are trained on the training split: the same texts give the same vocabulary."""

from collections.abc import Iterable
from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

PAD, UNK, CLS, SEP, MASK = SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
TRAINED = ("characters", "wordpiece", "words")


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
    else:
        tokenizer = Tokenizer(models.WordLevel(unk_token=UNK))
        if lowercase:
            tokenizer.normalizer = normalizers.Lowercase()
        if kind == "characters":
            tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
        tokenizer.train_from_iterator(texts, trainers.WordLevelTrainer(**options))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{CLS} $A {SEP}",
        pair=f"{CLS} $A {SEP} $B:1 {SEP}:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in (CLS, SEP)],
    )
    return tokenizer


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
