"""A CSV of as many rows as are wanted, all distinct: Chinese reviews that nobody wrote."""

import random
from itertools import accumulate
from pathlib import Path

HANZI = 3_500  # of them, a few very frequent, as in any text
LONGEST, SHORTEST = 400, 8  # characters


def write_reviews(path: Path, rows: int, seed: int = 0) -> None:
    """Write ``text,label``: about 146 bytes a row, a few with tags, wide letters or quotes.

    Which characters a text prefers depends on its label, so there is something to learn.
    """
    draw = random.Random(seed)
    hanzi = [chr(0x4E00 + place) for place in draw.sample(range(20_000), HANZI)]
    weights = [*accumulate(1 / (rank + 5) for rank in range(HANZI))]
    of_label = {"好评": hanzi, "差评": [*hanzi[7:30], *hanzi[:7], *hanzi[30:]]}
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("text,label\n")
        for number in range(rows):
            label = draw.choice([*of_label])
            size = min(LONGEST, max(SHORTEST, int(draw.lognormvariate(3.63, 0.55))))
            drawn = "".join(draw.choices(of_label[label], cum_weights=weights, k=size))
            file.write(f"{_varied(drawn, number, draw.random())},{label}\n")


def _varied(text: str, number: int, chance: float) -> str:
    """A text as a CSV's cell, with what cleaning is for in 4 of 100, and quotes in 2."""
    half = len(text) // 2
    sentence = f"{text[:half]}，{text[half:]}。"
    if chance < 0.02:
        return f"{text[:half]}&amp;<br>{text[half:]}。"
    if chance < 0.04:
        return f"{sentence}  Ｎｏ {number}"
    return f'"{sentence}，""好"""' if chance < 0.06 else sentence
