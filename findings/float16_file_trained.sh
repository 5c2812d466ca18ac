#!/usr/bin/env bash
# transformers 5.23.0, torch 2.13.0: `from_pretrained` keeps the type of the file, so that a model for
# fine-tuning out of a float16 file is float16 altogether, its new head too. One would expect that it
# trains, if badly, or raises. The first step of AdamW, as it comes, makes it NaN: its epsilon of 1e-8
# is 0 in float16, and what had no gradient, as the vectors of words that weren't in the batch, becomes
# 0 / 0. Loss and gradients before that step are finite, so neither a check of the loss nor clipping
# tells; with `fused=True` nothing becomes NaN. Under LoRA (peft 0.21.0) the adapters are made float32
# but the head isn't, and ends so too. Say `dtype=torch.float32` when you mean to train. On a CPU float16
# saves nothing either: its backward pass takes 1,360 ms here, that of float32 59 ms (one thread, a
# processor with AVX-512).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.13.0 transformers==5.23.0 peft==0.21.0
"$work/venv/bin/python" -W ignore - "$work/model" <<'PY'
import sys
import time

import torch
import transformers
from peft import LoraConfig, TaskType, get_peft_model
from transformers import AutoModelForSequenceClassification, BertConfig, BertModel

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(1)
torch.manual_seed(0)
print("transformers", transformers.__version__, "torch", torch.__version__)
size = {"hidden_size": 256, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 1024}
BertModel(BertConfig(vocab_size=500, **size)).half().save_pretrained(sys.argv[1])
batch = {"input_ids": torch.randint(5, 100, (16, 48)), "labels": torch.arange(16) % 3}


def trained(
    name: str, fused: bool = False, lora: bool = False, **options: torch.dtype
) -> tuple[torch.dtype, bool, bool]:
    """The type of the new head, and whether gradients and then weights are finite."""
    model = AutoModelForSequenceClassification.from_pretrained(sys.argv[1], num_labels=3, **options)
    if lora:
        model = get_peft_model(model, LoraConfig(task_type=TaskType.SEQ_CLS, target_modules=["query", "value"]))
    head = next(p for n, p in model.named_parameters() if "classifier" in n and p.requires_grad)
    learned = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=1e-5, fused=fused or None)
    spent = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = model(**batch).loss
        begin = time.process_time()
        loss.backward()
        spent.append(time.process_time() - begin)
    gradients = all(p.grad.isfinite().all() for p in learned)
    optimizer.step()
    weights = all(p.isfinite().all() for p in learned)
    after = model(**batch).loss
    print(
        f"{name:18} head {head.dtype}  gradients finite {gradients}"
        f"  weights finite {weights}  loss {loss:.3f}, then {after:.3f}  backward {min(spent) * 1e3:.0f} ms"
    )
    return head.dtype, gradients, weights


half = trained("nothing said")
fused = trained("fused=True", fused=True)
lora = trained("LoRA", lora=True)
named = trained("dtype=float32", dtype=torch.float32)
as_seen = half == lora == (torch.float16, True, False) and fused == (torch.float16, True, True)
as_seen &= named == (torch.float32, True, True)
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
