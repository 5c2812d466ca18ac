"""An exported folder holds what a checkpoint does, and one of an earlier version still does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.testing import assert_close

from weitiao.errors import ConfigError
from weitiao.io.exported import MARK, read_exported, write_exported

CONTENT: dict[str, Any] = {
    "hyper_parameters": {"card": {"rows": {"train": 3}}},
    "datamodule_hyper_parameters": {"seed": 1},
    "DataModule": {"card": None, "input": {"features": {"idf": torch.arange(3.0)}}},
    "state_dict": {"a.weight": torch.eye(2), "b": torch.tensor(0.1)},
}


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    write_exported(CONTENT, tmp_path, {"a.weight": "theirs.weight"}, {})
    return tmp_path / MARK


def test_a_folder_holds_what_was_written(mark: Path) -> None:
    assert_close(read_exported(mark), CONTENT, rtol=0, atol=0)


def test_a_folder_of_an_earlier_version_is_read(mark: Path) -> None:
    values = json.loads(mark.read_text("utf-8"))
    values["TextDataModule"] = values.pop("DataModule")
    mark.write_text(json.dumps(values), "utf-8")
    assert_close(read_exported(mark), CONTENT, rtol=0, atol=0)


@pytest.mark.parametrize("part", ["theirs", "hyper_parameters", "DataModule"])
def test_a_folder_that_lacks_a_part_is_refused(mark: Path, part: str) -> None:
    values = json.loads(mark.read_text("utf-8"))
    del values[part]
    mark.write_text(json.dumps(values), "utf-8")
    with pytest.raises(ConfigError, match=rf"weitiao\.json lacks {part}"):
        read_exported(mark)
