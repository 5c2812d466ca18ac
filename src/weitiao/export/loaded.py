"""An exported folder, loaded as its users would, to predict texts."""

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from weitiao.export.checked_rows import CheckedRows, in_chunks
from weitiao.objectives.base import Values

SIZE = 32  # rows at a time


def said_by_runner(folder: Path, rows: CheckedRows) -> Values:
    """Predictions of ``N`` rows by the folder's ``predict.py``."""
    with _modules(folder) as load:
        model = load("predict").Model(folder)
    found = []
    for texts, pairs in in_chunks(rows, SIZE):
        some = texts if pairs is None else [*zip(texts, pairs, strict=True)]
        found.append(model.predictions(some))
    if isinstance(rows.predictions, list):
        return [row for some in found for row in some]
    return torch.from_numpy(np.concatenate(found))


def said_by_transformers(folder: Path, rows: CheckedRows, *, own: bool) -> Values:
    """Predictions of ``N`` rows by the pipeline of `transformers`.

    Args:
        own: whether the folder brings code.
    """
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    trust: dict[str, Any] = {"trust_remote_code": own, "local_files_only": True}
    try:
        model = AutoModelForSequenceClassification.from_pretrained(folder, **trust)
        tokenizer = AutoTokenizer.from_pretrained(folder, **trust)
    finally:
        logging.enable_progress_bar()
    options: dict[str, Any] = {} if own else {"padding": True, "truncation": True}
    logits = []
    with torch.inference_mode():
        for texts, pairs in in_chunks(rows, SIZE):
            inputs = tokenizer(texts, pairs, return_tensors="pt", **options)
            logits.append(model.eval()(**inputs).logits)
    return _meaning(model.config, torch.cat(logits))


def _meaning(config: Any, logits: torch.Tensor) -> torch.Tensor:
    """What `TextClassificationPipeline` makes of logits."""
    match config.problem_type:
        case "regression":
            return logits.squeeze(-1)
        case "multi_label_classification":
            return logits.sigmoid()
    return logits.softmax(-1)


@contextmanager
def _modules(folder: Path) -> Iterator[Callable[[str], Any]]:
    """Import files of a folder, whose names mean others elsewhere."""
    names = ("text", "predict")
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module
    finally:
        sys.path.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(before)
