#!/usr/bin/env bash
# datasets 4.4.1 (pandas 2.3.3, numpy 2.3.5): a data set of questions and answers in the usual form,
# {"text": [...], "answer_start": [...]}, is written by `Dataset.to_csv` with what numpy shows of its
# arrays: "{'text': array(['1912'], dtype=object), 'answer_start': array([5])}". That is
# neither JSON nor a literal of Python, so no reader gets the answers back, `load_dataset("csv")` gives
# strings, and of long lists numpy shows the ends only, with "..." in the middle: they are lost.
# `to_json` writes the same rows whole.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q datasets==4.4.1 pandas==2.3.3 numpy==2.3.5
cat > written.py <<'PYTHON'
import ast
import csv
import json
import os

os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["HF_HOME"] = "home"
import datasets

csv.field_size_limit(10**9)
few = {"text": ["1912", "一九一二"], "answer_start": [5, 20]}
many = {"text": [str(i) for i in range(1500)], "answer_start": [*range(1500)]}
rows = datasets.Dataset.from_list([{"answers": few}, {"answers": many}])
rows.to_csv("rows.csv")
rows.to_json("rows.jsonl", force_ascii=False)
with open("rows.csv", newline="", encoding="utf-8") as file:
    short, long = (row["answers"] for row in csv.DictReader(file))
print("datasets", datasets.__version__)
print("CSV, two answers:  ", short)
print("CSV, 1,500 answers:", long)


def reads(read, cell: str) -> bool:
    try:
        return read(cell) == few
    except (ValueError, SyntaxError):
        return False


kept = [json.loads(line)["answers"] for line in open("rows.jsonl", encoding="utf-8")]
print("JSON Lines whole:", kept == [few, many])
as_seen = (
    short.startswith("{'")
    and "array(" in short
    and not reads(json.loads, short)
    and not reads(ast.literal_eval, short)
    and "..." in long
    and len(long) < 1000
    and kept == [few, many]
)
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PYTHON
venv/bin/python written.py 2>/dev/null
