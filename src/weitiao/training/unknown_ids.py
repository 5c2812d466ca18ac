"""What is told of ids that mean nothing to a model, or something else than in its training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weitiao.inputs.text.coverage import MANY_UNKNOWN, Coverage


def unknown_ids(shares: Mapping[str, float], beside: float = 0.0) -> str:
    """A line that tells the share of the unknown id, and warns of a large one.

    Args:
        shares: of each split.
        beside: that of train, if it isn't one of them: far more is a large one.
    """
    large = max(shares.values(), default=0) >= max(MANY_UNKNOWN, 2 * beside)
    told = ", ".join(f"{split} {share:.2%}" for split, share in shares.items())
    return f"{'! ' if large else ''}unknown ids: {told}"


def special_text(split: str, rows: int) -> str:
    """A line that warns of texts in which special tokens keep their ids."""
    return (
        f"! {rows:,} texts of {split} hold special tokens of the tokenizer, which mean to the model"
        " what they mean around a text; as text: --data.encode.special_text split"
    )


def new_texts(split: str, found: Coverage, train: Coverage) -> Iterator[str]:
    """Lines that say how well a checkpoint's vocabulary covers texts that are new to it.

    Args:
        split: what the texts are called.
        found: of them.
        train: of the texts that the checkpoint was trained on.
    """
    line = unknown_ids({split: found.unknown_share}, train.unknown_share)
    yield f"{line} (train {train.unknown_share:.2%})"
    if found.unknown_rows:
        yield f"! of {found.unknown_rows:,} of the texts the model knows nothing: it guesses"
    if found.special_rows:
        yield f"! in {found.special_rows:,} of the texts stand special tokens, which keep their ids"
