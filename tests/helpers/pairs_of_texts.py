"""Small files of pairs of texts, which the tests of likeness and retrieval share."""

from __future__ import annotations

import random
from pathlib import Path

from conftest import write_csv

CHARACTERS = "今天气很好我们去北京大学习中文房间服务酒店手机屏幕水果快递内容价格山高路远"
SMALL = (
    *("--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false", "--run.threads=1"),
    *("--trainer.log_every_n_steps=1", "--data.train=my.csv"),
)


def drawn(task: str, count: int, seed: int = 0) -> list[tuple[str, ...]]:
    """Pairs with the share that they have in common, or of a text and its end, backwards."""
    draw, found = random.Random(seed), []
    for _ in range(count):
        text, other = (draw.choices(CHARACTERS, k=draw.randint(6, 12)) for _ in range(2))
        shared = draw.randint(0, 6)
        if task == "likeness":
            found.append(("".join(text), "".join(text[:shared] + other[shared:]), f"{shared}"))
        else:
            found.append(("".join(text), "".join(text[:-5:-1] + other[:2])))
    return found


def write(path: Path, task: str, found: list[tuple[str, ...]]) -> Path:
    return write_csv(path, found, ("text", "pair", "label")[: 3 if task == "likeness" else 2])
