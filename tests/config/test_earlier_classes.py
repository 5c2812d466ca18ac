"""What was written under an earlier layout of the package loads under this one."""

from __future__ import annotations

from pathlib import Path
from pydoc import locate

import pytest
import torch
from conftest import Command, reviews, run_behind, write_csv

from weitiao.config.earlier_names import CLASSES, renamed

OLD = "weitiao.models.backbones.Transformer"
NEW = CLASSES[OLD]


@pytest.mark.parametrize("path", CLASSES.values())
def test_each_class_is_where_the_table_says(path: str) -> None:
    assert isinstance(locate(path), type)


def test_only_class_paths_change() -> None:
    values = {"a": [OLD, 1, None], "b": {"class_path": OLD, "c": f"{OLD}s"}}
    assert renamed(values) == {"a": [NEW, 1, None], "b": {"class_path": NEW, "c": f"{OLD}s"}}


@pytest.mark.slow
def test_an_earlier_run_is_used_and_gone_on_with(workplace: Path, command: Command) -> None:
    write_csv(workplace / "new.csv", [(text,) for text, _ in reviews(20, 7)], ("review",))
    run = run_behind(workplace / "logs" / "latest")
    predict = ("predict", "--data.predict=new.csv", "--hardware.accelerator=cpu")
    best, last = (f"--ckpt_path={run / 'checkpoints' / name}.ckpt" for name in ("best", "last"))
    assert command(*predict, best, "--out=now.csv", cwd=workplace).code == 0
    config = (run / "config.yaml").read_text("utf-8")
    assert NEW in config
    (run / "config.yaml").write_text(config.replace(NEW, OLD), "utf-8")
    for path in (run / "checkpoints").glob("*.ckpt"):
        content = torch.load(path, weights_only=True)
        content["hyper_parameters"]["backbone"]["class_path"] = OLD
        torch.save(content, path)
    done = command(*predict, best, "--out=then.csv", cwd=workplace)
    assert done.code == 0, done.err
    assert (workplace / "then.csv").read_bytes() == (workplace / "now.csv").read_bytes()
    done = command("fit", last, "--trainer.max_epochs=4", cwd=workplace)
    assert done.code == 0, done.err


def test_the_command_line_takes_an_earlier_path(trained: Path, command: Command) -> None:
    options = (f"--model.backbone={OLD}", "--model.backbone.layers=1", "--print_config")
    done = command("fit", "--data.train=my.csv", *options, cwd=trained)
    assert done.code == 0, done.err
    assert f"class_path: {NEW}" in done.out
