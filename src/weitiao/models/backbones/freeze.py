"""Freezing by depth: which parameters lie below a layer, and which modules are wholly frozen."""

from typing import Any

import torch
from torch import Tensor, nn


def parameters_up_to(encoder: nn.Module, layer: nn.Module) -> list[nn.Parameter]:
    """The parameters that the output of ``layer`` depends on: its own and all below.

    They are read off the graph of one short forward pass, since no attribute tells, across kinds
    of models, which norms, positions or projections come before the layers and which after them.

    Args:
        encoder: takes ``input_ids`` and ``attention_mask``.
        layer: one of its layers.
    """
    found: list[Tensor] = []

    def keep(module: nn.Module, inputs: Any, output: Any) -> None:
        found.append(output[0] if isinstance(output, tuple) else output)

    was_training, handle = encoder.training, layer.register_forward_hook(keep)
    ids = torch.zeros(1, 2, dtype=torch.long)
    with torch.enable_grad():  # in evaluation mode, so that no dropout draws random numbers
        encoder.eval()(input_ids=ids, attention_mask=torch.ones_like(ids))
    handle.remove()
    encoder.train(was_training)
    return _leaves(found[0])


def _leaves(tensor: Tensor) -> list[nn.Parameter]:
    """The parameters at the ends of a tensor's graph."""
    leaves, seen, ahead = [], set(), [tensor.grad_fn]
    while ahead:
        node = ahead.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):  # AccumulateGrad: the end
            leaves.append(node.variable)
        ahead += [below for below, _ in node.next_functions]
    return leaves


def frozen_modules(model: nn.Module) -> list[nn.Module]:
    """The modules that have parameters, none of which is trained."""
    return [
        module
        for module in model.modules()
        if (own := list(module.parameters())) and not any(p.requires_grad for p in own)
    ]
