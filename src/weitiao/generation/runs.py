"""A run of `--task chat`, opened for a conversation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weitiao.errors import ConfigError
from weitiao.io.checkpoint_file import checkpoint_of

if TYPE_CHECKING:
    from weitiao.inputs.chat.fitted import FittedChat
    from weitiao.io.dialogues.messages import Role


def is_run(name: str) -> bool:
    """Whether it is the folder of a run, or a checkpoint."""
    return name.endswith(".ckpt") or (Path(name) / "checkpoints").is_dir()


def open_run(name: str) -> tuple[Any, FittedChat, Mapping[str, Role] | None]:
    """The model of `transformers`, its adapters in place, what conversations are read by, and the
    names of those who speak in them.

    Raises:
        ConfigError: there is no such checkpoint, or it doesn't answer conversations.
    """
    from weitiao.evaluation.opening import open_model
    from weitiao.inputs.chat.fitted import FittedChat
    from weitiao.models.backbones.causal import Causal

    checkpoint = checkpoint_of(Path(name))
    model, rows = open_model(checkpoint, {}, trust_remote_code=False)
    fitted = rows.fitted
    if not isinstance(model.backbone, Causal) or not isinstance(fitted, FittedChat):
        problem = f": {name} isn't a run whose model answers conversations"
        raise ConfigError(problem, field="model", hint="predict is the verb for its labels")
    return model.backbone.whole_model().eval(), fitted, rows.reader.roles


def files_of(name: str) -> Iterator[Path]:
    """The files that a model is made of, as far as they are here."""
    place = checkpoint_of(Path(name)) if is_run(name) else Path(name)
    yield from sorted(p for p in place.iterdir() if p.is_file()) if place.is_dir() else [place]
