"""Weights shared out over devices (FSDP) compute the same."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import torch
from tiny_models import logits, module_of, random_batches, save_pretrained, tiny_card
from torch import distributed
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.tensor import DTensor

from weitiao.models.backbones.pretrained import Pretrained


@pytest.fixture
def alone() -> Iterator[DeviceMesh]:
    """The mesh of a process group of this process only."""
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    yield init_device_mesh("cpu", (1,))
    distributed.destroy_process_group()


# T5 has layers within layers, ALBERT one layer several times
@pytest.mark.parametrize("kind", ["bert", "t5", "albert", "gpt2", "bart"])
def test_shared_out_weights_compute_the_same(kind: str, alone: DeviceMesh, tmp_path: Path) -> None:
    folder = str(save_pretrained(kind, tmp_path))
    module = module_of(tiny_card(), partial(Pretrained, name=folder)).eval()
    (batch,) = random_batches([4])
    whole = logits(module, batch)
    whole.square().sum().backward()
    expected = {name: p.grad.clone() for name, p in module.named_parameters() if p.grad is not None}
    module.zero_grad()
    module._device_mesh = alone
    module.configure_model()
    module.configure_model()  # as Lightning does once more before a test
    assert all(isinstance(parameter, DTensor) for parameter in module.parameters())
    shared = logits(module, batch)
    torch.testing.assert_close(shared, whole)
    shared.square().sum().backward()
    found = {name: p.grad for name, p in module.named_parameters() if p.grad is not None}
    assert found.keys() == expected.keys()
    for name, gradient in found.items():
        torch.testing.assert_close(gradient.full_tensor(), expected[name])
