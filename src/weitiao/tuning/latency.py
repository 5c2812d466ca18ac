"""How long a model takes for one text."""

import statistics
import time

import numpy as np
import torch
from lightning.fabric.utilities import move_data_to_device

from weitiao.data.batch import Rows
from weitiao.data.datamodule import DataModule
from weitiao.inputs import Draws
from weitiao.models.module import Module

TEXTS, WARM_UP = 100, 10


def latency_ms(module: Module, data: DataModule, device: torch.device) -> float:
    """Median milliseconds from the ids of one validation text to its prediction.

    Args:
        module: trained; Lightning has moved it to main memory when training was over.
        data: gives the first texts of validation, each a batch of its own.
    """
    encoded = data.prepared.ids("val")
    rows = Rows.of(data.fitted.rows(encoded), encoded)
    seconds = []
    module.to(device).eval()
    with torch.inference_mode():
        for row in range(min(TEXTS + WARM_UP, len(rows))):
            numbers = np.array([row])
            batch = rows.__getitems__(Draws(numbers, numbers, 0))
            since = time.perf_counter()
            on_device = move_data_to_device(batch, module.device)
            said = module.predict_step(on_device, 0)["predictions"]
            if isinstance(said, torch.Tensor):
                said.cpu()  # waits for the device
            seconds.append(time.perf_counter() - since)
    return 1000 * statistics.median(seconds[WARM_UP:] or seconds)
