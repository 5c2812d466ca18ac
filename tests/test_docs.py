"""What the pages under docs name as an option is one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TABLE = (ROOT / "docs/options.md").read_text("utf-8")
OPTIONS = set(re.findall(r"^\| `--([\w.]+)`", TABLE, re.MULTILINE))
GROUPS = {name.rsplit(".", i)[0] for name in OPTIONS for i in range(1, name.count(".") + 1)}
FAMILIES = ("pretrain", "rows")  # of gain: the names that follow are the user's own
OTHERS = {
    "config": "jsonargparse",
    "gb": "benchmarks/read_memory.py",
    "suffix": "benchmarks/read_memory.py",
    "logdir": "tensorboard",
    "local_dir": "modelscope",
    "signal": "sbatch",
    "models": "benchmarks/augmentation.py",
    "learning_rate": "an example of what is not an option here",
}
NOT_OURS = (  # of the table, of benchmarks
    "options.md",
    "results.md",
    "pretraining_results.md",
    "anyones_data.md",
)
PAGES = sorted(path for path in (ROOT / "docs").glob("*.md") if path.name not in NOT_OURS)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_each_option_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    named = set(re.findall(r"(?<![\w-])--([a-z_][\w-]*(?:\.\w+)*)", text))
    named = {name.replace("-", "_") for name in named if name.partition(".")[0] not in FAMILIES}
    named |= set(re.findall(r"`((?:data|model|run|trainer)\.\w+(?:\.\w+)*)`", text))
    assert named - OPTIONS - GROUPS - OTHERS.keys() == set()
