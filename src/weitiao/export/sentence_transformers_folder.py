"""A folder that sentence-transformers loads: a model that gives each text a vector."""

import json
from pathlib import Path
from typing import Any

import torch

from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError
from weitiao.export.checked_rows import CheckedRows
from weitiao.export.transformers_folder import write_tokenizer
from weitiao.inputs.text.fitted import FittedText
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.models.backbones.huggingface import HuggingFace
from weitiao.models.module import Module
from weitiao.objectives.pooling import build_pooling
from weitiao.objectives.vectors.bi_encoder import BiEncoder
from weitiao.objectives.vectors.retrieval import Retrieval

POOLING = {"cls": "cls", "mean": "mean", "max": "max", "last": "lasttoken"}
"""Pooling of ours → what it is called there."""
PLACE = "sentence_transformers.models."  # which every version knows
MODULES = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))


def is_vector_kind(module: Module) -> bool:
    """Whether it gives a text a vector."""
    return isinstance(module.objective, BiEncoder)


def write_vectors(module: Module, data: DataModule, folder: Path) -> dict[str, str]:
    """Write the configuration and how texts are read.

    Returns:
        Names of weights → what they are called there.

    Raises:
        ConfigError: sentence-transformers can't compute such vectors.
    """
    objective, backbone, fitted = module.objective, module.backbone, data.fitted
    assert isinstance(objective, BiEncoder)
    assert isinstance(fitted, FittedText)
    encoder = fitted.encoder
    if not isinstance(backbone, HuggingFace):
        raise _lacking(f"has no model for {type(backbone).__name__}")
    if objective.pooling not in POOLING:
        raise _lacking(f"has no pooling {objective.pooling}")
    if encoder.truncation != "head":
        raise _lacking(f"keeps the head of a text, not its {encoder.truncation}")
    for path, _ in MODULES:
        (folder / path).mkdir(exist_ok=True)
    for name, values in _settings(backbone, POOLING[objective.pooling], encoder).items():
        text = json.dumps(values, ensure_ascii=False, indent=1, default=str)
        (folder / name).write_text(text + "\n", "utf-8")
    encoder.backend.save(str(folder / "tokenizer.json"))
    write_tokenizer(encoder, folder, own=False)
    begin = "backbone.encoder."
    weights = (name for name in module.state_dict() if name.startswith(begin))
    return {name: name.removeprefix(begin) for name in weights}


def _lacking(problem: str) -> ConfigError:
    return ConfigError(f": sentence-transformers {problem}", field="format")


def _settings(backbone: HuggingFace, pooling: str, encoder: TextEncoder) -> dict[str, Any]:
    """The files that describe the model: name → content."""
    config = backbone.encoder.config.to_dict() | {"dtype": "float32"}
    modes = ("cls_token", "max_tokens", "mean_tokens", "lasttoken")
    second = encoder.second.prefix
    prompts = {"query": encoder.prefix, "document": second, "passage": second}
    return {
        "config.json": config | {"architectures": [type(backbone.encoder).__name__]},
        "modules.json": [
            {"idx": number, "name": str(number), "path": path, "type": PLACE + kind}
            for number, (path, kind) in enumerate(MODULES)
        ],
        "sentence_bert_config.json": {"max_seq_length": encoder.max_length, "do_lower_case": False},
        "1_Pooling/config.json": {"word_embedding_dimension": backbone.width}
        | {f"pooling_mode_{mode}": mode.startswith(pooling) for mode in modes},
        "config_sentence_transformers.json": {
            "prompts": prompts,
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }


def without_negatives(rows: CheckedRows, module: Module) -> CheckedRows:
    """Checked rows with their two texts alone, which is what the folder is asked of."""
    if not (isinstance(module.objective, Retrieval) and module.objective.negatives):
        return rows
    predictions, targets = (torch.as_tensor(x)[:, :2] for x in (rows.predictions, rows.targets))
    return rows._replace(predictions=predictions, targets=targets)


def said_by_vectors(folder: Path, module: Module, rows: CheckedRows) -> torch.Tensor:
    """Predictions of pairs, from vectors as sentence-transformers computes them of the folder."""
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    objective = module.objective
    assert isinstance(objective, BiEncoder)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    before = logging.get_verbosity()
    logging.set_verbosity_error()  # it warns of a pooler, which nobody uses
    try:
        model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    finally:
        logging.set_verbosity(before)
    options = json.loads((folder / "config_sentence_transformers.json").read_text("utf-8"))
    pool = build_pooling(objective.pooling, model.config.hidden_size)
    found = []
    with torch.inference_mode():
        sides = zip(("query", "document"), (rows.texts, rows.pairs or []), strict=True)
        for kind, texts in sides:
            prompt, parts = options["prompts"][kind], []
            for begin in range(0, len(texts), SIZE):
                some = [prompt + text for text in texts[begin : begin + SIZE]]
                inputs = tokenizer(some, padding=True, truncation=True, return_tensors="pt")
                hidden = model(**inputs).last_hidden_state
                pooled = pool(hidden, inputs["attention_mask"].bool())
                parts.append(torch.nn.functional.normalize(pooled, dim=-1))
            found.append(torch.cat(parts))
    return objective.of_vectors(*found)


SIZE = 32  # texts at a time
