"""ROUGE of summaries, over words and hanzi.

ROUGE (Lin 2004) as torchmetrics computes it, F1, the mean over texts. Its own tokenizer leaves
nothing of Chinese; here a hanzi is a token, and so is a run of other letters and digits. Distinct-2
(Li et al. 2016) is the share of bigrams of all texts together that are different ones: a model that
says the same of everything has few.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import version
from itertools import pairwise

from weitiao.objectives.replies.text_scores import HANZI

SHOWN = (
    ("rouge_l", "ROUGE-L"),
    ("rouge_1", "ROUGE-1"),
    ("rouge_2", "ROUGE-2"),
    ("distinct_2", "distinct-2"),
)
"""The scores and their titles."""
_TOKEN = re.compile(rf"[{HANZI}]|[^\W{HANZI}]+")
_ROUGE = {"rouge_l": "rougeL", "rouge_1": "rouge1", "rouge_2": "rouge2"}
"""Ours → what torchmetrics calls it."""


def summary_scores(said: Sequence[str], right: Sequence[str]) -> dict[str, float]:
    """``rouge_l``, ``rouge_1``, ``rouge_2`` and ``distinct_2``, as fractions; of no texts NaN.

    Args:
        said: what was written.
        right: one text for each.
    """
    if not said:
        return dict.fromkeys((name for name, _ in SHOWN), float("nan"))
    from torchmetrics.functional.text.rouge import rouge_score

    found = rouge_score(
        [*said],
        [*right],
        rouge_keys=tuple(_ROUGE.values()),
        normalizer=str.lower,
        tokenizer=_TOKEN.findall,
    )
    scores = {name: float(found[f"{theirs}_fmeasure"]) for name, theirs in _ROUGE.items()}
    bigrams = [pair for text in said for pair in pairwise(_TOKEN.findall(text.lower()))]
    return scores | {"distinct_2": len({*bigrams}) / len(bigrams) if bigrams else 0.0}


def signatures(right: Sequence[str]) -> dict[str, str]:
    """How each ROUGE is measured, in the manner of sacrebleu; of no texts nothing."""
    how = "score:f1|mean:texts|case:lc|tok:hanzi+words|stem:no|torchmetrics:"
    return dict.fromkeys(_ROUGE, how + version("torchmetrics")) if right else {}
