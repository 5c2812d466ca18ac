"""The solved linear model beside prepared data, and the features of rows as columns."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.card import TargetCard
from weitiao.linear.features import NgramFeatures
from weitiao.linear.forms import form_of
from weitiao.linear.solve import Linear, Rows, Solved, solve

COLUMNS = ("feature_ids", "feature_values")


def solve_splits(options: Linear, rows: Mapping[str, Rows], target: TargetCard) -> Solved:
    """Solve on train, choose on val; numbers in units of their standard deviation.

    Args:
        rows: of ``train`` and, if there is one, ``val``.

    Raises:
        ConfigError: a linear model has no form for such targets.
    """
    form = form_of(target)
    known = {s: r._replace(targets=form.values(r.targets)) for s, r in rows.items()}
    return solve(options, known["train"], known.get("val"), form)


def write_linear(solved: Solved, folder: Path) -> list[Path]:
    """Write ``linear.npz`` (the weights) and ``features.npz``; gives both."""
    paths = [folder / "linear.npz", folder / "features.npz"]
    np.savez(paths[0], weight=solved.weight, bias=solved.bias)
    np.savez(paths[1], **state_of(solved.features))
    return paths


def read_features(folder: Path) -> NgramFeatures | None:
    """The features that `write_linear` left in a folder; null = it left none."""
    path = folder / "features.npz"
    return from_state(dict(np.load(path))) if path.is_file() else None


def state_of(features: NgramFeatures) -> dict[str, Any]:
    """The features as arrays."""
    flags = {"pair": features.pair, "both_texts": features.both_texts}
    return {"idf": features.idf} | {name: np.array(flag) for name, flag in flags.items()}


def from_state(state: Mapping[str, Any]) -> NgramFeatures:
    """The features whose arrays, or tensors, are these."""
    idf = np.asarray(state["idf"])
    return NgramFeatures(idf.shape[1], idf, bool(state["pair"]), bool(state["both_texts"]))


def with_features(
    encoded: pa.Table, features: NgramFeatures, texts: list[str], pairs: list[str] | None
) -> pa.Table:
    """Encoded rows with the features of their texts: ``feature_ids``, ``feature_values``."""
    matrix = features.transform(texts, pairs)
    offsets = pa.array(matrix.indptr.astype(np.int64))
    for name, values in zip(COLUMNS, (matrix.indices.astype(np.int32), matrix.data), strict=True):
        lists = pa.LargeListArray.from_arrays(offsets, pa.array(values))
        encoded = encoded.append_column(name, lists)
    return encoded
