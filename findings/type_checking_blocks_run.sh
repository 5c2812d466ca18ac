#!/usr/bin/env bash
# jsonargparse 4.53.0 (and so LightningCLI): what stands under `if TYPE_CHECKING:` is for type checkers
# and never run, one would think; heavy or optional packages are imported there for that reason. Where
# a class has postponed annotations, its module's blocks are executed to resolve them, even if each
# type of its options is a plain one: the packages are imported at each start, for `--help` too. An
# error in a block is swallowed. Leave `from __future__ import annotations` out of modules whose classes
# become options, and quote only what is imported for type checkers: then nothing of it is run.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q "jsonargparse[signatures]==4.53.0"
cd "$work"
echo "class Frame: ..." > heavy.py
cat > quoted.py <<'PY'
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heavy import Frame


class Reader:
    def __init__(self, folder: str = "data", rows: int = 10) -> None:
        self.folder, self.rows = folder, rows

    def read(self) -> "Frame": ...
PY
(echo "from __future__ import annotations"; cat quoted.py) > postponed.py
sed 's/import Frame/import Frame, Missing/' postponed.py > broken.py
cat > told.py <<'PY'
import sys
from importlib import import_module

import jsonargparse

print("jsonargparse", jsonargparse.__version__)
found = {}
for name in ("quoted", "postponed", "broken"):
    reader = import_module(name).Reader
    assert "heavy" not in sys.modules
    parser = jsonargparse.ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(reader, "reader")
    rows = parser.parse_args(["--reader.rows=3"]).reader.rows
    found[name] = sys.modules.pop("heavy", None) is not None, rows
    print(f"{name:10} block run: {found[name][0]!s:5}  parsed: rows {rows}")
as_seen = found == {"quoted": (False, 3), "postponed": (True, 3), "broken": (True, 3)}
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
venv/bin/python told.py
