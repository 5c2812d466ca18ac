"""A pretrained model before tuning: its scores, if its objective needs no weights of its own, and
what its objective compares with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from lightning.pytorch.utilities import move_data_to_device

from weitiao.errors import ConfigError
from weitiao.evaluation.opening import open_checkpoint
from weitiao.io.checkpoint_file import checkpoint_of
from weitiao.models.backbones.lora import without_adapters
from weitiao.models.backbones.tuned import Tuned
from weitiao.objectives.flat_metrics import scores
from weitiao.training.rowwise import decide

if TYPE_CHECKING:
    from weitiao.models.module import Module
    from weitiao.objectives.base import Values
    from weitiao.training.evaluation_rows import Evaluated
    from weitiao.training.fit import Run

KEPT = ("name", "layers", "trust_remote_code")
"""Options of the backbone that say what it is; the others say how it is tuned."""


def untuned_scores(run: Run, tested: Evaluated) -> dict[str, float]:
    """The scores of the model as it was loaded, on the rows that the tuned one was tested on.

    Nothing where there is none that says anything. The other processes are not asked.
    """
    module, objective = run.module, run.module.objective
    if not (objective.without_tuning and isinstance(module.backbone, Tuned)):
        return {}
    backbone = _as_loaded(module, module.backbone).to(module.device)
    rows: list[torch.Tensor] = []
    said: list[Values] = []
    with torch.inference_mode(), run.trainer.precision_plugin.forward_context():
        for batch in run.data.plain_loader("test"):
            rows.append(batch["row"])
            read = move_data_to_device(batch, module.device)
            said.append(objective.evaluate(backbone, read).predictions)
    order = torch.cat(rows).argsort()[torch.from_numpy(tested.rows)]
    predictions: Values
    if isinstance(said[0], torch.Tensor):
        predictions = torch.cat([torch.as_tensor(part).cpu() for part in said])[order]
    else:
        every = [one for part in said for one in part]
        predictions = [every[place] for place in order.tolist()]
    found = predictions, decide(objective, predictions), tested.targets
    return scores(*found, objective, "untuned/")


def compare_with_before(module: Module, *, trust_remote_code: bool) -> str | None:
    """Let the objective of a tuned model compare it with what its training began with.

    It was loaded from files, or was a run (``start``); gives what is undefined and why, null =
    nothing.
    """
    start = module.hparams["start"]
    try:
        if start is not None:
            trust = {"trust_remote_code": trust_remote_code}
            before = open_checkpoint(checkpoint_of(Path(start)), {}, **trust)[0].backbone
        else:
            assert isinstance(module.backbone, Tuned)
            before = _as_loaded(module, module.backbone)
    except ConfigError as error:
        why = error.problem.lstrip(": ")
        return f"what compares with the model before training is undefined: {why}"
    module.objective.compare_with(before)
    return None


def _as_loaded(module: Module, tuned: Tuned) -> Tuned:
    """The backbone as its files have it; where adapters were put beside these weights, without.

    Raises:
        ConfigError: the files aren't there.
    """
    options = module.hparams["backbone"]["init_args"]
    if options.get("lora") and module.hparams["start"] is None:
        return without_adapters(tuned)
    given = {name: options[name] for name in KEPT if name in options}
    backbone = type(tuned)(module.card, **given)
    return backbone.eval()
