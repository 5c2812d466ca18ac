"""Scores of simpler models on the same split."""

from typing import Any

import numpy as np
import pyarrow as pa
import torch

from weitiao.data.prepared import Prepared
from weitiao.objectives.base import Objective
from weitiao.objectives.baselines import FEATURES, Baselines, Measured
from weitiao.targets import target_array


def measure_baseline(prepared: Prepared, objective: Objective, models: Baselines) -> Measured:
    """Fit simpler models on train, choose on val, test once."""
    splits = ("train", "val", "test")
    targets = {split: target_array(prepared.ids(split)["target"]) for split in splits}

    def score(said: Any, right: Any) -> float:
        found, true = (torch.tensor(x) if isinstance(x, np.ndarray) else x for x in (said, right))
        return float(objective.measure(found, found, true, ranked=False)[objective.first])

    return models.measure({split: _rows(prepared, split) for split in splits}, targets, score)


def _rows(prepared: Prepared, split: str) -> pa.Table:
    """The readable rows of a split, with the features of an input that has some of its own."""
    rows = prepared.rows(split)
    if (found := prepared.fitted.baseline_features(prepared.ids(split))) is None:
        return rows
    values = pa.array(found.ravel())
    return rows.append_column(FEATURES, pa.FixedSizeListArray.from_arrays(values, found.shape[1]))
