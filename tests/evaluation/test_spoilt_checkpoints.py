"""Checkpoints that are broken, foreign or malicious are refused, and nothing in them runs."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from conftest import Command, reviews, run_behind, write_csv


class Malice:
    def __reduce__(self) -> tuple:
        return (Path.touch, (Path("owned"),))


def spoil(kind: str, source: Path, target: Path) -> None:
    """Make a checkpoint that must be refused."""
    if kind == "absent":
        return
    if kind == "broken":
        target.write_bytes(source.read_bytes()[:1000])
    elif kind == "text":
        target.write_text("no checkpoint at all", "utf-8")
    elif kind == "foreign":
        torch.save({"state_dict": {}}, target)
    elif kind == "tensor":
        torch.save(torch.zeros(3), target)
    elif kind == "pickle":
        target.write_bytes(pickle.dumps(Malice()))
    else:
        content = torch.load(source, weights_only=True)
        if kind == "malicious":
            content["extra"] = Malice()
        elif kind == "two_cards":
            content["DataModule"]["card"]["target"]["init_args"]["labels"].reverse()
        elif kind == "no_card":
            del content["DataModule"]["card"]
        elif kind == "other_sizes":
            content["state_dict"][
                "head.1.weight"
                if "head.1.weight" in content["state_dict"]
                else next(iter(content["state_dict"]))
            ] = torch.zeros(7, 7)
        torch.save(content, target)


KINDS = [
    "absent",
    "broken",
    "text",
    "foreign",
    "tensor",
    "pickle",
    "malicious",
    "two_cards",
    "no_card",
    "other_sizes",
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_spoilt_checkpoint_is_refused_and_runs_nothing(
    kind: str, run_of: Path, command: Command, tmp_path: Path
) -> None:
    new = write_csv(tmp_path / "new.csv", reviews(3))
    spoil(kind, run_of / "checkpoints" / "best.ckpt", tmp_path / "spoilt.ckpt")
    done = command("predict", "--ckpt_path=spoilt.ckpt", f"--data.predict={new}", cwd=tmp_path)
    print(done.err)
    assert done.code == 1, done.err
    assert "Traceback" not in done.err
    assert "spoilt.ckpt" in done.err
    assert len(done.err.splitlines()) < 10
    left = {p.name for p in tmp_path.iterdir()} - {"spoilt.ckpt"}
    assert left == {"new.csv"}  # no "owned", no predictions


def test_resume_of_a_malicious_checkpoint_runs_nothing(workplace: Path, command: Command) -> None:
    last = workplace / "logs/latest/checkpoints/last.ckpt"
    spoil("malicious", last, last)
    done = command("fit", f"--ckpt_path={last}", cwd=workplace)
    assert done.code == 1, done.err
    assert "last.ckpt" in done.err
    assert not (workplace / "owned").exists()


def test_a_checkpoint_may_not_ask_for_foreign_code(command: Command, workplace: Path) -> None:
    checkpoint = run_behind(workplace / "logs" / "latest") / "checkpoints" / "best.ckpt"
    content = torch.load(checkpoint, weights_only=True)
    content["hyper_parameters"]["backbone"] = {
        "class_path": "weitiao.models.backbones.pretrained.Pretrained",
        "init_args": {"name": "someone/model", "trust_remote_code": True},
    }
    torch.save(content, checkpoint)
    options = ("--ckpt_path", checkpoint, "--data.predict=my.csv", "--out=out.csv")
    refused = command("predict", *options, cwd=workplace)
    assert refused.code == 1
    assert "--trust_remote_code true" in refused.err
