"""What targets have in common that are texts from end to end, which a model has to write."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.card import TargetCard
from weitiao.targets.base import Target, refuse_missing

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class ReplyTarget:
    """A text that a model writes: an answer, a translation.

    Args:
        tokenizer: what turns ids into the text of an answer, as `Tokenizer.to_str` of tokenizers
            writes it; the input fills it in.
    """

    tokenizer: str = ""

    @property
    def labels(self) -> Sequence[str]:
        """None: anything may be said."""
        return ()

    def encode(self, table: pa.Table) -> pa.ChunkedArray:
        """large_string ``(N,)``: the texts as they are."""
        return table["label"].cast(pa.large_string())

    def written(self, decided: Any) -> list[str]:
        """The texts of what was written, each a list of ids, without ids that are no text."""
        return [self._decoder.decode([*row], skip_special_tokens=True) for row in decided]

    def id_of(self, token: str) -> int | None:
        """The id of a token; null = there is no such token."""
        found: int | None = self._decoder.token_to_id(token)
        return found

    @cached_property
    def _decoder(self) -> Tokenizer:
        from tokenizers import Tokenizer

        return Tokenizer.from_str(self.tokenizer)


class WholeText(Target):
    """A text of any words."""

    @property
    @abstractmethod
    def what(self) -> str:
        """What such texts are called."""

    def check(self, tables: Mapping[str, pa.Table], before: pa.Table) -> None:
        """Refuse rows without a text; all may have the same."""
        refuse_missing(tables)

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """A card without a tokenizer: that is the input's to give."""
        return ReplyTarget()

    def strata(self, table: pa.Table) -> np.ndarray | None:
        """One: nearly every row has another text."""
        return np.zeros(table.num_rows, np.int64) if "label" in table.column_names else None

    def described(self, table: pa.Table) -> dict[str, Any]:
        """``targets``: how many different texts there are, and how many characters they have."""
        sizes = pc.utf8_length(table["label"]).to_numpy()
        figures = {
            f"different {self.what}": len(pc.unique(table["label"])),
            "median characters": int(np.median(sizes)),
            "most characters": int(sizes.max()),
        }
        return {"classes": {}, "targets": figures}
