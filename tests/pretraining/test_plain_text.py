"""A chat model learns plain text whole, and is one still: docs/chat.md, plain text."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from chat_models import CHATML, END, write_chat_model

from weitiao.cli.main import main
from weitiao.inputs.chat.loading import load_encoder

LINES = [f"Books of shelf {n} are lent for {n % 7 + 3} days. 第{n}架。" for n in range(120)]


def test_a_chat_model_learns_a_text_file_and_keeps_template_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["pretrain.py"])
    write_chat_model(Path("base"), texts=LINES)
    Path("manual.txt").write_text("\n\n".join(LINES), "utf-8")
    options = (
        *("--data.objective=causal", "--model.network=Continued", "--model.network.name=base"),
        *("--data.tokenizer.name=base", "--data.corpus.files=manual.txt", "--data.max_length=64"),
        *("--model.optim.lr=0.01", "--trainer.max_epochs=4", "--data.batch.size=8"),
        *("--trainer.accelerator=cpu", "--trainer.devices=1", "--run.folder=run"),
        *("--trainer.enable_progress_bar=false", "--run.threads=1", "--data.val=0.1"),
    )
    assert main(["pretrain", *options]) == 0
    metrics = json.loads(Path("run/metrics.json").read_text("utf-8"))
    assert metrics["val/perplexity"] < 10  # of 400 ids
    before, after = (load_encoder(name, None)[0] for name in ("base", "run/model"))
    assert after.template.text == CHATML
    assert after.ends == before.ends
    assert after.tokenizer.token_to_id(END) == after.ends[0]
