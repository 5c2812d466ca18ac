"""Of several processes the first alone reads the rows of an evaluation and draws them."""

from __future__ import annotations

from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import torch
from tiny_models import objective_of, tiny_card

from weitiao.data.datamodule import DataModule
from weitiao.inputs.text import Text
from weitiao.models.module import Module
from weitiao.training.evaluation_rows import EvaluationRows

OUTPUTS = {
    "row": torch.tensor([1, 0]),
    "predictions": torch.tensor([[0.9, 0.1], [0.2, 0.8]]),
    "losses": torch.tensor([0.1, 0.2]),
    "targets": torch.tensor([0, 1]),
}
"""Of a batch, as a step of evaluation gives them."""


@pytest.mark.parametrize("first", [True, False])
def test_rows_are_read_by_the_first_process_and_labels_by_none(
    first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weitiao.distributed.to_first", lambda own: [own] if first else None)
    data, module = Mock(DataModule, input=Text()), Mock(Module)
    module.objective = objective_of(tiny_card(labels=["a", "b"]))
    trainer = SimpleNamespace(sanity_checking=False, loggers=[], datamodule=data)
    callback = EvaluationRows()
    callback.on_validation_batch_end(trainer, module, OUTPUTS)
    callback.on_validation_end(trainer, module)
    assert [call[0] for call in data.method_calls] == (["rows"] if first else [])
    assert callback.of.keys() == ({"val"} if first else set())
    if first:  # the table is a mock: what is right comes from the step, in the order of the rows
        assert callback.of["val"].targets.tolist() == [1, 0]
        assert callback.of["val"].decided.tolist() == [1, 0]
