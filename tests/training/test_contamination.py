"""Fine-tuning says how many texts of val and test the model was pretrained on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import Command, Outcome, reviews, write_csv
from pretraining_runs import SMALL

from weitiao.card import TokenInput
from weitiao.config.commands import command as command_line
from weitiao.inputs.text import Text
from weitiao.inputs.text.contamination_index import SEEN, ContaminationIndex, numbers_of
from weitiao.inputs.text.fitted import FittedText
from weitiao.training.data_report import handling

TEXTS = [text for text, _ in reviews(150)]
OTHERS = [text for text, _ in reviews(150, seed=9) if text not in TEXTS]
NEW = [row for row in reviews(200, seed=5) if row[0] not in {*TEXTS, *OTHERS}]
READ = {"val": 5, "test": 12}


@pytest.mark.parametrize(
    ("read", "told"),
    [
        ({"val": 0, "test": 0}, "none of the 1,000 val texts, none of the 1,736 test texts"),
        ({"val": 0}, "none of the 1,000 val texts"),
        ({"val": 1, "test": 0}, "1 of the 1,000 val texts, none of the 1,736 test texts"),
        ({"val": 0, "test": 1200}, "none of the 1,000 val texts, 1,200 of the 1,736 test texts"),
    ],
    ids=["none", "no-test", "val", "test"],
)
def test_one_line_tells_and_warns_only_of_what_was_read(read: dict[str, int], told: str) -> None:
    rows = {"train": 9, "val": 1000, "test": 1736}
    fitted = FittedText(Text(), TokenInput(9, 0, 8), {})
    encode = {"train": {"cut_share": 0.0, "unknown_share": 0.0, "special_rows": 0}}
    report = {"read": {}, "clean": {}, "encode": encode, "pretrained on": read}
    line = f"pretrain.py showed the model {told}"
    if any(read.values()):
        line = (
            f"! {line}: pretrain again: {command_line('pretrain', '--data.without.files', 'FILE')}"
        )
    assert [*handling(report, rows, fitted)][-1] == line


def pretrain(command: Command, folder: Path, *more: str) -> Outcome:
    return command(*SMALL, "--trainer.max_epochs=1", *more, cwd=folder, script="pretrain.py")


def fit(command: Command, folder: Path, model: str, run: str) -> Outcome:
    return command(
        *("fit", "--data.train=train.csv", "--data.val=val.csv", "--data.test=test.csv"),
        *("--data.text=review", "--data.target.label=stars", "--data.input.encode.max_length=32"),
        *("--model.backbone=Pretrained", f"--model.backbone.name={model}"),
        *(f"--data.input.encode.tokenizer={model}", f"--run.folder={run}"),
        *("--trainer.max_epochs=1", "--trainer.accelerator=cpu"),
        cwd=folder,
    )


def read_before(folder: Path, run: str) -> dict[str, int] | None:
    return json.loads((folder / run / "audit.json").read_text("utf-8")).get("pretrained on")


@pytest.fixture(scope="module")
def world(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Splits of which a part stands in a corpus, and the run `pretrained` on that."""
    folder = tmp_path_factory.mktemp("seen")
    (folder / "c.txt").write_text("\n".join(TEXTS), "utf-8")
    (folder / "others.txt").write_text("\n".join(OTHERS), "utf-8")
    write_csv(folder / "train.csv", NEW[:60] + [(text, "好评") for text in TEXTS[100:]])
    for place, (split, count) in enumerate(READ.items()):
        known = [(f" {text[:3]} {text[3:]}", "差评") for text in TEXTS[20 * place :][:count]]
        write_csv(folder / f"{split}.csv", NEW[60 + 20 * place :][:20] + known)
    done = pretrain(command, folder, "--run.folder=pretrained")
    assert done.code == 0, done.err
    return folder


@pytest.mark.slow
def test_fit_counts_what_the_model_was_pretrained_on(world: Path, command: Command) -> None:
    done = fit(command, world, "pretrained/model", "fitted")
    assert done.code == 0, done.err
    assert read_before(world, "fitted") == READ
    told = "! pretrain.py showed the model 5 of the 25 val texts, 12 of the 32 test texts"
    assert told in " ".join(done.err.split())


@pytest.mark.slow
def test_test_counts_the_rows_of_another_file(world: Path, command: Command) -> None:
    done = fit(command, world, "pretrained/model", "measured")
    assert done.code == 0, done.err
    use = ("--ckpt_path=measured/checkpoints/best.ckpt", "--hardware.accelerator=cpu")
    done = command("test", *use, "--data.test=val.csv", cwd=world)
    assert done.code == 0, done.err
    told = "! pretrain.py showed the model 5 of the 25 test texts: pretrain again"
    assert told in " ".join(done.err.split())


@pytest.mark.slow
def test_what_was_kept_from_the_model_is_not_counted(world: Path, command: Command) -> None:
    hide = ("--data.without.files=[val.csv,test.csv]", "--data.without.text=review")
    done = pretrain(command, world, "--run.folder=clean", *hide)
    assert done.code == 0, done.err
    done = fit(command, world, "clean/model", "fitted-clean")
    assert done.code == 0, done.err
    assert read_before(world, "fitted-clean") == {"val": 0, "test": 0}
    assert " pretrain.py showed the model none of the 25 val" in " ".join(done.err.split())
    assert "! pretrain.py" not in done.err


@pytest.mark.slow
def test_a_continued_model_remembers_what_it_read_before(world: Path, command: Command) -> None:
    network = ("--model.network=Continued", "--model.network.name=pretrained/model")
    corpus = ("--data.corpus.files=others.txt", "--data.tokenizer.name=pretrained/model")
    options = [o for o in SMALL if not o.startswith(("--model.network", "--data.tokenizer"))]
    options += ["--trainer.max_epochs=1", "--run.folder=continued", *network, *corpus]
    done = command(*options, cwd=world, script="pretrain.py")
    assert done.code == 0, done.err
    seen = ContaminationIndex.read(world / "continued" / "model")
    assert seen is not None
    assert seen.numbers.tolist() == np.unique(numbers_of(TEXTS + OTHERS)).tolist()

    damaged = shutil.copytree(world / "pretrained" / "model", world / "damaged") / SEEN
    damaged.write_bytes(damaged.read_bytes()[:-1])
    before = sorted(path.name for path in world.iterdir())
    renamed = [o.replace("continued", "b").replace("pretrained/model", "damaged") for o in options]
    done = command(*renamed, cwd=world, script="pretrain.py")
    assert done.code == 1
    assert "damaged/seen.npy: no list of the texts that a model has read" in done.err
    done = fit(command, world, "damaged", "b")
    assert done.code == 1
    assert "damaged/seen.npy: no list of the texts that a model has read" in done.err
    assert sorted(path.name for path in world.iterdir()) == before


@pytest.mark.slow
def test_nothing_is_said_of_a_model_of_which_nothing_is_known(
    world: Path, command: Command
) -> None:
    model = shutil.copytree(world / "pretrained" / "model", world / "unknown")
    (model / SEEN).unlink()
    done = fit(command, world, "unknown", "fitted-unknown")
    assert done.code == 0, done.err
    assert read_before(world, "fitted-unknown") is None
    assert "pretrain.py" not in done.err
