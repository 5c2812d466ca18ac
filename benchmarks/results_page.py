"""docs/results.md: the page that `results.py` writes from what it measured."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from experiments import ENCODER, EXPERIMENTS, PROTOCOLS, Experiment, Protocol

HEAD = """\
# Results on real data

Written by `benchmarks/results.py` from `benchmarks/results/real_data.json`; don't edit it. To
reproduce it:

    python benchmarks/results.py --data-root DATA --model-root MODELS

`DATA` and `MODELS` hold the folders named under *Files*. Each training is its own process; after a
kill, the benchmark continues where it was. [experiments.md](experiments.md) tells how the recipes
were found and what failed.

Recipes were chosen on validation. Each training keeps its best checkpoint on validation, which is
tested once. Baseline: TF-IDF of character 1–3-grams and a linear SVM; for regression, ridge
regression on what the two texts share; its strength was chosen on the same validation rows. All
scores in %, mean ± standard deviation over the seeds. CPU s: seconds of all cores together for the
whole command per seed, baseline and tests included.
"""
LEAK_FREE = """\
## Leak-free

The default protocol: train loses texts under several labels, texts that also occur in validation
or test, and duplicates. Validation and test stay as they are, so no test row is known.
"""
RAW = """\
## The files as they are

To compare with published figures, whose models have seen part of the test: train loses nothing
(`--data.audit.merge_duplicates false --data.audit.drop_conflicts false --data.audit.drop_leaks
false`). *Not in train*: the same training, scored only on test rows whose text isn't in train.
"""
METRICS = {"f1_macro": "macro F1", "accuracy": "accuracy", "spearman": "Spearman"}
Row = dict[str, Any]


def page(rows: list[Row]) -> str:
    """The whole page, in Markdown."""
    parts = [
        HEAD,
        LEAK_FREE,
        _table(
            ["data", "model", "metric", "baseline", "model", "gain", "goal", "seeds", "CPU s"],
            (_leak_free(name, runs) for name, runs in _by_experiment(rows, "leak-free")),
        ),
        RAW,
        _table(
            ["data", "model", "metric", "baseline", "model", "not in train", "seeds", "CPU s"],
            (_raw(name, runs) for name, runs in _by_experiment(rows, "raw")),
        ),
        "## Circumstances\n",
        "\n".join(f"- {line}" for line in _circumstances(rows)) + "\n",
        "## Recipes\n\n`python src/train.py train` and, on the leak-free protocol with seed 1:\n",
        "\n".join(_recipes()),
        "## Files\n",
        _files(),
    ]
    return "\n".join(parts)


def all_met(rows: list[Row]) -> bool:
    """Whether each measured experiment reaches its goal."""
    return all(_is_met(EXPERIMENTS[name], runs) for name, runs in _by_experiment(rows, "leak-free"))


def _is_met(experiment: Experiment, runs: list[Row]) -> bool:
    goal = experiment.goal or 0.0
    if goal == "baseline":
        goal = statistics.mean(_values(runs, f"baseline/{experiment.metric}"))
    return statistics.mean(_values(runs, f"test/{experiment.metric}")) >= goal


def _goal(experiment: Experiment, runs: list[Row]) -> str:
    if experiment.goal is None:
        return "–"
    least = "baseline" if experiment.goal == "baseline" else f"{100 * experiment.goal:.0f}"
    return f"≥ {least}, {'met' if _is_met(experiment, runs) else '**missed**'}"


def _by_experiment(rows: list[Row], protocol: Protocol) -> Iterator[tuple[str, list[Row]]]:
    for name in EXPERIMENTS:
        runs = [row for row in rows if row["name"] == name and row["protocol"] == protocol]
        if runs:
            yield name, runs


def _leak_free(name: str, runs: list[Row]) -> list[str]:
    experiment = EXPERIMENTS[name]
    baseline = statistics.mean(_values(runs, f"baseline/{experiment.metric}"))
    tested = _values(runs, f"test/{experiment.metric}")
    return [
        *_named(experiment),
        f"{100 * baseline:.1f}",
        f"**{_spread(tested)}**",
        f"{100 * (statistics.mean(tested) - baseline):+.1f}",
        _goal(experiment, runs),
        *_effort(runs),
    ]


def _raw(name: str, runs: list[Row]) -> list[str]:
    experiment = EXPERIMENTS[name]
    return [
        *_named(experiment),
        f"{100 * statistics.mean(_values(runs, f'baseline/{experiment.metric}')):.1f}",
        _spread(_values(runs, f"test/{experiment.metric}")),
        _spread(_values(runs, f"test_leak_free/{experiment.metric}")),
        *_effort(runs),
    ]


def _named(experiment: Experiment) -> list[str]:
    return [experiment.source.title, experiment.model, METRICS[experiment.metric]]


def _effort(runs: list[Row]) -> list[str]:
    return [str(len(runs)), f"{statistics.mean(run['cpu_seconds'] for run in runs):.0f}"]


def _values(runs: list[Row], metric: str) -> list[float]:
    return [run["metrics"][metric] for run in runs]


def _spread(values: list[float]) -> str:
    mean = f"{100 * statistics.mean(values):.1f}"
    return f"{mean} ± {100 * statistics.stdev(values):.1f}" if len(values) > 1 else mean


def _circumstances(rows: list[Row]) -> Iterator[str]:
    """Which machine, versions, commit and rows the figures belong to."""
    kinds: dict[str, set[str]] = {}
    for row in rows:
        for kind in ("processor", "threads", "commit"):
            kinds.setdefault(kind, set()).add(str(row[kind]))
        versions = ", ".join(f"{name} {number}" for name, number in row["versions"].items())
        kinds.setdefault("versions", set()).add(versions)
    for kind, values in kinds.items():
        yield f"{kind}: {'; '.join(sorted(values))}"
    for protocol in PROTOCOLS:
        for name, runs in _by_experiment(rows, protocol):
            sizes = " / ".join(f"{runs[0]['rows'][split]:,}" for split in ("train", "val", "test"))
            yield f"{name}, {protocol}: {sizes} rows"


def _recipes() -> Iterator[str]:
    for name, experiment in EXPERIMENTS.items():
        arguments = experiment.arguments("leak-free", 1)
        pairs = [" ".join(arguments[at : at + 2]) for at in range(0, len(arguments), 2)]
        command = " \\\n    ".join(pairs).format(data="DATA", model="MODELS")
        yield f"**{name}**\n\n    {command}\n"


def _files() -> str:
    sources = {e.source.title: e.source for e in EXPERIMENTS.values()} | {ENCODER.title: ENCODER}
    rows = (
        [source.title, source.origin, source.licence, f"`{source.folder}/{file}`", f"`{digest}`"]
        for source in sources.values()
        for file, digest in source.sums.items()
    )
    table = _table(["data", "from", "licence", "file", "sha-256"], rows)
    return table.replace("{data}", "DATA").replace("{model}", "MODELS")


def _table(head: list[str], rows: Iterator[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
