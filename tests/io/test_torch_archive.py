"""What torch saved is read once, and each changed bit of what is read is noticed."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import torch

from weitiao.io.torch_archive import read_archive


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    shared = torch.arange(6.0)
    content = {
        "state_dict": {"a": shared, "b": shared[2:].view(2, 2).T, "none": torch.empty(0, 3)},
        "plain": [1, (2, torch.tensor([True, False])), {"half": torch.ones(3).bfloat16()}],
        "optimizer_states": [{"step": torch.full((1000,), 7.0)}],
    }
    torch.save(content, tmp_path / "a.ckpt")
    return tmp_path / "a.ckpt"


def test_it_is_what_torch_reads_in_memory_of_its_own(saved: Path) -> None:
    found, plain = read_archive(saved), torch.load(saved, weights_only=True)
    with saved.open("r+b") as file:  # while it is in use, another is written in its place
        file.truncate(0)
    torch.testing.assert_close(found, plain, rtol=0, atol=0)
    weights = found["state_dict"]
    assert weights["b"].untyped_storage().data_ptr() == weights["a"].untyped_storage().data_ptr()
    weights["a"][2] = 9
    assert weights["b"][0, 0] == 9


def test_tensors_may_stay_in_the_file(saved: Path) -> None:
    found, plain = read_archive(saved, mapped=True), torch.load(saved, weights_only=True)
    torch.testing.assert_close(found, plain, rtol=0, atol=0)
    content = bytearray(saved.read_bytes())
    content[content.index(torch.tensor(7.0).numpy().tobytes() * 8) + 1] ^= 1
    saved.with_name("changed.ckpt").write_bytes(content)
    with pytest.raises(zipfile.BadZipFile):
        read_archive(saved.with_name("changed.ckpt"), mapped=True)


def test_parts_that_nobody_needs_are_not_read(saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    content[content.index(torch.tensor(7.0).numpy().tobytes() * 8) + 1] ^= 1
    saved.write_bytes(content)
    found = read_archive(saved, without=("optimizer_states",))
    assert found.keys() == {"state_dict", "plain"}
    with pytest.raises(zipfile.BadZipFile):
        read_archive(saved)


def test_each_changed_byte_is_noticed_or_means_nothing(saved: Path) -> None:
    content, plain = saved.read_bytes(), read_archive(saved)
    noticed = 0
    for place in range(0, len(content), 7):
        changed = bytearray(content)
        changed[place] ^= 0x10
        saved.write_bytes(changed)
        try:
            found = read_archive(saved)
        except (zipfile.BadZipFile, RuntimeError, ValueError):  # the latter two are torch's
            noticed += 1
        else:
            torch.testing.assert_close(found, plain, rtol=0, atol=0)
    assert noticed > len(content) / 7 / 2
