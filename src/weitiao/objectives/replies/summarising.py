"""Summaries: shorter texts written from longer ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from weitiao.objectives.baselines import Baselines
from weitiao.objectives.replies.simple_summaries import LeadSentence
from weitiao.objectives.replies.translating import Translating


class Summarising(Translating):
    """Learns to write summaries, titles or headlines.

    The model and its loss are those of translations; what differs is how a text is compared with
    the right one, and what is simpler.
    """

    first, baseline = "rouge_l", "lead sentence"
    shown: ClassVar[tuple[tuple[str, str], ...]] = (
        ("rouge_l", "ROUGE-L"),
        ("rouge_1", "ROUGE-1"),
        ("rouge_2", "ROUGE-2"),
        ("distinct_2", "distinct-2"),
        ("perplexity", "perplexity"),
        ("ended", "ended by itself"),
    )
    lower_is_better: ClassVar[tuple[str, ...]] = ("loss", "perplexity")

    def score(self, said: Sequence[str], right: Sequence[str]) -> dict[str, float]:
        """Metrics of what is written of some rows."""
        from weitiao.objectives.replies.summary_scores import summary_scores

        return summary_scores(said, right)

    def signatures(self, decided: Any, targets: Any) -> dict[str, str]:
        """That of ROUGE."""
        from weitiao.objectives.replies.summary_scores import signatures

        return signatures()

    def baselines(self) -> Baselines:
        """The first sentence; the beginning; what train has of the text that is most alike."""
        return LeadSentence(self.sample)
