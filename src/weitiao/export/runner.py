"""Writes the script that runs an exported graph, and what the graph's numbers mean."""

import ast
import json
from pathlib import Path
from types import ModuleType
from typing import Any

from weitiao.export import portable
from weitiao.export.bundle import bundle
from weitiao.export.portable import running
from weitiao.models.module import Module
from weitiao.objectives.answers import edges
from weitiao.objectives.answers.answering import Answering
from weitiao.objectives.base import Objective
from weitiao.objectives.labels.multilabel import MultiLabel
from weitiao.objectives.spans import sure, tags
from weitiao.objectives.spans.tagging import Tagging


def write_runner(module: Module, folder: Path) -> None:
    """Write ``predict.py`` and ``labels.json``: the label of each column, and how one decides."""
    places = portable.file_of("places.py")
    modules: list[ModuleType | Path]
    match module.objective:
        case Tagging():
            modules = [tags, sure, running, places, portable.file_of("predict_spans.py")]
        case Answering():
            modules = [edges, running, places, portable.file_of("predict_answers.py")]
        case _:
            modules = [running, portable.file_of("predict.py")]
    usage = ast.get_docstring(ast.parse(Path(str(modules[-1])).read_text("utf-8")))
    (folder / "predict.py").write_text(bundle(modules, f"{usage}\n"), "utf-8")
    text = json.dumps(_meaning(module.objective), ensure_ascii=False, indent=1)
    (folder / "labels.json").write_text(text + "\n", "utf-8")


def _meaning(objective: Objective) -> dict[str, Any]:
    match objective:
        case Tagging():  # of a step that isn't allowed the weight is far below all others
            return {"labels": [*objective.types], "steps": objective.chain.scores().tolist()}
        case Answering():
            return {
                "longest": objective.longest_answer,
                "best": objective.best,
                "unanswerable": objective.none is not None,
                "threshold": float(objective.doubt.threshold),
            }
        case MultiLabel():
            decision = objective.thresholds.decision
            thresholds = {
                "threshold": objective.thresholds.threshold.tolist(),
                "at_least": decision.at_least,
                "at_most": decision.at_most,
            }
            return {"labels": [*objective.classes], "thresholds": thresholds}
    return {"labels": [*objective.classes], "thresholds": None}
