"""The verb export: folders that say what the model says, where weitiao isn't."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest
from conftest import Command, reviews, write_csv
from helpers.exported import alone
from helpers.tiny_models import save_pretrained

import weitiao
from weitiao.errors import ConfigError
from weitiao.export.cli import Export, Format
from weitiao.inputs.text.trained_tokenizer import train_tokenizer
from weitiao.objectives.replies.summarising import Summarising
from weitiao.objectives.replies.translating import Translating

TEXTS = [text for text, _ in reviews(8, seed=5)] + ["<b>ＡＢＣ</b>  好&amp;吃 ", "！", "很好" * 300]
NETWORK = {"model.backbone": "TextCNN", "model.objective.pooling": "max"}
WHOLE = {"recipe": "english", "model.objective.wide.buckets": 512, "trainer.max_epochs": 1}

MLP = {"model.objective.head.kind": "mlp"}


def fitted(folder: Path, rows: list[tuple[str, ...]], options: dict[str, Any]) -> Path:
    """The run of a tiny training on rows of text, perhaps a second text, and label."""
    head = ("text", "pair", "label") if len(rows[0]) > 2 else ("text", "label")
    write_csv(folder / "my.csv", rows, head)
    usual: dict[str, Any] = {
        "data.train": "my.csv",
        "trainer.max_epochs": 1,
        "trainer.accelerator": "cpu",
    }
    usual |= {"recipe": "none", "data.batch.size": 32, "run.folder": "run"}
    if len(rows[0]) > 2:
        usual["data.input.pair"] = "pair"
    return weitiao.fit(usual | options, quiet=True).folder.path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def by_pipeline(folder: Path, texts: list[str], **options: bool) -> list[list[dict[str, Any]]]:
    """What the pipeline of `transformers` says, in a process that knows nothing of weitiao."""
    script = (
        "import json, sys\nsys.modules['weitiao'] = None\nfrom transformers import pipeline\n"
        "texts, options = json.load(sys.stdin)\n"
        "classify = pipeline('text-classification', sys.argv[1], top_k=None, **options)\n"
        "print(json.dumps(classify(texts, truncation=True)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], input=json.dumps([texts, options]),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_graph_of_torch_runs_alone_and_says_the_same(here: Path, command: Command) -> None:
    run = fitted(here, reviews(120), WHOLE)
    done = command("export", str(run), "--to=out", cwd=here)
    assert done.code == 0, done.err
    assert "same decision" in done.out
    moved = shutil.move(here / "out", here / "elsewhere")
    found, model = alone(Path(moved), TEXTS), weitiao.load(run, device="cpu").predict(TEXTS)
    assert [row["label"] for row in found] == model.labels
    shares = [[row["probabilities"][name] for name in model.classes] for row in found]
    np.testing.assert_allclose(shares, model.probabilities, atol=1e-5)


@pytest.mark.slow
def test_a_folder_is_loaded_by_transformers_and_gone_on_with(
    here: Path, run_of: Path, command: Command
) -> None:
    from huggingface_hub import ModelCard

    done = command("export", str(run_of), "--to", str(here / "out"), cwd=run_of.parents[1])
    assert done.code == 0, done.err
    ours = weitiao.load(run_of, device="cpu").predict(TEXTS)
    said = by_pipeline(here / "out", TEXTS, trust_remote_code=True)
    for row, label, shares in zip(said, ours.labels, ours.probabilities, strict=True):
        assert row[0]["label"] == label
        by_name = {each["label"]: each["score"] for each in row}
        np.testing.assert_allclose([by_name[name] for name in ours.classes], shares, atol=1e-5)
    again = weitiao.load(here / "out", device="cpu").predict(TEXTS)
    np.testing.assert_allclose(again.probabilities, ours.probabilities, atol=1e-6)
    card = ModelCard.load(here / "out" / "README.md")
    assert card.data.pipeline_tag == "text-classification"
    assert card.data.language == ["zh"]
    scores = json.loads((run_of / "metrics.json").read_text("utf-8"))
    for name in ("test/f1_macro", "baseline/f1_macro"):
        assert card.text.count(f"{scores[name]:.4f}") >= 2  # in English and Chinese
    low, high = map(float, re.findall(r"\(bootstrap\): (\S+) – ([\d.]+\d)", card.text)[0])
    assert low <= scores["test/f1_macro"] <= high
    write_csv(here / "more.csv", reviews(60, seed=9))
    more = command(
        "fit", "--data.train=more.csv", "--data.input.text=review", "--data.target.label=stars",
        "--model.start=out", "--trainer.max_steps=1", "--trainer.accelerator=cpu", cwd=here,
    )  # fmt: skip
    assert more.code == 0, more.err
    assert "2 of 2 labels as before" in more.err


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--to=out", "--quantize=int8", "--format=torch"], "goes with format onnx only"),
        (["--to=my.csv"], "is there already"),
        (["--to=out", "--format=pickle"], "must be one of auto"),
        (["--to=out", "--format=sentence_transformers"], "has no vector of a text"),
        (["--to=out", "--data.label=x"], "--data.test"),
    ],
)
def test_what_can_not_be_exported_is_told_before_the_work(
    workplace: Path, command: Command, given: list[str], told: str
) -> None:
    done = command("export", "logs/latest", *given, cwd=workplace)
    assert done.code in (1, 2)
    assert told in done.err
    assert not (workplace / "out").exists()


@pytest.mark.parametrize("kind", [Translating, Summarising])
@pytest.mark.parametrize("form", get_args(Format))
def test_what_writes_is_told_by_what_it_can_be_used(kind: type[Translating], form: Any) -> None:
    module: Any = SimpleNamespace(objective=object.__new__(kind), backbone=None)
    with pytest.raises(ConfigError, match=r"translations or summaries .*\n.*weitiao predict"):
        Export(Path("nowhere"), form, None, 0.5).chosen(module)


@pytest.mark.slow
def test_a_folder_that_is_not_whole_is_refused(here: Path, run_of: Path, command: Command) -> None:
    assert (
        command("export", str(run_of), "--to", str(here / "out"), cwd=run_of.parents[1]).code == 0
    )
    weights = here / "out" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    done = command("predict", "--ckpt_path=out", "--text=好", cwd=here)
    assert done.code == 1
    assert "no whole exported model" in done.err


KINDS: dict[str, tuple[list[tuple[str, ...]], dict[str, Any]]] = {
    "labels": (
        [(t, "好评|长" if len(t) > 24 else "好评") for t, _ in reviews(120)],
        {"task": "multilabel", "model.objective.decision.at_most": 1} | NETWORK,
    ),
    "scale": ([(t, str(len(t) % 4)) for t, _ in reviews(120)], {"task": "ordinal"} | WHOLE),
    "numbers of pairs": (
        [(t, t[::-1], str(len(t))) for t, _ in reviews(120)],
        {"task": "regression"} | WHOLE,
    ),
    "lstm of words": (
        reviews(120),
        {"model.backbone": "Recurrent", "data.input.encode.tokenizer": "words"},
    ),
    "gru": (reviews(120), {"model.backbone": "Recurrent", "model.backbone.cell": "gru"}),
    "bag": (reviews(120), {"model.backbone": "Bag", "model.objective.calibrate": True}),
    "ordinal transformer": (
        [(t, str(len(t) % 4)) for t, _ in reviews(120)],
        {"task": "ordinal", "model.backbone": "Transformer", "model.backbone.width": 16},
    ),
    "number of a transformer": (
        [(t, str(len(t))) for t, _ in reviews(120)],
        {"task": "regression", "model.backbone": "Transformer", "model.backbone.width": 16},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "form"),
    [
        *((kind, "auto") for kind in ("labels", "numbers of pairs", "ordinal transformer", "gru")),
        *((kind, "onnx") for kind in ("scale", "lstm of words", "bag", "number of a transformer")),
    ],
)
def test_every_kind_says_the_same_as_a_folder(
    here: Path, command: Command, kind: str, form: str
) -> None:
    rows, options = KINDS[kind]
    run = fitted(here, rows, options)
    done = command("export", str(run), "--to=out", f"--format={form}", cwd=here)
    assert done.code == 0, done.err  # the verb itself compares
    if (here / "out" / "predict.py").exists() and len(rows[0]) == 2:
        texts = [row[0] for row in rows[:20]]
        said = [row["label"] for row in alone(here / "out", texts)]
        ours = weitiao.load(run, device="cpu").predict(texts).labels
        assert said == (
            pytest.approx(ours, abs=1e-3) if options.get("task") == "regression" else ours
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("bert", {}),
        ("bert", MLP),
        ("bert", {"model.backbone.lora.rank": 2, "model.optim.lr": 0.1}),  # so that adapters count
        ("roberta", MLP),
        ("electra", MLP | {"model.objective.head.activation": "gelu"}),
        ("distilbert", MLP | {"model.objective.head.activation": "relu"}),
    ],
)
def test_what_a_class_of_transformers_computes_needs_no_code_of_ours(
    here: Path, command: Command, kind: str, more: dict[str, Any]
) -> None:
    from transformers import PreTrainedTokenizerFast

    save_pretrained(kind, here / "model", vocab_size=300, hidden_act="gelu", pad_token_id=0)
    units = train_tokenizer("characters", TEXTS, vocab_size=200, min_count=1, lowercase=True)
    names = {name: f"[{name[:-6].upper()}]" for name in ("pad_token", "unk_token", "cls_token")}
    PreTrainedTokenizerFast(tokenizer_object=units, **names).save_pretrained(here / "model")
    options: dict[str, Any] = {"model.backbone": "Pretrained", "model.backbone.name": "model"}
    options |= {"model.objective.pooling": "cls", "model.objective.calibrate": True}
    options |= {"data.input.encode.tokenizer": "model", "data.input.encode.max_length": 16}
    run = fitted(here, reviews(120), options | more)
    done = command("export", str(run), "--to=out", cwd=here)
    assert done.code == 0, done.err
    assert "auto_map" not in json.loads((here / "out" / "config.json").read_text("utf-8"))
    texts = [text for text, _ in reviews(8, seed=5)]
    ours = weitiao.load(run, device="cpu").predict(texts)
    said = by_pipeline(here / "out", texts)
    assert [row[0]["label"] for row in said] == ours.labels
    again = weitiao.load(here / "out", device="cpu").predict(texts)
    np.testing.assert_allclose(again.probabilities, ours.probabilities, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("numbers", ["int8", "fp16"])
def test_fewer_bits_are_measured_and_refused_beyond_a_loss(
    here: Path, run_of: Path, command: Command, numbers: str
) -> None:
    options = ("--to", str(here / "out"), f"--quantize={numbers}")
    place = run_of.parents[1]
    refused = command("export", str(run_of), *options, "--max-loss=-100", cwd=place)
    assert refused.code == 1
    assert "points of f1_macro" in refused.err
    assert not (here / "out").exists()
    done = command("export", str(run_of), *options, "--max-loss=50", cwd=place)
    assert done.code == 0, done.err
    long = "这家店的菜很好吃，服务也不错，就是有点远。" * 6
    together = alone(here / "out", [TEXTS[0], long])
    # as if it stood there by itself, up to the rounding of 32 bits
    (by_itself,) = alone(here / "out", TEXTS[:1])
    assert together[0] == {**by_itself, "probabilities": pytest.approx(by_itself["probabilities"])}
