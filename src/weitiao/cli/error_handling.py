"""How a command ends: by a signal, with an error that its user can mend, or successfully.

Only what is quick to import stands at the head: until signals are noted, one would kill.
"""

import io
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from weitiao.training import signals

_PACKAGE = str(Path(__file__).parents[1])
_ENTRIES = ("fit", "test", "predict", "estimated_stepping_batches")  # of the Trainer, for us


def guarded(work: Callable[[], object]) -> int:
    """Do the work; a fault that the user can mend is one message. Gives the exit code.

    It is 130 after Ctrl-C, 143 after SIGTERM and 75 after the warning of a cluster
    (`signals.CODES`).
    """
    _print_anything()
    try:
        with signals.watching():
            from weitiao.training.quiet import quiet

            quiet()
            work()
    except signals.Stopped as stopped:
        signals.hear_no_more()
        from weitiao import distributed

        # one code is enough, and Lightning kills all if a helper has one
        if not distributed.first():
            return 0
        print(stopped, file=sys.stderr)
        return stopped.code
    except Exception as error:  # told if the user can mend it, else raised again below
        message = _explained(error)
        if message is None:  # a fault of ours: its traceback is what we need
            raise
        print(f"error: {message}", file=sys.stderr)
        from weitiao.errors import UsageError

        return 2 if isinstance(error, UsageError) else 1
    return 0


def _print_anything() -> None:
    """Let what a terminal's encoding lacks appear as ``\\u597d``: showing results never fails."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # and not what a test puts in its place
            stream.reconfigure(errors="backslashreplace")


def _explained(error: Exception) -> str | None:
    """The message for a fault that the user can mend; for others none."""
    from weitiao.errors import WeitiaoError
    from weitiao.io.atomic import is_full

    if is_full(error):
        return f"{error}\n  → free some space; what was written before is untouched"
    if isinstance(error, WeitiaoError | OSError):  # e.g. a folder that may not be written to
        return str(error)
    if _is_misconfiguration(error) or _refused_by_the_trainer(error):
        return f"trainer: {str(error).strip()}"
    if refusal := _of_another_class(error):  # such as a logger without its package
        return f"{type(refusal).__name__}: {refusal}"
    return _out_of_memory(error)


def _is_misconfiguration(error: Exception) -> bool:
    """Whether Lightning says that its options don't go together."""
    exceptions = sys.modules.get("lightning.fabric.utilities.exceptions")  # else it can't be
    return exceptions is not None and isinstance(error, exceptions.MisconfigurationException)


def _of_another_class(error: Exception) -> BaseException | None:
    """What jsonargparse wraps of a class that it called, and that isn't ours; null = nothing."""
    cause: BaseException = error
    while isinstance(cause, ValueError) and cause.__cause__:
        cause = cause.__cause__
    last = traceback.extract_tb(error.__traceback__)[-1].filename
    called = traceback.extract_tb(cause.__traceback__)
    ours = any(frame.filename.startswith(_PACKAGE) for frame in called)
    return cause if cause is not error and "jsonargparse" in Path(last).parts and not ours else None


def _refused_by_the_trainer(error: Exception) -> bool:
    """Whether Lightning itself raises this, between a call of the Trainer and any code of ours.

    It refuses by errors of many kinds. What it raises because a hook of ours called it wrongly is
    a fault of ours.
    """
    frames = traceback.extract_tb(error.__traceback__)
    ours = max(
        (i for i, frame in enumerate(frames) if frame.filename.startswith(_PACKAGE)), default=0
    )
    called, last = frames[ours + 1 :][:1], frames[-1]
    return (
        any(f.name in _ENTRIES and _is_trainer(f.filename) for f in called)
        and "lightning" in Path(last.filename).parts
        and (last.line or "").startswith("raise ")
    )


def _is_trainer(file: str) -> bool:
    return Path(file).parts[-3:] == ("pytorch", "trainer", "trainer.py")


def _out_of_memory(error: BaseException) -> str | None:
    """The message for a lack of memory; for other faults none."""
    told = next(iter(str(error).splitlines()), "")
    torch = sys.modules.get("torch")
    of_a_device = torch is not None and isinstance(error, torch.OutOfMemoryError)
    if of_a_device or "can't allocate memory" in told:  # GPU or CPU
        return f"{told}\n  → lower data.batch.tokens and data.batch.size"
    if isinstance(error, MemoryError):  # NumPy's and Arrow's
        return (
            f"out of memory: {told}\n  → lower data.batch.tokens and data.batch.size; where data"
            " are prepared, or scores of many classes: fewer rows, or more memory"
        )
    if "killed by signal: Killed" in told or "killed by signal: Bus error" in told:
        return f"out of memory, it seems: {told}\n  → lower data.batch.workers"
    return _out_of_memory(error.__cause__) if error.__cause__ else None
