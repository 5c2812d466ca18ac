"""Steps, files and packages of augmentation that are refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from methods import build

from weitiao.errors import ConfigError, DataError, MissingExtra
from weitiao.inputs.text.augment import Augmenter, Step


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"method": "swop"}, "no such method"),
        ({"method": "swap", "p": 0}, r"p must lie in \(0, 1\]"),
        ({"method": "swap", "share": 1.5}, "share of .* must lie"),
        ({"method": "swap", "path": "x"}, "path of .* has no effect"),
        ({"method": "swap", "top": 3}, "top of .* has no effect"),
        ({"method": "vectors", "path": "x", "top": 0}, "top must be"),
        ({"method": "swap", "keep": ["不", " "]}, "keep of .* has an empty word"),
        ({"method": "reserved"}, "must name a file or folder"),
        ({"method": "contextual"}, "must name a file or folder"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused(options: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        Step(**options)


def test_an_augmenter_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="steps is empty"):
        Augmenter([])
    with pytest.raises(ConfigError, match="copies"):
        Augmenter([Step("swap")], copies=0)


@pytest.mark.parametrize(
    ("method", "content", "named"),
    [
        ("reserved", "酒店\n", "row 1: a group has two"),
        ("reserved", "酒店 宾馆\n\n旅馆 酒店\n", "row 3: this word stands in row 1 too"),
        ("reserved", "酒店服务 宾馆\n", "row 1: the segmenter rjieba cuts this word"),
        ("reserved", "\n", "no groups"),
        ("lookalike", "己已\n", "row 1: a character, a space"),
        ("lookalike", "己 己\n", "row 1: a character, a space"),
        ("lookalike", "# none\n", "no look-alikes"),
        ("lookalike", b"\xff\xfe \x00\n", "row 1: not utf-16"),
        ("vectors", "酒店 1 2\n", "a single word"),
        ("vectors", "no vectors\n", "row 1: the first line"),
    ],
)
def test_a_faulty_file_is_told_with_its_row(
    method: str, content: str | bytes, named: str, tmp_path: Path
) -> None:
    file = tmp_path / "file.txt"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=f"file.txt.*{named}"):
        build(Step(method, path=str(file)))


@pytest.mark.parametrize("method", ["reserved", "vectors", "lookalike", "contextual"])
def test_a_missing_file_is_told(method: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: steps.*no such file"):
        build(Step(method, path=str(tmp_path / "nowhere")))


def test_a_folder_without_a_masked_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no masked language model"):
        build(Step("contextual", path=str(tmp_path)))


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypinyin", None)
    with pytest.raises(MissingExtra, match=r"pypinyin.*\n.*weitiao\[augment\]"):
        build(Step("soundalike"))
