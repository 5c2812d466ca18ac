"""What the numbers of an exported graph mean."""

import json
from pathlib import Path
from typing import Any

from weitiao.models.module import Module
from weitiao.objectives.multilabel import MultiLabel


def write_labels(module: Module, folder: Path) -> None:
    """Write ``labels.json``: the label of each column; of many labels, when a row is given one."""
    objective, thresholds = module.objective, None
    if isinstance(objective, MultiLabel):
        decision = objective.thresholds.decision
        thresholds = {
            "threshold": objective.thresholds.threshold.tolist(),
            "at_least": decision.at_least,
            "at_most": decision.at_most,
        }
    values: dict[str, Any] = {"labels": [*objective.classes], "thresholds": thresholds}
    text = json.dumps(values, ensure_ascii=False, indent=1)
    (folder / "labels.json").write_text(text + "\n", "utf-8")
