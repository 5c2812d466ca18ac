"""Earlier names of options: taken everywhere, with one note that names the new word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from weitiao.config import earlier_names
from weitiao.config.earlier_checkpoints import checkpoint_today
from weitiao.config.earlier_names import (
    RENAMED,
    renamed_arguments,
    renamed_values,
)
from weitiao.config.parser import Parser
from weitiao.evaluation.opening import open_checkpoint
from weitiao.tuning.space import read_space

TABLE = {
    "data.words": "data.batch",
    "data.words.lower": "data.batch.workers",
    "model.rate": "model.optim.lr",
    "model.net": "model.backbone.init_args",
}


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for old in [*RENAMED]:
        monkeypatch.delitem(RENAMED, old)
    for old, new in TABLE.items():
        monkeypatch.setitem(RENAMED, old, new)
    monkeypatch.setitem(earlier_names.UNSAID, "model.rate", None)
    monkeypatch.setattr(earlier_names, "_reported", set())
    return TABLE


def test_an_argument_keeps_its_value(table: Any, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--model.rate=1", "--data.words.lower", "true", "--data.words.max_length", "9", "x"]
    now = ["--model.optim.lr=1", "--data.batch.workers", "true", "--data.batch.max_length", "9"]
    assert renamed_arguments(given) == [*now, "x"]
    assert renamed_arguments(now) == now
    told = capsys.readouterr().err
    assert told.count("model.rate → model.optim.lr") == 1
    renamed_arguments(given)
    assert capsys.readouterr().err == ""  # once is enough


def test_a_group_that_is_given_as_one_value(table: Any) -> None:
    for given in (["--model={words: 1, rate: 'no', x: [1, 2]}"], ["--model", "{rate: 'no'}"]):
        found = yaml.safe_load("".join(renamed_arguments(given)).removeprefix("--model").strip("="))
        assert found["optim"] == {"lr": "no"}
    assert renamed_arguments(["--model={rate"]) == ["--model={rate"]


def test_a_command_that_has_the_option_keeps_its_name(table: Any) -> None:
    given = ["--data.words.lower=true", "--model.rate=1"]
    known = ["--data.words.lower"]
    assert renamed_arguments(given, known) == [given[0], "--model.optim.lr=1"]
    assert renamed_values({"data": {"words": {"lower": 1}}}, known) == {
        "data": {"words": {"lower": 1}}
    }


def test_values_move_and_join_what_is_there(table: Any) -> None:
    given = {
        "model": {"net": {"layers": 3}, "backbone": "TextCNN", "rate": None, "optim": {"wd": 0}},
        "data": {"words": {"lower": True, "max_length": 9}, "batch": {"size": 5}},
        "run": {"name": "a"},
    }
    assert renamed_values(given) == {
        "model": {
            "backbone": {"class_path": "TextCNN", "init_args": {"layers": 3}},
            "optim": {"wd": 0},
        },
        "data": {"batch": {"workers": True, "max_length": 9, "size": 5}},
        "run": {"name": "a"},
    }


def test_dotted_keys_stay_dotted(table: Any) -> None:
    assert renamed_values({"model.rate": 1, "data.x": 2}) == {"model.optim.lr": 1, "data.x": 2}


def test_hyper_parameters_of_a_checkpoint(table: Any) -> None:
    content = {
        "hyper_parameters": {"rate": 1, "card": None},
        "datamodule_hyper_parameters": {"words": {"max_length": 9}},
        "TextDataModule": {"card": None, "encoder": {}},
        "epoch": 1,
    }
    now = checkpoint_today(content)
    assert now["hyper_parameters"] == {"optim": {"lr": 1}, "card": None}
    assert now["DataModule"] == {"card": None, "input": {"encoder": {}}}
    assert now["datamodule_hyper_parameters"]["batch"] == {"max_length": 9}
    assert now["epoch"] == 1
    assert "TextDataModule" not in now


def test_a_search_space(table: Any, tmp_path: Path) -> None:
    inner = {"model.rate": {"low": 1, "high": 2}}
    file = tmp_path / "space.yaml"
    file.write_text(yaml.safe_dump({"data.words.max_length": {"choices": {9: inner}}}), "utf-8")
    space = {"data.batch.max_length": {"branches": [[9, {"model.optim.lr": inner["model.rate"]}]]}}
    assert read_space(file) == space


def test_a_parser_takes_them_from_files_too(table: Any, tmp_path: Path) -> None:
    parser = Parser(prog="x")
    parser.add_argument("--config", action="config")
    parser.add_argument("--data.batch.max_length", type=int)
    parser.add_argument("--model.optim.lr", type=float)
    file = tmp_path / "a.yaml"
    file.write_text("data: {words: {max_length: 9}}", "utf-8")
    parsed = parser.parse_args([f"--config={file}", "--model.rate", "2"])
    assert (parsed.data.batch.max_length, parsed.model.optim.lr) == (9, 2.0)


def test_a_checkpoint_under_earlier_names_opens(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RENAMED, "data.words", "data.split")
    monkeypatch.setitem(RENAMED, "model.scorer", "model.optim")
    best = (workplace / "logs" / "latest" / "checkpoints" / "best.ckpt").resolve()
    module, data = open_checkpoint(best, {}, trust_remote_code=False)
    content = torch.load(best, weights_only=True)
    model, prepared = content["hyper_parameters"], content["datamodule_hyper_parameters"]
    model["scorer"], prepared["words"] = model.pop("optim"), prepared.pop("split")
    torch.save(content, best)
    again, anew = open_checkpoint(best, {}, trust_remote_code=False)
    assert dict(again.hparams) == dict(module.hparams)
    assert dict(anew.hparams) == dict(data.hparams)


def test_a_temperature_of_retrieval_is_one_of_its_loss() -> None:
    old = {"objective": {"class_path": "Retrieval", "init_args": {"temperature": 0.1, "chunk": 3}}}
    now = {"class_path": "Retrieval", "init_args": {"loss": {"temperature": 0.1}, "chunk": 3}}
    assert renamed_values({"model": old}, report=False)["model"] == {"objective": now}
    given = ["--model.objective.temperature=0.1"]
    assert renamed_arguments(given) == ["--model.objective.loss.temperature=0.1"]
    (group,) = renamed_arguments([f"--model.objective={json.dumps(old['objective'])}"])
    assert yaml.safe_load(group.partition("=")[2]) == now
