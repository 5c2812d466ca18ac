"""Which parts of a long text were cut off."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from weitiao.inputs import Span
from weitiao.inputs.text.units import starts_of


def unread_spans(
    found: Any,
    kept: Collection[int],
    texts: Sequence[str],
    words: Sequence[Sequence[str]] | None,
    prefix: str,
) -> list[list[Span]]:
    """The spans of each text of a row whose ids were left out.

    Args:
        found: the ids of the whole row, an ``Encoding`` of tokenizers.
        kept: the positions that stay.
        texts: one, or two of a pair.
        words: the words of each, where the tokenizer was given words; offsets are then within them.
        prefix: stands before each text in what was encoded.
    """
    spans: list[list[Span]] = [[] for _ in texts]
    starts = [*map(starts_of, texts, words)] if words else []
    lost_before = False
    for position, text in enumerate(found.sequence_ids):
        lost = text is not None and position not in kept
        if lost:
            begin, end = found.offsets[position]
            shift = starts[text][found.word_ids[position]] if starts else -len(prefix)
            if lost_before:
                begin, _ = spans[text].pop()
                begin -= shift
            spans[text].append((begin + shift, end + shift))
        lost_before = lost
    return spans
