"""Files that are prepared, and what tests look for in the cache."""

import csv
import json
import random
from pathlib import Path

import pytest

from weitiao.inputs.text.special_tokens import SPECIALS


def some_rows(count: int = 60, seed: int = 0) -> list[tuple[str, str]]:
    """Distinct texts under the labels 2, 10 and 1."""
    draw = random.Random(seed)
    letters = "天地玄黄宇宙洪荒日月盈昃"
    texts = [f"{''.join(draw.choices(letters, k=6))}{i}" for i in range(count)]
    return [(text, ["2", "10", "1"][i % 3]) for i, text in enumerate(texts)]


def write(path: Path, rows, header=("text", "label")) -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return str(path)


def vocabulary(prepared) -> set[str]:
    tokenizer = json.loads(prepared.fitted.state()["encoder"]["tokenizer"])
    return set(tokenizer["model"]["vocab"]) - set(SPECIALS)


@pytest.fixture
def train(tmp_path) -> str:
    return write(tmp_path / "train.csv", some_rows())


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "cache"


def folders(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if path.is_dir())
