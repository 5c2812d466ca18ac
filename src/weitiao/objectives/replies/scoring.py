"""Metrics by which whole texts are held beside the right ones, by the task they belong to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from weitiao.objectives.replies import summary_scores, text_scores

Kind = Literal["translation", "summary"]


class Scoring(NamedTuple):
    """Metrics of texts.

    Args:
        shown: their names and titles.
        of: what is written and what is right of some rows → the metrics.
        signatures: the right texts → how each is measured.
    """

    shown: tuple[tuple[str, str], ...]
    of: Callable[[Sequence[str], Sequence[str]], dict[str, float]]
    signatures: Callable[[Sequence[str]], dict[str, str]]


SCORINGS: dict[Kind, Scoring] = {
    "translation": Scoring(text_scores.SHOWN, text_scores.text_scores, text_scores.signatures),
    "summary": Scoring(
        summary_scores.SHOWN, summary_scores.summary_scores, summary_scores.signatures
    ),
}
