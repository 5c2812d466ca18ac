"""The report of a study: warnings of narrow ranges, tables, and a page that needs no network."""

from __future__ import annotations

import csv
import math
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import optuna
import optuna.visualization.matplotlib  # else a lazy stand-in would be patched
import pytest
import yaml
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState, create_trial
from rich.console import Console

from weitiao.errors import ConfigError
from weitiao.tuning.report import edge_warnings, top_table, verdict, write_report
from weitiao.tuning.report.best import differences
from weitiao.tuning.report.charts import saved_by_pruning
from weitiao.tuning.report.view import View
from weitiao.tuning.watch import summary

LR = {"model.optim.lr": FloatDistribution(1e-4, 1e-2, log=True)}
SPACE = {**LR, "model.objective.head.dropout": FloatDistribution(0.0, 0.5)}
EVIL = "<script>alert('好')</script>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config: dict[str, Any] = {"run": {"root": "a", "name": "b"}, "trainer": {}}
    config |= {"data": {"text": "评论"}, "model": {"optim": {"lr": 5e-4, "betas": [0.9, 0.999]}}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config), "utf-8")
    return tmp_path


def new(*directions: str, **facts: Any) -> optuna.Study:
    study = optuna.create_study(study_name="研究", directions=directions or ["maximize"])
    for name, value in ({"objectives": ["val/f1_macro"]} | facts).items():
        study.set_user_attr(name, value)
    return study


def add(
    study: optuna.Study,
    values: float | list[float] | None,
    params: dict[str, Any],
    space: dict[str, BaseDistribution] | None = None,
    state: TrialState = TrialState.COMPLETE,
    scores: list[float] | None = None,
    **facts: Any,
) -> None:
    spaces = SPACE if space is None else space
    study.add_trial(
        create_trial(
            state=state,
            values=[values] if isinstance(values, float) else values,
            params=params,
            distributions={key: spaces[key] for key in params},
            user_attrs=facts,
            intermediate_values=dict(enumerate(scores or [])),
        )
    )


def point(i: int) -> dict[str, Any]:
    """A point inside the ranges."""
    return {
        "model.optim.lr": 1e-3 * (1 + i % 5 / 10),
        "model.objective.head.dropout": 0.2 + 0.01 * (i % 7),
    }


def filled(folder: Path, count: int) -> optuna.Study:
    study = new()
    for i in range(count):
        add(study, 0.8 + math.sin(i) / 10, point(i), folder=str(folder), seconds=10.0 + i)
    return study


def text_of(study: optuna.Study) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(top_table(study))
    return capture.get()


@pytest.mark.parametrize(
    ("distribution", "value", "said"),
    [
        (FloatDistribution(1e-4, 1e-2, log=True), 9e-3, "upper"),
        (FloatDistribution(1e-4, 1e-2, log=True), 1.1e-4, "lower"),
        (FloatDistribution(1e-4, 1e-2, log=True), 7e-3, None),  # 0.92 of the way
        (FloatDistribution(1e-4, 1e-2, log=True), 5e-4, None),  # 4 % of the way, were it linear
        (FloatDistribution(0.2, 0.6), 0.59, "upper"),
        (FloatDistribution(0.2, 0.6), 0.57, None),
        (IntDistribution(2, 5), 5, "upper"),
        (IntDistribution(2, 5), 2, "lower"),
        (IntDistribution(2, 5), 4, None),
        (FloatDistribution(0.0, 0.5), 0.0, None),  # below 0 there is nothing
        (FloatDistribution(0.5, 1.0), 1.0, None),  # nor beyond all of it
        (FloatDistribution(0.1, 1.0, log=True), 1.0, "upper"),  # not a share
        (IntDistribution(1, 6), 1, None),
        (IntDistribution(3, 3), 3, None),
        (CategoricalDistribution([1, 2, 3]), 3, None),
    ],
)
def test_a_best_trial_at_the_end_of_a_range_is_told(
    distribution: BaseDistribution, value: Any, said: str | None
) -> None:
    study = new()
    add(study, 0.9, {"some.key": value}, {"some.key": distribution})
    warnings = edge_warnings(study)
    assert len(warnings) == (said is not None)
    if said:
        assert warnings[0].startswith("some.key: ")
        assert f"the {said} end" in warnings[0]
        assert ("widen it downwards" if said == "lower" else "widen it upwards") in warnings[0]


def test_most_of_the_top_trials_at_an_end_are_told_too() -> None:
    study = new("minimize")
    add(study, 0.1, {"model.optim.lr": 1e-3}, LR)
    for i in range(40):  # the top are 8, of which 7 are at the end
        add(study, 0.2 + i / 100, {"model.optim.lr": 9.9e-3 if i < 7 else 1e-3}, LR)
    assert ["7 of the 8 best trials lie at the upper end" in w for w in edge_warnings(study)] == [1]
    add(study, 0.15, {"model.optim.lr": 1e-3}, LR)
    for _ in range(3):
        add(study, 0.16, {"model.optim.lr": 1e-3}, LR)
    assert edge_warnings(study) == []


def test_an_end_where_one_of_equal_trials_stands_is_not_told() -> None:
    study = new()
    for lr in (9.9e-3, 1e-3):
        add(study, 0.9, {"model.optim.lr": lr}, LR)
    assert edge_warnings(study) == []
    add(study, 0.9, {"model.optim.lr": 9.8e-3}, LR)
    assert ["2 of the 3 best trials lie at the upper" in w for w in edge_warnings(study)] == [True]


class Loads(HTMLParser):
    """What a page loads: addresses in tags, and the tags themselves."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_stands_alone_and_shows_all_parts(folder: Path) -> None:
    study = filled(folder, 12)
    defaults = {"model.optim.betas": [0.9, 0.999], "data.text": "text"}
    for name, value in {
        "config": defaults | {"model.optim.lr": 5e-4, "trainer.max_epochs": 2},
        "search": {"sampler": "tpe", "pruner": "median", "seed": 7},
        "data": {"fingerprint": "abc123", "rows": {"train": 13928}},
        "arguments": ["--data.train", "我的 评论.csv"],
    }.items():
        study.set_user_attr(name, value)
    add(study, None, point(1), state=TrialState.FAIL, reason="ConfigError: 宽度 16")
    best = write_report(study, folder)
    page = (folder / "report.html").read_text("utf-8")
    assert best == folder / "best.yaml"
    assert [address for address in Loads(page).addresses if address != "data:,"] == []
    assert page.count("plotly.js v") == 1
    shown = (
        "abc123",
        "13,928",
        "tpe",
        "我的 评论.csv",
        "ConfigError: 宽度 16",
        "data.text",
        "评论",
    )
    assert [text for text in shown if text not in page] == []
    assert ">model.optim.lr<" in page  # it is searched, though its best value is the start's
    assert ">model.optim.betas<" not in page  # as at the start
    images = {path.stem for path in (folder / "plots").glob("*.png")}
    assert images == {"history", "importances", "slices", "parallel", "contour", "durations"}
    assert "no scores were reported on the way" in page  # instead of the validations


def test_what_others_wrote_is_text_on_the_page(folder: Path) -> None:
    study = new(arguments=[EVIL])
    space: dict[str, BaseDistribution] = {"data.text": CategoricalDistribution([EVIL, "b"])}
    for value in (EVIL, "b"):
        add(study, 0.5, {"data.text": value}, space, folder=str(folder))
    add(study, None, {}, state=TrialState.FAIL, reason=EVIL)
    (folder / "config.yaml").write_text(
        yaml.safe_dump({"run": {}, "trainer": {}, "data": {"text": EVIL}}), "utf-8"
    )
    write_report(study, folder)
    page = (folder / "report.html").read_text("utf-8")
    assert "alert(" in page
    assert EVIL not in page
    assert "<script>alert" not in page


def test_one_trial_gives_a_report_that_says_what_is_lacking(folder: Path) -> None:
    write_report(filled(folder, 1), folder)
    page = (folder / "report.html").read_text("utf-8")
    assert "needs 10 trials that ended well; there are 1" in page
    assert {path.stem for path in (folder / "plots").iterdir()} == {"history", "durations"}


def test_failures_beside_one_trial_that_ended(folder: Path) -> None:
    study = new()
    for i in range(60):
        add(study, None, {}, state=TrialState.FAIL, reason=f"fault {i}")
    add(study, 0.7, point(0), folder=str(folder))  # without seconds
    best = write_report(study, folder)
    page = (folder / "report.html").read_text("utf-8")
    assert best.read_text("utf-8").startswith("# trial 60: val/f1_macro = 0.7\n")
    assert "fault 49" in page
    assert "fault 50" not in page
    assert "10 more in trials.csv" in page
    assert "no trial has been timed" in page


def test_without_a_trial_that_ended_the_failures_are_told_none_the_less(folder: Path) -> None:
    study = new()
    add(study, None, point(0), state=TrialState.FAIL, reason="out of memory")
    assert write_report(study, folder) is None
    assert "out of memory" in (folder / "report.html").read_text("utf-8")
    assert not (folder / "best.yaml").exists()


def test_parameters_that_some_trials_lack(folder: Path) -> None:
    backbones = ["a.b.TextCNN", "a.b.LSTM", None]
    space: dict[str, BaseDistribution] = {
        "model.backbone": CategoricalDistribution(backbones),
        "model.filters": IntDistribution(8, 64),
        "model.layers": IntDistribution(1, 4),
    }
    study = new()
    for i in range(24):
        own = [{"model.filters": 20 + i}, {"model.layers": 1 + i % 4}, {}][i % 3]
        chosen = {"model.backbone": backbones[i % 3], **own}
        add(study, 0.5 + (7 * i % 24) / 100, chosen, space, folder=str(folder), seconds=1.0)
    write_report(study, folder)
    images = {path.stem for path in (folder / "plots").iterdir()}
    assert images == {"history", "importances", "slices", "parallel", "durations"}
    page = (folder / "report.html").read_text("utf-8")
    assert "no two parameters are searched together in 10 trials" in page
    table = text_of(study)
    assert "TextCNN" in table
    assert "–" in table


def test_branches_may_search_a_key_in_other_ranges(folder: Path) -> None:
    study = new()
    for i in range(12):
        space = {
            "model.optim.lr": FloatDistribution(*[(1e-4, 1e-2), (1e-6, 1e-4)][i % 2], log=True)
        }
        lr = [2e-3, 9.9e-5][i % 2] * (1 - i / 1000)
        add(study, 0.5 + i / 100, {"model.optim.lr": lr}, space, folder=str(folder))
    assert View(study).ranges == {"lr": (1e-6, 1e-2)}
    assert ["upper end of 1e-06 … 0.0001" in warning for warning in edge_warnings(study)] == [True]
    write_report(study, folder)
    assert (folder / "plots" / "slices.png").exists()


def test_two_objectives_have_a_front_and_the_best_of_the_first(folder: Path) -> None:
    study = new("maximize", "minimize", objectives=["val/f1_macro", "latency_ms"])
    values = [[0.9, 20.0], [0.8, 10.0], [0.7, 15.0], [0.95, 30.0]]
    for i, value in enumerate(values):
        add(study, value, point(i), folder=str(folder), seconds=5.0)
    add(study, None, point(0), state=TrialState.FAIL)
    best = write_report(study, folder)
    header = best.read_text("utf-8").splitlines()[0]
    assert header == "# trial 3: val/f1_macro = 0.95, latency_ms = 30.0"
    with (folder / "trials.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["front"] for row in rows] == ["True", "True", "False", "True", "False"]
    assert [row["latency_ms"] for row in rows] == ["20.0", "10.0", "15.0", "30.0", ""]
    assert (folder / "plots" / "front.png").exists()
    lines = [line for line in text_of(study).splitlines() if "0.00" in line]
    assert ["95.00" in lines[0], "90.00" in lines[1], "●" in lines[1]] == [True] * 3
    assert "val/f1_macro, %" in text_of(study)


def test_the_table_of_all_trials_keeps_every_digit(folder: Path) -> None:
    study = new()
    add(
        study,
        0.1 + 0.2,
        {"model.optim.lr": 0.0012345678901234},
        folder=str(folder),
        seconds=12.5,
        worker="host-12",
        threads=1,
    )
    add(study, None, {}, state=TrialState.FAIL, reason="a, b\n“c”")
    pruned = {"model.optim.lr": 1e-3, "model.objective.head.dropout": 0.1}
    add(study, None, pruned, state=TrialState.PRUNED, scores=[0.1, 0.25])
    add(study, None, {}, state=TrialState.RUNNING)
    write_report(study, folder)
    with (folder / "trials.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "trial": "0",
        "state": "COMPLETE",
        "value": "0.30000000000000004",
        "start": "",
        "seconds": "12.5",
        "folder": str(folder),
        "reason": "",
        "worker": "host-12",
        "threads": "1",
        "model.optim.lr": "0.0012345678901234",
        "model.objective.head.dropout": "",
    }
    assert rows[1]["reason"] == "a, b\n“c”"
    assert [row["state"] for row in rows] == ["COMPLETE", "FAIL", "PRUNED", "RUNNING"]
    assert rows[2]["value"] == "0.25"


def test_the_top_table_is_sorted_by_the_direction_and_knows_pruned_trials() -> None:
    study = new("minimize", objectives=["val/loss"])
    for i in range(3):
        add(study, None, point(i), state=TrialState.PRUNED, scores=[0.9, 0.5 - i / 10])
    table = text_of(study)
    assert "best of 3 pruned" in table
    assert table.index("0.3000") < table.index("0.4000") < table.index("0.5000")
    add(study, 0.8, point(1))
    add(study, 0.7, point(1))
    table = text_of(study)
    assert "best of 2 trials" in table
    assert table.index("0.7000") < table.index("0.8000")
    assert "0.3000" not in table


def test_the_start_stands_beside_the_best_and_ties_are_told() -> None:
    study = new()
    add(study, 0.5, point(0), start=True, seconds=1.0)
    assert verdict(study) == []  # nothing to compare it with yet
    for i in range(12):
        add(study, 0.6 + i / 100, point(i), seconds=1.0)
    rows = [line for line in text_of(study).splitlines() if "0." in line]
    assert len(rows) == 11  # ten, and the start
    assert ["0 (start)" in rows[-1], "50.00" in rows[-1]] == [True, True]
    assert ["12" in rows[0], "71.00" in rows[0], "+21.00" in rows[0]] == [True] * 3
    assert verdict(study) == []
    add(study, 0.71 + 1e-9, point(2), seconds=1.0)
    assert "the first 2 are equal" in text_of(study)
    assert verdict(study) == [
        "! trials 13 and 12 have the same val/f1_macro: none is better than the others"
    ]
    assert "best 71.00 % (trials 13 and 12)" in summary(study, 20, 1)
    study = new("minimize", objectives=["val/loss"])
    add(study, 0.5, point(0), start=True)
    for _ in range(5):
        add(study, 0.5, point(1))
    assert verdict(study) == [
        "! 6 trials have the same val/loss: none is better than the others",
        "! no trial has a better val/loss than the start, which was searched from",
    ]


def test_the_page_compares_with_the_start_and_not_with_the_defaults(folder: Path) -> None:
    study = filled(folder, 2)
    study.set_user_attr("config", {"data.text": "评论", "model.optim.lr": 1e-3})
    config = yaml.safe_load((folder / "config.yaml").read_text("utf-8"))
    own, other = differences(config, study.user_attrs["config"], {"model.optim.lr"})
    assert own == [("model.optim.lr", 1e-3, 5e-4)]
    assert other == [("model.optim.betas", None, [0.9, 0.999])]
    write_report(study, folder)
    assert "<th>start</th>" in (folder / "report.html").read_text("utf-8")


def test_what_pruning_saved_is_counted_in_validations() -> None:
    study = new()
    epochs: dict[str, BaseDistribution] = {"trainer.max_epochs": IntDistribution(2, 20)}
    add(study, 0.5, {"trainer.max_epochs": 4}, epochs, scores=[0.1] * 8)
    assert saved_by_pruning(View(study)) is None
    add(study, None, {"trainer.max_epochs": 10}, epochs, TrialState.PRUNED, scores=[0.1] * 5)
    assert saved_by_pruning(View(study)) == pytest.approx(15 / 28)  # of 8 and 20 that were planned


def test_a_plot_that_fails_costs_no_more_than_itself(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("nothing to slice")

    monkeypatch.setattr(optuna.visualization, "plot_slice", fail)
    monkeypatch.setattr(optuna.visualization.matplotlib, "plot_slice", fail)
    write_report(filled(folder, 3), folder)
    assert "ValueError: nothing to slice" in (folder / "report.html").read_text("utf-8")
    assert (folder / "plots" / "parallel.png").exists()
    assert not (folder / "plots" / "slices.png").exists()


def test_a_lost_config_is_told_by_its_path(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone: .*lost/config\.yaml"):
        write_report(filled(folder / "lost", 1), folder)
