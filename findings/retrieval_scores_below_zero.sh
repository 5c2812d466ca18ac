#!/usr/bin/env bash
# torchmetrics 1.9.0: a ranking should not depend on the zero of its scores. In RetrievalMAP, MRR,
# Recall and Precision it does: a relevant document with a score of 0 or less counts as irrelevant,
# wherever it stands. Nothing says so, and nDCG, hit rate, R-precision and AUROC count it. So a perfect
# ranking by logits of a cross-encoder, by negated distances or by log-probabilities may have an MRR of
# 0 beside an nDCG of 1, and a model is chosen by how far its logits lie above 0. Hand over scores that
# are positive and keep the order: of each query, subtract the least and add 1.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.13.0 torchmetrics==1.9.0
"$work/venv/bin/python" - <<'PY'
import torch
import torchmetrics
from torchmetrics import retrieval

print("torchmetrics", torchmetrics.__version__, "torch", torch.__version__)
queries = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])
relevant = torch.tensor([1, 1, 0, 0, 1, 0, 0, 0])
logits = torch.tensor([2.1, -0.3, -1.7, -4.0, -0.9, -2.2, -3.1, -5.6])  # both rankings are perfect

changed, kept = [], []
names = ("MAP", "MRR", "Recall", "Precision", "NormalizedDCG", "HitRate", "RPrecision", "AUROC")
for name in names:
    metric = getattr(retrieval, f"Retrieval{name}")()
    raw = float(metric(logits, relevant, indexes=queries))
    moved = float(metric(logits + 10, relevant, indexes=queries))
    (kept if raw == moved else changed).append(name)
    print(f"{name:14} by logits {raw:.3f}   by logits + 10 {moved:.3f}")
as_seen = changed == list(names[:4]) and kept == list(names[4:])
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
