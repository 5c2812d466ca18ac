#!/usr/bin/env bash
# Pictures of TensorBoard's tabs for the README: docs/screenshots.sh LOGDIR   (needs chromium)
set -euo pipefail
logdir=${1:?usage: docs/screenshots.sh LOGDIR}
target=$(dirname "$0")/tensorboard port=6161 profile=$(mktemp -d)
mkdir -p "$target"
.venv/bin/tensorboard --logdir "$logdir" --port $port >/dev/null 2>&1 &
trap 'kill %1; rm -rf "$profile"' EXIT
until curl --silent --output /dev/null "localhost:$port/data/runs"; do sleep 1; done
sleep 10 # it reads the runs in the background
for tab in timeseries scalars images text hparams; do
  chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --user-data-dir="$profile" --window-size=1400,900 \
    --virtual-time-budget=25000 --screenshot="$target/$tab.png" "http://localhost:$port/#$tab" 2>/dev/null
done
