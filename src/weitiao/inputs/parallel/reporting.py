"""Lines for people: how much of parallel texts is read and written, and what isn't."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from weitiao.inputs.counts import by_split
from weitiao.inputs.parallel.card import ParallelInput
from weitiao.inputs.parallel.found import Found
from weitiao.inputs.parallel.pairs import told_of_pairs
from weitiao.inputs.text.reporting import cleaning, unknown_ids


def handling(report: Mapping[str, Any], card: ParallelInput, too_long: str) -> Iterator[str]:
    """Lines that say before training what is cut, left out and not known.

    Args:
        report: ``audit.json``.
        too_long: what becomes of rows that are.
    """
    yield from cleaning(report)
    found = {split: Found(**each) for split, each in report["encode"].items()}
    one = "one vocabulary for both sides" if card.shared else "a vocabulary for each side"
    sizes = str(card.vocab_size) if card.shared else f"{card.vocab_size} and {card.written_size}"
    yield f"{one}: {sizes} ids"
    if any(each.cut for each in found.values()):
        cut = by_split(found, lambda each: each.cut)
        yield f"! texts cut to {card.max_length} ids: {cut}; a larger {{--max_length}} holds more"
    for split, each in found.items():
        if each.lost:
            what = "rows leave it" if split == "train" else "rows count for no loss"
            yield (
                f"! {split}: {each.lost:,} {what}, whose written side has more than"
                f" {card.written_length} ids: {each.first_lost}, …"
            )
        if each.inexact:
            yield (
                f"! {split}: {each.inexact:,} texts can't be written to the letter, since the"
                f" tokenizer lacks characters or folds them; the first is {each.first_inexact}"
            )
    if any(each.unknown_read for each in found.values()):
        yield unknown_ids({split: each.unknown_share for split, each in found.items()})
    yield from told_of_pairs(report["pairs"])


def of_new_rows(split: str, found: Found, card: ParallelInput, train: float) -> Iterator[str]:
    """Lines on rows that are new to a checkpoint.

    Args:
        split: what the rows are called.
        train: share of unknown ids in train.
    """
    if found.unknown_read or train:
        yield f"{unknown_ids({split: found.unknown_share}, train)} (train {train:.2%})"
    if found.cut:
        yield f"! {found.cut:,} of {found.rows:,} texts are cut to {card.max_length} ids"
    if found.lost:
        yield (
            f"! of {found.lost:,} rows what is to be written has more than {card.written_length}"
            f" ids, and counts for no loss: {found.first_lost}, …"
        )
