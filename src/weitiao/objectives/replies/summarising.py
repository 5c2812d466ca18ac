"""Summaries: shorter texts written from longer ones."""

from __future__ import annotations

from typing import ClassVar

from weitiao.objectives.baselines import Baselines
from weitiao.objectives.replies.scoring import SCORINGS
from weitiao.objectives.replies.simple_summaries import LeadSentence
from weitiao.objectives.replies.translating import Translating


class Summarising(Translating):
    """Learns to write summaries, titles or headlines.

    The model and its loss are those of translations; what differs is how a text is compared with
    the right one, and what is simpler.
    """

    scoring = SCORINGS["summary"]
    first, baseline = "rouge_l", "lead sentence"
    shown: ClassVar[tuple[tuple[str, str], ...]] = (
        *scoring.shown,
        ("perplexity", "perplexity"),
        ("ended", "ended by itself"),
    )
    lower_is_better: ClassVar[tuple[str, ...]] = ("loss", "perplexity")

    def baselines(self) -> Baselines:
        """The first sentence; the beginning; what train has of the text that is most alike."""
        return LeadSentence(self.sample)
