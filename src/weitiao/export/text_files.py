"""The files by which an exported model reads texts."""

import json
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError
from weitiao.export.bundle import bundle
from weitiao.export.portable import ngrams, place_reader, reader
from weitiao.inputs.text import Text, alignment, patterns, rewriting, truncation, units
from weitiao.inputs.text.fitted import FittedText
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.io.spans import units as of_spans
from weitiao.linear.features import KINDS, WORD
from weitiao.objectives import windows

SEGMENTERS = ("rjieba", "jieba", "char", "whitespace")
"""Those whose words need no model and no server."""


def write_text_files(data: DataModule, folder: Path) -> TextEncoder:
    """Write ``tokenizer.json``, ``text.json``, ``text.py``; perhaps ``features.npz``.

    Returns:
        What reads texts.

    Raises:
        ConfigError: the model reads no texts, or words that a model or a server cuts.
    """
    options, fitted = data.input, data.fitted
    if not isinstance(options, Text) or not isinstance(fitted, FittedText):
        raise ConfigError(f"the model reads what {type(options).__name__} makes, and no texts")
    encoder, features = fitted.encoder, fitted.features
    encoder.backend.save(str(folder / "tokenizer.json"))
    values: dict[str, Any] = {
        "clean": asdict(options.clean.rewriting),
        "pair": data.card.input.pair,
        "words": _words(encoder),
        **{
            name: getattr(encoder, name)
            for name in ("prefix", "before", "max_length", "truncation", "pad_id", "special_text")
        },
    }
    if features is not None:
        values["ngrams"] = {"kinds": KINDS, "word": WORD, "both_texts": features.both_texts}
        np.savez_compressed(folder / "features.npz", idf=features.idf)
    text = json.dumps(values, ensure_ascii=False, indent=1)
    (folder / "text.json").write_text(text, "utf-8")
    purpose = "From texts to what the model reads; it needs NumPy and tokenizers."
    modules: list[ModuleType] = [patterns, rewriting, truncation, ngrams, reader]
    if encoder.windows:
        modules += [of_spans, alignment, units, windows, place_reader]
    source = bundle(modules, purpose)
    (folder / "text.py").write_text(source, "utf-8")
    return encoder


def _words(encoder: TextEncoder) -> dict[str, Any] | None:
    if (segmenter := encoder.segmenter) is None:
        return None
    if segmenter.method not in SEGMENTERS:
        problem = f"the model reads words that {segmenter.method} cuts"
        raise ConfigError(problem, hint=f"train it on words of {', '.join(SEGMENTERS)}")
    words = encoder.words.plain() if encoder.words else {"dictionary": [], "stop": []}
    return {"method": segmenter.method, "hmm": segmenter.hmm, **words}
