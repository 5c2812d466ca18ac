"""A linear model of n-grams: solved on train, chosen on validation, before any training."""

from weitiao.data.linear.features import NgramFeatures
from weitiao.data.linear.solve import Linear, Rows, Solved, solve

__all__ = ["Linear", "NgramFeatures", "Rows", "Solved", "solve"]
