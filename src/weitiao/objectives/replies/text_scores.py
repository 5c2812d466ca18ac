"""sacrebleu's chrF, BLEU and TER of written texts, over a whole split.

BLEU (Papineni et al. 2002; Post 2018), chrF (Popović 2015) and TER (Snover et al. 2006), as
fractions. Chinese is cut into hanzi for BLEU and TER: with the tokenizer of English, what differs
by one hanzi scores 0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

HANZI = r"\u3400-\u9fff\U00020000-\U0003ffff"
"""Ranges of a regular expression."""
_HANZI = re.compile(f"[{HANZI}]")
SHOWN = (("chrf", "chrF"), ("bleu", "BLEU"), ("ter", "TER"))
"""The scores and their titles."""
NAMES = tuple(name for name, _ in SHOWN)


def text_scores(said: Sequence[str], right: Sequence[str]) -> dict[str, float]:
    """The scores of `NAMES`; of no texts NaN.

    Args:
        said: what was written.
        right: one text for each.
    """
    if not said:
        return dict.fromkeys(NAMES, float("nan"))
    found = _metrics(right).items()
    return {name: one.corpus_score([*said], [[*right]]).score / 100 for name, one in found}


def signatures(right: Sequence[str]) -> dict[str, str]:
    """How sacrebleu says that each score is measured; of no texts nothing.

    Args:
        right: texts that a score is measured on.
    """
    found = _metrics(right) if right else {}
    for metric in found.values():  # it knows the number of right texts once it has measured
        metric.corpus_score([*right], [[*right]])
    return {name: str(metric.get_signature()) for name, metric in found.items()}


def _metrics(right: Sequence[str]) -> dict[str, Any]:
    """By name, as fits the script of most of the right texts."""
    from sacrebleu.metrics import BLEU, CHRF, TER

    chinese = 2 * sum(_HANZI.search(text) is not None for text in right) >= len(right)
    return {
        "chrf": CHRF(),
        "bleu": BLEU(tokenize="zh" if chinese else "13a"),
        "ter": TER(normalized=True, asian_support=True) if chinese else TER(),
    }
