"""The text input: which columns, and each step from a raw cell to ids, with its options."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.card import TokenInput
from weitiao.errors import ConfigError
from weitiao.inputs import Counts, FittedInput, Input, Targets
from weitiao.inputs.text.augment import Augmenter, words_to_prepare
from weitiao.inputs.text.clean import Cleaned, Cleaner
from weitiao.inputs.text.fitted import STATE, VECTORS, WEIGHTS, FittedText, texts_of
from weitiao.inputs.text.negatives import cleaned_negatives
from weitiao.inputs.text.normalisation import normalised, roles_of
from weitiao.inputs.text.options import (
    cleaned_options,
    texts_with_options,
    with_passage,
)
from weitiao.inputs.text.pretrained_tokenizer import tokenizer_files
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.tokenization import Encoder
from weitiao.inputs.text.word_vectors import file_of_vectors
from weitiao.io.arrow import all_texts
from weitiao.io.dialogues.messages import Role
from weitiao.io.tables.positive_cells import NEGATIVES, negative_columns
from weitiao.io.text_lists import as_cell
from weitiao.linear import Linear, Rows, from_state, read_features, solve_splits, write_linear


@dataclass(frozen=True)
class Text(Input):
    """Texts, or pairs of them, that a model reads as ids.

    Args:
        text: column of the text.
        pair: column of a second text, if rows are pairs, or of a row's options.
        negatives: of pairs that belong together, column of texts that don't belong to the first
            one: a text, or in JSON, Parquet or Arrow a list of them; or several columns of a text
            each. Rows may have different numbers of them, and rows to predict need none.
        passage: of options, column of a text that the text is about, such as the passage of a
            question: it is read before it. One that is called so need not be there; null = none.
        clean: cleaning steps.
        segment: word segmentation, for a vocabulary of words and for augmentation.
        encode: tokenizer and length.
        augment: changed copies of training texts; null = none.
        linear: a linear model of n-grams beside the network; null = none.

    Raises:
        ConfigError: nothing uses the segmenter, or options don't go together.
    """

    text: str = "text"
    pair: str | None = None
    negatives: str | list[str] | None = None
    passage: str | None = None
    clean: Cleaner = Cleaner()
    segment: Segmenter = Segmenter()
    encode: Encoder = Encoder()
    augment: Augmenter | None = None
    linear: Linear | None = None

    def __post_init__(self) -> None:
        _ = self.words
        if self.encode.truncation == "windows":
            self._check_spans()
        if self.encode.pairs == "apart":
            self._check_apart()
        elif self.negatives:
            problem = "go with texts that are read apart"
            raise ConfigError(problem, field="negatives", hint="{--pairs} apart")
        if self.encode.pairs == "options":
            self._check_options()
        elif self.passage is not None:
            hint = "{--task} choice"
            raise ConfigError("goes with pairs: options only", field="passage", hint=hint)

    def _check_options(self) -> None:
        """Refuse what knows of one sequence a row only."""
        if self.pair is None:
            problem = ": options need their column"
            raise ConfigError(problem, field="pair", hint="{--pair} options")
        for name, value in {"augment": self.augment, "linear": self.linear}.items():
            if value is not None:
                problem = "doesn't go with pairs: options, of which a row has several"
                raise ConfigError(problem, field=name)

    def _check_spans(self) -> None:
        """Refuse what has no place in the text as it was read."""
        for name, value in {"augment": self.augment, "linear": self.linear}.items():
            if value is not None:
                problem = "doesn't go with truncation: windows, which keeps places in the text"
                raise ConfigError(problem, field=name)
        if self.encode.pairs != "joined":
            pairs = self.encode.pairs
            problem = f"= {pairs} doesn't go with truncation: windows, each with the second text"
            raise ConfigError(problem, field="pairs")

    def _check_apart(self) -> None:
        """Refuse what knows of one text only, or of both at once."""
        if self.pair is None:
            problem = "apart needs rows of two texts"
            raise ConfigError(problem, field="pairs", hint="{--pair} COLUMN")
        if self.linear is not None:
            raise ConfigError("reads both texts of a pair at once", field="linear")

    @property
    def words(self) -> Segmenter:
        """The segmenter as far as it shapes ids."""
        return words_to_prepare(self.segment, self.encode, self.augment)

    @property
    def columns(self) -> dict[str, str]:
        """Role → column of the file."""
        others = {"pair": self.pair, "passage": self.passage}
        return {"text": self.text} | {r: name for r, name in others.items() if name is not None}

    @property
    def optional(self) -> Sequence[str]:
        """The passage, which not every question has."""
        return ("passage",)

    def cell(self, role: str, value: Any, roles: Mapping[str, Role] | None = None) -> Any:
        """Options as they stand in a table, where they are given as a list."""
        if role == "pair" and self.encode.pairs == "options" and isinstance(value, list | tuple):
            return as_cell(value) if all(isinstance(each, str) for each in value) else value
        return value

    @property
    def columns_of_labelled(self) -> dict[str, str]:
        """Those of the negatives."""
        return negative_columns(self.negatives)

    @property
    def times(self) -> int | None:
        """How often a training row comes in an epoch, under augmentation."""
        return self.augment.times if self.augment else None

    def check(self) -> None:
        """See to it that augmentation can do something."""
        if self.augment:
            self.augment.check(self.segment)

    def shaping(self) -> Text:
        """The same without augmentation, which shapes no id."""
        return replace(self, augment=None, segment=replace(self.words, workers=1))

    def option_files(self) -> Iterator[Path]:
        """Dictionaries, word vectors, the files of a pretrained tokenizer."""
        yield from self.words.files()
        if self.encode.vectors is not None:
            yield file_of_vectors(self.encode.vectors)
        path = Path(self.encode.tokenizer)
        if self.encode.of_checkpoint and path.is_file():
            yield path
        if not self.encode.trained:
            yield from tokenizer_files(path)

    def cleaned(self, table: pa.Table, *, may_drop: bool) -> tuple[pa.Table, Counts]:
        """Cleaned ``text`` (and ``pair``) beside ``original``; some rows leave, if they may."""
        table = with_passage(table)
        original = table["text"]
        report: Counts = {"changed": {}, "dropped": {}}
        keep = [True] * table.num_rows
        for name in roles_of(table):
            cleaned = self._cleaned(name, table[name].to_pylist(), may_drop=may_drop)
            keep = [k and text is not None for k, text in zip(keep, cleaned.texts, strict=True)]
            table = table.set_column(
                table.column_names.index(name), name, pa.array(cleaned.texts, pa.string())
            )
            for act, counts in (("changed", cleaned.changed), ("dropped", cleaned.dropped)):
                for step, count in counts.items():
                    report[act][step] = report[act].get(step, 0) + count
        if NEGATIVES in table.column_names:
            table = cleaned_negatives(table, self.clean)
        table = table.append_column("original", original)
        return (table if all(keep) else table.filter(pa.array(keep))), report

    def _cleaned(self, role: str, texts: list[str], *, may_drop: bool) -> Cleaned:
        if role == "pair" and self.encode.pairs == "options":
            return cleaned_options(partial(self.clean.clean, may_drop=False), texts)
        return self.clean.clean(texts, may_drop=may_drop)

    def keys(self, table: pa.Table) -> Iterator[str]:
        """Texts without the differences that readers overlook."""
        return normalised(table)

    def sizes(self, table: pa.Table) -> np.ndarray:
        """Characters per row, both texts of a pair together."""
        lengths = [pc.utf8_length(table[name]).to_numpy() for name in roles_of(table)]
        return np.sum(lengths, axis=0)

    def fit(
        self,
        tables: Mapping[str, pa.Table],
        targets: Targets,
        folder: Path,
        begin: Callable[[str], None],
    ) -> FittedInput:
        """Solve the linear model, train or load the tokenizer."""
        solved, report, files = None, {}, list[Path]()
        if self.linear is not None:
            begin(f"solve the linear model of n-grams: {tables['train'].num_rows:,} rows")
            rows = {s: Rows(*texts_of(tables[s]), v) for s, v in targets.values.items()}
            solved = solve_splits(self.linear, rows, targets.card)
            report["linear"] = solved.report
            files += write_linear(solved, folder)
        begin(f"encode ({self.encode.tokenizer})")
        options = self.encode.pairs == "options"
        texts = (texts_with_options if options else all_texts)(tables["train"])
        encoder = self.encode.fit(texts, self.words)
        card = TokenInput(
            encoder.vocab_size,
            encoder.pad_id,
            encoder.max_length,
            windows=encoder.windows,
            pair=self.pair is not None,
            apart=encoder.pairs == "apart",
            options=options,
            linear_features=solved.features.width if solved else None,
        )
        features = solved.features if solved else None
        return FittedText(self, card, encoder, features, report=report, files=files)

    def load(self, folder: Path, card: TokenInput) -> FittedInput:
        """What `FittedText.finish` left in a folder, the files beside it named in the card."""
        vectors = str(folder / VECTORS) if card.vector_width else None
        linear = str(folder / WEIGHTS) if card.linear_features else None
        state = json.loads((folder / STATE).read_text("utf-8"))
        card = replace(card, vectors=vectors, linear=linear)
        return FittedText(self, card, state, read_features(folder))

    def from_state(self, state: Mapping[str, Any], card: TokenInput) -> FittedInput:
        """The fitted input that a checkpoint keeps."""
        features = from_state(state["features"]) if "features" in state else None
        return FittedText(self, card, state["encoder"], features)
