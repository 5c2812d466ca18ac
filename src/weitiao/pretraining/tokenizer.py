"""The tokenizer of a language model: trained on its corpus, or that of a pretrained model."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError
from weitiao.inputs.text.coverage import MOST
from weitiao.inputs.text.pretrained_tokenizer import fast_tokenizer
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.special_tokens import CLS, MASK, PAD, SEP, UNK
from weitiao.inputs.text.tokenization import Encoder
from weitiao.inputs.text.trained_tokenizer import TRAINED, decoder_of
from weitiao.pretraining.card import Objective


@dataclass(frozen=True)
class LanguageTokenizer:
    """How text becomes ids.

    Args:
        name: ``characters``, ``wordpiece`` or ``bpe`` train one on the corpus; anything else is the
            name or folder of a pretrained (fast) one, which a model that is continued needs.
        vocab_size: most entries of a trained vocabulary, special ones included.
        min_count: what is seen less often in the corpus is not in a trained vocabulary.
        lowercase: fold case before a trained tokenizer sees the text.
        characters: most characters of the corpus that one is trained on, from its beginning.

    Raises:
        ConfigError: a value is out of bounds, or has no effect on the tokenizer.
    """

    name: str = "wordpiece"
    vocab_size: int = 8000
    min_count: int = 2
    lowercase: bool = True
    characters: int = 100_000_000

    def __post_init__(self) -> None:
        if self.name == "words":
            problem = ": what a model reads must be cut without a segmenter"
            hint = "characters, wordpiece or bpe; {--segment} shapes what is masked"
            raise ConfigError(problem, field="name", hint=hint)
        at_least(1, characters=self.characters)
        self._encoder()

    @property
    def trained(self) -> bool:
        """Whether it is trained on the corpus."""
        return self.name in TRAINED

    def make(self, documents: Iterator[str], objective: Objective) -> Any:
        """A fast tokenizer of `transformers`, with a mask token where one is needed.

        Args:
            documents: of the corpus; read only if it is trained on them.
            objective: ``masked`` needs a mask token; one that is missing is added.

        Raises:
            ConfigError: the pretrained one can't be loaded, or isn't a fast one; or nothing is
                seen often enough for a vocabulary.
        """
        if self.trained:
            tokenizer = self._train(documents)
        else:
            instead = "one of characters, wordpiece, bpe trains a tokenizer on the corpus"
            tokenizer = fast_tokenizer(self.name, "name", instead)
        if objective == "masked" and tokenizer.mask_token_id is None:
            tokenizer.add_special_tokens({"mask_token": MASK})
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
        return tokenizer

    def unknown_share(self, tokenizer: Any, ids: np.ndarray) -> float:
        """Share of the unknown id; 0 where it has another meaning, as GPT-2's, which knows bytes.

        Raises:
            ConfigError: most are unknown, so nothing can be learned from them.
        """
        unknown, ends = tokenizer.unk_token_id, (tokenizer.bos_token_id, tokenizer.eos_token_id)
        share = 0.0 if unknown is None or unknown in ends else float(np.mean(ids == unknown))
        if share > MOST:
            way_out = "a larger {--vocab_size}" if self.trained else "that of a fit model"
            problem = f"{self.name!r}: {share:.0%} of the ids of the corpus are the unknown one"
            raise ConfigError(problem, field="name", hint=f"another tokenizer: {way_out}")
        return share

    def _encoder(self) -> Encoder:
        return Encoder(self.name, self.vocab_size, self.min_count, self.lowercase)

    def _train(self, documents: Iterator[str]) -> Any:
        from transformers import PreTrainedTokenizerFast

        some = _at_most(documents, self.characters)
        backend = self._encoder().fit(some, Segmenter("whitespace")).backend
        backend.decoder = decoder_of(self.name)  # how ids become text again
        return PreTrainedTokenizerFast(
            tokenizer_object=backend,
            **{"pad_token": PAD, "unk_token": UNK, "mask_token": MASK},
            **{"cls_token": CLS, "sep_token": SEP, "bos_token": CLS, "eos_token": SEP},
        )


def _at_most(documents: Iterator[str], characters: int) -> Iterator[str]:
    for document in documents:
        yield document
        characters -= len(document)
        if characters <= 0:
            return
