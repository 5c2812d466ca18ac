"""Predictions of the same rows from evaluation to evaluation, side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

KEPT = 5  # evaluations beside each other
ROWS = 20
SHOWN = 400  # characters of a cell


class SaidBefore:
    """Keeps what was said in the latest evaluations of a split; after a stop it begins anew."""

    def __init__(self) -> None:
        self._of: dict[int, dict[str, str]] = {}

    def table(self, step: int, rows: Sequence[Mapping[str, Any]], said: Sequence[str]) -> str:
        """Prompts, right answers and what is said, now and before, as a Markdown table.

        Args:
            step: of the evaluation.
            rows: as a table has them, with ``id``, ``original`` and ``label``.
            said: of each.
        """
        self._of[step] = {row["id"]: text for row, text in zip(rows, said, strict=True)}
        steps = sorted(self._of, reverse=True)[:KEPT]
        self._of = {one: self._of[one] for one in steps}
        head = ["id", "prompt", "right", *(f"said at step {one:,}" for one in steps)]
        lines = [head, ["---"] * len(head)]
        for row in rows[:ROWS]:
            later = [self._of[one].get(row["id"], "") for one in steps]
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
