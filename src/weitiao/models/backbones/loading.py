"""Loads models of `transformers`, whole or with their first layers only."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from weitiao.errors import ConfigError, WeitiaoError
from weitiao.io.hub import only_local, searched


def load_model(
    kind: Any,
    name: str,
    field: str = "name",
    *,
    layers: int | None,
    may_lack: Callable[[Any, str], bool],
    alter: Callable[[Any], None] = lambda config: None,
    trust_remote_code: bool = False,
) -> Any:
    """A model with its weights in float32, read from safetensors only.

    Args:
        kind: the class of `transformers` that loads it, such as ``AutoModel``.
        layers: keep only the first so many layers; null = all.
        may_lack: whether a model may begin without the weight of that name.
        alter: changes the configuration before the model is made.

    Raises:
        ConfigError: there is no such model, its files are at fault or don't fit each other, it is
            quantized, has fewer layers or lacks weights.
    """
    from transformers import AutoConfig

    local = only_local(name, field)
    source: dict[str, Any] = {"trust_remote_code": trust_remote_code, "local_files_only": local}
    try:
        config = AutoConfig.from_pretrained(name, **source)
        _refuse_quantized(config, name, field)
        alter(config)
        _cut(config, name, layers)
        model, report = _read(kind, name, config, source)
    except (WeitiaoError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # packages that a model wants, its own code: all kinds
        if "can't allocate memory" in str(error):
            raise
        raise ConfigError(
            f": no loadable safetensors model {name!r} {searched(name, local)}"
            f"\n  {' '.join(str(error).split())[:1000] or type(error).__name__}",
            field=field,
        ) from error
    _refuse_unfit(report["mismatched_keys"], name, field)
    # anything else would start random without a word
    lacking = (key for key in report["missing_keys"] if not may_lack(model, key))
    _refuse_missing(lacking, name, field)
    return model


def _read(kind: Any, name: str, config: Any, source: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The model, and which weights its files lack or have in another shape."""
    with _without_load_report():
        return kind.from_pretrained(
            name,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            ignore_mismatched_sizes=True,  # refused afterwards, with the weight's name
            output_loading_info=True,
            **source,
        )


def _refuse_unfit(keys: Iterable[tuple[str, Any, Any]], name: str, field: str) -> None:
    """Refuse weights of other shapes: name, shape and the shape that was wanted of each."""
    if unfit := sorted(keys):
        weight, found, wanted = unfit[0]
        raise ConfigError(
            f": {name!r} has {len(unfit)} of its weights in another shape than its configuration"
            f" says, e.g. {weight}: {tuple(found)}, not {tuple(wanted)}",
            field=field,
        )


def _refuse_missing(keys: Iterable[str], name: str, field: str) -> None:
    if missing := sorted(keys):
        problem = f": {name!r} lacks {len(missing)} of its weights, e.g. {missing[0]}"
        raise ConfigError(problem, field=field)


def _refuse_quantized(config: Any, name: str, field: str) -> None:
    """Refuse rounded weights (bitsandbytes, AWQ, GPTQ, FP8, …), which have no gradients."""
    for kind in ("quantization_config", "compression_config"):
        if found := getattr(config, kind, None):
            values = found if isinstance(found, dict) else vars(found)
            problem = (
                f": {name!r} is quantized ({values.get('quant_method', kind)}); such models aren't"
                " fine-tuned here"
            )
            raise ConfigError(problem, field=field, hint="take the unquantized one")


def _cut(config: Any, name: str, layers: int | None) -> None:
    """Let the configuration name only the layers that are wanted."""
    if layers is None:
        return
    total = getattr(config, "num_hidden_layers", 0)
    if not 1 <= layers <= total:
        problem = f": {name!r} has {total} layers, can't keep {layers}"
        raise ConfigError(problem, field="layers")
    config.num_hidden_layers = layers
    if getattr(config, "layer_types", None):  # one entry per layer
        config.layer_types = config.layer_types[:layers]


@contextmanager
def _without_load_report() -> Iterator[None]:
    """Hide the table of every key that cut-off layers leave over; what matters is checked."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)
