"""Right answers that no model can be scored for: decoded from their ids, they must be right."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from weitiao.objectives.base import Batch
from weitiao.objectives.replies.said import Matching

SILENT = "have no answer that fits: nothing is learned from them"
ALTERED = "have answers that read otherwise once they have been ids"
UNMARKED = "have answers in which extract finds nothing: none counts as right"
TOO_LONG = "have answers longer than longest: no answer of the model can be as long"
HINTS = {
    SILENT: "a larger {--max_length}",
    ALTERED: "does the tokenizer know the characters of the answers?",
    UNMARKED: "does {--extract} fit the answers?",
    TOO_LONG: "a larger {--longest}",
}
"""What a message says about rows, and the way out."""


def reach(
    batches: Iterable[Batch], written: Callable[[Any], list[str]], matching: Matching, longest: int
) -> Iterator[tuple[int, str | None]]:
    """Each row, and what of `HINTS` holds of it; null = nothing does.

    Args:
        written: answers, each a list of ids → their texts.
        longest: ids of an answer that a model is let say.
    """
    for batch in batches:
        answers = []
        for ids, learned, prompt in zip(
            batch["inputs"]["input_ids"], batch["learned"], batch["prompt"].tolist(), strict=True
        ):
            answers.append(ids[prompt:][learned[prompt:]].tolist())
        rows = zip(batch["row"].tolist(), answers, written(answers), batch["target"], strict=True)
        for row, ids, text, right in rows:
            yield row, _why(ids, text, right, matching, longest)


def _why(ids: list[int], text: str, right: str, matching: Matching, longest: int) -> str | None:
    if not ids:
        return SILENT
    if " ".join(text.split()) != " ".join(right.split()):
        return ALTERED
    if matching.key(right) is None:
        return UNMARKED
    return TOO_LONG if len(ids) > longest else None
