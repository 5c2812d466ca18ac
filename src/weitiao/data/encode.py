"""Text to ids: a pretrained tokenizer by name, or one trained on the training split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from weitiao.data.cache import content_hash, hash_of
from weitiao.data.pretrained import load_tokenizer, rust_faults
from weitiao.data.segment import Segmenter, Words
from weitiao.data.special_text import SpecialText, read_as_text
from weitiao.data.truncate import Truncation, kept_positions
from weitiao.errors import ConfigError

PAD, UNK, CLS, SEP, MASK = SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
TRAINED = ("characters", "wordpiece", "words")
WITH_VECTORS = ("characters", "words")
_PLAIN = ("pad_id", "unk_id", "max_length", "truncation", "special_text")
CHUNK = 10_000  # texts handed to the Rust tokenizer at once: bounds memory, keeps its threads busy


@dataclass(frozen=True)
class Encoder:
    """How text becomes ids.

    Args:
        tokenizer: ``characters``, ``wordpiece`` or ``words`` train one on the training split;
            anything else is the name or the folder of a pretrained (fast) tokenizer.
        vocab_size: most entries of a trained vocabulary, special ones included.
        min_count: a character, word or piece (of several characters; single ones all stay) seen
            less often in the training split is not in its vocabulary.
        lowercase: fold case before a trained tokenizer sees the text.
        max_length: longest sequence in ids, special ones included.
        truncation: which part of a longer text stays: its head, its tail, or half of each.
        pad_token: token that fills a batch, of a pretrained tokenizer that names none (GPT-2,
            Llama). Padding is masked, so any token of the vocabulary will do.
        special_text: what a special token means that somebody wrote into a text, such as ``[SEP]``
            or ``</s>``: ``keep`` gives it the id of the token, ``split`` reads it as any text; null
            = as the pretrained tokenizer's own files say, which mostly keep it. Trained tokenizers
            read it as text.
        vectors: file of vectors of ``words`` or ``characters`` that the model begins with: text or
            binary of word2vec, GloVe, fastText's ``.vec``; plain or compressed.

    Raises:
        ConfigError: a value is out of bounds, or has no effect on the tokenizer.
    """

    tokenizer: str = "characters"
    vocab_size: int = 8000
    min_count: int = 2
    lowercase: bool = True
    max_length: int = 128
    truncation: Truncation = "head"
    pad_token: str | None = None
    special_text: SpecialText | None = None
    vectors: str | None = None

    def __post_init__(self) -> None:
        if self.max_length < 4:
            raise ConfigError(f"data.encode.max_length must be at least 4, got {self.max_length}")
        if self.vocab_size <= len(SPECIALS):
            raise ConfigError(
                f"data.encode.vocab_size must exceed the {len(SPECIALS)} special ids,"
                f" got {self.vocab_size}"
            )
        if self.trained and self.pad_token is not None:
            raise ConfigError(
                f"data.encode.pad_token has no effect: {self.tokenizer!r} has a padding token"
            )
        if self.trained and self.special_text is not None:
            raise ConfigError(
                f"data.encode.special_text has no effect: {self.tokenizer!r} reads special tokens"
                " in a text as text"
            )
        for field in fields(self):
            of_training = field.name in ("vocab_size", "min_count", "lowercase")
            if of_training and not self.trained and getattr(self, field.name) != field.default:
                raise ConfigError(
                    f"data.encode.{field.name} has no effect on the pretrained tokenizer"
                    f" {self.tokenizer!r}"
                )
        if self.vectors is not None and self.tokenizer not in WITH_VECTORS:
            raise ConfigError(
                f"data.encode.vectors are of {' or '.join(WITH_VECTORS)}, not of the units of the"
                f" tokenizer {self.tokenizer!r}"
            )

    @property
    def trained(self) -> bool:
        """Whether the tokenizer is trained on the training split."""
        return self.tokenizer in TRAINED

    def fit(self, texts: Iterable[str], segmenter: Segmenter) -> TextEncoder:
        """Train the tokenizer on ``texts``, or load the pretrained one.

        Raises:
            ConfigError: the pretrained tokenizer can't be loaded, isn't a fast one or can't pad;
                or nothing is seen often enough for a vocabulary.
        """
        if not self.trained:
            backend, pad_id, unk_id, own = load_tokenizer(self.tokenizer, self.pad_token)
            special_text = self.special_text or own
            return TextEncoder(
                backend, pad_id, unk_id, self.max_length, self.truncation, special_text
            )
        cut = segmenter if self.tokenizer == "words" else None
        words = segmenter.words() if cut else None
        backend = self._train(_cut(cut, list(texts), words) if cut else texts)
        if backend.get_vocab_size() <= len(SPECIALS):
            raise ConfigError(
                f"no unit of the training texts is seen {self.min_count} times: the vocabulary is"
                " empty\n  → --data.encode.min_count 1"
            )
        pad_id, unk_id = SPECIALS.index(PAD), SPECIALS.index(UNK)  # the trainers put these first
        return TextEncoder(
            backend, pad_id, unk_id, self.max_length, self.truncation, "split", cut, words
        )

    def _train(self, texts: Iterable[str] | Iterable[list[str]]) -> Tokenizer:
        """A tokenizer trained on texts or, for a vocabulary of words, on the words of each."""
        options: dict[str, Any] = {
            "vocab_size": self.vocab_size,
            "min_frequency": self.min_count,
            "special_tokens": list(SPECIALS),
            "show_progress": False,
        }
        if self.tokenizer == "wordpiece":
            tokenizer = Tokenizer(models.WordPiece(unk_token=UNK))
            tokenizer.normalizer = normalizers.BertNormalizer(lowercase=self.lowercase)
            tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
            _train_wordpiece(tokenizer, list(texts), options)
        else:
            tokenizer = Tokenizer(models.WordLevel(unk_token=UNK))
            if self.lowercase:
                tokenizer.normalizer = normalizers.Lowercase()
            if self.tokenizer == "characters":
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


class TextEncoder:
    """A tokenizer that is ready, with the rule by which long texts are cut.

    Args:
        backend: the Rust tokenizer; its post-processor adds the special ids.
        pad_id: id that fills a batch.
        unk_id: id of what the vocabulary lacks; null where it lacks nothing (bytes).
        max_length: longest sequence, special ids included.
        truncation: which part of a longer text stays.
        special_text: whether special tokens in a text keep their ids.
        segmenter: cuts the text into words first, for a vocabulary of words.
        words: what the segmenter's dictionary and stop words say.
    """

    def __init__(
        self,
        backend: Tokenizer,
        pad_id: int,
        unk_id: int | None,
        max_length: int,
        truncation: Truncation,
        special_text: SpecialText,
        segmenter: Segmenter | None = None,
        words: Words | None = None,
    ) -> None:
        backend.no_truncation()  # ours keeps head, tail or both
        backend.no_padding()  # batches are padded when they are made
        backend.encode_special_tokens = False  # else it may be as the tokenizer was last used
        if special_text == "split":
            read_as_text(backend, words=segmenter is not None)
        self.backend, self.pad_id, self.unk_id = backend, pad_id, unk_id
        self.max_length, self.truncation = max_length, truncation
        self.special_text, self.segmenter, self.words = special_text, segmenter, words

    @property
    def vocab_size(self) -> int:
        """Number of ids, added ones included."""
        return max(self.backend.get_vocab(with_added_tokens=True).values()) + 1

    def encode(self, texts: Sequence[str], pairs: Sequence[str] | None = None) -> pa.Table:
        """Ids of each text, or of each pair of texts.

        Returns:
            A table with ``input_ids: large_list<int32>``, for pairs ``token_type_ids:
            large_list<int8>``, and ``cut: bool``, true where the text did not fit ``max_length``.
            No row is without ids: a text that gives none, not even special ones, gets ``pad_id``.

        Raises:
            ConfigError: the special ids leave no room for text, or the tokenizer fails.
        """
        special = self.backend.num_special_tokens_to_add(pairs is not None)
        if special >= self.max_length:
            raise ConfigError(
                f"data.encode.max_length = {self.max_length} leaves no room for text: the tokenizer"
                f" adds {special} special ids"
            )
        chunks = [
            self._encode_chunk(
                texts[start : start + CHUNK],
                None if pairs is None else pairs[start : start + CHUNK],
            )
            for start in range(0, max(len(texts), 1), CHUNK)
        ]
        return pa.concat_tables(chunks)

    def _encode_chunk(self, texts: Sequence[str], pairs: Sequence[str] | None) -> pa.Table:
        inputs = self._units(texts)
        if pairs is not None:
            inputs = list(zip(inputs, self._units(pairs), strict=True))
        with rust_faults("data.encode.tokenizer: it"):
            encodings = self.backend.encode_batch_fast(
                inputs, is_pretokenized=self.segmenter is not None, add_special_tokens=True
            )
        ids = [encoding.ids or [self.pad_id] for encoding in encodings]
        types = [encoding.type_ids or [0] for encoding in encodings] if pairs is not None else []
        cut = [len(row) > self.max_length for row in ids]
        for i in np.flatnonzero(cut).tolist():
            keep = kept_positions(encodings[i].sequence_ids, self.max_length, self.truncation)
            for column in (ids, types) if types else (ids,):
                column[i] = [column[i][position] for position in keep]
        columns = {"input_ids": pa.array(ids, pa.large_list(pa.int32()))}
        if pairs is not None:
            columns["token_type_ids"] = pa.array(types, pa.large_list(pa.int8()))
        columns["cut"] = pa.array(cut, pa.bool_())
        return pa.table(columns)

    def _units(self, texts: Sequence[str]) -> Sequence[Any]:
        return _cut(self.segmenter, texts, self.words) if self.segmenter else texts

    def state(self) -> dict[str, Any]:
        """Plain values from which `from_state` makes the same encoder again."""
        return {
            "tokenizer": self.backend.to_str(),
            **{name: getattr(self, name) for name in _PLAIN},
            "words": self.words and self.words.plain(),
            "word_model": self.segmenter and _model(self.segmenter),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any], segmenter: Segmenter) -> TextEncoder:
        """The encoder that `state` described; ``segmenter`` is used if it works on words.

        Its dictionary and stop words are those of the state, wherever their files are now.

        Raises:
            ConfigError: stanza's model is not what it was.
        """
        words = state["words"] and Words.of(state["words"])
        if words and state["word_model"] != _model(segmenter):
            raise ConfigError(
                "data.segment: stanza's model has changed since training, so texts would be cut"
                " into other words"
            )
        return cls(
            Tokenizer.from_str(state["tokenizer"]),
            **{name: state[name] for name in _PLAIN},
            segmenter=segmenter if words else None,
            words=words,
        )


def _model(segmenter: Segmenter) -> str:
    """Hash of the files of a model that shapes the words."""
    return hash_of(*map(content_hash, segmenter.model_files()))


def _cut(segmenter: Segmenter, texts: Sequence[str], words: Words | None) -> list[list[str]]:
    """The words of each text, without those that are white space."""
    return [[w for w in row if not w.isspace()] for row in segmenter.segment(texts, words)]
