"""The command line: one verb a stage; typed signatures are the schema."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from weitiao.cli.error_handling import guarded

USAGE = """usage: {prog} VERB [options]

  train    fit, test the best checkpoint, and measure the baseline on the same split
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


def _train(arguments: list[str]) -> None:
    from weitiao.evaluation.testing import compare_with_baseline
    from weitiao.training.fit import fit

    compare_with_baseline(fit(arguments, "train"))


def _fit(arguments: list[str]) -> None:
    from weitiao.training.fit import fit

    fit(arguments, "fit")


def _test(arguments: list[str]) -> None:
    from weitiao.evaluation.testing import run_test

    run_test(arguments)


def _predict(arguments: list[str]) -> None:
    from weitiao.evaluation.predict import run_predict

    run_predict(arguments)
