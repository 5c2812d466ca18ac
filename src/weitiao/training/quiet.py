"""Silences warnings of libraries that need no action."""

import logging
import sys
import threading
import warnings

from weitiao.io.atomic import is_full


def _reported_elsewhere(args: threading.ExceptHookArgs) -> None:
    """Leave out a full disk: TensorBoard's thread meets it, and our next write raises it again."""
    if args.exc_value is None or not is_full(args.exc_value):
        threading.__excepthook__(args)


def quiet() -> None:
    """Silence what is known and needs no action; everything else stays audible.

    Lightning sets its level when it is imported: it is silenced only after that.
    """
    for known in (
        ".*does not have many workers.*",  # batches are cut from memory-mapped ids: no need
        ".*args parameter is intended to run from within Python.*",  # the verb is taken off before
        ".*isinstance.treespec, LeafSpec.*",  # Lightning's own use of torch
        ".*is smaller than the logging interval.*",  # small data are fine
        ".*Checkpoint directory .* is not empty.*",  # on resume
        ".*in eval mode at the start of training.*",  # frozen layers run without dropout
        ".*recommended to use .*sync_dist=True.*",  # scores are the same on each device
        ".*srun. command is available on your system but is not used.*",
        ".*No (positive|negative) samples (in targets|found in target).*",  # see `ReportUndefined`
        ".*number of unique classes is greater than 50% of the number.*",  # few rows each
        ".*FSDP2-wrapped module .* returned a view.*",  # nothing is done to it in place
    ):
        warnings.filterwarnings("ignore", known)
    threading.excepthook = _reported_elsewhere
    for package in {"lightning.pytorch", "lightning.fabric"} & sys.modules.keys():
        logging.getLogger(package).setLevel(logging.WARNING)
