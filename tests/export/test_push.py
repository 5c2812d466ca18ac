"""An exported folder goes to a model hub by the hub's own command."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import Command

from weitiao.export.model_card import _on_hub

NAME, COMMIT = "me/mymodel", "0" * 40


class Hub(BaseHTTPRequestHandler):
    """As much of the hub's protocol as an upload asks for."""

    sent: dict[str, bytes]  # files by their path
    blobs: dict[str, bytes]  # large files by their hash
    cards: list[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        own = f"http://127.0.0.1:{self.server.server_address[1]}"
        if self.path.startswith(f"/api/models/{NAME}/commit/"):
            self._commit(body)
            self._answer(
                {"success": True, "commitOid": COMMIT, "commitUrl": f"{own}/{NAME}/commit/{COMMIT}"}
            )
            return
        asked = json.loads(body)
        if self.path == "/api/repos/create":
            self._answer({"url": f"{own}/{NAME}"})
        elif self.path == "/api/validate-yaml":
            self.cards.append(asked["content"])
            self._answer({"errors": [], "warnings": []})
        elif self.path.startswith(f"/api/models/{NAME}/preupload/"):
            modes = {True: "lfs", False: "regular"}
            files = [
                {"path": f["path"], "uploadMode": modes[f["size"] > 2**16], "shouldIgnore": False}
                for f in asked["files"]
            ]
            self._answer({"files": files})
        elif self.path == f"/{NAME}.git/info/lfs/objects/batch":
            objects = [
                o | {"actions": {"upload": {"href": f"{own}/blob/{o['oid']}"}}}
                for o in asked["objects"]
            ]
            self._answer({"transfer": "basic", "objects": objects})
        else:
            self.send_error(404)

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        assert hashlib.sha256(content).hexdigest() == Path(self.path).name
        self.blobs[Path(self.path).name] = content
        self._answer({})

    def do_GET(self) -> None:
        self._answer({})

    def _commit(self, lines: bytes) -> None:
        for line in lines.splitlines():
            entry = json.loads(line)
            value: dict[str, Any] = entry["value"]
            if entry["key"] == "file":
                self.sent[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                self.sent[value["path"]] = self.blobs[value["oid"]]

    def _answer(self, content: dict[str, Any]) -> None:
        said = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[tuple[str, type[Hub]]]:
    handler = type("Here", (Hub,), {"sent": {}, "blobs": {}, "cards": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()


@pytest.mark.slow
def test_a_folder_goes_to_a_hub(
    trained: Path, command: Command, hub: tuple[str, type[Hub]], tmp_path: Path
) -> None:
    address, received = hub
    done = command("export", "logs/latest", f"--to={tmp_path / 'mymodel'}", cwd=trained)
    assert done.code == 0, done.err
    environment = {"HF_ENDPOINT": address, "HF_TOKEN": "hf_of_a_test", "NO_PROXY": "*"}
    # a hub without Xet: docs/export.md
    environment |= {"HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1"}
    pushed = subprocess.run(
        [Path(sys.executable).with_name("hf"), "upload", NAME, "mymodel"],
        cwd=tmp_path,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert pushed.returncode == 0, pushed.stderr
    files = {
        str(path.relative_to(tmp_path / "mymodel")): path.read_bytes()
        for path in (tmp_path / "mymodel").rglob("*")
        if path.is_file()
    }
    assert {"README.md", "config.json", "model.safetensors"} <= files.keys()
    assert received.sent == files
    assert received.cards[0] == files["README.md"].decode()


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("owner/model", True),
        ("bert-base-chinese", True),
        (".cache/models/e5", False),
        ("my", False),
    ],
)
def test_a_card_names_what_the_hub_can_know(
    name: str, named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my").mkdir()
    assert _on_hub(name) == named
