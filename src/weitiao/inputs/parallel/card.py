"""What a model must know about parallel texts."""

from __future__ import annotations

from dataclasses import dataclass

from weitiao.card import TokenInput


@dataclass(frozen=True)
class ParallelInput(TokenInput):
    """Texts that are read as ids, of which others are written, as ids as well.

    Args:
        written_size: number of ids that the tokenizer of the written side can produce.
        written_length: longest sequence of ids of that side, special ones included.
        written_pad: id that fills a batch of that side.
        begin: id with which each begins, of a tokenizer that puts one there; null = of none.
        end: id with which each ends.
        shared: whether both sides have one vocabulary.
    """

    written_size: int = 0
    written_length: int = 0
    written_pad: int = 0
    begin: int | None = None
    end: int = 0
    shared: bool = True
