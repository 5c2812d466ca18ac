"""One run of a comparison: trained and tested in its own process, whose memory is measured."""

import multiprocessing
import os
import resource
import sys
import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from weitiao.errors import ConfigError, WeitiaoError
from weitiao.training import signals


def train_and_test(
    arguments: list[str], folder: Path, baselines: Mapping[str, float]
) -> dict[str, Any]:
    """Train, test and, where nobody has yet, measure the baseline.

    A process a run: its memory is its own, and nothing of one run is left to the next.

    Args:
        arguments: options of ``train``.
        folder: of the run; one that was stopped there goes on.
        baselines: those that are known, by the data's fingerprint.

    Returns:
        ``metric``, the first of the task; ``score`` on test and ``validation``; ``baseline``;
        ``fingerprint`` of the data; ``seconds`` of the training, null if it was stopped meanwhile;
        ``memory_mb``, of the GPU if it was on one.

    Raises:
        ConfigError: as the run tells it; or it was killed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["weitiao.evaluation.testing"])
    receiver, sender = context.Pipe(duplex=False)
    whole = [*arguments, f"--run.folder={folder}"]
    process = context.Process(target=_work, args=(whole, folder, dict(baselines), sender))
    process.start()
    sender.close()
    try:
        found: dict[str, Any] = receiver.recv()
        process.join()
    except EOFError:
        process.join()
        raise ConfigError(
            f"the run in {folder} ended with code {process.exitcode}: out of memory?"
        ) from None
    finally:
        signals.end([process])
    if "error" in found:
        raise ConfigError(f"{folder.name}: {found['error']}")
    return found


def _work(
    arguments: list[str], folder: Path, baselines: dict[str, float], sender: Connection
) -> None:
    """What the process does; it ends with the one that started it."""
    from weitiao.training.quiet import quiet

    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        with signals.watching():
            quiet()
            sender.send(_measured(arguments, folder, baselines))
    except WeitiaoError as error:
        sender.send({"error": str(error)})
    except signals.Stopped as stopped:  # who started us reports it
        raise SystemExit(stopped.code) from None


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _measured(arguments: list[str], folder: Path, baselines: dict[str, float]) -> dict[str, Any]:
    import torch

    from weitiao.evaluation.testing import add_baseline, test_best
    from weitiao.training.fit import fit

    fresh = not (folder / "checkpoints" / "last.ckpt").exists()
    run = fit(arguments, "train", quiet=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memory = peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
    if run.trainer.strategy.root_device.type == "cuda":
        memory = torch.cuda.max_memory_allocated() / 1e6
    tested, card = test_best(run), run.data.card
    assert tested is not None
    if card.fingerprint not in baselines:
        add_baseline(run, tested)
    metric, scores = run.module.objective.first, run.scores
    return {
        "metric": metric,
        "score": scores[f"test/{metric}"],
        "validation": scores[f"val/{metric}"],
        "baseline": baselines.get(card.fingerprint) or scores.get(f"baseline/{metric}"),
        "fingerprint": card.fingerprint,
        "seconds": scores["fit/seconds"] if fresh else None,
        "memory_mb": round(memory),
    }
