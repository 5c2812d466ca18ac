"""Small files of pairs of texts, which the tests of likeness and retrieval share."""

from __future__ import annotations

import random
from pathlib import Path

from conftest import write_csv

CHARACTERS = "今天气很好我们去北京大学习中文房间服务酒店手机屏幕水果快递内容价格山高路远"
WITH_MORE = ("negatives", "triplets")
SMALL = (
    *("--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false", "--run.threads=1"),
    *("--trainer.log_every_n_steps=1", "--data.train=my.csv"),
)


def drawn(task: str, count: int, seed: int = 0) -> list[tuple[str, ...]]:
    """Pairs with the share that they have in common, or of a text and its end, backwards; with
    negatives up to two texts more, which begin as that does. Or texts of classes, which have
    characters in common."""
    draw, found = random.Random(seed), []
    for number in range(count):
        text, other = (draw.choices(CHARACTERS, k=draw.randint(6, 12)) for _ in range(2))
        shared = draw.randint(0, 6)
        if task == "classes":
            of_class = number % max(4, count // 25)
            signs = CHARACTERS[of_class] + CHARACTERS[-1 - of_class]
            found.append(("".join(text[:5]) + signs, f"类{of_class}"))
        elif task == "likeness":
            found.append(("".join(text), "".join(text[:shared] + other[shared:]), f"{shared}"))
        else:
            right = text[:-5:-1] + other[:2]
            wrong = ["".join(right[:2] + other[-i:]) if shared > 2 * i else "" for i in (1, 2)]
            found.append(("".join(text), "".join(right), *(wrong if task in WITH_MORE else ())))
    return found


def write(path: Path, task: str, found: list[tuple[str, ...]]) -> Path:
    further = {"likeness": ("label",)} | dict.fromkeys(WITH_MORE, ("negative_1", "negative_2"))
    names = ("text", "label") if task == "classes" else ("text", "pair", *further.get(task, ()))
    return write_csv(path, found, names)
