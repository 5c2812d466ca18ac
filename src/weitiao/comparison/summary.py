"""What a comparison found: means, paired tests, time and memory, as a table and as files."""

import shlex
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from rich.table import Table

from weitiao.comparison.compare import Comparison, Result
from weitiao.errors import ConfigError
from weitiao.evaluation.significance import mcnemar_p, mean_and_sd, paired_p
from weitiao.io.csv_file import write_csv
from weitiao.objectives.display import cell, titled
from weitiao.training.run_folder import write_json


@dataclass(frozen=True)
class Summary:
    """One configuration.

    Args:
        scores: on test, one a seed or fold.
        sd: their sample standard deviation.
        difference: of the mean to that of the first configuration; null of that itself, as are
            the next two.
        t_test_p: of a paired t-test; also null where all differences are the same.
        mcnemar_p: McNemar's exact test of all tested rows; also null for a regression.
        validation: mean score on val.
        baseline: mean score of the baseline on the same test rows.
        seconds: mean time of a training that was not stopped; null = there is none.
        memory_mb: most memory of a training.
    """

    name: str
    options: str
    scores: list[float]
    mean: float
    sd: float
    difference: float | None
    t_test_p: float | None
    mcnemar_p: float | None
    validation: float
    baseline: float | None
    seconds: float | None
    memory_mb: int


def summaries(comparison: Comparison, results: Sequence[Result]) -> list[Summary]:
    """A summary of each configuration.

    Raises:
        ConfigError: two configurations were not tested on the same rows, so that their scores
            don't compare.
    """
    first, found = next(iter(comparison.configurations)), []
    scores = {
        name: [result.score for result in results if result.name == name]
        for name in comparison.configurations
    }
    for name, options in comparison.configurations.items():
        own = [result for result in results if result.name == name]
        other = name != first
        baselines = [result.baseline for result in own if result.baseline is not None]
        seconds = [result.seconds for result in own if result.seconds is not None]
        summary = Summary(
            name,
            shlex.join(options),
            scores[name],
            statistics.fmean(scores[name]),
            statistics.stdev(scores[name]),
            statistics.fmean(scores[name]) - statistics.fmean(scores[first]) if other else None,
            paired_p(scores[name], scores[first]) if other else None,
            _mcnemar(comparison, name, first) if other else None,
            statistics.fmean(result.validation for result in own),
            statistics.fmean(baselines) if baselines else None,
            statistics.fmean(seconds) if seconds else None,
            max(result.memory_mb for result in own),
        )
        found.append(summary)
    return found


def _mcnemar(comparison: Comparison, name: str, first: str) -> float | None:
    """Of the rows of all seeds or folds, by which of both got each right."""
    ours: list[bool] = []
    theirs: list[bool] = []
    for number in comparison.numbers:
        a, b = (comparison.rows(each, number) for each in (name, first))
        if a.keys != b.keys:
            raise ConfigError(
                f"{name} and {first} were tested on other rows ({comparison.unit} {number}), so"
                " their scores don't compare\n  → the same data and split for both"
            )
        if a.right is None or b.right is None:
            return None
        ours += a.right
        theirs += b.right
    return mcnemar_p(ours, theirs)


def write_files(
    comparison: Comparison, results: Sequence[Result], found: Sequence[Summary]
) -> None:
    """Write ``compare.csv``, a line a run, and ``compare.json``, an object a configuration."""
    columns = [field.name for field in fields(Result)]
    columns[columns.index("number")] = comparison.unit
    lines = [asdict(result).values() for result in results]
    write_csv(comparison.folder / "compare.csv", [columns, *lines])
    whole: dict[str, Any] = {"metric": f"test/{results[0].metric}", comparison.unit + "s": []}
    whole[comparison.unit + "s"] = list(comparison.numbers)
    whole["configurations"] = [asdict(summary) for summary in found]
    write_json(whole, comparison.folder / "compare.json")


def compare_table(comparison: Comparison, metric: str, found: Sequence[Summary]) -> Table:
    """A line a configuration, and one of the baseline."""
    name = f"test/{metric}"
    title = f"test {metric}, mean ± sd over {len(comparison.numbers)} {comparison.unit}s"
    table = Table(title=title, title_justify="left")
    several, first = len(found) > 1, found[0].name
    against = (f"−\n{first}", "p of\nt-test", "p of\nMcNemar") if several else ()
    for column in ("", titled(name)[len("test/") :], *against, "s a\nrun", "MB"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in found:
        cells = [one.name, mean_and_sd(one.scores, name)]
        if several:
            cells.append("" if one.difference is None else cell(name, one.difference, "+"))
            cells += [_shown(one.t_test_p, ".3f"), _shown(one.mcnemar_p, ".3f")]
        table.add_row(*cells, _shown(one.seconds, ".1f"), f"{one.memory_mb:,}")
    if baselines := [one.baseline for one in found if one.baseline is not None]:
        table.add_row("baseline", cell(name, baselines[0]))
    return table


def _shown(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
