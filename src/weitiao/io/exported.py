"""Exported folders as checkpoints: the same content, as JSON and safetensors."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weitiao.config.earlier_checkpoints import rename_data
from weitiao.errors import ConfigError
from weitiao.io.atomic import readable_weights

if TYPE_CHECKING:
    from torch import Tensor

MARK = "weitiao.json"
"""What makes a folder an exported model that can be continued."""
SHARED, OWN = "model.safetensors", "weitiao.safetensors"
"""Weights that other software reads under its names, and all others."""
_FEATURES = "input.features."
_PARTS = ("hyper_parameters", "datamodule_hyper_parameters", "DataModule", "theirs")


def write_exported(
    content: Mapping[str, Any],
    folder: Path,
    theirs: Mapping[str, str],
    more: Mapping[str, "Tensor"],
) -> None:
    """Write a checkpoint's content: weights as safetensors, the rest as JSON.

    Args:
        content: with the parts of a checkpoint that a model is used by.
        theirs: of weights that other software reads, their names → what they are called there.
        more: further weights that it reads.
    """
    from safetensors.torch import save_file

    state = {**content["DataModule"], "input": dict(content["DataModule"]["input"])}
    features = state["input"].pop("features", {})
    weights = {n: x.detach().cpu().clone().contiguous() for n, x in content["state_dict"].items()}
    shared = {theirs[name]: weights.pop(name) for name in theirs} | dict(more)
    if shared:
        save_file(shared, folder / SHARED, metadata={"format": "pt"})
    own = weights | {_FEATURES + name: x.contiguous() for name, x in features.items()}
    save_file(own, folder / OWN, metadata={"format": "pt"})
    values = {**content, "DataModule": state, "theirs": dict(theirs)}
    text = json.dumps({name: values[name] for name in _PARTS}, ensure_ascii=False, indent=1)
    (folder / MARK).write_text(text + "\n", "utf-8")
    readable_weights(folder, MARK)


def read_exported(mark: Path) -> dict[str, Any]:
    """What `write_exported` wrote.

    Args:
        mark: its ``weitiao.json``.

    Raises:
        ConfigError: a file is absent, or not as it was written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        content = json.loads(mark.read_text("utf-8"))
        rename_data(content)
        if missing := [name for name in _PARTS if name not in content]:
            raise ConfigError(f"{mark} lacks {', '.join(missing)}")
        theirs, weights = content.pop("theirs"), load_file(mark.with_name(OWN))
        shared = load_file(mark.with_name(SHARED)) if theirs else {}
        weights |= {name: shared[there] for name, there in theirs.items()}
    except (OSError, ValueError, TypeError, KeyError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ConfigError(f"{mark.parent} is no whole exported model: {reason}") from error
    begin = len(_FEATURES)
    features = {n[begin:]: weights.pop(n) for n in [*weights] if n.startswith(_FEATURES)}
    if features:
        content["DataModule"]["input"]["features"] = features
    return content | {"state_dict": weights}
