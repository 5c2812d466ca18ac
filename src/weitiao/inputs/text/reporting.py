"""Lines for people: what cleaning, cutting and the vocabulary did to texts."""

from collections.abc import Iterator, Mapping
from typing import Any

from weitiao.inputs.text.coverage import MANY_UNKNOWN, Coverage

FEW_VECTORS = 0.5  # of the running words: less is shown as a warning


def handling(
    report: Mapping[str, Any], rows: Mapping[str, int], longest: int, *, windows: bool
) -> Iterator[str]:
    """Lines that say what was cleaned, dropped, cut and not known before training.

    Args:
        longest: ids of a row, or of a window.
        windows: whether a longer row is read in parts, and not cut.
    """
    yield from cleaning(report)
    encoded = report["encode"].items()
    cut = (f"{split} {round(part['cut_share'] * rows[split]):,}" for split, part in encoded)
    done = "read in windows of" if windows else "cut at"
    yield f"rows {done} {longest} ids: {', '.join(cut)}"
    yield unknown_ids({split: part["unknown_share"] for split, part in encoded})
    for split, part in encoded:
        if part["special_rows"]:
            yield special_text(split, part["special_rows"])
        if part.get("pair_cut"):
            yield pair_cut(split, part["pair_cut"], windows=windows)
    if linear := report.get("linear"):
        balanced = ", rare classes weighted" if linear["balanced"] else ""
        best = f": {max(linear['tried'].values()):.2%} on val" if linear["tried"] else ""
        yield f"linear model of n-grams: C = {linear['strength']:g}{balanced}{best}"
    if vectors := report.get("vectors"):
        shares = vectors["text_share"]
        text = (f"{split} {share:.1%}" for split, share in shares.items())
        warning = "! " if min(shares.values()) < FEW_VECTORS else ""
        yield (
            f"{warning}word vectors: {vectors['vocabulary_share']:.1%} of the vocabulary have one,"
            f" of running words: {', '.join(text)}"
        )


def cleaning(report: Mapping[str, Any]) -> Iterator[str]:
    """Lines on how many texts each cleaning step changed and dropped."""
    for act, word in (("changed", "cleaning changed"), ("dropped", "cleaning dropped")):
        for split, cleaned in report["clean"].items():
            counts = [f"{step} {count:,}" for step, count in cleaned[act].items() if count]
            if counts:
                yield f"{word} in {split}: {', '.join(counts)}"


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
        " what they mean around a text; as text: {--special_text} split"
    )


def pair_cut(split: str, rows: int, *, windows: bool) -> str:
    """A line that warns of second texts that were cut.

    Args:
        windows: whether they are questions about texts that are read in windows, or options.
    """
    if not windows:
        return (
            f"! rows of {split} with an option that is cut, since it doesn't fit beside its text:"
            f" {rows:,}; a larger {{--max_length}} holds more"
        )
    return (
        f"! rows of {split} whose second text, such as a question, is longer than half a window,"
        f" and cut there: {rows:,}; a larger {{--max_length}} holds more"
    )


def new_texts(split: str, found: Coverage, train: Coverage, *, windows: bool) -> Iterator[str]:
    """Lines that say how well a checkpoint's vocabulary covers texts that are new to it.

    Args:
        split: what the texts are called.
        train: of the texts that the checkpoint was trained on.
        windows: as of `pair_cut`.
    """
    line = unknown_ids({split: found.unknown_share}, train.unknown_share)
    yield f"{line} (train {train.unknown_share:.2%})"
    if found.unknown_rows:
        yield f"! of {found.unknown_rows:,} of the texts the model knows nothing: it guesses"
    if found.special_rows:
        yield f"! in {found.special_rows:,} of the texts stand special tokens, which keep their ids"
    if found.pair_cut:
        yield pair_cut(split, found.pair_cut, windows=windows)
