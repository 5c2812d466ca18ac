"""The verb ``predict`` on several devices: by Lightning's Trainer, all rows in memory."""

from pathlib import Path
from typing import Any

from jsonargparse import Namespace
from rich.console import Console

from weitiao.errors import ConfigError
from weitiao.evaluation.evaluator import evaluator
from weitiao.evaluation.labelling import show_bad, write_or_print
from weitiao.evaluation.opening import open_checkpoint
from weitiao.evaluation.predict import check_pairs
from weitiao.io.tables import Named
from weitiao.training.console import show_new_rows
from weitiao.training.rowwise import Predicted, as_array, decide, in_order


def predict_by_trainer(
    options: Namespace,
    changes: dict[str, Any],
    files: Named | None,
    out: Path | None,
    console: Console,
) -> Path | None:
    """Label texts or files; each process computes a share of each batch.

    Args:
        changes: arguments of the DataModule that are not the checkpoint's.
        out: the file to write; null = standard output.

    Raises:
        ConfigError: a file of each input is wanted.
    """
    if out is not None and "*" in out.name:
        problem = "a file of each input is written on one device"
        raise ConfigError(problem, field="out", hint="slurm/submit.sh predict: a job each")
    trust = options.trust_remote_code
    module, data = open_checkpoint(options.ckpt_path, changes, trust_remote_code=trust)
    check_pairs(options, data.card.input.pair, data.preparation.read.format)
    data.predict_files = files
    if options.text:
        pairs = {"pair": options.pair} if options.pair else {}
        data.take_cells({"text": options.text} | pairs)
    trainer = evaluator(options.hardware, logger=False)
    found = in_order(trainer.predict(module, datamodule=data))
    if found is None:
        return out
    bad = data.set_aside if options.data.on_bad_row == "quarantine" else None
    said, decided = as_array(found["predictions"]), decide(module.objective, found["predictions"])
    predicted = Predicted(
        data.rows("predict"), said, decided, bad=bad, shown_as=data.input.shown_as
    )
    show_new_rows(data, "predict", predicted.table["text"], console)
    show_bad(len(bad or ()), console)
    write_or_print(predicted, module.objective, out, console, as_table=options.out is None)
    return out
