"""Exact match and F1 of answers that stand in a text, as SQuAD and CMRC 2018 define them.

An English answer is a bag of words (SQuAD), a Chinese one a sequence of hanzi and words, of which
the longest part counts that the true one has as well (CMRC). `words` names the sources.
"""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from weitiao.objectives.answers.words import bare_chinese, bare_english, segments
from weitiao.targets.answers import Answer, answers_in


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
    return Gold(answers_in(cell), len(_HANZI.findall(context)) > len(_LETTERS.findall(context)))


def exact(said: str, golds: Sequence[str], *, chinese: bool) -> float:
    """1 where an answer is one of the true ones, else 0; see `score_of`."""
    return score_of(said, golds, chinese=chinese).exact


def f1(said: str, golds: Sequence[str], *, chinese: bool) -> float:
    """How much an answer has in common with the true one that is nearest; see `score_of`."""
    return score_of(said, golds, chinese=chinese).f1


class Score(NamedTuple):
    """Of an answer: whether it is a true one, and how much it has in common with one, 0 to 1."""

    exact: float
    f1: float


def score_of(said: str, golds: Sequence[str], *, chinese: bool) -> Score:
    """Both scores of an answer.

    Two answers of which nothing is left are the same, as in SQuAD 2.0; CMRC's script gives them 0,
    and so an answer that is punctuation only isn't right even if it's the true one. A true answer
    of articles only isn't left out, as SQuAD 2.0's script would: it equals itself here.

    Args:
        said: empty = that there is none.
        golds: none = there is none.
        chinese: without CMRC's punctuation, and segments in the same order without a gap are in
            common; else without SQuAD's punctuation and articles, and words in any order are.
    """
    bare = bare_chinese if chinese else bare_english
    found, true = bare(said), {bare(gold) for gold in golds} or {""}
    if found in true:
        return Score(1.0, 1.0)
    split, common = (segments, _longest_part) if chinese else (str.split, _same_words)
    words, best = split(found), 0.0
    for gold in map(split, true):
        if shared := common(words, gold):
            best = max(best, 2 * shared / (len(words) + len(gold)))
    return Score(0.0, best)


def _longest_part(found: list[str], true: list[str]) -> int:
    """Segments of the longest part of one answer that the other has as well.

    Looks at each pair of equal segments once: at most the product of both lengths, where all
    segments are the same; two sentences of 400 hanzi have few thousand such pairs.
    """
    matcher = SequenceMatcher(None, found, true, autojunk=False)
    return matcher.find_longest_match().size


def _same_words(found: list[str], true: list[str]) -> int:
    return (Counter(found) & Counter(true)).total()
