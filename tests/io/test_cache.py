"""What tells that prepared data can be used again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import weitiao
from weitiao.io import cache

PACKAGE = Path(weitiao.__file__).parent


def test_an_edited_comment_invalidates_nothing(tmp_path: Path) -> None:
    copy = shutil.copytree(PACKAGE, tmp_path / "weitiao")
    for path in copy.rglob("*.py"):
        path.write_text(path.read_text("utf-8") + "# a comment\n", "utf-8")
    code = "from weitiao.io import cache; print(cache.__file__); print(cache.versions())"
    options = {"cwd": tmp_path, "env": {"PYTHONPATH": str(tmp_path)}, "check": True}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, **options)
    file, found = done.stdout.splitlines()
    assert Path(file).is_relative_to(tmp_path)
    assert json.loads(found) == json.loads(cache.versions())


def test_another_schema_is_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = cache.versions()
    monkeypatch.setattr(cache, "SCHEMA", cache.SCHEMA + 1)
    assert cache.versions.__wrapped__() != before
