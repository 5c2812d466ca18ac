#!/usr/bin/env bash
# usearch 2.26.6: a search of one vector for more neighbours than there are gives as many as there are. A search of
# several at once gives matrices, filled up with the key 0, which is a key like any other, at a distance of NaN: who reads
# `keys` (as to look texts up by them, or for recall@k) gets row 0 as a neighbour of everything. That is no matter of tiny
# indexes alone: an index whose rows were removed again is filled up likewise. What counts stands in `counts`, which a
# search of one vector hasn't.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q usearch==2.26.6 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import numpy as np
import usearch
from usearch.index import Index

print("usearch", usearch.__version__)
vectors = np.random.default_rng(0).normal(size=(8, 16)).astype(np.float32)
index = Index(ndim=16, metric="cos", dtype="f32")
index.add(np.arange(8) + 10, vectors)
index.remove(np.arange(5) + 13)
one, several = index.search(vectors[0], 5), index.search(vectors[:2], 5)
print("left:", len(index), "rows, keys 10 to 12")
print("one vector:     ", one.keys.tolist(), "has counts:", hasattr(one, "counts"))
print("several vectors:", several.keys.tolist(), several.distances[0].tolist(), "counts", several.counts.tolist())
as_seen = sorted(one.keys.tolist()) == [10, 11, 12] and several.counts.tolist() == [3, 3]
as_seen &= several.keys[:, 3:].tolist() == [[0, 0], [0, 0]] and bool(np.isnan(several.distances[:, 3:]).all())
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
