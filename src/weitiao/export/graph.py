"""A model as a graph of torch or ONNX: model inputs in, predictions out, for batches of any size.

Of a model that finds places in a text: windows in, scores of units out, which its runner decodes.
"""

import contextlib
import logging
import warnings
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from weitiao.config.private_interfaces import loops_in_graphs
from weitiao.errors import ConfigError, MissingExtra
from weitiao.models.module import Module
from weitiao.objectives.units import UnitObjective, units_of_windows

Inputs = Mapping[str, Tensor]
PACKAGES = ("onnx", "onnxscript")


class Predicting(nn.Module):
    """Model inputs → predictions, as `Objective.predict` gives them."""

    def __init__(self, module: Module) -> None:
        super().__init__()
        self.backbone, self.objective = module.backbone, module.objective

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """``(B, T)`` each → ``(B, C)`` or ``(B,)``.

        Raises:
            ConfigError: predictions are no tensors.
        """
        found = self.objective.predict(self.backbone, {"inputs": inputs})
        if not isinstance(found, Tensor):
            kind = type(self.objective).__name__
            raise ConfigError(f"the predictions of {kind} are no tensors: it can't be exported")
        return found


class ScoringUnits(nn.Module):
    """Windows → scores of units, as `UnitObjective.scores` gives them."""

    def __init__(self, module: Module, objective: UnitObjective) -> None:
        super().__init__()
        self.backbone, self.objective = module.backbone, objective

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """`window_inputs` → ``(B, …, K)``."""
        units = units_of_windows(self.backbone, inputs, self.objective.inside)
        return self.objective.scores(units)


def _network(module: Module) -> nn.Module:
    objective = module.objective
    if isinstance(objective, UnitObjective):
        return ScoringUnits(module, objective).eval()
    return Predicting(module).eval()


def write_torch(module: Module, inputs: Inputs, path: Path) -> None:
    """Write the graph as ``torch.export`` has it (``.pt2``).

    Args:
        inputs: some of its inputs, of two rows or more.
    """
    with torch.no_grad(), _quiet(), loops_in_graphs():
        graph = torch.export.export(
            _network(module), (dict(inputs),), dynamic_shapes=(_any_size(inputs),)
        )
        torch.export.save(graph, path)


def write_onnx(module: Module, inputs: Inputs, path: Path) -> None:
    """Write the graph as ONNX: an input of each name, the output ``predictions``.

    Args:
        inputs: some of its inputs, of two rows or more.

    Raises:
        MissingExtra: the packages of ONNX are not installed.
    """
    if missing := next((name for name in PACKAGES if find_spec(name) is None), None):
        raise MissingExtra(missing, "export", "ONNX")
    with torch.no_grad(), _quiet():
        torch.onnx.export(
            _network(module),
            (),
            path,
            kwargs={"inputs": dict(inputs)},
            dynamic_shapes={"inputs": _any_size(inputs)},
            input_names=list(inputs),
            output_names=["predictions"],
            external_data=False,
            verbose=False,
        )


def _any_size(inputs: Inputs) -> dict[str, dict[int, object]]:
    return {n: dict.fromkeys(range(x.ndim), torch.export.Dim.DYNAMIC) for n, x in inputs.items()}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what torch says of its own parts."""
    logs = {name: logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")}
    before = {name: log.level for name, log in logs.items()}
    for log in logs.values():
        log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, log in logs.items():
            log.setLevel(before[name])
