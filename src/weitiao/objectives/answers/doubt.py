"""The threshold for saying that a text has no answer."""

import torch
from torch import Tensor

from weitiao.objectives.precision import FullPrecision


class Doubt(FullPrecision):
    """The doubt beyond which there is said to be no answer: at first, where none is likelier."""

    threshold: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("threshold", torch.zeros(()))

    def tune(self, doubts: Tensor, score: Tensor, none: Tensor) -> None:
        """Choose the threshold of highest mean score (Rajpurkar et al. 2018).

        It lies in the middle between the last row that is answered and the first that isn't; of
        several, the one nearest to 0. Where no row lacks an answer, or all do, it is 0: of such
        rows the best would be to answer always, or never.

        Args:
            doubts: ``(N,)``.
            score: ``(N,)`` of the best answer of each row.
            none: ``(N,)`` of no answer.
        """
        known = doubts.isfinite()
        self.threshold.zero_()
        if len(none.unique()) < 2 or not known.any():
            return
        ordered, index = doubts[known].double().sort()
        gain = (score - none)[known].double()[index]
        sums = torch.cat([gain.new_zeros(1), gain.cumsum(0)])  # of answering the first 0, 1, … rows
        ends = torch.cat([ordered[:1] - 1, ordered, ordered[-1:] + 1])
        middles = (ends[:-1] + ends[1:]) / 2
        apart = ends[:-1] < ends[1:]  # equal doubts can't be told apart
        best = sums.masked_fill(~apart, -torch.inf)
        near = middles.abs().masked_fill(best < best.max() - 1e-9, torch.inf)
        self.threshold.fill_(float(middles[near.argmin()]))
