#!/usr/bin/env bash
# Submit a job with the settings of slurm/site.env; --dry-run only prints the command.
#   slurm/submit.sh [--dry-run] train VERB [options of src/train.py]    VERB: train or fit
#   slurm/submit.sh [--dry-run] tune N [options of src/tune.py]         N jobs share one study
#   slurm/submit.sh [--dry-run] predict N [options of predict]          N jobs share out the files
set -euo pipefail
cd "$(dirname "$0")/.."
source slurm/site.env

seconds() {  # of a time as SLURM writes them: minutes, minutes:seconds, … days-hours:minutes:seconds
    awk -v time="$1" 'BEGIN {
        parts = split(time, part, /[-:]/)
        if (time ~ /-/) print ((part[1] * 24 + part[2]) * 60 + part[3]) * 60 + part[4]
        else if (parts == 3) print (part[1] * 60 + part[2]) * 60 + part[3]
        else print part[1] * 60 + part[2]
    }'
}

if [[ $TIME == [0-9]* ]] && [ "$(seconds "$TIME")" -le "$WARNING" ]; then
    echo "error: TIME=$TIME is no longer than WARNING=$WARNING seconds: a job would be told to end" \
        "as soon as it begins, again and again" >&2
    exit 2
fi

submit=(sbatch)
if [ "${1:-}" = --dry-run ]; then
    submit=(echo sbatch)
    shift
fi
job=${1:?train, tune or predict}
shift
options=(--cpus-per-task="$CPUS" --time="$TIME" --signal="USR1@$WARNING")
[ -z "$ACCOUNT" ] || options+=(--account="$ACCOUNT")
[ -z "$PARTITION" ] || options+=(--partition="$PARTITION")
[ -z "$MEMORY" ] || options+=(--mem="$MEMORY")
case $job in
    train)
        : "${1:?the verb: train or fit}"
        options+=(--nodes="$NODES" --ntasks-per-node="$DEVICES")
        [ -z "$GRES" ] || options+=(--gres="$GRES:$DEVICES")
        ;;
    tune)
        count=${1:?how many jobs}
        shift
        options+=(--array="1-$count" --nodes=1 --ntasks-per-node=1)
        [ -z "$GRES" ] || options+=(--gres="$GRES:1")
        ;;
    predict)
        count=${1:?how many jobs}  # stays: a job takes its share by it
        options+=(--array="1-$count" --nodes=1 --ntasks-per-node=1)
        [ -z "$GRES" ] || options+=(--gres="$GRES:1")
        ;;
    *)
        echo "error: there is no job $job" >&2
        exit 2
        ;;
esac
mkdir -p logs  # SLURM doesn't, and then loses what the job prints
"${submit[@]}" "${options[@]}" "slurm/$job.sbatch" "$@"

