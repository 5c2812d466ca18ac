"""The embedded corpus: fetched whole or not at all, and only when it is the published file."""

from __future__ import annotations

import csv
import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from weitiao.errors import WeitiaoError
from weitiao.run import corpus


def archive(folder: Path, members: dict[str, str]) -> Path:
    path = folder / f"{corpus.PACKAGE}-{corpus.VERSION}.tar.gz"
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
    monkeypatch.setattr(corpus, "_download", lambda folder: source)
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
    monkeypatch.setattr(corpus, "_download", lambda folder: pytest.fail("fetched"))
    target = tmp_path / "reviews.csv"
    target.write_text("text,label\n", "utf-8")
    assert corpus.fetch(target) == target


def test_a_fault_half_way_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = archive(tmp_path, {corpus.MEMBERS["positive"]: "很好\n"})
    monkeypatch.setattr(corpus, "_download", lambda folder: source)
    with pytest.raises(KeyError):
        corpus.fetch(tmp_path / "cache" / "reviews.csv")
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.parametrize(
    ("code", "delivered", "said"),
    [(1, False, "no route to the index"), (0, True, "its hash differs")],
    ids=["no_network", "another_file"],
)
def test_what_pip_cannot_give_is_told(
    code: int,
    delivered: bool,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert "--require-hashes" in command
        if delivered:
            archive(Path(command[command.index("--dest") + 1]), {"x": "y"})
        return subprocess.CompletedProcess(command, code, "", "WARNING\nno route to the index\n")

    monkeypatch.setattr(corpus.subprocess, "run", pip)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WeitiaoError, match=said):
        corpus.fetch()
    assert corpus.main() == 1
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
