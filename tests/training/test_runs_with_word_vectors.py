"""A run with word vectors: what it says of them, and a checkpoint that needs none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import BAD, GOOD, NEUTRAL, TINY, Command, reviews, write_csv

from weitiao.inputs.text.reporting import handling

SMALL = (
    *(option for option in TINY if "backbone" not in option),
    "--trainer.max_epochs=1",
    "--model.backbone=Recurrent",
    "--model.backbone.width=16",
    "--model.backbone.vectors=freeze",
    "--data.input.encode.tokenizer=words",
    "--data.input.encode.min_count=1",
    "--data.input.encode.vectors=my.vec",
)


@pytest.fixture(scope="module")
def fitted(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run that began with random vectors of nearly all words."""
    folder = tmp_path_factory.mktemp("vectors")
    write_csv(folder / "my.csv", reviews(200))
    words = [*GOOD, *BAD, *NEUTRAL[:-1]]
    drawn = np.random.default_rng(0).normal(size=(len(words), 8))
    lines = [f"{w} {' '.join(map(str, v))}" for w, v in zip(words, drawn, strict=True)]
    (folder / "my.vec").write_text("\n".join([f"{len(words)} 8", *lines]), "utf-8")
    done = command("fit", "--data.train=my.csv", *SMALL, cwd=folder)
    assert done.code == 0, done.err
    (folder / "stderr.txt").write_text(done.err, "utf-8")
    return folder


def test_a_run_tells_how_many_words_have_a_vector(fitted: Path) -> None:
    said = " ".join((fitted / "stderr.txt").read_text("utf-8").split())
    told = json.loads((fitted / "logs/latest/audit.json").read_text("utf-8"))["vectors"]
    assert f"word vectors: {told['vocabulary_share']:.1%} of the vocabulary have one" in said
    assert all(f"{split} {share:.1%}" in said for split, share in told["text_share"].items())
    assert "! word vectors" not in said
    card = json.loads((fitted / "logs/latest/data_card.json").read_text("utf-8"))
    assert (card["input"]["vectors"], card["input"]["vector_width"]) == (None, 8)


def test_few_words_with_a_vector_are_a_warning() -> None:
    for share, begin in ((0.49, "! word vectors"), (0.5, "word vectors")):
        vectors = {"vocabulary_share": 0.9, "text_share": {"train": 0.9, "val": share}}
        report = {"read": {}, "clean": {}, "encode": {}, "vectors": vectors}
        assert [*handling(report, {}, 9, windows=False)][-1].startswith(begin)


def test_a_checkpoint_is_used_without_any_vectors(
    fitted: Path, command: Command, tmp_path: Path
) -> None:
    shutil.copytree(fitted / "logs", tmp_path / "logs", symlinks=True)
    write_csv(tmp_path / "new.csv", reviews(5))
    done = command(
        "predict",
        "--ckpt_path=logs/latest/checkpoints/best.ckpt",
        "--data.predict=new.csv",
        "--hardware.accelerator=cpu",
        cwd=tmp_path,
    )
    assert done.code == 0, done.err


def test_a_resume_takes_the_same_vectors_wherever_they_are_prepared(
    fitted: Path, command: Command, tmp_path: Path
) -> None:
    folder = shutil.copytree(fitted, tmp_path / "copy", symlinks=True)
    resume = ("fit", "--ckpt_path=logs/latest/checkpoints/last.ckpt", "--trainer.max_epochs=2")
    done = command(*resume, "--data.cache=elsewhere", cwd=folder)
    assert done.code == 0, done.err
    other = command(*resume, "--model.backbone.vectors=train", cwd=folder)
    assert "model.backbone.init_args.vectors: freeze → train" in other.err
    text = (folder / "my.vec").read_text("utf-8")
    (folder / "my.vec").write_text(text.replace("0.1", "0.2"), "utf-8")
    assert "model.card.fingerprint" in command(*resume, cwd=folder).err
