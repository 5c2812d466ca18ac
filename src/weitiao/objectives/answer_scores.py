"""Exact match and F1 of answers that stand in a text, as SQuAD and CMRC 2018 define them.

An English answer is a bag of words (SQuAD), a Chinese one a sequence of hanzi and words, of which
the longest part counts that the true one has as well (CMRC). `answer_words` names the sources.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

from weitiao.objectives.answer_words import bare_chinese, bare_english, segments

Answer = tuple[int, int, str]
"""Begin and end in code points of the text as it was read, and what stands there."""


class Gold(NamedTuple):
    """What is right of a question.

    Args:
        answers: any of them will do; none = the text doesn't answer it.
        chinese: whether they are compared as CMRC does, or as SQuAD.
    """

    answers: list[Answer]
    chinese: bool


_HANZI = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_LETTERS = re.compile(r"[^\W\d_\u2e80-\uffff\U00020000-\U0003ffff]+")


def gold_of(cell: str, context: str) -> Gold:
    """The answers of a label cell, ``[[begin, end, "text"], …]``.

    They are compared as Chinese ones where the text has more hanzi than words of other scripts. A
    hanzi says about as much as a word, so many Latin names don't make a Chinese text an English one
    (of the letters of one of CMRC's 79 % are Latin), nor a few hanzi an English one Chinese.
    """
    answers = [(begin, end, text) for begin, end, text in json.loads(cell)]
    return Gold(answers, len(_HANZI.findall(context)) > len(_LETTERS.findall(context)))


def exact(said: str, golds: Sequence[str], *, chinese: bool) -> float:
    """1 where an answer is one of the true ones, else 0.

    Args:
        said: empty = that there is none.
        golds: none = there is none.
        chinese: without CMRC's punctuation; else without SQuAD's, and without articles.
    """
    return _score(said, golds, chinese).exact


def f1(said: str, golds: Sequence[str], *, chinese: bool) -> float:
    """How much an answer has in common with the true one that is nearest, 0 to 1.

    Two answers of which nothing is left are the same, as in SQuAD 2.0; CMRC's script gives them 0,
    and so an answer that is punctuation only isn't right even if it's the true one. A true answer
    of articles only isn't left out, as SQuAD 2.0's script would: it equals itself here.

    Args:
        said: as of `exact`.
        golds: likewise.
        chinese: segments in the same order without a gap are in common; else words in any order.
    """
    return _score(said, golds, chinese).f1


class _Score(NamedTuple):
    exact: float
    f1: float


def _score(said: str, golds: Sequence[str], chinese: bool) -> _Score:
    bare = bare_chinese if chinese else bare_english
    found, true = bare(said), {bare(gold) for gold in golds} or {""}
    if found in true:
        return _Score(1.0, 1.0)
    split, common = (segments, _longest_part) if chinese else (str.split, _same_words)
    words, best = split(found), 0.0
    for gold in map(split, true):
        if shared := common(words, gold):
            best = max(best, 2 * shared / (len(words) + len(gold)))
    return _Score(0.0, best)


def _longest_part(found: list[str], true: list[str]) -> int:
    """Segments of the longest part of one answer that the other has as well.

    Looks at each pair of equal segments once: at most the product of both lengths, where all
    segments are the same; two sentences of 400 hanzi have few thousand such pairs.
    """
    matcher = SequenceMatcher(None, found, true, autojunk=False)
    return matcher.find_longest_match().size


def _same_words(found: list[str], true: list[str]) -> int:
    return (Counter(found) & Counter(true)).total()


class AnswerMetrics(Metric):
    """Sums of the scores of answers, over rows and processes.

    ``f1`` and ``exact_match`` are means over all rows. Where questions may have no answer, there
    are three more: ``f1_answerable`` and ``exact_answerable`` of the rows that have one, and
    ``no_answer``, the share of the others that are told so. What a split has no row of is NaN.

    Args:
        unanswerable: whether questions may have no answer; if not, the three would say nothing.
        joined: over the rows of all processes; otherwise over those of this one.
    """

    full_state_update = False
    sums: Tensor

    def __init__(self, *, unanswerable: bool = True, joined: bool = True) -> None:
        super().__init__(sync_on_compute=joined)
        self.unanswerable = unanswerable
        # (2, 4): without and with an answer; F1, exact match, told that there is none, rows
        zeros = torch.zeros(2, 4, dtype=torch.float64)
        self.add_state("sums", zeros, dist_reduce_fx="sum")

    def names(self) -> list[str]:
        """The names of the metrics."""
        more = ["f1_answerable", "exact_answerable", "no_answer"] if self.unanswerable else []
        return ["f1", "exact_match", *more]

    def update(self, predictions: Sequence[Sequence[Answer]], target: Sequence[Gold]) -> None:
        """Score some rows.

        Args:
            predictions: of each row, the answer that is said first; none = that there is none.
            target: what is right of each.
        """
        sums = np.zeros((2, 4))
        for answers, (golds, chinese) in zip(predictions, target, strict=True):
            said = answers[0][2] if answers else ""
            found = _score(said, [text for *_, text in golds], chinese)
            sums[1 if golds else 0] += (found.f1, found.exact, not answers, 1)
        self.sums += torch.from_numpy(sums).to(self.sums)

    def compute(self) -> dict[str, Tensor]:
        """Each score, a scalar from 0 to 1."""
        f1, exact_match, _, rows = self.sums.sum(0)
        (_, _, told, without), (f1_with, exact_with, _, rows_with) = self.sums
        values = {
            "f1": f1 / rows,
            "exact_match": exact_match / rows,
            "f1_answerable": f1_with / rows_with,
            "exact_answerable": exact_with / rows_with,
            "no_answer": told / without,
        }
        return {name: values[name].float() for name in self.names()}
