"""The verb ``predict``: a checkpoint labels new texts."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from weitiao import ranks
from weitiao.run.checkpoint import (
    PredictFile,
    open_checkpoint,
    refuse_overwriting,
    use_parser,
)
from weitiao.run.outputs import Predicted, decide, in_order, write_predictions
from weitiao.run.shown import show_empty


def run_predict(arguments: list[str]) -> Path:
    """Write ``id, text, label, probability of each class`` of the new rows, in their order."""
    parser = use_parser("predict", PredictFile)
    parser.add_argument(
        "--out", type=Path, default=Path("predictions.csv"), help="CSV file to write."
    )
    options = parser.instantiate(parser.parse_args(arguments))
    console = Console(stderr=True)
    refuse_overwriting(options.out, options.data.predict)
    module, data = open_checkpoint(
        options.ckpt_path, options.data.changes(), trust_remote_code=options.trust_remote_code
    )
    trainer = options.hardware.trainer(logger=False)
    found = in_order(trainer.predict(module, datamodule=data))["predictions"]
    if not ranks.first():
        return options.out
    predicted = Predicted(data.rows("predict"), found.numpy(), decide(module, found))
    show_empty(predicted.table["text"], console)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write_predictions(options.out, predicted, data.card)
    console.print(f"{len(found):,} predictions: {options.out}", highlight=False, markup=False)
    return options.out
