"""A target of an answer in a conversation: a text that a model has to say."""

from __future__ import annotations

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
    """The last answer of a conversation.

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
        """large_string ``(N,)``: the answers as they are."""
        return table["label"].cast(pa.large_string())

    def written(self, decided: Any) -> list[str]:
        """The texts of answers, each a list of ids, without ids that are no text."""
        return [self._decoder.decode([*row], skip_special_tokens=True) for row in decided]

    def id_of(self, token: str) -> int | None:
        """The id of a token; null = there is no such token."""
        found: int | None = self._decoder.token_to_id(token)
        return found

    @cached_property
    def _decoder(self) -> Tokenizer:
        from tokenizers import Tokenizer

        return Tokenizer.from_str(self.tokenizer)


@dataclass(frozen=True)
class Reply(Target):
    """What is answered to the end of a conversation.

    Args:
        label: column of the answer, where it isn't the last message of the conversation itself, in
            one of the forms that ``docs/data.md`` lists; the usual names of both are found.
    """

    label: str = "label"

    cells = "reply"
    conflict = "are there several answers to each prompt? {--drop_conflicts} false keeps such rows"

    def check(self, tables: Mapping[str, pa.Table], before: pa.Table) -> None:
        """Refuse rows without an answer; all may have the same."""
        refuse_missing(tables)

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """A card without a tokenizer: that is the input's to give."""
        return ReplyTarget()

    def strata(self, table: pa.Table) -> np.ndarray | None:
        """One: nearly every answer is another text."""
        return np.zeros(table.num_rows, np.int64) if "label" in table.column_names else None

    def described(self, table: pa.Table) -> dict[str, Any]:
        """``targets``: how many different answers there are, and how many characters they have."""
        return described(table, "answers")


def described(table: pa.Table, what: str) -> dict[str, Any]:
    """Figures of whole texts, as `Target.described` gives them.

    Args:
        what: they are called.
    """
    sizes = pc.utf8_length(table["label"]).to_numpy()
    figures = {
        f"different {what}": len(pc.unique(table["label"])),
        "median characters": int(np.median(sizes)),
        "most characters": int(sizes.max()),
    }
    return {"classes": {}, "targets": figures}
