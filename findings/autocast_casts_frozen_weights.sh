#!/usr/bin/env bash
# Mixed precision casts a weight once in a context, however often it is used, but only where that
# weight is trained: one that is frozen, as all of a model but its adapters are, is cast again at
# each use. A model with adapters that writes a text under autocast so casts all its weights for
# each id (135 million of them, 10 rows, 2 cores: 230 ms an id, 170 without autocast). The guess was
# that a weight that never changes is cast once, as it is if `requires_grad` is left true. Exits
# non-zero if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q torch==2.13.0 numpy==2.2.6
cat > casts.py <<'PYTHON'
import torch
from torch.profiler import ProfilerActivity, profile

print("torch", torch.__version__)
USES = 10
x = torch.ones(1, 64, dtype=torch.bfloat16)


def casts(trained):
    layer = torch.nn.Linear(64, 64, bias=False).requires_grad_(trained)
    with profile(activities=[ProfilerActivity.CPU]) as found, torch.no_grad():
        with torch.autocast("cpu", torch.bfloat16):
            for _ in range(USES):
                layer(x)
    return sum(e.count for e in found.key_averages() if e.key == "aten::_to_copy")


seen = {"trained": casts(True), "frozen": casts(False)}
print(f"casts of a weight that is used {USES} times:", seen)
assert seen == {"trained": 1, "frozen": USES}, seen
PYTHON
venv/bin/python casts.py
