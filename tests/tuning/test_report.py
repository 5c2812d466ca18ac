"""The report of a study is a page that needs no network and says what is lacking."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import optuna
import optuna.visualization.matplotlib  # else a lazy stand-in would be patched
import pytest
import yaml
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.trial import TrialState
from studies import add, filled, new, point
from studies import folder as folder

from weitiao.errors import ConfigError
from weitiao.tuning.report import write_report
from weitiao.tuning.report.best import differences
from weitiao.tuning.report.charts import saved_by_pruning
from weitiao.tuning.report.view import View

EVIL = "<script>alert('好')</script>"


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
