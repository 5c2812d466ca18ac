"""What is around the model's own work may not grow: a training beside a loop by hand."""

from __future__ import annotations

import runpy
import statistics
from argparse import Namespace
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / ".cache" / "corpus" / "reviews.csv"
FLOOR = 0.8
"""Of the loop's rows per second of processor time; 0.98 was measured, on a busy machine too."""


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_file(), reason="needs the corpus: python src/corpus.py")
def test_a_training_is_as_fast_as_a_loop_by_hand() -> None:
    bench = runpy.run_path(str(ROOT / "benchmarks" / "throughput.py"))
    sizes = Namespace(layers=2, width=128, model=None, epochs=1, seed=1)
    setting = bench["make_setting"](sizes, bench["sampled"](1000, 1))
    bench["warm_up"](setting.classifier)
    ways = ("weitiao", "bare")
    rates = {way: [] for way in ways}
    learned = set()
    for way in ways * 3:
        result = bench["measure"](way, setting)
        rates[way].append(result.per_cpu_second)
        learned.add(result.f1_macro)
    assert len(learned) == 1  # the same training
    ours, bare = (statistics.median(rates[way]) for way in ways)
    assert ours >= FLOOR * bare
