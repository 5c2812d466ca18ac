#!/usr/bin/env bash
# Lightning's MLFlowLogger takes every character that is no ASCII letter, digit, `_`, `/`, `.`, `-`
# or space out of a metric's name, with a warning that calls it MLflow's rule; MLflow itself takes
# them. So two scores named by Chinese classes become one metric with two values a step, and
# `f1/好评` becomes `f1/`, which MLflow refuses: the training ends at its first validation.
# Seen with lightning 2.6.6 and mlflow-skinny 3.17.2 (sqlite):
#   by MLflow:    ['f1_差评', 'f1_好评']
#   by Lightning: ['f1_'] [0.5, 0.9]
#   f1/好评:      MlflowException
# Exits non-zero if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q torch==2.13.0 lightning==2.6.6 mlflow-skinny==3.17.2 sqlalchemy alembic
cat > names.py <<'PYTHON'
import logging

logging.disable(logging.WARNING)
import lightning
import mlflow
from lightning.pytorch.loggers import MLFlowLogger
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

print("lightning", lightning.__version__, "mlflow", mlflow.__version__)
scores = {"f1_好评": 0.9, "f1_差评": 0.5}
client = MlflowClient("sqlite:///runs.db")
run = client.create_run(client.create_experiment("own")).info.run_id
for name, value in scores.items():
    client.log_metric(run, name, value)
own = sorted(client.get_run(run).data.metrics, reverse=True)
print("by MLflow:   ", own)
assert set(own) == scores.keys()

logger = MLFlowLogger("lightning", tracking_uri="sqlite:///runs.db")
logger.log_metrics(scores, step=1)
kept = sorted(client.get_run(logger.run_id).data.metrics)
values = [entry.value for entry in client.get_metric_history(logger.run_id, kept[0])]
values.sort()
print("by Lightning:", kept, values)
assert kept == ["f1_"], kept
assert values == [0.5, 0.9], values

try:
    logger.log_metrics({"f1/好评": 0.9}, step=1)
except MlflowException as error:
    print("f1/好评:     ", type(error).__name__)
else:
    raise AssertionError("taken now")
PYTHON
venv/bin/python names.py
