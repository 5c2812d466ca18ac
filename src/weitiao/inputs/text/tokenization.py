"""Text to ids: a pretrained tokenizer by name, or one trained on the training split."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from weitiao.errors import ConfigError
from weitiao.inputs.text.pretrained_tokenizer import load_tokenizer
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.sides import Pairs
from weitiao.inputs.text.special_tokens import PAD, SPECIALS, UNK, SpecialText
from weitiao.inputs.text.text_encoder import TextEncoder, cut_into_words
from weitiao.inputs.text.trained_tokenizer import BYTES, TRAINED, train_tokenizer
from weitiao.inputs.text.truncation import Truncation
from weitiao.io.checkpoint_file import load_checkpoint
from weitiao.io.exported import MARK

WITH_VECTORS = ("characters", "words")


@dataclass(frozen=True)
class Encoder:
    """How text becomes ids.

    Args:
        tokenizer: ``characters``, ``wordpiece``, ``bpe`` (pairs of bytes: nothing is unknown, and
            ids become the same text again) or ``words`` train one on the training split; anything
            else is the name or the folder of a pretrained (fast) tokenizer, or a checkpoint of a
            run, whose tokenizer is taken.
        vocab_size: most entries of a trained vocabulary, special ones included.
        min_count: a character, word or piece (of several characters; single ones all stay) seen
            less often in the training split is not in its vocabulary.
        lowercase: fold case before a trained tokenizer sees the text; null = it does, but not where
            texts are written.
        max_length: longest sequence in ids, special ones included.
        truncation: which part of a longer text stays: its head, its tail, or half of each; or all
            of it, which an objective of spans reads in ``windows`` that overlap.
        pad_token: token that fills a batch, of a pretrained tokenizer that names none (GPT-2,
            Llama). Padding is masked, so any token of the vocabulary will do.
        special_text: what a special token means that somebody wrote into a text, such as ``[SEP]``
            or ``</s>``: ``keep`` gives it the id of the token, ``split`` reads it as any text; null
            = as the pretrained tokenizer's own files say, which mostly keep it. Trained tokenizers
            read it as text.
        prefix: put before each text, where the pretrained model was trained so (E5: ``"query: "``).
        pairs: whether a pair is ``joined`` in one sequence, which a model reads as a whole, or its
            texts stand ``apart``, each with a vector of its own; or the second is a list of
            ``options``, of which each is joined with the first.
        pair_prefix: of texts apart, what is put before the second one (E5: ``"passage: "``); null =
            the same as before the first.
        vectors: file of vectors of ``words`` or ``characters`` that the model begins with: text or
            binary of word2vec, GloVe, fastText's ``.vec``; plain or compressed.

    Raises:
        ConfigError: a value is out of bounds, or has no effect on the tokenizer.
    """

    tokenizer: str = "characters"
    vocab_size: int = 8000
    min_count: int = 2
    lowercase: bool | None = None
    max_length: int = 128
    truncation: Truncation = "head"
    pad_token: str | None = None
    special_text: SpecialText | None = None
    prefix: str = ""
    pairs: Pairs = "joined"
    pair_prefix: str | None = None
    vectors: str | None = None

    def __post_init__(self) -> None:
        if self.max_length < 4:
            raise ConfigError(f"must be at least 4, got {self.max_length}", field="max_length")
        if self.vocab_size <= len(SPECIALS):
            problem = f"must exceed the {len(SPECIALS)} special ids, got {self.vocab_size}"
            raise ConfigError(problem, field="vocab_size")
        if self.tokenizer == "bpe" and self.vocab_size < (least := len(SPECIALS) + BYTES):
            problem = f"must be at least {least}, {BYTES} bytes among them, got {self.vocab_size}"
            raise ConfigError(problem, field="vocab_size")
        if self.trained and self.pad_token is not None:
            problem = f"has no effect: {self.tokenizer!r} has a padding token"
            raise ConfigError(problem, field="pad_token")
        if self.trained and self.special_text is not None:
            problem = f"has no effect: {self.tokenizer!r} reads special tokens in a text as text"
            raise ConfigError(problem, field="special_text")
        for name in ("prefix", "pair_prefix"):
            if self.trained and getattr(self, name):
                problem = f"goes with a pretrained tokenizer, not with {self.tokenizer!r}"
                raise ConfigError(problem, field=name)
        if self.pair_prefix is not None and self.pairs != "apart":
            raise ConfigError("has no effect", field="pair_prefix", hint="{--pairs} apart")
        idle = {
            "vocab_size": self.vocab_size != Encoder.vocab_size,
            "min_count": self.min_count != Encoder.min_count,
            "lowercase": self.lowercase is False,  # runs of an earlier version say that it folds
        }
        if not self.trained and any(idle.values()):
            problem = f"has no effect on the pretrained tokenizer {self.tokenizer!r}"
            raise ConfigError(problem, field=next(name for name, is_so in idle.items() if is_so))
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
    def folds(self) -> bool:
        """Whether a trained tokenizer folds case."""
        return self.lowercase is not False

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
            return self._of_checkpoint(segmenter)
        return self._trained_on(texts, segmenter) if self.trained else self._pretrained()

    def _of_checkpoint(self, segmenter: Segmenter) -> TextEncoder:
        state = load_checkpoint(Path(self.tokenizer))["DataModule"]["input"]["encoder"]
        kept = ("max_length", "truncation", "prefix", "pairs", "pair_prefix")
        here = {name: getattr(self, name) for name in kept}
        here["special_text"] = self.special_text or state["special_text"]
        return TextEncoder.from_state(state | here, segmenter)

    def _pretrained(self) -> TextEncoder:
        backend, pad_id, unk_id, own = load_tokenizer(self.tokenizer, self.pad_token)
        return TextEncoder(
            backend,
            pad_id,
            unk_id,
            self.max_length,
            self.truncation,
            self.special_text or own,
            prefix=self.prefix,
            pairs=self.pairs,
            pair_prefix=self.pair_prefix,
        )

    def _trained_on(self, texts: Iterable[str], segmenter: Segmenter) -> TextEncoder:
        cut = segmenter if self.tokenizer == "words" else None
        words = segmenter.words() if cut else None
        backend = train_tokenizer(
            self.tokenizer,
            cut_into_words(cut, list(texts), words) if cut else texts,
            vocab_size=self.vocab_size,
            min_count=self.min_count,
            lowercase=self.folds,
        )
        if backend.get_vocab_size() <= len(SPECIALS):
            raise ConfigError(
                f"no unit of the training texts is seen {self.min_count} times: the vocabulary is"
                " empty",
                hint="{--min_count} 1",
            )
        pad_id, unk_id = SPECIALS.index(PAD), SPECIALS.index(UNK)  # the trainers put these first
        of_length = self.max_length, self.truncation
        return TextEncoder(
            backend, pad_id, unk_id, *of_length, "split", cut, words, pairs=self.pairs
        )
