"""From texts to what the model reads: cleaned, in ids, padded; as in training."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from weitiao.export.portable.ngrams import Ngrams
from weitiao.inputs.text.rewriting import Rewriting
from weitiao.inputs.text.truncation import fixed, kept_positions


class Reader:
    """Reads texts by the files of an exported model.

    Args:
        text: ``text.json``: cleaning, prefix, length.
        tokenizer: that of ``tokenizer.json``.
        features: ``features.npz``: the n-grams of a linear model; null = there is none.
    """

    def __init__(self, text: Path, tokenizer: Tokenizer, features: Path | None) -> None:
        self.options: dict[str, Any] = json.loads(text.read_text("utf-8"))
        self.clean = Rewriting(**self.options["clean"])
        self.tokenizer = tokenizer
        self.tokenizer.encode_special_tokens = self.options["special_text"] == "split"
        self.cut = _cutter(self.options["words"])
        self.ngrams = None
        if features is not None:
            idf = np.load(features, allow_pickle=False)["idf"]
            self.ngrams = Ngrams(idf, **self.options["ngrams"])

    def __call__(
        self, texts: Sequence[str], pairs: Sequence[str] | None = None
    ) -> dict[str, np.ndarray]:
        """``input_ids``, ``attention_mask`` and, where the model has them, others: ``(B, T)``.

        Args:
            pairs: the second text of each row, of a model of pairs.
        """
        texts, pairs = self.cleaned(texts, pairs)
        columns = self._encode(texts, pairs)
        mask = [np.ones(len(ids), bool) for ids in columns["input_ids"]]
        inputs = {"attention_mask": padded(mask, False)}
        for name, rows in columns.items():
            inputs[name] = padded(rows, self.options["pad_id"] if name == "input_ids" else 0)
        if self.ngrams:
            found = self.ngrams(texts, pairs)
            inputs["feature_ids"] = padded([ids for ids, _ in found], 0)
            inputs["feature_values"] = padded([values for _, values in found], 0)
        return inputs

    def cleaned(
        self, texts: Sequence[str], pairs: Sequence[str] | None
    ) -> tuple[Sequence[str], Sequence[str] | None]:
        """Texts, and of pairs the second ones, as the tokenizer gets them."""
        if (pairs is not None) != self.options["pair"]:
            raise ValueError("the model reads " + ("pairs" if self.options["pair"] else "texts"))
        return self.clean(texts)[0], None if pairs is None else self.clean(pairs)[0]

    def encodings(self, *columns: Sequence[Any]) -> list[Any]:
        """What the tokenizer makes of one text each, or of two.

        Args:
            columns: as `units` gives them.
        """
        rows = list(zip(*columns, strict=True)) if columns[1:] else list(columns[0])
        return self.tokenizer.encode_batch(rows, is_pretokenized=bool(self.options["words"]))

    def units(self, texts: Sequence[str]) -> list[Any]:
        """What the tokenizer takes: texts with the prefix, or their words."""
        return [self.cut(self.options["prefix"] + text) for text in texts]

    def _encode(
        self, texts: Sequence[str], pairs: Sequence[str] | None
    ) -> dict[str, list[np.ndarray]]:
        encodings = self.encodings(*(self.units(x) for x in (texts, pairs) if x is not None))
        ids, types = [], []
        for encoding in encodings:
            keep: Sequence[int] = range(len(encoding.ids))
            if len(keep) > self.options["max_length"]:
                of_texts = fixed(encoding.sequence_ids, self.options["before"])
                keep = kept_positions(
                    of_texts, self.options["max_length"], self.options["truncation"]
                )
            ids.append(np.array([encoding.ids[i] for i in keep] or [self.options["pad_id"]]))
            types.append(np.array([encoding.type_ids[i] for i in keep] or [0]))
        return {"input_ids": ids} | ({"token_type_ids": types} if pairs is not None else {})


def padded(rows: Sequence[np.ndarray], fill: float, least: int = 0) -> np.ndarray:
    """Rows as an array, at least so wide, their ends filled up."""
    width = max(least, *map(len, rows))
    array = np.full((len(rows), width), fill, rows[0].dtype)
    for cells, values in zip(array, rows, strict=True):
        cells[: len(values)] = values
    return array


def _cut_by(cut: Any, hmm: bool, text: str) -> list[str]:
    return cut(text, hmm)


def _cutter(words: dict[str, Any] | None) -> Any:
    """A function that cuts a text into the units that the tokenizer takes."""
    if words is None:
        return lambda text: text
    method, hmm, stop = words["method"], words["hmm"], frozenset(words["stop"])
    if method == "rjieba":
        import rjieba

        rust = rjieba.Jieba()
        for entry in words["dictionary"]:
            rust.add_word(*entry)
        cut: Any = partial(_cut_by, rust.cut, hmm)
    elif method == "jieba":
        import jieba

        python = jieba.Tokenizer()  # without its cache in a folder that all may write to
        python.FREQ, python.total = python.gen_pfdict(python.get_dict_file())
        python.initialized = True
        for entry in words["dictionary"]:
            python.add_word(*entry)
        cut = partial(python.lcut, HMM=hmm)
    else:
        cut = list if method == "char" else str.split
    return lambda text: [w for w in cut(text) if w not in stop and not w.isspace()]
