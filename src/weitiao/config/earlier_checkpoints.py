"""Checkpoints of earlier layouts, as they would be written today."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from weitiao.card import TokenInput
from weitiao.config.earlier_names import renamed_values

_WEIGHTS = {
    **{f"{part}.": f"objective.scorer.{part}." for part in ("pool", "head", "wide", "linear")},
    "blend.": "objective.scorer.blend.",
    "loss.": "objective.criterion.",
    "decide.": "objective.thresholds.",
}
"""Begin of a weight's earlier name → of the one it has today."""
_TARGETS = {
    "classification": "weitiao.targets.one_class.ClassTarget",
    "multilabel": "weitiao.targets.label_set.SetTarget",
    "ordinal": "weitiao.targets.scale.ScaleTarget",
    "regression": "weitiao.targets.number.NumberTarget",
}
"""The fitted targets of what was a card's ``task`` before version 0.2."""


def checkpoint_today(content: Mapping[str, Any]) -> dict[str, Any]:
    """A checkpoint's content in today's layout; what is broken stays.

    Args:
        content: of a run on labelled rows, with class paths as of now.
    """
    keys = {"model": "hyper_parameters", "data": "datamodule_hyper_parameters"}
    values = renamed_values({name: content[key] for name, key in keys.items()}, report=False)
    model, of_data = values["model"], values["data"]
    if isinstance(card := model.get("card"), dict):
        model = {**model, "card": _card_today(card)}
    if isinstance(of_data.get("input"), dict):  # earlier, all were texts
        of_data = {
            **of_data,
            "input": {"class_path": "weitiao.inputs.text.Text"} | of_data["input"],
        }
    now = {**content, "hyper_parameters": model, "datamodule_hyper_parameters": of_data}
    rename_data(now)
    rename_weights(now)
    return now | {"DataModule": state_today(now["DataModule"])}


def rename_data(checkpoint: dict[str, Any]) -> None:
    """Let what a checkpoint keeps of its data stand where Lightning looks: by the class's name."""
    if "TextDataModule" in checkpoint:  # until December 2026
        checkpoint["DataModule"] = checkpoint.pop("TextDataModule")


def rename_weights(checkpoint: dict[str, Any]) -> None:
    """Give the weights of a checkpoint, and those that are averaged, their names of today."""
    for part in ("state_dict", "current_model_state"):
        if part in checkpoint:
            checkpoint[part] = {_now(name): value for name, value in checkpoint[part].items()}


def _now(name: str) -> str:
    begin, dot, rest = name.partition(".")
    return _WEIGHTS.get(begin + dot, begin + dot) + rest


def state_today(state: Mapping[str, Any]) -> dict[str, Any]:
    """What a checkpoint keeps of its data: the input has a part of its own."""
    of_input = {name: state[name] for name in ("encoder", "features") if name in state}
    others = {name: value for name, value in state.items() if name not in of_input}
    if isinstance(others.get("card"), dict):
        others["card"] = _card_today(others["card"])
    return ({"input": of_input} if of_input else {}) | others


def _card_today(values: Mapping[str, Any]) -> dict[str, Any]:
    """A card's plain values: those of its parts stood beside the others."""
    old = dict(values)
    if (task := old.pop("task", None)) is not None:
        known = {"labels": old.pop("labels"), "counts": old.pop("label_counts")}
        moments = {"mean": old.pop("target_mean", 0.0), "scale": old.pop("target_scale", 1.0)}
        init = moments if task == "regression" else known
        old["target"] = {"class_path": _TARGETS.get(task, task), "init_args": init}
    names = [f.name for f in fields(TokenInput) if f.name in old]
    others = {name: value for name, value in old.items() if name not in names}
    return {"input": {name: old[name] for name in names}} | others
