"""A running mean of torchmetrics' kind."""

from torchmetrics import MeanMetric

from weitiao.objectives.precision import FullPrecision


class Mean(FullPrecision, MeanMetric):
    """A mean whose sums keep 32 bits; in bfloat16, 256 + 1 is 256.

    A value that is no number stays visible; by default torchmetrics would leave it out.
    """

    def __init__(self) -> None:
        super().__init__(nan_strategy="disable")
