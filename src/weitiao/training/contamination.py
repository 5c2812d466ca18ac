"""Contamination: texts that a model is measured on and was pretrained on."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from weitiao.config.commands import command
from weitiao.data.datamodule import DataModule
from weitiao.inputs.text.contamination_index import ContaminationIndex
from weitiao.models.backbones.tuned import Tuned
from weitiao.models.module import Module


def pretrained_on(model: Module, data: DataModule, splits: Iterable[str]) -> dict[str, int] | None:
    """Rows of each split with a text that the model's backbone has read; null = nobody knows.

    Args:
        model: its backbone may be a folder with ``seen.npy``.

    Raises:
        ConfigError: ``seen.npy`` is damaged.
    """
    backbone = model.backbone
    if not isinstance(backbone, Tuned):
        return None
    seen = ContaminationIndex.read(Path(backbone.name))
    if seen is None:
        return None
    return {split: int(seen.among(data.rows(split)).sum()) for split in splits}


def report_line(read: Mapping[str, int], rows: Mapping[str, int]) -> str:
    """A line that says it, and warns of what was read."""
    shown = (
        f"{f'{count:,}' if count else 'none'} of the {rows[split]:,} {split} texts"
        for split, count in read.items()
    )
    line = f"pretrain.py showed the model {', '.join(shown)}"
    again = f"pretrain again: {command('pretrain', '--data.without.files', 'FILE')}"
    return f"! {line}: {again}" if any(read.values()) else line
