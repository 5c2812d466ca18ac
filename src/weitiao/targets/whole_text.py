"""The base of targets that are whole texts for a model to write."""

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

    def tokens_of(self, token: str) -> list[tuple[int, str]]:
        """The ids of a token, and what the vocabulary calls them: one of a token, several of a text
        that is none, none of what isn't known.

        Args:
            token: as the vocabulary has it, such as ``Ġthe``, or the text that it stands for.
        """
        found: int | None = self._decoder.token_to_id(token)
        if found is not None:
            return [(found, token)]
        read = self._decoder.encode(token, add_special_tokens=False)
        said = self._decoder.decode(read.ids, skip_special_tokens=True)
        known = "".join(said.split()) == "".join(token.split())
        return [*zip(read.ids, read.tokens, strict=True)] if known else []

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
