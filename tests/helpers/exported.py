"""What an exported folder says by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def alone(folder: Path, texts: Sequence[str], without: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What the folder's runner says, in a process that knows nothing of weitiao.

    Args:
        without: further packages that aren't there.
    """
    names = ["weitiao", "transformers", *without]
    blocked = f"import sys; sys.modules.update(dict.fromkeys({names}))\n"
    script = blocked + "import runpy; runpy.run_path('predict.py', run_name='__main__')"
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"PYTHONPATH": "."}
    given = "".join(f"{text}\n" for text in texts)
    done = subprocess.run(
        [sys.executable, "-c", script], input=given, capture_output=True, text=True, cwd=folder,
        env=clean, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
