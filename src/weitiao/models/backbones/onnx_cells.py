"""LSTM and GRU as ONNX has them: torch's exporter would write a loop bound to one length."""

from typing import Any

import torch
from torch import Tensor

_ORDER = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2)}
"""Where ONNX's gates (input, output, forget, cell; update, reset, hidden) stand in torch."""


def states(cell: Any, x: Tensor) -> Tensor:
    """Hidden states of one layer, an ``nn.LSTM`` or ``nn.GRU``: ``(B, T, E)`` → ``(B, T, H)``."""
    kind = cell.mode

    def arranged(weight: Tensor) -> Tensor:
        gates = weight.chunk(len(_ORDER[kind]))
        return torch.cat([gates[place] for place in _ORDER[kind]]).unsqueeze(0)

    bias = torch.cat([arranged(cell.bias_ih_l0), arranged(cell.bias_hh_l0)], 1)
    weights = arranged(cell.weight_ih_l0), arranged(cell.weight_hh_l0), bias
    # torch multiplies the hidden state before the reset gate does
    reset: dict[str, int] = {"linear_before_reset": 1} if kind == "GRU" else {}
    found = torch.onnx.ops.symbolic(
        kind,
        (x.transpose(0, 1), *weights),
        {"hidden_size": cell.hidden_size, **reset},
        dtype=x.dtype,
        shape=(x.shape[1], 1, x.shape[0], cell.hidden_size),
    )
    return found.squeeze(1).transpose(0, 1)
