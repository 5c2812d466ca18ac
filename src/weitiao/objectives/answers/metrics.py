"""Metrics of answers: exact match and F1, of questions with an answer and of those without."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from weitiao.objectives.answers.doubt import Doubt
from weitiao.objectives.answers.edges import Found
from weitiao.objectives.answers.matching import Gold, score_of
from weitiao.targets.answers import Answer

OF_ALL = ("f1", "exact_match")
OF_SOME = ("f1_answerable", "exact_answerable", "no_answer")
"""Those of the rows that have an answer, and the share of the others that are recognised."""


class AnswerMetrics(Metric):
    """Keeps the scores of each row: what is no answer is known when all of them are.

    Args:
        doubt: decides it.
        unanswerable: whether questions may have no answer; if not, `OF_SOME` would say nothing.
    """

    full_state_update = False
    rows: list[Tensor]

    def __init__(self, doubt: Doubt, *, unanswerable: bool) -> None:
        super().__init__()
        self.doubt, self.unanswerable = [doubt], unanswerable  # in a list it is no module of this
        self.add_state("rows", [], dist_reduce_fx="cat")  # (B, 5): doubt, and `scores_of_rows`

    def names(self) -> list[str]:
        """The names of the metrics."""
        return [*OF_ALL, *(OF_SOME if self.unanswerable else ())]

    def update(self, predictions: Sequence[Found], target: Sequence[Gold]) -> None:
        """Score the best answers of some rows."""
        doubts = torch.tensor([[found.doubt] for found in predictions], dtype=torch.float64)
        scores = scores_of_rows([found.answers[:1] for found in predictions], target)
        self.rows.append(torch.cat([doubts, scores], 1).to(self.device))

    def compute(self) -> dict[str, Tensor]:
        """Each score, a scalar from 0 to 1."""
        rows = dim_zero_cat(self.rows)
        (doubt,) = self.doubt
        silent = (rows[:, :1] > doubt.threshold) | (rows[:, 4:] > 0)
        scores = torch.where(silent, _of_none(rows[:, 3]), rows[:, 1:])
        return averages(scores, unanswerable=self.unanswerable)

    def everything(self) -> tuple[Tensor, Tensor, Tensor]:
        """Of all rows, on all devices: doubt, F1 of the best answer, F1 of none, ``(N,)`` each."""
        with self.sync_context():
            rows = dim_zero_cat(self.rows)
        return rows[:, 0], rows[:, 2], _of_none(rows[:, 3])[:, 1]


def scores_of_rows(decided: Sequence[Sequence[Answer]], golds: Sequence[Gold]) -> Tensor:
    """Exact match, F1, whether there is an answer, and whether none is said, ``(N, 4)``.

    Args:
        decided: the answer of each row, the first if there are several; none = there is none.
    """
    rows = []
    for answers, gold in zip(decided, golds, strict=True):
        said, right = answers[0][2] if answers else "", [text for *_, text in gold.answers]
        scores = score_of(said, right, chinese=gold.chinese)
        rows.append([*scores, float(bool(right)), float(not answers)])
    return torch.tensor(rows, dtype=torch.float64).reshape(-1, 4)


def _of_none(answerable: Tensor) -> Tensor:
    """`scores_of_rows` of saying that there is no answer."""
    right, told = 1 - answerable, torch.ones_like(answerable)
    return torch.stack([right, right, answerable, told], 1)


def averages(scores: Tensor, *, unanswerable: bool) -> dict[str, Tensor]:
    """The metrics of `scores_of_rows`, a scalar each; what no row has a part in is NaN.

    Args:
        unanswerable: with `OF_SOME`.
    """
    exact_match, f1, answerable, told = scores.unbind(1)
    with_one = answerable > 0
    values = {"f1": f1.mean(), "exact_match": exact_match.mean()}
    if unanswerable:
        values |= {
            "f1_answerable": f1[with_one].mean(),
            "exact_answerable": exact_match[with_one].mean(),
            "no_answer": told[~with_one].mean(),
        }
    return {name: value.float() for name, value in values.items()}
