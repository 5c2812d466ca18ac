import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from weitiao.tuning import forked
from weitiao.tuning.forked import WaitingWorkers, waiting_workers
from weitiao.tuning.options import Search
from weitiao.tuning.worker import Job

JOB = Job(Search(), total=1, first=0, deadline=None, threads=1)
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


def note(job: Job, log: str) -> None:
    Path(log).write_text(f"{job.total} trial", "utf-8")


@pytest.fixture(autouse=True)
def forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who runs these tests may have threads; nothing is computed here that these could stop."""
    monkeypatch.setattr(forked, "_may_fork", lambda: True)
    monkeypatch.setattr(forked, "PARALLEL", 1)
    monkeypatch.setattr(forked, "serve", note)


def test_a_waiting_process_takes_a_job_and_the_others_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with waiting_workers(2) as workers:
        (other, _), _ = workers._waiting
        worker = workers.take(JOB, str(log))
        assert worker is not None
        worker.join(20)
    assert (worker.exitcode, log.read_text("utf-8")) == (0, "1 trial")
    assert other.exitcode is not None


def test_one_that_cannot_compute_is_killed_and_nobody_takes_its_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(pipe: Connection) -> None:
        time.sleep(60)

    monkeypatch.setattr(forked, "_wait", hang)
    monkeypatch.setattr(forked, "ANSWER", 0.05)
    workers = WaitingWorkers(1)
    ((process, _),) = workers._waiting
    assert workers.take(JOB, str(tmp_path / "log")) is None
    process.join(20)
    assert process.exitcode == -9


def test_one_that_has_died_is_passed_over(tmp_path: Path) -> None:
    with waiting_workers(2) as workers:
        process, _ = workers._waiting[-1]
        process.kill()
        process.join()
        worker = workers.take(JOB, str(tmp_path / "log"))
        assert worker not in (None, process)


def test_beside_a_thread_nothing_is_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    assert WaitingWorkers(1).take(JOB, "log") is None
    done.set()
    thread.join()
