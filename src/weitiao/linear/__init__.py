"""A linear model of n-grams: solved on train, chosen on validation, before any training."""

from weitiao.linear.features import NgramFeatures
from weitiao.linear.solve import Linear, Rows, Solved
from weitiao.linear.store import (
    COLUMNS,
    from_state,
    read_features,
    solve_splits,
    state_of,
    with_features,
    write_linear,
)

__all__ = [
    "COLUMNS",
    "Linear",
    "NgramFeatures",
    "Rows",
    "Solved",
    "from_state",
    "read_features",
    "solve_splits",
    "state_of",
    "with_features",
    "write_linear",
]
