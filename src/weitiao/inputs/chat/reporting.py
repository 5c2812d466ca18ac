"""Lines for people: how conversations become text, and which part of them is learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weitiao.inputs.chat.card import ChatInput
from weitiao.inputs.chat.encoder import ChatEncoder
from weitiao.inputs.chat.found import Found
from weitiao.inputs.chat.lengths import TooLong
from weitiao.inputs.chat.template import DAY
from weitiao.inputs.counts import by_split
from weitiao.inputs.text.reporting import unknown_ids


def handling(
    found: Mapping[str, Found], encoder: ChatEncoder, card: ChatInput, too_long: TooLong
) -> Iterator[str]:
    """Lines that say before training what is learned, left out and not known.

    Args:
        found: by split.
    """
    yield from _of_template(encoder, card)
    counts = (f"{split} {each.learned:,} of {each.ids:,}" for split, each in found.items())
    yield f"ids to be said, of all: {', '.join(counts)}"
    if any(each.long for each in found.values()):
        yield from _lengths(found, card.max_length, too_long)
    shares = {split: each.unknown / max(1, each.ids) for split, each in found.items()}
    if encoder.unk_id is not None:
        yield unknown_ids(shares)
    if any(each.special for each in found.values()):
        rows = by_split(found, lambda each: each.special)
        yield f"! rows in which special tokens of the tokenizer stand, read as text: {rows}"
    for split, each in found.items():
        if each.unsaid:
            yield _unsaid(each, f"! {split}: in")
        if each.inexact:
            yield (
                f"! {split}: {each.inexact:,} answers can't be said to the letter, since the"
                f" tokenizer lacks characters or folds them; the first is {each.first_inexact}"
            )


def _of_template(encoder: ChatEncoder, card: ChatInput) -> Iterator[str]:
    """What of the template, and of where answers end, isn't as one may think."""
    names = [encoder.tokenizer.id_to_token(index) for index in card.ends]
    if not encoder.ended:
        yield f"! the chat template doesn't end an answer: {names[0]!r} is put behind the last one"
    elif card.ends[0] in encoder.stops:
        yield f"an answer ends with {names[0]!r}"
    else:
        others = " or ".join(map(repr, names[1:])) or "nothing"
        yield (
            f"! an answer ends with {names[0]!r}, and by the model's own files generation stops at"
            f" {others}: what is trained here stops at both, elsewhere say so"
        )
    if encoder.template.dated:
        yield f"the chat template tells the day: it is always {DAY}, so that ids stay the same"


def _lengths(found: Mapping[str, Found], longest: int, too_long: TooLong) -> Iterator[str]:
    long = by_split(found, lambda each: each.long)
    yield f"rows of more than {longest} ids: {long}; the longest has {_longest(found):,}"
    if too_long == "cut_prompt":
        yield f"the oldest turns are left out of: {by_split(found, lambda each: each.cut)}"
    for split, each in found.items():
        if each.lost:
            what = "rows leave it" if split == "train" else "rows count for no loss"
            yield f"! {split}: {each.lost:,} {what}, whose answer doesn't fit: {each.first_lost}, …"


def _longest(found: Mapping[str, Found]) -> int:
    return max(each.longest for each in found.values())


def _unsaid(found: Found, begin: str) -> str:
    return (
        f"{begin} {found.unsaid:,} of {found.rows:,} conversations the chat template leaves out, or"
        f" rewrites, what stands before an answer; the first is {found.first_unsaid}"
    )


def of_new_rows(split: str, found: Found, card: ChatInput, train: float) -> Iterator[str]:
    """Lines on rows that are new to a checkpoint.

    Args:
        split: what the rows are called.
        train: share of unknown ids in train.
    """
    if found.unknown or train:
        share = found.unknown / max(1, found.ids)
        yield f"{unknown_ids({split: share}, train)} (train {train:.2%})"
    if found.cut:
        yield (
            f"! of {found.cut:,} of {found.rows:,} conversations the oldest part isn't read: they"
            f" have more than {card.max_length} ids"
        )
    if found.lost:
        yield (
            f"! {found.lost:,} answers don't fit in {card.max_length} ids behind their prompt, and"
            f" count for no loss: {found.first_lost}, …"
        )
    if found.unsaid:
        yield _unsaid(found, "! in")
    if found.special:
        yield f"! in {found.special:,} conversations stand special tokens, read as text"
