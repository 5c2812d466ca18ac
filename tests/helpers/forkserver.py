"""Runs a script of `src/` in processes of its own, without paying for torch's import each time.

It imports what is heavy once, computes nothing, and forks a child per request, which changes into
its own folder and runs the script as `python src/SCRIPT …` would. Requests and answers are lines
of JSON on standard input and output. A child pays for nothing that is loaded here: a refused
command takes half the time, and so does a run of 200 rows.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import sys
import time
import traceback
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "src"
HEAVY = (
    "weitiao.evaluation.predict",
    "weitiao.evaluation.testing",
    "weitiao.pretraining.cli",
    "weitiao.tuning.cli",
    "pandas",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "torch.utils.tensorboard",
    "transformers.models.bert.modeling_bert",
)
"""What a command loads when it comes to it; a child of this process has it already."""


def child(request: dict) -> int:
    """Become the script; gives its exit code."""
    os.chdir(request["cwd"])
    for name, number in (("stdout", 1), ("stderr", 2)):
        os.dup2(os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    for package in request["missing"]:
        for name in [n for n in sys.modules if n == package or n.startswith(f"{package}.")]:
            del sys.modules[name]
        sys.modules[package] = None  # type: ignore[assignment] # an import of it now fails
    script = Path(request["script"])  # a whole path is found by processes that start it again
    sys.argv = [str(script if script.is_absolute() else "src" / script), *request["argv"]]
    try:
        runpy.run_path(str(SCRIPTS / script), run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def wait_for(pid: int, kill_after: float | None) -> int:
    """How a child ended; one that still lives after so many seconds is killed."""
    if kill_after is not None:
        deadline = time.monotonic() + kill_after
        while time.monotonic() < deadline:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return status
            time.sleep(0.001)
        os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def main() -> None:
    """Answer requests until the input ends."""
    sys.path.insert(0, str(SCRIPTS))
    for module in HEAVY:
        importlib.import_module(module)
    gc.freeze()  # a child's collections pass over what it has from here

    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                code = child(request)
            finally:
                os._exit(code)
        status = wait_for(pid, request["kill_after"])
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


if __name__ == "__main__":
    main()
