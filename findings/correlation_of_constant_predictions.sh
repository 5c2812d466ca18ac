#!/usr/bin/env bash
# torchmetrics 1.9.0: where all rows are predicted as one class, Matthews' correlation is undefined and
# taken for 0, so that a model which has learned nothing doesn't look good; so do scikit-learn and
# torchmetrics for three classes. For two, MatthewsCorrCoef puts a limit of its own in its place, which
# depends on the shares: 0.41 for the greater class in 95 of 100 rows, 0.98 in 99. One other prediction,
# and it is about 0. Early stopping by it keeps the epoch that predicts the greater class for all rows
# before each that has begun to find the rare one. Compute it from the confusion matrix by yourself.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.13.0 torchmetrics==1.9.0 scikit-learn==1.7.2
"$work/venv/bin/python" - <<'PY'
import torch
import torchmetrics
from sklearn.metrics import matthews_corrcoef
from torchmetrics.classification import BinaryMatthewsCorrCoef, MulticlassMatthewsCorrCoef

print("torchmetrics", torchmetrics.__version__)


def shown(name: str, found: torch.Tensor, true: torch.Tensor) -> list[float]:
    """By torchmetrics for two and for three classes, and by scikit-learn."""
    values = [float(BinaryMatthewsCorrCoef()(found, true))]
    values += [float(MulticlassMatthewsCorrCoef(classes)(found, true)) for classes in (2, 3)]
    values.append(float(matthews_corrcoef(true, found)))
    words = "binary {:6.3f}  of 2 classes {:6.3f}  of 3 {:6.3f}  scikit-learn {:6.3f}"
    print(f"{name:52}", words.format(*values))
    return values


as_seen = True
for rare in (5, 1):
    true = (torch.arange(100) < rare).long()
    nothing = torch.zeros_like(true)
    constant = shown(f"{rare} of 100 are rare: all predicted as the greater", nothing, true)
    one = nothing.clone()
    one[-1] = 1
    wrong = shown("  the same, but one row, and wrongly", one, true)
    as_seen &= constant[2] == constant[3] == 0 and min(constant[:2]) > 0.4
    as_seen &= all(-0.06 < value < 0 for value in wrong)
true = (torch.arange(100) < 5).long()
some = (torch.arange(100) < 1).long()
some[-2:] = 1
found = shown("5 are rare: 1 found, 2 taken for rare wrongly", some, true)
as_seen &= 0.2 < min(found) and max(found) < 0.4
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
