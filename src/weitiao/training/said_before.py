"""Predictions of the same rows from evaluation to evaluation, side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

KEPT = 5  # evaluations beside each other
ROWS = 20
SHOWN = 400  # characters of a cell


class SaidBefore:
    """Keeps what was said in the latest evaluations of a split.

    Args:
        said: by step, what was said of each row, by its id; as `said` was when a run was stopped.
    """

    def __init__(self, said: Mapping[int, Mapping[str, str]] | None = None) -> None:
        self.said = {step: dict(rows) for step, rows in (said or {}).items()}

    def table(self, step: int, rows: Sequence[Mapping[str, Any]], said: Sequence[str]) -> str:
        """Prompts, right answers and what is said, now and before, as a Markdown table.

        Args:
            step: of the evaluation.
            rows: as a table has them, with ``id``, ``original`` and ``label``.
            said: of each.
        """
        self.said[step] = {row["id"]: text for row, text in zip(rows, said, strict=True)}
        steps = sorted(self.said, reverse=True)[:KEPT]
        self.said = {one: self.said[one] for one in steps}
        head = ["id", "prompt", "right", *(f"said at step {one:,}" for one in steps)]
        lines = [head, ["---"] * len(head)]
        for row in rows[:ROWS]:
            later = [self.said[one].get(row["id"], "") for one in steps]
            lines.append([*map(_short, (row["id"], row["original"], row["label"], *later))])
        return "\n".join(map(line, lines))


def line(cells: Sequence[str]) -> str:
    """A line of a Markdown table; white space in a cell is one space."""
    told = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(told)} |"


def _short(text: str) -> str:
    """A text whose lines are marked, and that ends somewhere."""
    text = text.strip().replace("\n", " ⏎ ")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
