#!/usr/bin/env bash
# torchmetrics documents that a metric's state keeps its type unless `set_dtype` is called. It does
# under `.bfloat16()` and `.half()`, but not under `.to(torch.bfloat16)`, which is what Lightning
# calls for precision="bf16-true": a MeanMetric inside the module then sums and counts in bfloat16,
# where 256 + 1 = 256, so the mean of an epoch is that of no epoch. Exits non-zero if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q torch==2.13.0 torchmetrics==1.9.0
cat > mean.py <<'PYTHON'
import torch
import torchmetrics

print("torchmetrics", torchmetrics.__version__, "torch", torch.__version__)
casts = {
    ".bfloat16()": lambda module: module.bfloat16(),
    ".to(torch.bfloat16)": lambda module: module.to(torch.bfloat16),
}
means = {}
for name, cast in casts.items():
    module = cast(torch.nn.ModuleDict({"loss": torchmetrics.MeanMetric()}))
    metric = module["loss"]
    for value in [0.0] * 300 + [1.0] * 300:
        metric.update(torch.tensor(value))
    means[name] = float(metric.compute())
    print(f"{name:20} state {metric.mean_value.dtype}, counted {float(metric.weight):.0f} of 600")
    print(f"{'':20} mean of 300 zeros and 300 ones: {means[name]}")
assert means[".bfloat16()"] == 0.5
assert means[".to(torch.bfloat16)"] != 0.5, "changed: the state keeps its type"
PYTHON
venv/bin/python mean.py
