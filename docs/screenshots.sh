#!/usr/bin/env bash
# Pictures of TensorBoard's tabs for the README, of all runs in logs/:
#   docs/screenshots.sh [FOLDER THAT HOLDS logs/]      (needs chromium)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd) port=6161 profile=$(mktemp -d)
target=$root/docs/tensorboard
mkdir -p "$target"
cd "${1:-$root}"
"$root/.venv/bin/tensorboard" --logdir logs --port $port >/dev/null 2>&1 &
trap 'kill %1; rm -rf "$profile"' EXIT
until curl --silent --output /dev/null "localhost:$port/data/runs"; do sleep 1; done
sleep 10 # it reads the runs in the background
shoot() { # NAME WIDTH TAB
  chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --user-data-dir="$profile" --window-size="$2,900" \
    --virtual-time-budget=25000 --screenshot="$target/$1.png" "http://localhost:$port/#$3" 2>/dev/null
}
tags='tagFilter=val%2Ff1_macro%7Ctrain%2Floss%24%7Cspeed'
shoot timeseries 1400 "timeseries&$tags"
shoot scalars 1400 "scalars&$tags"
shoot images 1400 images
shoot text 1400 text
shoot hparams 2000 hparams
