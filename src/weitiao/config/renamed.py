"""Class paths of earlier layouts: what a checkpoint or a ``config.yaml`` of then calls a class."""

from __future__ import annotations

from typing import Any

_BACKBONES, _PRETRAINING = "weitiao.models.backbones", "weitiao.pretraining"
RENAMED = {
    "weitiao.models.backbones.Transformer": f"{_BACKBONES}.transformer.Transformer",
    "weitiao.models.bag.Bag": f"{_BACKBONES}.bag.Bag",
    "weitiao.models.language_networks.Continued": f"{_PRETRAINING}.networks.Continued",
    "weitiao.models.language_networks.Scratch": f"{_PRETRAINING}.networks.Scratch",
    "weitiao.models.pretrained.Pretrained": f"{_BACKBONES}.pretrained.Pretrained",
    "weitiao.models.recurrent.Recurrent": f"{_BACKBONES}.recurrent.Recurrent",
    "weitiao.models.textcnn.TextCNN": f"{_BACKBONES}.textcnn.TextCNN",
    "weitiao.run.early_stopping.StopEarly": "weitiao.training.early_stopping.StopEarly",
}
"""Classes that a configuration names, by the path that they had before."""


def renamed(value: Any) -> Any:
    """Plain values with each class path as it is now; what is none stays as it is."""
    if isinstance(value, str):
        return RENAMED.get(value, value)
    if isinstance(value, dict):
        return {key: renamed(item) for key, item in value.items()}
    return [renamed(item) for item in value] if isinstance(value, list) else value
