#!/usr/bin/env bash
# pyarrow 26.0.1 doesn't need pandas, so a program that never names pandas wouldn't pay for it, one
# would think. Where pandas is installed, whatever turns Python or NumPy values into Arrow's imports it,
# to ask whether they are pandas objects: `pa.array`, typed or not, `pa.scalar`, a filter with a number
# in it; and so does `pq.read_table`, of a file that pandas hasn't written. Each process pays: every
# worker, every call on a command line. `ParquetFile.read`, `open_csv`, tables of ready arrays, `sort_by`
# and `to_pylist` don't. Where starting matters, build by those, or install no pandas beside.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pyarrow==26.0.1 pandas==3.1.1 numpy==2.4.6
cat > "$work/first.py" <<'PY'
import io
import resource
import sys
import time

import numpy
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

table = pyarrow.csv.open_csv(io.BytesIO(b"rows,text\n1,x\n")).read_all()
sink = pa.BufferOutputStream()
pq.write_table(table, sink)
file = pa.BufferReader(sink.getvalue())
calls = {
    "pa.array([1])": lambda: pa.array([1]),
    "pa.array(typed)": lambda: pa.array(["x"], pa.string()),
    "pa.scalar(1)": lambda: pa.scalar(1),
    "filter(rows > 0)": lambda: table.filter(pc.field("rows") > 0),
    "pq.read_table": lambda: pq.read_table(file),
    "ParquetFile.read": lambda: pq.ParquetFile(file).read(),
    "table of arrays": lambda: pa.table({"text": table["text"]}),
    "sort_by": lambda: table.sort_by("rows"),
    "to_pylist": lambda: table.to_pylist(),
}
if len(sys.argv) == 1:
    print(f"pyarrow {pa.__version__}", *calls, sep="\n")
else:
    name = sys.argv[1]
    assert "pandas" not in sys.modules
    begin, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    calls[name]()
    seconds = time.process_time() - begin
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    imported = "pandas" in sys.modules
    print(f"{name:17} pandas imported: {imported!s:5}  {seconds * 1e3:4.0f} ms {memory:4.0f} MB")
    raise SystemExit(imported != (name in list(calls)[:5]))
PY
"$work/venv/bin/python" "$work/first.py" > "$work/calls.txt"
head -n 1 "$work/calls.txt"
sed 1d "$work/calls.txt" | while read -r call; do
    "$work/venv/bin/python" "$work/first.py" "$call" || { echo "the behaviour has changed"; exit 1; }
done
echo "as described"
