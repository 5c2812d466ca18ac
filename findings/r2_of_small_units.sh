#!/usr/bin/env bash
# torchmetrics 1.9.0: r2_score takes sums of squares below 1e-4 for zero, whatever the unit of the
# targets. Where both sums are that small, R² is 1 for any prediction; where only the targets' is,
# it is 0. The same values in another unit give the right figure (scikit-learn's). So a regression
# on rates, shares or concentrations chooses its "best" epoch by noise, without a warning.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.13.0 torchmetrics==1.9.0 scikit-learn==1.7.2
"$work/venv/bin/python" - <<'PY'
import numpy as np
import torch
import torchmetrics
from sklearn.metrics import r2_score as expected
from torchmetrics.functional import r2_score

draw = np.random.default_rng(0)
true = draw.random(100) * 1e-4   # e.g. mol/L, or a share of conversions
junk = draw.random(100) * 1e-4   # has nothing to do with them
far = draw.random(100)           # wrong by a factor of ten thousand


def shown(name: str, found: np.ndarray, scale: float = 1.0) -> float:
    value = float(r2_score(torch.tensor(found * scale), torch.tensor(true * scale)))
    print(f"{name:32} torchmetrics {value:16.4f}   scikit-learn {expected(true, found):16.4f}")
    return value


print("torchmetrics", torchmetrics.__version__)
values = [shown("random predictions", junk), shown("the same, times 1e6", junk, 1e6)]
values.append(shown("predictions 10,000 times too large", far))
as_seen = values[0] == 1.0 and values[1] < -0.1 and values[2] == 0.0
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
