"""The journal outlives whoever writes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest

from weitiao.errors import ConfigError
from weitiao.tuning.journal import open_storage
from weitiao.tuning.lease import Lease, alive


def study(folder: Path) -> optuna.Study:
    storage = open_storage(folder, None)
    return optuna.create_study(storage=storage, study_name="s", load_if_exists=True)


def test_half_a_line_of_a_killed_writer_is_cut_off(tmp_path: Path) -> None:
    study(tmp_path).ask()
    journal = tmp_path / "journal.log"
    whole = journal.read_bytes()
    journal.write_bytes(whole + whole[:20])
    study(tmp_path).ask()
    assert journal.read_bytes().startswith(whole)
    assert len(study(tmp_path).trials) == 2


@pytest.mark.parametrize("place", ["first", "middle", "last"])
@pytest.mark.parametrize("garbage", [b"\x00\xff\n", b"{}\n", b'{"op_code": 4, "wor\n', b"7\n"])
def test_a_line_that_is_no_entry_is_told_and_nothing_is_changed(
    tmp_path: Path, place: str, garbage: bytes
) -> None:
    for _ in range(3):
        study(tmp_path).ask()
    journal = tmp_path / "journal.log"
    lines = journal.read_bytes().splitlines(keepends=True)
    number = {"first": 0, "middle": len(lines) // 2, "last": len(lines) - 1}[place]
    broken = b"".join([*lines[:number], garbage, *lines[number + 1 :]])
    journal.write_bytes(broken)
    with pytest.raises(ConfigError, match=rf"line {number + 1}: .*\n.*head -n {number} COPY"):
        study(tmp_path)
    assert journal.read_bytes() == broken


SRC = Path(__file__).parents[2] / "src"
HOLD = """
import sys, time
from pathlib import Path
from weitiao.tuning.journal import _Lock
from weitiao.tuning.lease import Lease
folder = Path(sys.argv[1])
lock, lease = _Lock(folder / "journal.log"), Lease(folder / "workers")
lock.acquire()
print(lease.name, flush=True)
time.sleep(60)
"""


def test_a_killed_holder_frees_the_journal_and_its_lease_at_once(tmp_path: Path) -> None:
    study(tmp_path)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SRC)},
    )
    assert holder.stdout
    name = holder.stdout.readline().strip()
    assert alive(tmp_path / "workers", name)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert not alive(tmp_path / "workers", name)
    since = time.monotonic()
    study(tmp_path).ask()
    assert time.monotonic() - since < 5


def test_a_worker_of_another_machine_lives_while_its_lease_is_fresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = Lease(tmp_path)
    monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
    assert alive(tmp_path, lease.name)
    monkeypatch.setattr("weitiao.tuning.lease.LEASE", -1.0)
    assert not alive(tmp_path, lease.name)
    lease.close()
    assert not alive(tmp_path, lease.name)


@pytest.mark.parametrize("url", ["nothing", "mysql+nodriver://x/y", "sqlite:///no/such/dir/a.db"])
def test_a_database_that_cannot_be_opened_is_told(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="storage"):
        open_storage(tmp_path, url)
