"""A parallel input whose tokenizers are ready: rows to ids, and its state in a checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from weitiao.card import TargetCard
from weitiao.errors import ConfigError
from weitiao.inputs import FittedInput, Span
from weitiao.inputs.parallel.card import ParallelInput
from weitiao.inputs.parallel.found import Found
from weitiao.inputs.parallel.reporting import handling, of_new_rows
from weitiao.inputs.parallel.rows import ParallelRows
from weitiao.inputs.parallel.tokenizers import Sides
from weitiao.io.arrow import Ragged, light_parts_of, list_array
from weitiao.targets.whole_text import ReplyTarget

if TYPE_CHECKING:
    from weitiao.inputs.parallel.parallel import Parallel

MOST_INEXACT = 0.5  # of the rows of train: with more, no model can write what it is to write
_WHOLE = np.iinfo(np.int64).max


class FittedParallel(FittedInput):
    """Parallel texts that are ready.

    Args:
        pairs: what to report on the pairs of each split.
        unknown: share of the unknown id in what is read of train.
    """

    card: ParallelInput

    def __init__(
        self,
        options: Parallel,
        card: ParallelInput,
        sides: Sides,
        pairs: Mapping[str, Any] | None = None,
        unknown: float = 0.0,
    ) -> None:
        self.options, self.card, self.sides = options, card, sides
        self._pairs, self._unknown = dict(pairs or {}), unknown
        self._target = ReplyTarget(sides.written.backend.to_str())

    def completed_target(self, card: TargetCard) -> TargetCard:
        """The target with the tokenizer that turns ids into its texts."""
        if isinstance(card, ReplyTarget):
            return replace(card, tokenizer=self._target.tokenizer)
        return card

    def encode(self, table: pa.Table) -> pa.Table:
        """The ids of both sides.

        Returns:
            A table with ``input_ids: large_list<int32>``, and ``cut``, whether the text is longer;
            ``written: large_list<int32>``, the ids of what is to be written, with those of its ends
            – none where it has more than fit, or there is none. And what is reported on rows:
            ``whole: int32``, how many ids it has; ``inexact``, whether it reads otherwise once it
            has been ids.

        Raises:
            ConfigError: a tokenizer fails.
        """
        names = [name for name in ("text", "label") if name in table.column_names]
        return pa.concat_tables([*map(self._encoded, light_parts_of(table, names))])

    def _encoded(self, part: pa.Table) -> pa.Table:
        read = self.sides.read.encode(part["text"].to_pylist())
        columns = {name: read[name] for name in ("input_ids", "cut")}
        if "label" in part.column_names:
            texts = part["label"].to_pylist()
            sizes = np.full(len(texts), _WHOLE)
            ids = Ragged(self.sides.written.as_one(texts, longest=sizes)["input_ids"])
            lists = ids.lists(np.arange(len(texts)))
            again = self._target.written([row.tolist() for row in lists])
            inexact = [_folded(one) != _folded(two) for one, two in zip(texts, again, strict=True)]
        else:
            lists = [np.zeros(0, np.int32)] * part.num_rows
            inexact = [False] * part.num_rows
        whole = np.array([len(row) for row in lists], np.int32)
        fit = [row if len(row) <= self.card.written_length else row[:0] for row in lists]
        columns["written"] = list_array(fit, pa.int32())
        columns["whole"] = pa.array(whole, pa.int32())
        columns["inexact"] = pa.array(inexact, pa.bool_())
        return pa.Table.from_pydict(columns)  # `pa.table` imports pandas

    def examine(self, encoded: pa.Table, table: pa.Table, *, training: bool) -> dict[str, Any]:
        """What to report on rows.

        Raises:
            ConfigError: what is to be written doesn't fit and that is to be refused, or none of
                training does, or most of it can't be written by the tokenizer.
        """
        unknown = [side.unk_id for side in self.sides]
        found = Found.of(encoded, table, self.card.written_length, *unknown)
        if training:
            self._unknown = found.unknown_share
        self._refuse(found, training=training)
        return asdict(found)

    def _refuse(self, found: Found, *, training: bool) -> None:
        longest = self.card.written_length
        side = "encode" if self.options.written is None else "written"
        more = f"{{--{side}.max_length}} {found.longest}"
        if found.lost and self.options.too_long == "refuse":
            raise ConfigError(
                f"= {longest} ids: in {found.lost:,} of {found.rows:,} rows what is to be written"
                f" is longer, the first is {found.first_lost}, the longest has {found.longest:,}",
                field=f"{side}.max_length",
                hint=f"{more}; {{--too_long}} drop leaves out such rows; or take them out of the"
                " file",
            )
        if training and found.lost == found.rows:
            raise ConfigError(
                f"= {longest} ids: nothing of train that is to be written fits",
                field=f"{side}.max_length",
                hint=more,
            )
        if training and found.inexact > MOST_INEXACT * found.rows:
            raise ConfigError(
                f": {found.inexact:,} of {found.rows:,} texts of train that are to be written read"
                f" otherwise once they have been ids, the first is {found.first_inexact}",
                field=f"{side}.tokenizer",
                hint=f"{{--{side}.tokenizer}} bpe {{--{side}.lowercase}} null",
            )

    def learnable(self, encoded: pa.Table) -> np.ndarray:
        """Those of which what is to be written fits."""
        found: np.ndarray = Ragged(encoded["written"]).lengths > 0
        return found

    def joined(self, found: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
        """The counts of both."""
        return asdict(Found(**found) + Found(**more))

    def finish(
        self, encoded: Mapping[str, pa.Table], folder: Path, begin: Callable[[str], None]
    ) -> dict[str, Any]:
        """Write the state; gives the report on pairs."""
        super().finish(encoded, folder, begin)
        return {"pairs": self._pairs}

    def rows(self, encoded: pa.Table) -> ParallelRows:
        """The rows as they are."""
        return ParallelRows(encoded, self.card.pad_id)

    def unread(self, texts: Any) -> list[list[Span]]:
        """The parts of a text whose ids were left out."""
        return self.sides.read.unread(texts)

    def state(self) -> dict[str, Any]:
        """Both tokenizers."""
        return {**self.sides.state(), "unknown": self._unknown}

    def handling(self, report: Mapping[str, Any], rows: Mapping[str, int]) -> Iterator[str]:
        """Lines on what was cleaned, cut and not known, and on pairs that look wrong."""
        yield from handling(report, self.card, self.options.too_long)

    def of_new_rows(self, split: str, found: Mapping[str, Any]) -> Iterator[str]:
        """What was cut, and how well the vocabulary covers texts that are new to it."""
        return of_new_rows(split, Found(**found), self.card, self._unknown)


def _folded(text: str) -> str:
    return " ".join(text.split())
