"""A run that was tuned on conversations is talked to as it is, adapters and template with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from chat_models import write_chat_model

from weitiao.cli.main import main
from weitiao.errors import ConfigError
from weitiao.evaluation.opening import open_model
from weitiao.generation.choice import Choice
from weitiao.generation.conversation import asked
from weitiao.generation.options import Generation
from weitiao.generation.speaker import Speaker
from weitiao.io.dialogues.messages import Message
from weitiao.models.decoding import Row, go_on

PARTS = {
    "data.input": "weitiao.inputs.chat.Chat",
    "data.target": "weitiao.targets.reply.Reply",
    "model.backbone": "weitiao.models.backbones.causal.Causal",
    "model.objective": "weitiao.objectives.replies.replying.Replying",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    model = str(write_chat_model(folder / "model", texts=["What is it? It is 42."]))
    rows = [{"prompt": f"What is {n}?", "completion": f"It is {n}."} for n in range(40)]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    options = {
        **PARTS,
        "recipe": "none",
        "data.train": str(folder / "rows.jsonl"),
        "data.cache": str(folder / "cache"),
        "data.input.tokenizer": model,
        "data.input.max_length": "64",
        "data.input.system": "Be brief.",
        "model.backbone.name": model,
        "model.backbone.lora.rank": "4",
        "model.optim.lr": "0.01",
        "trainer.max_epochs": "1",
        "run.root": str(folder / "logs"),
        "run.name": "talk",
    }
    assert main(["fit", *(word for n, v in options.items() for word in (f"--{n}", v))]) == 0
    return next(path for path in (folder / "logs").iterdir() if path.name.endswith("talk"))


def test_it_says_what_the_run_itself_says(run: Path) -> None:
    speaker, options = Speaker.open(str(run), chat=True), Generation("", chat=True, temperature=0.0)
    ids = asked(speaker, [Message("user", "What is 7?")], options).ids
    assert "Be brief." in speaker.tokenizer.decode(ids)
    row = Row(ids, 16)
    go_on(speaker.model, [row], Choice(options), speaker.ends)
    model, _ = open_model(run / "checkpoints" / "best.ckpt", {}, trust_remote_code=False)
    prompt = torch.tensor([ids])
    known = model.backbone.generate(prompt, torch.ones_like(prompt), 16, speaker.ends)[0]
    assert (row.ids, row.ended) == (known.ids, known.ended)


def test_it_answers_only(run: Path) -> None:
    with pytest.raises(ConfigError, match=r"^model: .* tuned to answer.*\n.*chat true"):
        Speaker.open(str(run), chat=False)


def test_a_run_of_another_kind_is_refused(trained: Path) -> None:
    with pytest.raises(ConfigError, match="isn't a run whose model answers"):
        Speaker.open(str(trained / "logs" / "latest"), chat=True)
