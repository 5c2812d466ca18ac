"""A folder that `transformers` loads: by a class of its own where one fits, else by ours."""

import json
from pathlib import Path
from typing import Any

from torch import nn

from weitiao.errors import ConfigError
from weitiao.export import portable
from weitiao.export.bundle import bundle
from weitiao.export.portable import modeling_weitiao
from weitiao.export.stock import Stock, stock_of
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.models.backbones.huggingface import HuggingFace
from weitiao.models.module import Module
from weitiao.objectives import pooling, wide_ngrams
from weitiao.objectives.labels.classification import Classification
from weitiao.objectives.labels.multilabel import MultiLabel
from weitiao.objectives.labels.ordinal import Ordinal
from weitiao.objectives.labels.regression import Regression
from weitiao.objectives.scorer import Scorer
from weitiao.objectives.units import UnitObjective

OUTPUTS = {
    Classification: "classes",
    MultiLabel: "labels",
    Ordinal: "steps",
    Regression: "number",
}
PROBLEMS = {
    "classes": "single_label_classification",
    "steps": "single_label_classification",
    "labels": "multi_label_classification",
    "number": "regression",
}


def output_of(module: Module) -> str | None:
    """What the logits of an objective of ours are; null = it isn't known of others."""
    known = (name for kind, name in OUTPUTS.items() if isinstance(module.objective, kind))
    return next(known, None)


def is_transformers_kind(module: Module) -> bool:
    """Whether a folder for `transformers` can be made of it."""
    inside = isinstance(module.backbone, HuggingFace) and module.objective.scorer is not None
    return inside and output_of(module) is not None


def write_transformers(module: Module, encoder: TextEncoder, folder: Path) -> Stock | None:
    """Write the configuration, code of ours where it is needed, and how texts are read.

    Args:
        folder: has the text files already.

    Returns:
        The class of `transformers` that it is; null = one of ours.

    Raises:
        ConfigError: the backbone is no model of `transformers`, or the objective not one of ours.
    """
    if not is_transformers_kind(module):
        parts = f"{type(module.backbone).__name__} with {type(module.objective).__name__}"
        problem = f": transformers has no model for {parts}"
        if isinstance(module.objective, UnitObjective):
            problem += ", which tells apart hanzi that share an id, and reads long texts in windows"
        raise ConfigError(problem, field="format", hint="{--format} torch; {--format} onnx")
    stock, kind = stock_of(module), output_of(module)
    assert kind is not None
    labels = [*module.objective.classes] or ["value"]
    values: dict[str, Any] = {
        "id2label": dict(enumerate(labels)),
        "label2id": {label: i for i, label in enumerate(labels)},
        "problem_type": PROBLEMS[kind],
        "weitiao": _decisions(module),
    }
    inside: Any = module.backbone.encoder
    if stock is None:
        values |= _of_ours(module, inside.config.to_dict(), kind)
        modules = [pooling, wide_ngrams, modeling_weitiao]
        source = bundle(modules, "The network, as AutoModelForSequenceClassification loads it.")
        (folder / "modeling_weitiao.py").write_text(source, "utf-8")
    else:
        inside.config.update(values)
        values = inside.config.to_dict()
        values["architectures"] = [
            f"{type(inside).__name__.removesuffix('Model')}ForSequenceClassification"
        ]
    text = json.dumps(values, ensure_ascii=False, indent=1, default=str)
    (folder / "config.json").write_text(text + "\n", "utf-8")
    write_tokenizer(encoder, folder, own=stock is None)
    return stock


def own_names(module: Module) -> dict[str, str]:
    """Names of weights → what they are called in our class for `transformers`."""
    places = {"backbone.encoder.": "encoder.", "objective.scorer.": "scorer."}
    return {
        name: here + name.removeprefix(place)
        for name in module.state_dict()
        for place, here in places.items()
        if name.startswith(place)
    }


def _decisions(module: Module) -> dict[str, Any]:
    """The temperature and the thresholds, for people and for other software."""
    scorer, objective = module.objective.scorer, module.objective
    known: dict[str, Any] = {}
    if scorer is not None and scorer.blend is not None:
        known["weights_of_parts"] = scorer.blend.weight.tolist()
        known["temperature"] = 1 / scorer.blend.weight.sum().item()
    if isinstance(objective, MultiLabel):
        levels = objective.thresholds.threshold.tolist()
        known["thresholds"] = dict(zip(objective.classes, levels, strict=True))
    return known


def _of_ours(module: Module, encoder: dict[str, Any], kind: str) -> dict[str, Any]:
    scorer, objective = module.objective.scorer, module.objective
    assert isinstance(scorer, Scorer)
    linears = [part for part in scorer.head if isinstance(part, nn.Linear)]
    hidden = type(scorer.head[1]).__name__.lower() if len(linears) > 1 else None
    wide = scorer.wide and {
        "orders": scorer.wide.orders,
        "buckets": scorer.wide.buckets,
        "share": scorer.wide_share,
    }
    output: dict[str, Any] = {"kind": kind}
    if isinstance(objective, Regression):
        output |= {"mean": objective.mean, "scale": objective.scale}
    here = "modeling_weitiao."
    return {
        "model_type": "weitiao",
        "architectures": ["WeitiaoForSequenceClassification"],
        "auto_map": {
            "AutoConfig": f"{here}WeitiaoConfig",
            "AutoModelForSequenceClassification": f"{here}WeitiaoForSequenceClassification",
        },
        "encoder": encoder,
        "scorer": {
            "pooling": scorer.pooling,
            "hidden": hidden,
            "logits": linears[-1].out_features,
            "wide": wide,
            "linear_features": None if scorer.linear is None else len(scorer.linear.weight),
            "blend": scorer.blend is not None,
        },
        "output": output,
    }


def write_tokenizer(encoder: TextEncoder, folder: Path, *, own: bool) -> None:
    """Write what `AutoTokenizer` wants to know beside ``tokenizer.json``.

    Args:
        own: whether it is one of our code.
    """
    token = encoder.backend.id_to_token
    values: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": token(encoder.pad_id),
        "model_max_length": encoder.max_length,
        "clean_up_tokenization_spaces": False,
    }
    if encoder.unk_id is not None:
        values["unk_token"] = token(encoder.unk_id)
    if own:
        place = "tokenization_weitiao.WeitiaoTokenizer"
        values |= {
            "tokenizer_class": "WeitiaoTokenizer",
            "auto_map": {"AutoTokenizer": [None, place]},
        }
        portable.put("tokenization_weitiao.py", folder)
    text = json.dumps(values, ensure_ascii=False, indent=1)
    (folder / "tokenizer_config.json").write_text(text + "\n", "utf-8")
