"""Clients of a server that runs in the test's own process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from served_models import Lengths
from starlette.testclient import TestClient

from weitiao.serving.app import make_app
from weitiao.serving.limits import Limits
from weitiao.serving.models import Models

HOST = "http://127.0.0.1"
Client = Callable[..., TestClient]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """Makes a client of a server of models by name."""
    (tmp_path / "best.ckpt").touch()
    opened: list[TestClient] = []

    def made(models: dict[str, Any] | None = None, **limits: Any) -> TestClient:
        access = {name: limits.pop(name) for name in ("token", "local") if name in limits}
        given = models or {"default": Lengths()}
        loading = iter(given.values())
        served = Models(
            dict.fromkeys(given, tmp_path / "best.ckpt"), lambda _: next(loading), print
        )
        app = make_app(served, Limits(**limits), **access)
        opened.append(TestClient(app, base_url=HOST).__enter__())
        return opened[-1]

    yield made
    for one in opened:
        one.__exit__()
