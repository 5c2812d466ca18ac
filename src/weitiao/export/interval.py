"""A bootstrap interval of a score, from the predictions that a test has left."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import torch

from weitiao.objectives.base import Objective
from weitiao.objectives.replies.replying import Replying
from weitiao.objectives.units import UnitObjective
from weitiao.objectives.vectors.retrieval import Retrieval

DRAWS = 500
SEED = 0


def interval(objective: Objective, predictions: Path) -> tuple[float, float] | None:
    """The 95 % interval of the first score over rows drawn anew (percentile bootstrap, Efron 1979).

    Args:
        predictions: ``predictions.csv`` of a run; null is given where there is none, of places in
            texts, which take minutes to measure so often, of a search, whose ranks don't stand
            there, and of answers, whose probabilities don't.
    """
    if isinstance(objective, UnitObjective | Retrieval | Replying) or not predictions.is_file():
        return None
    kinds = pa_csv.ConvertOptions(
        include_columns=["label", "true"], column_types={"label": pa.string(), "true": pa.string()},
        strings_can_be_null=False,
    )  # fmt: skip
    newlines = pa_csv.ParseOptions(newlines_in_values=True)
    table = pa_csv.read_csv(predictions, parse_options=newlines, convert_options=kinds)
    said, true = (
        torch.from_numpy(np.array(_encoded(objective, table[name]).to_pylist()))
        for name in ("label", "true")
    )
    random, found = np.random.default_rng(SEED), []
    for _ in range(DRAWS):
        rows = torch.from_numpy(random.integers(0, len(true), len(true)))
        scores = objective.measure(said[rows], said[rows], true[rows], ranked=False)
        found.append(float(scores[objective.first]))
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return float(low), float(high)


def _encoded(objective: Objective, labels: pa.ChunkedArray) -> pa.ChunkedArray:
    return objective.target.encode(pa.table({"label": labels}))
