"""An exported folder as its users load it, asked of texts."""

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from weitiao.export.checked_rows import CheckedRows, in_chunks

SIZE = 32  # rows at a time


def said_by_runner(folder: Path, rows: CheckedRows) -> np.ndarray:
    """Predictions ``(N, …)`` by the folder's ``predict.py``."""
    with _modules(folder) as load:
        model = load("predict").Model(folder)
    given = in_chunks(rows, SIZE)
    return np.concatenate([model.run(model.read(texts, pairs)) for texts, pairs in given])


def said_by_transformers(folder: Path, rows: CheckedRows, *, own: bool) -> np.ndarray:
    """Predictions ``(N, …)`` by the pipeline of `transformers`.

    Args:
        own: whether the folder brings code.
    """
    import torch
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
    return _meaning(model.config, torch.cat(logits)).numpy()


def _meaning(config: Any, logits: Any) -> Any:
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
