"""A model that answers as a folder: transformers gives its logits and its answers, weitiao away."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from chat_models import write_chat_model
from replies import reply_batch, reply_card, save_causal, sums
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

import weitiao
from weitiao.config.parser import UsageError
from weitiao.errors import ConfigError
from weitiao.export.chat_folder import Checked
from weitiao.export.cli import run_export
from weitiao.export.merged import merge_adapters
from weitiao.models.backbones.causal import Causal
from weitiao.models.backbones.lora import Lora
from weitiao.models.module import Module
from weitiao.objectives import Replying

ROWS = [(f"{i} plus {i % 7}?", f"{i + i % 7}") for i in range(40)]
USUAL: dict[str, Any] = {
    "recipe": "none",
    "data.train": "my.jsonl",
    "data.target": "Reply",
    "data.input": "weitiao.inputs.chat.Chat",
    "data.input.tokenizer": "chat",
    "data.input.max_length": 64,
    "data.input.system": "answer with a number",
    "model.backbone": "Causal",
    "model.backbone.name": "chat",
    "model.objective": "Replying",
    "model.objective.longest": 12,
    "model.optim.lr": 0.02,
    "trainer.accelerator": "cpu",
    "trainer.max_epochs": 2,
    "run.folder": "run",
}
LORA = {"model.backbone.lora.rank": 4, "model.backbone.lora.dropout": 0.0}
FEW_BITS = {"model.backbone.bits": 4} if find_spec("bitsandbytes") else {}
SCRIPT = """
import json, sys
sys.modules['weitiao'] = None
from transformers import pipeline
answer = pipeline('text-generation', sys.argv[1])
said = answer(json.load(sys.stdin), max_new_tokens=12, do_sample=False)
print(json.dumps([each[0]['generated_text'][-1]['content'] for each in said]))
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fitted(folder: Path, kind: str, options: dict[str, Any], **changes: Any) -> None:
    rows = [json.dumps({"prompt": p, "completion": a}) for p, a in ROWS]
    (folder / "my.jsonl").write_text("\n".join(rows), "utf-8")
    texts = [text for row in ROWS for text in row]
    write_chat_model(folder / "chat", texts=texts, kind=kind, **changes)
    weitiao.fit(USUAL | options, quiet=True)


@pytest.mark.parametrize(
    ("kind", "options", "tied"),
    [
        pytest.param("llama", LORA | FEW_BITS, True, marks=pytest.mark.slow),
        pytest.param("gpt2", LORA, True, marks=pytest.mark.slow),
        pytest.param("llama", {}, False, marks=pytest.mark.slow),
    ],
)
def test_a_folder_says_what_the_model_says(
    kind: str,
    options: dict[str, Any],
    tied: bool,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    if options:
        pytest.importorskip("peft")
    fitted(here, kind, options, tie_word_embeddings=tied)
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)  # needed in training alone
    run_export(["run", "--to=out"])
    assert "same answers 100%" in capfd.readouterr().err
    prompts = [prompt for prompt, _ in ROWS[:5]]
    ours = weitiao.load("run", device="cpu").predict(prompts)
    asked = [
        [{"role": "system", "content": "answer with a number"}, {"role": "user", "content": prompt}]
        for prompt in prompts
    ]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "out"], input=json.dumps(asked),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ours.labels
    assert weitiao.load("out", device="cpu").predict(prompts).labels == ours.labels
    weights = load_file("out/model.safetensors")
    assert not any("lora" in name for name in weights)
    embeddings = [name for name in weights if name.endswith(("wte.weight", "embed_tokens.weight"))]
    assert len(embeddings) == 1
    assert ("lm_head.weight" in weights) is not tied
    card = Path("out/README.md").read_text("utf-8")
    assert "pipeline_tag: text-generation" in card
    with pytest.raises(ConfigError, match="is there already"):
        run_export(["run", "--to=out"])
    with pytest.raises((ConfigError, UsageError), match="said by transformers"):
        run_export(["run", "--to=more", "--format=onnx"])


@pytest.mark.parametrize(
    ("apart", "largest", "exact"),
    [
        (1e-4, 39.5, True),  # SmolLM2 with merged adapters, which had moved logits by 5
        (1e-3, 39.5, False),
        (9e-5, 0.5, True),
        (2e-4, 0.5, False),
        (float("nan"), 39.5, False),
    ],
)
def test_logits_may_differ_by_rounding_alone(apart: float, largest: float, exact: bool) -> None:
    assert Checked(8, apart, largest, 1.0, True).exact is exact


@pytest.mark.parametrize("options", [{}, {"rank_stabilised": True}, {"dora": True}])
@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_merged_is_what_adapters_made(kind: str, options: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("peft")
    folder = save_causal(tmp_path, kind)
    lora = {"class_path": "weitiao.models.backbones.lora.Lora"}
    factory = partial(Causal, name=folder, lora=Lora(rank=4, alpha=8, **options))
    module = Module(reply_card(), factory, Replying).eval()
    module.hparams["backbone"] = {"init_args": {"lora": lora}}
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weight in module.named_parameters():
            if ".lora_B" in name:
                weight.normal_(0, 0.1)
    batch = reply_batch(sums(4))
    backbone: Any = module.backbone
    plain = AutoModelForCausalLM.from_pretrained(folder).eval()
    with torch.inference_mode():
        before = backbone.logits(backbone(**batch["inputs"]))
        merge_adapters(module)
        after = backbone.logits(backbone(**batch["inputs"]))
        untuned = plain(**batch["inputs"]).logits
    seen = batch["inputs"]["attention_mask"].bool()
    torch.testing.assert_close(after[seen], before[seen], rtol=1e-5, atol=1e-5)
    assert (before - untuned)[seen].abs().max() > 0.1
    assert not any("lora" in name for name in module.state_dict())
