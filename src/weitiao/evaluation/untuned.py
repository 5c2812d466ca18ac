"""Scores of a pretrained model before tuning, if its objective needs no weights of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from lightning.pytorch.utilities import move_data_to_device

from weitiao.evaluation.flat_metrics import scores
from weitiao.models.backbones.tuned import Tuned
from weitiao.training.rowwise import decide

if TYPE_CHECKING:
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
    options = module.hparams["backbone"]["init_args"]
    given = {name: options[name] for name in KEPT if name in options}
    kind: type = type(module.backbone)
    backbone = kind(module.card, **given).to(module.device).eval()
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
