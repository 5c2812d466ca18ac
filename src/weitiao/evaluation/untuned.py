"""What the pretrained encoder says before it is tuned, where its vectors say something already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from lightning.pytorch.utilities import move_data_to_device

from weitiao.models.backbones.pretrained import Pretrained
from weitiao.training.data_report import scores
from weitiao.training.rowwise import decide

if TYPE_CHECKING:
    from weitiao.training.evaluation_rows import Evaluated
    from weitiao.training.fit import Run

KEPT = ("name", "layers", "trust_remote_code")
"""Options of the backbone that say what it is; the others say how it is tuned."""


def untuned_scores(run: Run, tested: Evaluated) -> dict[str, float]:
    """The scores of the encoder as it was loaded, on the rows that the model was tested on.

    Nothing where there is none that says anything. The other processes are not asked.
    """
    module, objective = run.module, run.module.objective
    if not (objective.without_tuning and isinstance(module.backbone, Pretrained)):
        return {}
    options = module.hparams["backbone"]["init_args"]
    given = {name: options[name] for name in KEPT if name in options}
    backbone = Pretrained(module.card, **given).to(module.device).eval()
    rows, said = [], []
    with torch.inference_mode():
        for batch in run.data.plain_loader("test"):
            rows.append(batch["row"])
            read = move_data_to_device(batch, module.device)
            said.append(torch.as_tensor(objective.predict(backbone, read)).cpu())
    predictions = torch.cat(said)[torch.cat(rows).argsort()][torch.from_numpy(tested.rows)]
    found = predictions, decide(objective, predictions), tested.targets
    return scores(*found, objective, "untuned/")
