"""The server as a process: answers as offline, torn connections, signals, a newer model."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from conftest import reviews

import weitiao

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).parents[2] / "src" / "serve.py"
TEXTS = [text for text, _ in reviews(60, seed=7)]


class Server:
    """A server process of a run."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.log = folder / "server.log"
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), *arguments, "--port=0", "--device=cpu"],
            cwd=folder,
            stderr=self.log.open("w"),
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        self.port = int(self.wait_for("http://127.0.0.1:").split(":")[-1].split()[0])

    def wait_for(self, told: str) -> str:
        """The line of the console that holds a text, once it is there."""
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            for line in self.log.read_text("utf-8").splitlines(keepends=True):
                if told in line and line.endswith("\n"):
                    return line
            time.sleep(0.05)
        raise AssertionError(self.log.read_text("utf-8"))

    def ask(self, texts: list[str]) -> tuple[int, Any]:
        """Status and content of an answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = json.dumps({"texts": texts})
        connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        said = connection.getresponse()
        found = said.status, json.loads(said.read())
        connection.close()
        return found

    def metric(self, name: str) -> float:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return next(float(x.split()[1]) for x in text.splitlines() if x.startswith(name))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers; those that still run are killed in the end."""
    started: list[Server] = []

    def start(*arguments: str) -> Server:
        started.append(Server(tmp_path, *arguments))
        return started[-1]

    yield start
    for server in started:
        server.process.kill()
        server.process.wait()


def test_answers_are_those_offline_and_survive_bad_clients(
    run_of: Path, serve: Callable[..., Server]
) -> None:
    server = serve(str(run_of))
    offline = weitiao.load(run_of, device="cpu").predict(TEXTS)
    with ThreadPoolExecutor(16) as pool:
        found = [*pool.map(server.ask, [[text] for text in TEXTS])]
        (whole,) = [server.ask(TEXTS)]
    assert offline.probabilities is not None
    for i, (status, (said,)) in enumerate(found):
        assert status == 200
        for other in (said, whole[1][i]):
            assert other["label"] == offline.labels[i]
            sure = [other["probabilities"][name] for name in offline.classes]
            assert sure == pytest.approx(offline.probabilities[i].tolist(), abs=1e-5)

    # a connection that is torn in mid-body, and one while its answer is computed
    for told, sent in ((100, b'{"texts": ["a'), (16, b'{"texts": ["a"]}')):
        with socket.create_connection(("127.0.0.1", server.port)) as torn:
            head = "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            torn.sendall(f"{head}Content-Length: {told}\r\n\r\n".encode() + sent)
            torn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    # ten megabytes are refused, and never held
    before = server.metric("process_resident_memory_bytes")
    for _ in range(5):
        status, told = server.ask(["a" * 10_000_000])
        assert (status, told) == (413, {"error": "the request is longer than 4,194,304 bytes"})
    assert server.metric("process_resident_memory_bytes") - before < 30e6
    assert server.ask(["好"])[0] == 200
    assert TEXTS[0] not in server.log.read_text("utf-8")


def test_told_to_end_it_answers_what_it_took(run_of: Path, serve: Callable[..., Server]) -> None:
    server = serve(str(run_of), "--limits.texts=100000", "--limits.queue=100000")
    asked = [TEXTS * 10] * 4
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(server.ask, texts) for texts in asked]
        while server.metric("weitiao_waiting_texts") < len(TEXTS):
            time.sleep(0.01)
        server.process.terminate()
        answers = [one.result() for one in waiting]
    assert [(status, len(said)) for status, said in answers] == [(200, 10 * len(TEXTS))] * 4
    assert server.process.wait(10) == 0
    with pytest.raises(ConnectionError):
        server.ask(["好"])


def test_clients_that_never_end_do_not_keep_it(run_of: Path, serve: Callable[..., Server]) -> None:
    server = serve(
        str(run_of), *("--end_within=1", "--limits.texts=100000", "--limits.body=99999999")
    )
    head = "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with (
        socket.create_connection(("127.0.0.1", server.port)) as slow,
        ThreadPoolExecutor(1) as pool,
    ):
        slow.sendall(f"{head}Content-Length: 100\r\n\r\n".encode() + b'{"te')
        many = pool.submit(server.ask, TEXTS * 1500)  # more than it can answer in a second
        while server.metric("weitiao_waiting_texts") < len(TEXTS):
            time.sleep(0.01)
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(15) == 0
        assert many.result() == (503, {"error": "the server is ending"})


def test_a_newer_run_takes_over_without_a_lost_request(
    workplace: Path, serve: Callable[..., Server]
) -> None:
    best = (workplace / "logs/latest").resolve() / "checkpoints" / "best.ckpt"
    server = serve(str(workplace / "logs/latest"), "--reload_every=0.2")
    statuses: list[int] = []
    ended = threading.Event()

    def ask_on() -> None:
        while not ended.is_set():
            statuses.append(server.ask(TEXTS[:3])[0])

    asking = threading.Thread(target=ask_on)
    asking.start()
    try:
        for content, told in ((None, "took the newer model"), (b"no model", "was not taken")):
            part = best.with_suffix(".part")
            shutil.copyfile(best, part) if content is None else part.write_bytes(content)
            part.replace(best)
            server.wait_for(told)
    finally:
        ended.set()
        asking.join()
    assert len(statuses) > 5
    assert {*statuses} == {200}
