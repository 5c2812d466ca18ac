"""Models of vectors as folders of sentence-transformers: the same vectors, by its own files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from conftest import Command
from huggingface_hub import ModelCard
from pairs_of_texts import SMALL, drawn, write
from tiny_models import save_pretrained

import weitiao
from weitiao.evaluation.inference import Hardware
from weitiao.inputs.text.trained_tokenizer import train_tokenizer
from weitiao.retrieval.vectors import Embedder

TEXTS = [pair[0] for pair in drawn("retrieval", 5, seed=8)] + ["今天天气" * 30, "ＡＢ  c！"]
PREFIXES = ("--data.input.encode.prefix=今天 ", "--data.input.encode.pair_prefix=学习 ")


@pytest.fixture
def run(tmp_path: Path, command: Command) -> Path:
    """The run of a tiny encoder with a prefix for each side, on rows with negatives."""
    from transformers import PreTrainedTokenizerFast

    rows = drawn("negatives", 80)
    write(tmp_path / "my.csv", "negatives", rows)
    save_pretrained("bert", tmp_path / "model", vocab_size=300, pad_token_id=0)
    texts = ["".join(row) for row in rows]
    units = train_tokenizer("characters", texts, vocab_size=200, min_count=1, lowercase=True)
    names = {name: f"[{name[:-6].upper()}]" for name in ("pad_token", "unk_token", "cls_token")}
    PreTrainedTokenizerFast(tokenizer_object=units, **names).save_pretrained(tmp_path / "model")
    model = ("--model.backbone=Pretrained", "--model.backbone.name=model")
    encode = ("--data.input.encode.tokenizer=model", "--data.input.encode.max_length=24", *PREFIXES)
    options = ("--task=retrieval", "--recipe=none", *SMALL, *model, *encode)
    options += ("--data.input.negatives=[negative_1,negative_2]",)
    how = ("--trainer.max_epochs=1", "--run.folder=run", "--trainer.precision=32-true")
    done = command("fit", *options, *how, cwd=tmp_path)
    assert done.code == 0, done.err
    return tmp_path / "run"


def as_told(folder: Path, kind: str) -> np.ndarray:
    """Vectors as the folder's files say that they are computed."""
    from transformers import AutoModel, AutoTokenizer

    config = folder / "config_sentence_transformers.json"
    options: dict[str, Any] = json.loads(config.read_text("utf-8"))
    pooling = json.loads((folder / "1_Pooling" / "config.json").read_text())
    assert [name for name, value in pooling.items() if value is True] == [
        "pooling_mode_mean_tokens"
    ]
    prompted = [options["prompts"][kind] + text for text in TEXTS]
    tokenizer, model = (c.from_pretrained(folder) for c in (AutoTokenizer, AutoModel))
    inputs = tokenizer(prompted, padding=True, truncation=True, return_tensors="pt")
    with torch.inference_mode():
        hidden = model.eval()(**inputs).last_hidden_state
    mask = inputs["attention_mask"].unsqueeze(-1)
    mean = (hidden * mask).sum(1) / mask.sum(1)
    return (mean / mean.norm(dim=1, keepdim=True)).numpy()


def test_the_folder_has_the_vectors_of_the_model(run: Path, command: Command) -> None:
    measured = {"test/ndcg_10": 0.54321, "baseline/ndcg_10": 0.4, "test/accuracy_1": 0.3}
    (run / "metrics.json").write_text(json.dumps(measured), "utf-8")
    done = command("export", str(run), "--to=out", cwd=run.parent)
    assert done.code == 0, done.err
    out, table = run.parent / "out", pa.table({"text": TEXTS})
    here = Hardware(accelerator="cpu")
    model = Embedder(run / "checkpoints" / "best.ckpt", {}, here)
    again = Embedder(out / "weitiao.json", {}, here)
    for side, kind in (("text", "query"), ("pair", "document")):
        ours = model.vectors(table, side)
        np.testing.assert_allclose(as_told(out, kind), ours, atol=1e-5)
        np.testing.assert_allclose(again.vectors(table, side), ours, atol=1e-6)
    assert model.fingerprint() != again.fingerprint()
    kinds = [module["type"] for module in json.loads((out / "modules.json").read_text())]
    assert [kind.rpartition(".")[2] for kind in kinds] == ["Transformer", "Pooling", "Normalize"]
    card = ModelCard.load(out / "README.md")
    assert card.data.library_name == "sentence-transformers"
    assert card.data.pipeline_tag == "sentence-similarity"
    assert card.text.count("| nDCG@10 | 0.5432 | 0.4000 |") == 2  # in English and Chinese
    assert card.text.count("| accuracy@1 | 0.3000 |  |") == 2
    said = weitiao.load(out, device="cpu").predict([("今天", "学习")])
    assert said.labels == weitiao.load(run, device="cpu").predict([("今天", "学习")]).labels


@pytest.mark.slow
def test_sentence_transformers_loads_it(run: Path, command: Command) -> None:
    library = pytest.importorskip("sentence_transformers")
    assert command("export", str(run), "--to=out", cwd=run.parent).code == 0
    theirs = library.SentenceTransformer(str(run.parent / "out"))
    ours = Embedder(run / "checkpoints" / "best.ckpt", {}, Hardware(accelerator="cpu"))
    table = pa.table({"text": TEXTS})
    for side, encode in (("text", theirs.encode_query), ("pair", theirs.encode_document)):
        np.testing.assert_allclose(encode(TEXTS), ours.vectors(table, side), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--format=torch",), "is nothing for the vectors of a Retrieval"),
        (("--quantize=int8",), "sentence_transformers"),
    ],
)
def test_another_format_is_refused(
    options: tuple[str, ...], told: str, run: Path, command: Command
) -> None:
    done = command("export", str(run), "--to=out", *options, cwd=run.parent)
    assert done.code
    assert told in done.err
    assert not (run.parent / "out").exists()


def test_a_model_that_is_none_of_theirs_is_told(tmp_path: Path, command: Command) -> None:
    write(tmp_path / "my.csv", "likeness", drawn("likeness", 60))
    options = ("--task=likeness", "--recipe=likeness", "--trainer.max_epochs=1", *SMALL)
    assert command("fit", *options, "--run.folder=run", cwd=tmp_path).code == 0
    done = command("export", "run", "--to=out", cwd=tmp_path)
    assert done.code
    assert "no model for Bag" in done.err
