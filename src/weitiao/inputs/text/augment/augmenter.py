"""Which changes a training text goes through, with which probability."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError, DataError
from weitiao.inputs.text.augment.randomness import own_randomness
from weitiao.inputs.text.augment.step import INSIDE_WORDS, Step
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.tokenization import Encoder


class Edit(Protocol):
    """Changes texts: as many come back, in order, each drawn from its own seed alone."""

    def __call__(self, texts: Sequence[str], seeds: Sequence[int]) -> list[str]:
        """The changed texts."""


@dataclass(frozen=True)
class Augmenter:
    """Changed copies of training texts, drawn anew in each epoch; never of other splits.

    Args:
        steps: ways of changing a text, applied one after another.
        copies: changed copies of a row in an epoch.
        keep_originals: let each row come unchanged as well.

    Raises:
        ConfigError: there is no step, or no copy.
    """

    steps: list[Step]
    copies: int = 1
    keep_originals: bool = False

    def __post_init__(self) -> None:
        if not self.steps:
            raise ConfigError("is empty", field="steps", hint="{--augment} null, for none")
        at_least(1, copies=self.copies)

    @property
    def times(self) -> int:
        """How often a row comes in an epoch."""
        return self.copies + self.keep_originals

    def changes(self, slots: np.ndarray) -> np.ndarray:
        """Which of the slots hold changed copies: all, or all but one in `times`."""
        return slots % self.times >= self.keep_originals

    def check(self, segmenter: Segmenter) -> None:
        """See to it that each step can do something, before anything takes time.

        Raises:
            ConfigError: words of one character leave a step nothing to do.
            DataError: a file that a step or the segmenter names is missing.
        """
        segmenter.words()
        for step in self.steps:
            if segmenter.method == "char" and step.method in INSIDE_WORDS:
                problem = f", {step.method}: has no effect on words of one character"
                raise ConfigError(problem, field="steps", hint="{--segment.method} rjieba")
            if step.path is not None and not os.path.exists(step.path):
                problem = f", {step.method}: no such file or folder"
                raise DataError(problem, field="steps", file=step.path)

    def build(self, texts: Callable[[], Iterable[str]], segmenter: Segmenter) -> Augmentation:
        """Make the augmenters ready.

        Args:
            texts: gives the training texts, to those methods that learn from them.
            segmenter: cuts texts into words.

        Raises:
            ConfigError: a step has nothing to do.
            DataError: a file that a step names is at fault.
        """
        # a worker of the loader starts no processes; the encoder drops stop words, not we
        segmenter = replace(segmenter, workers=1, stop_words=None)
        self.check(segmenter)
        return Augmentation([(step.p, _edit(step, texts, segmenter)) for step in self.steps])


def words_to_prepare(segment: Segmenter, encode: Encoder, augment: Augmenter | None) -> Segmenter:
    """The segmenter as far as it shapes prepared data: not at all where only augmentation uses it.

    Raises:
        ConfigError: nothing uses it, or not all of it.
    """
    if encode.tokenizer == "words" or encode.of_checkpoint or segment == Segmenter():
        return segment
    if augment is None:
        hint = "{--encode.tokenizer} words"
        raise ConfigError("has no effect without words", field="segment", hint=hint)
    if segment.stop_words is not None:
        raise ConfigError("has no effect on augmentation", field="segment.stop_words")
    return Segmenter()


def _edit(step: Step, texts: Callable[[], Iterable[str]], segmenter: Segmenter) -> Edit:
    # imported here, since they import nlpaug, gensim's kin or a model
    if step.method == "contextual":
        from weitiao.inputs.text.augment.masked import MaskedEdit

        return MaskedEdit(step, segmenter)
    from weitiao.inputs.text.augment.characters import CHARACTER_METHODS, character_augmenter
    from weitiao.inputs.text.augment.words import WordEdit, word_augmenter

    if step.method in CHARACTER_METHODS:
        return WordEdit(character_augmenter(step, texts), segmenter, step.kept)
    return WordEdit(word_augmenter(step, texts, segmenter), segmenter, step.kept)


class Augmentation:
    """Steps that are ready, each with its probability.

    Args:
        steps: probability and change, in order.
    """

    def __init__(self, steps: Sequence[tuple[float, Edit]]) -> None:
        self.steps = steps

    def __call__(self, texts: Sequence[str], keys: Sequence[tuple[int, ...]]) -> list[str]:
        """Changed texts, as many and in order. A change that leaves nothing is not made.

        Args:
            keys: what each result depends on besides its text.
        """
        draws = [np.random.default_rng(key) for key in keys]
        changed = list(texts)
        with own_randomness():
            for p, edit in self.steps:
                luck = [(draw.random() < p, int(draw.integers(2**32))) for draw in draws]
                chosen = [i for i, (hit, _) in enumerate(luck) if hit and changed[i].strip()]
                edited = edit([changed[i] for i in chosen], [luck[i][1] for i in chosen])
                for i, text in zip(chosen, edited, strict=True):
                    if text.strip():
                        changed[i] = text
        return changed
