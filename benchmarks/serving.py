"""What a server sustains beside offline batches of the same texts, and if it ever answers wrong.

    python benchmarks/serving.py RUN [--requests 20000] [--clients 64]
    python benchmarks/serving.py RUN --faults 20

The first measures the rate at so many clients of one text a request, the time of an answer at light
load beside one text's compute, and memory. Clients share the machine; their own time is shown, too.
With --faults clients ask on while the server is ended by SIGTERM and by kill -9, so often each, and
started again; every answer must equal the offline one. The exit code is 1 where one does not, or a
bar is missed: 0.7 times the rate, 3 times the compute.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException, IncompleteRead
from pathlib import Path
from typing import Any

import weitiao

SCRIPT = Path(__file__).parents[1] / "src" / "serve.py"
RATE, SLOW = 0.7, 3.0  # bars: of the rate offline; of one text's compute, the p99 at light load
CLOSE = 1e-5  # probabilities of other batches differ by less
LIGHT = 200  # requests one after another
MANY = 1000  # clients at once
READY = 180.0  # seconds that a server may take to start


class Server:
    """A server process on a port of its own, which stays the same when it starts again."""

    def __init__(self, run: str) -> None:
        self.run, self.port = run, _free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        arguments = [self.run, f"--port={self.port}", "--device=cpu"]
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), *arguments], stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + READY
        while time.monotonic() < until:
            try:
                self.get("/health")
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the server doesn't start")

    def end(self, number: signal.Signals) -> tuple[int, float]:
        """Send a signal; gives exit code and seconds to the end."""
        assert self.process is not None
        begin = time.perf_counter()
        self.process.send_signal(number)
        return self.process.wait(60), time.perf_counter() - begin

    def get(self, path: str) -> str:
        """What stands at a path."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def memory(self) -> float:
        """Its memory in MiB."""
        (found,) = re.findall(r"^process_resident_memory_bytes (\S+)", self.get("/metrics"), re.M)
        return float(found) / 2**20


class Client:
    """Asks one text after another on a connection that stays open."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, text: str) -> dict[str, Any]:
        """The answer to a text."""
        body = json.dumps({"texts": [text]})
        self.connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        said = self.connection.getresponse()
        content = said.read()
        if said.status != 200:
            raise HTTPException(f"{said.status}: {content.decode()}")
        (answer,) = json.loads(content)
        return answer


def main() -> int:
    """Measure, or try faults."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("--texts", type=Path, default=Path(".cache/corpus/reviews.csv"))
    parser.add_argument("--column", default="text")
    parser.add_argument("--count", type=int, default=2000, help="distinct texts")
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--faults", type=int, default=0, help="SIGTERMs, and as many kill -9")
    options = parser.parse_args()
    with options.texts.open(encoding="utf-8", newline="") as file:
        texts = [row[options.column] for row in csv.DictReader(file)]
    texts = random.Random(1).sample(texts, min(options.count, len(texts)))
    expected, offline_rate, alone = offline(options.run, texts)
    server = Server(options.run)
    server.start()
    try:
        if options.faults:
            return try_faults(server, texts, expected, options.clients, options.faults)
        share, slow = measure(server, texts, options.requests, options.clients, offline_rate, alone)
        many_clients(server, texts)
    finally:
        print(f"SIGTERM: exit code and seconds {server.end(signal.SIGTERM)}")
    return int(share < RATE or slow > SLOW)


def offline(run: str, texts: Sequence[str]) -> tuple[list[dict[str, Any]], float, float]:
    """What the model says without a server, texts a second in batches, seconds of one text."""
    model = weitiao.load(run, device="cpu")
    model.predict(texts[:64])
    begin = time.perf_counter()
    found = model.predict(texts)
    rate = len(texts) / (time.perf_counter() - begin)
    seconds = []
    for text in texts[:50]:
        begin = time.perf_counter()
        model.predict([text])
        seconds.append(time.perf_counter() - begin)
    assert found.probabilities is not None
    sure = [dict(zip(found.classes, row, strict=True)) for row in found.probabilities.tolist()]
    said = [{"label": x, "probabilities": p} for x, p in zip(found.labels, sure, strict=True)]
    return said, rate, statistics.median(seconds)


def measure(
    server: Server, texts: Sequence[str], requests: int, clients: int, rate: float, alone: float
) -> tuple[float, float]:
    """Print the times at light load, the rate at full load, and memory; gives what has a bar."""
    client, seconds = Client(server.port), []
    for text in random.Random(2).choices(texts, k=LIGHT):
        begin = time.perf_counter()
        client.ask(text)
        seconds.append(time.perf_counter() - begin)
    middle, slow = statistics.median(seconds), statistics.quantiles(seconds, n=100)[98]
    print(f"one text alone {1000 * alone:.1f} ms; at light load median {1000 * middle:.1f} ms,")
    print(f"  p99 {1000 * slow:.1f} ms: {slow / alone:.2f} times one text's compute")
    memory = [server.memory()]
    begin, own = time.perf_counter(), time.process_time()
    for _ in range(4):
        _in_threads(clients, lambda: _share(server.port, texts, requests // 4 // clients))
        memory.append(server.memory())
    wall, own = time.perf_counter() - begin, time.process_time() - own
    done = requests // 4 // clients * clients * 4
    print(f"offline {rate:.0f} texts/s; {clients} clients {done / wall:.0f} texts/s:", end=" ")
    print(f"{done / wall / rate:.2f} times; clients' own processor time {own / wall:.0%}")
    print("memory, MiB:", " ".join(f"{value:.0f}" for value in memory))
    return done / wall / rate, slow / alone


def many_clients(server: Server, texts: Sequence[str]) -> None:
    """Print what a thousand clients at once are answered."""
    found = Counter[str]()

    def one() -> None:
        try:
            Client(server.port).ask(random.choice(texts))
            found["answered"] += 1
        except (OSError, HTTPException) as error:
            found[f"{type(error).__name__} {error}"[:60]] += 1

    _in_threads(MANY, one)
    print(f"{MANY} clients at once: {dict(found)}; memory {server.memory():.0f} MiB")


def try_faults(
    server: Server, texts: Sequence[str], expected: Sequence[Any], clients: int, faults: int
) -> int:
    """Ask on while the server is ended and started; print what came of all requests."""
    found, ended, lock = Counter[str](), threading.Event(), threading.Lock()

    def one() -> None:
        client, draw = Client(server.port), random.Random()
        while not ended.is_set():
            i = draw.randrange(len(texts))
            kind = _outcome(client, texts[i], expected[i])
            with lock:
                found[kind] += 1
            if kind not in ("right", "wrong"):
                client = Client(server.port)
                time.sleep(0.05)

    with ThreadPoolExecutor(clients) as pool:
        asking = [pool.submit(one) for _ in range(clients)]
        try:
            for number in (signal.SIGTERM, signal.SIGKILL) * faults:
                before = found.copy()
                time.sleep(random.uniform(0.5, 3))
                code, seconds = server.end(number)
                print(f"{number.name}: code {code} after {seconds:.1f} s: {_more(found, before)}")
                server.start()
        finally:
            ended.set()
        for each in asking:
            each.result()
    print(f"all {sum(found.values()):,} requests: {dict(found)}")
    return int(bool(found["wrong"] or found["half"]))


def _outcome(client: Client, text: str, expected: Any) -> str:
    """What came of a request: right, wrong, half an answer, refused, torn, or told why not.

    Of an answer that is cut off its client is told: the length was. So it is torn; half would be
    one that has its length and makes no sense.
    """
    try:
        answer = client.ask(text)
    except ConnectionRefusedError:
        return "refused"
    except json.JSONDecodeError:
        return "half"
    except (OSError, IncompleteRead):
        return "torn"
    except HTTPException as error:
        return str(error)[:40]
    close = all(
        abs(answer["probabilities"][name] - p) < CLOSE
        for name, p in expected["probabilities"].items()
    )
    return "right" if close and answer["label"] == expected["label"] else "wrong"


def _more(after: Counter[str], before: Counter[str]) -> dict[str, int]:
    return dict(after - before)


def _share(port: int, texts: Sequence[str], requests: int) -> None:
    client, draw = Client(port), random.Random()
    for _ in range(requests):
        client.ask(draw.choice(texts))


def _in_threads(count: int, work: Callable[[], None]) -> None:
    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(work) for _ in range(count)]:
            done.result()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
