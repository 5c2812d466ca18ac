"""Models by name: from a mirror, from the cache without a network; told where there is neither."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import TINY, Command, reviews, write_csv
from option_world import save_bert
from transformers import AutoModel

from weitiao.errors import ConfigError
from weitiao.inputs.text.pretrained_tokenizer import fast_tokenizer
from weitiao.models.backbones.loading import load_model

NAME = "owner/tiny-bert"
COMMIT = hashlib.sha1(b"tiny").hexdigest()
SRC = Path(__file__).parents[2] / "src"


class Mirror(BaseHTTPRequestHandler):
    """As much of the hub's protocol as loading a model asks for."""

    folder: Path

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].strip("/")
        file = self.folder / path.removeprefix(f"{NAME}/resolve/").partition("/")[2]
        if path.startswith(f"api/models/{NAME}/tree"):  # of a folder with chat templates
            self._answer(b"[]")
        elif path.startswith(f"api/models/{NAME}"):
            self._answer(json.dumps({"id": NAME, "sha": COMMIT, "siblings": []}).encode())
        elif path.startswith(f"{NAME}/resolve/") and file.is_file():
            self._answer(file.read_bytes())
        else:
            self._answer(b"", "EntryNotFound" if NAME in path else "RepoNotFound")

    do_HEAD = do_GET

    def _answer(self, content: bytes, error: str | None = None) -> None:
        self.send_response(404 if error else 200)
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{hashlib.sha1(content).hexdigest()}"'}
        headers |= {"Content-Length": str(len(content))} | (
            {"X-Error-Code": error} if error else {}
        )
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    save_bert(tmp_path / "there", 0, pad_token="[PAD]")
    handler = type("Here", (Mirror,), {"folder": tmp_path / "there"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.slow
def test_a_name_comes_from_a_mirror_and_then_from_the_cache(mirror: str, tmp_path: Path) -> None:
    write_csv(tmp_path / "my.csv", reviews(60))
    options = [
        *(o for o in TINY if "model.backbone" not in o and "max_epochs" not in o),
        *("--data.train=my.csv", "--data.input.encode.max_length=24", "--trainer.max_epochs=1"),
        f"--data.input.encode.tokenizer={NAME}",
    ]

    def fit(name: str, **environment: str) -> subprocess.CompletedProcess[str]:
        here = {"HF_HOME": str(tmp_path / "home"), "NO_PROXY": "*", "OMP_NUM_THREADS": "1"}
        model = ("--model.backbone=Pretrained", f"--model.backbone.name={name}")
        return subprocess.run(
            [sys.executable, str(SRC / "train.py"), "fit", *model, *options],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(SRC)} | here | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    done = fit(NAME, HF_ENDPOINT=mirror)
    assert done.returncode == 0, done.stderr
    done = fit(NAME, HF_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    done = fit("owner/other", HF_ENDPOINT=mirror)
    assert done.returncode == 1
    assert "model.backbone.name: 'owner/other' is no folder, and the model hub" in done.stderr
    done = fit("owner/other", HF_HUB_OFFLINE="1")
    assert done.returncode == 1
    for words in ("model.backbone.name", "HF_HUB_OFFLINE is set", "docs/models.md"):
        assert words in done.stderr


def tokenizer_of(name: str) -> None:
    fast_tokenizer(name, "data.input.encode.tokenizer", "")


def model_of(name: str) -> None:
    load_model(AutoModel, name, layers=None, may_lack=lambda *_: False)


@pytest.mark.parametrize(
    ("load", "option"),
    [(model_of, "name"), (tokenizer_of, "data.input.encode.tokenizer")],
)
def test_what_is_not_there_without_a_network_is_told_by_its_option(
    load: Callable[[str], None], option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ConfigError) as error:
        load("owner/other")
    told = str(error.value)
    assert told.startswith(f"{option}: ")
    for words in ("owner/other", "no answer from http://127.0.0.1:9", "docs/models.md"):
        assert words in told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--data.input.encode.tokenizer=models/none here"],
            "data.input.encode.tokenizer: 'models/none here'",
        ),
        (
            ["--model.backbone=Pretrained", "--model.backbone.name=../none"],
            "model.backbone.name: '../none' is neither a folder nor a name",
        ),
    ],
)
def test_which_option_names_a_model_that_is_not_found_is_said(
    options: list[str], said: str, command: Command, tmp_path: Path
) -> None:
    write_csv(tmp_path / "my.csv", reviews(60))
    data = ("--data.train=my.csv", "--data.text=review", "--data.target.label=stars")
    done = command("fit", *data, *options, cwd=tmp_path)
    assert done.code == 1, done.err
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_quantized_model_is_told_by_the_command(command: Command, tmp_path: Path) -> None:
    write_csv(tmp_path / "my.csv", reviews(60))
    save_bert(tmp_path / "bert", 0, pad_token="[PAD]")
    config = tmp_path / "bert" / "config.json"
    quantized = {"quantization_config": {"quant_method": "bitsandbytes", "load_in_8bit": True}}
    config.write_text(json.dumps(json.loads(config.read_text()) | quantized))
    data = ("--data.train=my.csv", "--data.text=review", "--data.target.label=stars")
    model = ("--model.backbone=Pretrained", "--model.backbone.name=bert")
    done = command("fit", *data, *model, "--data.input.encode.tokenizer=bert", cwd=tmp_path)
    assert done.code == 1, done.err
    assert "model.backbone.name: 'bert' is quantized (bitsandbytes)" in done.err
    assert "Traceback" not in done.err
