"""Text to ids: a pretrained tokenizer by name, or one trained on the training split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer

from weitiao.errors import ConfigError
from weitiao.inputs import Span
from weitiao.inputs.text.characters import CharacterIds
from weitiao.inputs.text.prefix import prefix_length
from weitiao.inputs.text.pretrained_tokenizer import load_tokenizer, rust_faults
from weitiao.inputs.text.segment import Segmenter, Words
from weitiao.inputs.text.special_tokens import PAD, SPECIALS, UNK, SpecialText, read_as_text
from weitiao.inputs.text.trained_tokenizer import TRAINED, train_tokenizer
from weitiao.inputs.text.truncation import Truncation, fixed, kept_positions
from weitiao.inputs.text.unread import unread_spans
from weitiao.io.cache import content_hash, hash_of
from weitiao.io.checkpoint_file import load_checkpoint
from weitiao.io.exported import MARK

WITH_VECTORS = ("characters", "words")
_PLAIN = ("pad_id", "unk_id", "max_length", "truncation", "special_text", "prefix")


@dataclass(frozen=True)
class Encoder:
    """How text becomes ids.

    Args:
        tokenizer: ``characters``, ``wordpiece`` or ``words`` train one on the training split;
            anything else is the name or the folder of a pretrained (fast) tokenizer, or a
            checkpoint of a run, whose tokenizer is taken.
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
        prefix: put before each text, where the pretrained model was trained so (E5: ``"query: "``).
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
    prefix: str = ""
    vectors: str | None = None

    def __post_init__(self) -> None:
        if self.max_length < 4:
            raise ConfigError(f"must be at least 4, got {self.max_length}", field="max_length")
        if self.vocab_size <= len(SPECIALS):
            problem = f"must exceed the {len(SPECIALS)} special ids, got {self.vocab_size}"
            raise ConfigError(problem, field="vocab_size")
        if self.trained and self.pad_token is not None:
            problem = f"has no effect: {self.tokenizer!r} has a padding token"
            raise ConfigError(problem, field="pad_token")
        if self.trained and self.special_text is not None:
            problem = f"has no effect: {self.tokenizer!r} reads special tokens in a text as text"
            raise ConfigError(problem, field="special_text")
        if self.trained and self.prefix:
            problem = f"goes with a pretrained tokenizer, not with {self.tokenizer!r}"
            raise ConfigError(problem, field="prefix")
        for field in fields(self):
            of_training = field.name in ("vocab_size", "min_count", "lowercase")
            if of_training and not self.trained and getattr(self, field.name) != field.default:
                problem = f"has no effect on the pretrained tokenizer {self.tokenizer!r}"
                raise ConfigError(problem, field=field.name)
        if self.vectors is not None and self.tokenizer not in WITH_VECTORS:
            raise ConfigError(
                f"are of {' or '.join(WITH_VECTORS)}, not of the units of the tokenizer"
                f" {self.tokenizer!r}",
                field="vectors",
            )

    @property
    def of_checkpoint(self) -> bool:
        """Whether the tokenizer is that of a checkpoint."""
        return self.tokenizer.endswith((".ckpt", MARK))

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
        if self.of_checkpoint:
            state = load_checkpoint(Path(self.tokenizer))["TextDataModule"]["input"]["encoder"]
            here = {name: getattr(self, name) for name in ("max_length", "truncation", "prefix")}
            here["special_text"] = self.special_text or state["special_text"]
            return TextEncoder.from_state(state | here, segmenter)
        if not self.trained:
            backend, pad_id, unk_id, own = load_tokenizer(self.tokenizer, self.pad_token)
            special_text = self.special_text or own
            return TextEncoder(
                backend,
                pad_id,
                unk_id,
                self.max_length,
                self.truncation,
                special_text,
                prefix=self.prefix,
            )
        cut = segmenter if self.tokenizer == "words" else None
        words = segmenter.words() if cut else None
        backend = train_tokenizer(
            self.tokenizer,
            _cut(cut, list(texts), words) if cut else texts,
            vocab_size=self.vocab_size,
            min_count=self.min_count,
            lowercase=self.lowercase,
        )
        if backend.get_vocab_size() <= len(SPECIALS):
            raise ConfigError(
                f"no unit of the training texts is seen {self.min_count} times: the vocabulary is"
                " empty",
                hint="{--min_count} 1",
            )
        pad_id, unk_id = SPECIALS.index(PAD), SPECIALS.index(UNK)  # the trainers put these first
        return TextEncoder(
            backend, pad_id, unk_id, self.max_length, self.truncation, "split", cut, words
        )


class TextEncoder:
    """A tokenizer that is ready, with the rule by which long texts are cut.

    Args:
        backend: the Rust tokenizer; its post-processor adds the special ids.
        unk_id: id of what the vocabulary lacks; null where it lacks nothing (bytes).
        special_text: whether special tokens in a text keep their ids.
        segmenter: cuts the text into words first, for a vocabulary of words.
        words: what the segmenter's dictionary and stop words say.
        prefix: put before each text; it is never cut, and is ``before`` ids long.
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
        prefix: str = "",
    ) -> None:
        backend.no_truncation()  # ours keeps head, tail or both
        backend.no_padding()  # batches are padded when they are made
        backend.encode_special_tokens = False  # else it may be as the tokenizer was last used
        if special_text == "split":
            read_as_text(backend, words=segmenter is not None)
        self.backend, self.pad_id, self.unk_id = backend, pad_id, unk_id
        self.max_length, self.truncation = max_length, truncation
        self.special_text, self.segmenter, self.words = special_text, segmenter, words
        self.prefix, self.before = prefix, prefix_length(prefix, backend, unk_id) if prefix else 0
        plain = special_text == "split" and not prefix and not segmenter
        self.characters = CharacterIds.of(backend) if plain else None

    @property
    def vocab_size(self) -> int:
        """Number of ids, added ones included."""
        return max(self.backend.get_vocab(with_added_tokens=True).values()) + 1

    def added(self, *, pair: bool) -> int:
        """How many ids of a row, or pair, are special or of the prefix."""
        return self.backend.num_special_tokens_to_add(pair) + self.before * (1 + pair)

    def encode(self, texts: Sequence[str], pairs: Sequence[str] | None = None) -> pa.Table:
        """Ids of each text, or of each pair of texts.

        Returns:
            A table with ``input_ids: large_list<int32>``, for pairs ``token_type_ids:
            large_list<int8>``, and ``cut: bool``, true where the text did not fit ``max_length``.
            No row is without ids: a text that gives none, not even special ones, gets ``pad_id``.

        Raises:
            ConfigError: the special ids leave no room for text, or the tokenizer fails.
        """
        added = self.added(pair=pairs is not None)
        if added >= self.max_length:
            raise ConfigError(
                f"= {self.max_length} leaves no room for text: the tokenizer adds {added} ids,"
                f" special ones{' and the prefix' if self.prefix else ''}",
                field="max_length",
            )
        found = None
        if self.characters:
            found = self.characters.encode(texts, pairs, self.max_length, self.truncation)
        return self._encoded(texts, pairs) if found is None else found

    def _encoded(self, texts: Sequence[str], pairs: Sequence[str] | None) -> pa.Table:
        """As `encode`, by the Rust tokenizer."""
        inputs = self._units(texts)
        if pairs is not None:
            inputs = list(zip(inputs, self._units(pairs), strict=True))
        with rust_faults("it"):
            encodings = self.backend.encode_batch_fast(
                inputs, is_pretokenized=self.segmenter is not None, add_special_tokens=True
            )
        ids = [encoding.ids or [self.pad_id] for encoding in encodings]
        types = [encoding.type_ids or [0] for encoding in encodings] if pairs is not None else []
        cut = [len(row) > self.max_length for row in ids]
        for i in np.flatnonzero(cut).tolist():
            texts_of = fixed(encodings[i].sequence_ids, self.before)
            keep = kept_positions(texts_of, self.max_length, self.truncation)
            for column in (ids, types) if types else (ids,):
                column[i] = [column[i][position] for position in keep]
        columns = {"input_ids": pa.array(ids, pa.large_list(pa.int32()))}
        if pairs is not None:
            columns["token_type_ids"] = pa.array(types, pa.large_list(pa.int8()))
        columns["cut"] = pa.array(cut, pa.bool_())
        return pa.Table.from_pydict(columns)  # `pa.table` imports pandas

    def unread(self, texts: Sequence[str]) -> list[list[Span]]:
        """The spans of a row's one or two texts, in code points, that `encode` leaves out."""
        units = [self._units([text])[0] for text in texts]
        first, second = [*units, None][:2]
        with rust_faults("it"):
            found = self.backend.encode(first, second, is_pretokenized=bool(self.segmenter))
        texts_of = fixed(found.sequence_ids, self.before)
        kept = {*kept_positions(texts_of, self.max_length, self.truncation)}
        return unread_spans(found, kept, texts, units if self.segmenter else None, self.prefix)

    def _units(self, texts: Sequence[str]) -> Sequence[Any]:
        if self.segmenter:
            return _cut(self.segmenter, texts, self.words)
        return [self.prefix + text for text in texts] if self.prefix else texts

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
                ": stanza's model has changed since training, so texts would be cut into other"
                " words",
                field="segment",
            )
        return cls(
            Tokenizer.from_str(state["tokenizer"]),
            **{name: state[name] for name in _PLAIN if name in state},
            segmenter=segmenter if words else None,
            words=words,
        )


def _model(segmenter: Segmenter) -> str:
    """Hash of the files of a model that shapes the words."""
    return hash_of(*map(content_hash, segmenter.model_files()))


def _cut(segmenter: Segmenter, texts: Sequence[str], words: Words | None) -> list[list[str]]:
    """The words of each text, without those that are white space."""
    return [[w for w in row if not w.isspace()] for row in segmenter.segment(texts, words)]
