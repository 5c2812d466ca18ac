"""A simpler answer to a question: the sentence of the text that shares most words with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from weitiao.io.spans.units import UNIT
from weitiao.objectives.answers.matching import gold_of
from weitiao.objectives.baselines import Measured, Score
from weitiao.targets.answers import Answer, answers_in

_CLOSING = r"""[”’」』）)\]"']*"""
_SENTENCE = re.compile(
    rf"\S(?:[^。！？；.!?\n]|[.!?](?!{_CLOSING}(?:\s|$)))*[。！？；.!?]*{_CLOSING}"
)


@dataclass(frozen=True)
class Overlap:
    """Says the sentence that has most of the question's words and hanzi; nothing is learned.

    Of several the shortest, then the first. Sentences end at 。！？； wherever they stand, at
    ``. ! ?`` before white space, and with the line.
    """

    def measure(
        self, tables: Mapping[str, pa.Table], targets: Mapping[str, Any], score: Score
    ) -> Measured:
        """As `Baselines.measure`, of ``original`` (the text as it was read) and ``pair``.

        ``first_sentence`` says that of each text; where questions of train have no answer,
        ``unanswered`` says so of all.
        """
        test = tables["test"]
        texts, questions = test["original"].to_pylist(), test["pair"].to_pylist()
        sentences = [[*sentences_of(text)] for text in texts]
        said = [nearest(*row) for row in zip(questions, sentences, strict=True)]
        simpler = {"first_sentence": [row[:1] for row in sentences]}
        if not all(map(answers_in, tables["train"]["label"].to_pylist())):
            simpler["unanswered"] = [[] for _ in texts]
        true = [gold_of(*row) for row in zip(test["label"].to_pylist(), texts, strict=True)]
        return Measured(said, true, simpler)


def sentences_of(text: str) -> Iterator[Answer]:
    """The sentences of a text, without white space around them."""
    for found in _SENTENCE.finditer(text):
        sentence = found.group().rstrip()
        yield found.start(), found.start() + len(sentence), sentence


def nearest(question: str, sentences: list[Answer]) -> list[Answer]:
    """The sentence that shares most with a question; none of no sentences."""
    asked = words_of(question)
    shared = {found: len(asked & words_of(found[2])) for found in sentences}
    return sorted(sentences, key=lambda found: (-shared[found], len(found[2])))[:1]


def words_of(text: str) -> set[str]:
    """The words and hanzi of a text, in lower case, each once."""
    return {unit for unit in UNIT.findall(text.lower()) if unit.isalnum()}
