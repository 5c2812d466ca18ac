"""Cross-validation: which rows are the test fold, by scikit-learn's stratified splitters."""

import warnings

import numpy as np

from weitiao.errors import ConfigError


def fold_of(
    count: int, rank: np.ndarray, strata: np.ndarray, groups: np.ndarray | None
) -> np.ndarray:
    """The fold of each row, ``(N,)``, from 1: strata in proportion, no group cut.

    Args:
        rank: ``(N,)``, the drawn order of the rows; that of the file changes nothing.
        strata: ``(N,)`` of int.
        groups: ``(N,)`` of int, in drawn order; null = each row is one.

    Raises:
        ConfigError: there are fewer rows or groups than folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    order = np.argsort(rank, kind="stable")
    splitter = StratifiedKFold(count) if groups is None else StratifiedGroupKFold(count)
    held = None if groups is None else groups[order]
    fold = np.zeros(len(rank), np.int64)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of strata smaller than the folds
            for number, (_, rows) in enumerate(splitter.split(rank, strata[order], held), 1):
                fold[order[rows]] = number
    except ValueError as error:
        raise ConfigError(f"= {count}: {error}", field="folds") from error
    if len(np.unique(fold)) < count:
        raise ConfigError(f"= {count} leaves a fold without rows: too few groups", field="folds")
    return fold
