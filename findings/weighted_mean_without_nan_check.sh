#!/usr/bin/env bash
# torchmetrics' `MeanMetric(nan_strategy="disable")` takes weights and ignores them: the mean of
# 1.0 (weight 1) and 3.0 (weight 3) is 2.0 in place of 2.5, without a warning. `nan_strategy` is
# documented as what happens to NaN only, and "disable" is the fast choice for a loss of which one
# wants to *see* the NaN; a mean of batches of unequal size is then a mean of batches. With "ignore",
# "warn" or a number, weights count. Multiply and divide by hand, or keep NaN by a strategy of one's
# own. Exits non-zero if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q torch==2.13.0 torchmetrics==1.9.0
cat > mean.py <<'PYTHON'
import torch
import torchmetrics
from torchmetrics import MeanMetric

print("torchmetrics", torchmetrics.__version__, "torch", torch.__version__)
found = {}
for strategy in ("warn", "ignore", 0.0, "disable"):
    metric = MeanMetric(nan_strategy=strategy)
    metric.update(torch.tensor(1.0), 1.0)
    metric.update(torch.tensor(3.0), 3.0)
    found[strategy] = float(metric.compute())
    print(f"nan_strategy={strategy!r}: mean of 1.0 (weight 1) and 3.0 (weight 3) = {found[strategy]}")
assert all(found[strategy] == 2.5 for strategy in ("warn", "ignore", 0.0))
assert found["disable"] == 2.0, "changed: weights count"
print("as described")
PYTHON
venv/bin/python mean.py
