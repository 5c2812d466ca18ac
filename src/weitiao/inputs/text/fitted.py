"""A text input whose tokenizer is ready: rows to ids, and its state in a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from weitiao.card import TokenInput
from weitiao.inputs import FittedInput, Span
from weitiao.inputs.text.coverage import Coverage, refuse_unread
from weitiao.inputs.text.negatives import with_negatives
from weitiao.inputs.text.normalisation import roles_of
from weitiao.inputs.text.offsets import CONTEXT, OFFSETS, in_the_original
from weitiao.inputs.text.reporting import handling, new_texts
from weitiao.inputs.text.rows import ChangedRows, TokenRows
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.inputs.text.word_vectors import read_vectors
from weitiao.io.arrow import light_parts_of
from weitiao.io.tables.positive_cells import NEGATIVES
from weitiao.linear import NgramFeatures, state_of, with_features

if TYPE_CHECKING:
    from weitiao.inputs.text.text import Text

STATE, VECTORS, WEIGHTS = "encoder.json", "vectors.npy", "linear.npz"


class FittedText(FittedInput):
    """A text input that has seen the training rows.

    Args:
        encoder: the tokenizer, or its state with the coverage of train.
        files: that a model learns from.
    """

    card: TokenInput
    files: list[Path]

    def __init__(
        self,
        options: Text,
        card: TokenInput,
        encoder: TextEncoder | dict[str, Any],
        features: NgramFeatures | None = None,
        *,
        report: Mapping[str, Any] | None = None,
        files: Sequence[Path] = (),
    ) -> None:
        self.options, self.card, self.features, self.files = options, card, features, [*files]
        self._report = dict(report or {})
        if isinstance(encoder, TextEncoder):
            self.encoder, self._state = encoder, encoder.state()
        else:
            self._state = encoder

    @cached_property
    def encoder(self) -> TextEncoder:
        """The tokenizer, made from its state when it is first asked for."""
        return TextEncoder.from_state(self._state, self.options.words)

    def encode(self, table: pa.Table) -> pa.Table:
        """The ids of a table's ``text`` and, where there are such, ``pair`` and ``negatives``."""
        further = [name for name in (NEGATIVES,) if name in table.column_names]
        parts = light_parts_of(table, [*roles_of(table), *further])
        return pa.concat_tables([self._encoded(part) for part in parts])

    def _encoded(self, part: pa.Table) -> pa.Table:
        encoded = self.encoder.encode(*texts_of(part))
        if NEGATIVES in part.column_names:
            encoded = with_negatives(encoded, part[NEGATIVES], self.encoder.second)
        if (place := encoded.schema.get_field_index(OFFSETS)) < 0:
            return encoded
        encoded = encoded.set_column(place, OFFSETS, in_the_original(encoded[OFFSETS], part))
        return encoded.append_column(CONTEXT, part["original"]) if self.card.pair else encoded

    def for_evaluation(self, encoded: pa.Table, table: pa.Table) -> pa.Table:
        """The features of a linear model, whose weights aren't trained."""
        return with_features(encoded, self.features, *texts_of(table)) if self.features else encoded

    def examine(self, encoded: pa.Table, table: pa.Table, *, training: bool) -> dict[str, Any]:
        """How well the vocabulary covers rows; of those of training it is kept."""
        found = Coverage.of(self.encoder, encoded)
        if training:
            refuse_unread(self.options.encode, encoded, table, found.unknown_share)
            self._state["coverage"] = asdict(found)
        return asdict(found)

    def joined(self, found: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
        """How well the vocabulary covers the rows of both."""
        return asdict(Coverage(**found) + Coverage(**more))

    def finish(
        self, encoded: Mapping[str, pa.Table], folder: Path, begin: Callable[[str], None]
    ) -> dict[str, Any]:
        """Pick out word vectors, write the tokenizer's state; and report on the linear model."""
        encode = self.options.encode
        if encode.vectors is not None:
            begin("pick out word vectors")
            vectors = read_vectors(encode.vectors, self.encoder, encode.folds)
            np.save(folder / VECTORS, vectors.matrix)
            self.files.append(folder / VECTORS)
            self.card = replace(self.card, vector_width=vectors.matrix.shape[1])
            self._report["vectors"] = vectors.report(encoded)
        state = json.dumps(self._state, ensure_ascii=False, indent=2)
        (folder / STATE).write_text(state, "utf-8")
        return self._report

    def unread(self, texts: Sequence[str]) -> list[list[Span]]:
        """The parts of a row's texts whose ids were left out."""
        return self.encoder.unread(texts)

    def rows(self, encoded: pa.Table) -> TokenRows:
        """The rows as they are."""
        return TokenRows(encoded, self.card.pad_id)

    def changed_rows(self, encoded: pa.Table, table: pa.Table, seed: int) -> ChangedRows:
        """The rows under augmentation."""
        augment = self.options.augment
        assert augment is not None
        return ChangedRows(encoded, table, self.encoder, augment, self.options.segment, seed)

    def state(self) -> dict[str, Any]:
        """The tokenizer, and the features of the linear model."""
        if self.features is None:
            return {"encoder": self._state}
        import torch  # preparation does without it

        arrays = state_of(self.features).items()
        tensors = {name: torch.from_numpy(array) for name, array in arrays}
        return {"encoder": self._state, "features": tensors}

    def handling(self, report: Mapping[str, Any], rows: Mapping[str, int]) -> Iterator[str]:
        """Lines on what was cleaned, cut and not known."""
        return handling(report, rows, self.card.max_length, windows=self.card.windows)

    def of_new_rows(self, split: str, found: Mapping[str, Any]) -> Iterator[str]:
        """How well the vocabulary covers texts that are new to it."""
        train = Coverage(**self._state["coverage"])
        return new_texts(split, Coverage(**found), train, windows=self.card.windows)


def texts_of(table: pa.Table) -> tuple[list[str], list[str] | None]:
    """The texts of rows and, of pairs, the second ones."""
    pair = table["pair"].to_pylist() if "pair" in table.column_names else None
    return table["text"].to_pylist(), pair
