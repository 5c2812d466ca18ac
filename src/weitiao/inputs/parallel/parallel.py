"""Parallel texts as an input of a DataModule: its options, and its steps in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from weitiao.errors import ConfigError
from weitiao.inputs import Counts, Input, Targets
from weitiao.inputs.parallel.card import ParallelInput
from weitiao.inputs.parallel.fitted import FittedParallel
from weitiao.inputs.parallel.pairs import pairs_of
from weitiao.inputs.parallel.tokenizers import Sides, ends_of, fit_sides
from weitiao.inputs.text.clean import Cleaner
from weitiao.inputs.text.normalisation import normalised
from weitiao.inputs.text.pretrained_tokenizer import tokenizer_files
from weitiao.inputs.text.tokenization import Encoder

TooLong = Literal["refuse", "drop"]


@dataclass(frozen=True)
class Parallel(Input):
    """Texts of which others are written: translations, summaries.

    Args:
        text: column of the text that is read.
        clean: cleaning steps of that text. What is to be written stays as it is.
        encode: its tokenizer and length.
        written: those of the other side; null = ``encode`` is for both, and a trained tokenizer is
            trained on both.
        too_long: what becomes of rows whose written side has more ids than its length: none is
            learned in part. ``drop`` leaves such rows out of training.

    Raises:
        ConfigError: a tokenizer doesn't go with texts that are written.
    """

    text: str = "text"
    clean: Cleaner = Cleaner()
    encode: Encoder = Encoder()
    written: Encoder | None = None
    too_long: TooLong = "refuse"

    def __post_init__(self) -> None:
        _check(self.encode, "encode")
        if self.written is None:
            return
        _check(self.written, "written")
        if self.written.prefix:
            problem = "is put before what is read, and this is written"
            raise ConfigError(problem, field="written.prefix")
        if self.written.truncation != "head":
            problem = "has no effect: what is written is never cut"
            raise ConfigError(problem, field="written.truncation")

    @property
    def columns(self) -> dict[str, str]:
        """That of the text that is read."""
        return {"text": self.text}

    def option_files(self) -> Iterator[Path]:
        """The files of tokenizers that aren't trained here."""
        for encoder in (self.encode, self.written):
            if encoder is not None and not encoder.trained:
                path = Path(encoder.tokenizer)
                yield from [path] if path.is_file() else tokenizer_files(path)

    def cleaned(self, table: pa.Table, *, may_drop: bool) -> tuple[pa.Table, Counts]:
        """Cleaned ``text`` beside ``original``; some rows leave, if they may."""
        original = table["text"]
        found = self.clean.clean(original.to_pylist(), may_drop=may_drop)
        place = table.column_names.index("text")
        table = table.set_column(place, "text", pa.array(found.texts, pa.string()))
        table = table.append_column("original", original)
        keep = pa.array([text is not None for text in found.texts], pa.bool_())
        return table.filter(keep), {"changed": found.changed, "dropped": found.dropped}

    def keys(self, table: pa.Table) -> Iterator[str]:
        """Texts that are read, without the differences that readers overlook."""
        return normalised(table)

    def fit(
        self,
        tables: Mapping[str, pa.Table],
        targets: Targets,
        folder: Path,
        begin: Callable[[str], None],
    ) -> FittedParallel:
        """Train or load the tokenizers, and look at the pairs.

        Raises:
            ConfigError: a tokenizer can't be loaded, or doesn't say where a text ends.
        """
        begin(f"encode ({self.encode.tokenizer})")
        sides = fit_sides(self.encode, self.written, tables["train"])
        first, last = ends_of(sides.written)
        card = ParallelInput(
            sides.read.vocab_size,
            sides.read.pad_id,
            sides.read.max_length,
            written_size=sides.written.vocab_size,
            written_length=sides.written.max_length,
            written_pad=sides.written.pad_id,
            begin=first,
            end=last,
            shared=self.written is None,
        )
        begin("look at the pairs")
        return FittedParallel(self, card, sides, pairs=pairs_of(tables))

    def from_state(self, state: Mapping[str, Any], card: ParallelInput) -> FittedParallel:
        """The fitted input that a checkpoint keeps."""
        return FittedParallel(self, card, Sides.from_state(state), unknown=state["unknown"])


def _check(encoder: Encoder, field: str) -> None:
    """Refuse what doesn't go with texts that are read and written whole."""
    if encoder.tokenizer == "words":
        problem = ": words can't be put together to a text again"
        raise ConfigError(problem, field=f"{field}.tokenizer", hint=f"{{--{field}.tokenizer}} bpe")
    if encoder.truncation == "windows":
        problem = "= windows is for spans and answers"
        raise ConfigError(problem, field=f"{field}.truncation")
    if encoder.pairs != "joined" or encoder.vectors is not None:
        name = "vectors" if encoder.vectors is not None else "pairs"
        problem = "doesn't go with texts that are written"
        raise ConfigError(problem, field=f"{field}.{name}")
