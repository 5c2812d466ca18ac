"""The command line: one verb a stage; typed signatures are the schema."""

from __future__ import annotations

import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Sequence

from weitiao import ranks
from weitiao.errors import WeitiaoError
from weitiao.run import stop
from weitiao.whole import is_full

USAGE = """usage: {prog} VERB [options]

  train    fit, test the best checkpoint, and measure the floor on the same split
  fit      train a model; the test split is not read
  test     measure a checkpoint on its run's test split, or on --data.test FILE
  predict  label new texts with a checkpoint

{prog} VERB --help lists the options of a verb.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb; gives the exit code: 0, 1 for a fault the user can mend, 2 for wrong usage."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    prog = os.path.basename(sys.argv[0])
    verbs: dict[str, Callable[[list[str]], None]] = {
        "train": _train,
        "fit": _fit,
        "test": _test,
        "predict": _predict,
    }
    if not arguments or arguments[0] not in verbs:
        asked = bool(arguments) and arguments[0] in ("-h", "--help")
        if arguments and not asked:
            print(f"error: there is no verb {arguments[0]!r}", file=sys.stderr)
        print(USAGE.format(prog=prog), file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    return guarded(lambda: verbs[arguments[0]](arguments[1:]))


def guarded(work: Callable[[], object]) -> int:
    """Do the work; a fault that the user can mend is told in one message. Gives the exit code.

    It is 130 after Ctrl-C, 143 after SIGTERM and 75 after the warning of a cluster (`stop.CODES`).
    """
    try:
        with stop.watching():
            quiet()
            work()
    except stop.Stopped as stopped:
        if not ranks.first():  # one code is enough, and Lightning kills all if a helper has one
            return 0
        print(stopped, file=sys.stderr)
        return stopped.code
    except Exception as error:  # told if the user can mend it, else raised again below
        message = _explained(error)
        if message is None:  # a fault of ours: its traceback is what we need
            raise
        print(f"error: {message}", file=sys.stderr)
        return 1
    return 0


def _train(arguments: list[str]) -> None:
    from weitiao.run.evaluate import compare_with_floor
    from weitiao.run.fit import run_fit

    compare_with_floor(run_fit(arguments, "train"))


def _fit(arguments: list[str]) -> None:
    from weitiao.run.fit import run_fit

    run_fit(arguments, "fit")


def _test(arguments: list[str]) -> None:
    from weitiao.run.evaluate import run_test

    run_test(arguments)


def _predict(arguments: list[str]) -> None:
    from weitiao.run.predict import run_predict

    run_predict(arguments)


def _explained(error: Exception) -> str | None:
    """What to tell of a fault that the user can mend; of others nothing."""
    from lightning.fabric.utilities.exceptions import MisconfigurationException

    while isinstance(error, ValueError) and isinstance(error.__cause__, ValueError | WeitiaoError):
        error = error.__cause__  # what a part refuses that may also be null, jsonargparse wraps
    if is_full(error):
        return f"{error}\n  → free some space; what was written before is untouched"
    if isinstance(error, WeitiaoError | OSError):  # e.g. a folder that may not be written to
        return str(error)
    if isinstance(error, MisconfigurationException):
        return f"trainer: {error}"
    return _out_of_memory(error)


def _out_of_memory(error: BaseException) -> str | None:
    """What to tell of a lack of memory; of other faults nothing."""
    import torch

    told = next(iter(str(error).splitlines()), "")
    if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in told:  # GPU or CPU
        return f"{told}\n  → lower data.batch.tokens and data.batch.size"
    if isinstance(error, MemoryError):  # NumPy's and Arrow's
        return (
            f"out of memory: {told}\n  → while data are prepared: fewer rows, or more memory;"
            " else lower data.batch.tokens and data.batch.size"
        )
    if "killed by signal: Killed" in told or "killed by signal: Bus error" in told:
        return f"out of memory, it seems: {told}\n  → lower data.batch.workers"
    return _out_of_memory(error.__cause__) if error.__cause__ else None


def _told_elsewhere(args: threading.ExceptHookArgs) -> None:
    """Leave out a full disk: TensorBoard's thread meets it, and our next write raises it again."""
    if args.exc_value is None or not is_full(args.exc_value):
        threading.__excepthook__(args)


def quiet() -> None:
    """Silence what is known and needs no action; everything else stays audible."""
    for known in (
        ".*does not have many workers.*",  # batches are cut from memory-mapped ids: no need
        ".*args parameter is intended to run from within Python.*",  # the verb is taken off before
        ".*isinstance.treespec, LeafSpec.*",  # Lightning's own use of torch
        ".*is smaller than the logging interval.*",  # small data are fine
        ".*ModelCheckpoint.*not empty.*",  # on resume
        ".*in eval mode at the start of training.*",  # frozen layers run without dropout
        ".*recommended to use .*sync_dist=True.*",  # scores are the same on each device
        ".*srun. command is available on your system but is not used.*",
    ):
        warnings.filterwarnings("ignore", known)
    threading.excepthook = _told_elsewhere
    import lightning.fabric
    import lightning.pytorch

    for package in (lightning.pytorch, lightning.fabric):  # importing them sets their level
        logging.getLogger(package.__name__).setLevel(logging.WARNING)
