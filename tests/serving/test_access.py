"""Who may ask a server: tokens, names of this machine, how often, within which limits."""

from __future__ import annotations

from pathlib import Path

import pytest
from served_clients import Client
from served_clients import client as client

from weitiao.errors import ConfigError
from weitiao.serving.access import TOKEN, read_token
from weitiao.serving.limits import Limits

SECRET = "tell-nobody-of-this-0123456789"


def test_a_token_is_needed_where_there_is_one(client: Client) -> None:
    here = client(token=SECRET)
    for path in ("/models", "/metrics"):
        assert here.get(path).status_code == 401
        said = here.get(path, headers={"Authorization": f"Bearer {SECRET}"})
        assert said.status_code == 200
    for wrong in ("", f"Basic {SECRET}", f"Bearer {SECRET}x", "Bearer ", "Bearer ü"):
        said = here.post(
            "/predict", json={"texts": ["a"]}, headers=[(b"authorization", wrong.encode())]
        )
        assert said.status_code == 401
        assert said.headers["www-authenticate"] == "Bearer"
    for path in ("/health", "/", "/openapi.json"):
        assert here.get(path).status_code == 200


def test_a_client_that_asks_too_often_is_told_when_to_come_again(client: Client) -> None:
    here = client(rate=3)
    seen = [here.post("/predict", json={"texts": ["a"]}) for _ in range(5)]
    assert [said.status_code for said in seen] == [200, 200, 200, 429, 429]
    assert 15 <= int(seen[-1].headers["retry-after"]) <= 20
    assert here.get("/health").status_code == 200


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example:80", "", "localhost.:1"])
def test_only_names_of_this_machine_are_answered(name: str, client: Client) -> None:
    said = client().get("/health", headers={"Host": name})
    assert said.status_code == 421
    assert client(local=False).get("/health", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000"])
def test_names_of_this_machine(name: str, client: Client) -> None:
    assert client().get("/health", headers={"Host": name}).status_code == 200


def test_a_token_comes_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    monkeypatch.delenv(TOKEN, raising=False)
    assert read_token(None) is None
    monkeypatch.setenv(TOKEN, SECRET)
    assert read_token(None) == SECRET
    file.write_text(f"{SECRET[::-1]}\n", "utf-8")
    assert read_token(file) == SECRET[::-1]
    for wrong in ("", "short", "with a space in the middle", "好" * 20):
        file.write_text(wrong, "utf-8")
        with pytest.raises(ConfigError, match="is not 16 or more") as told:
            read_token(file)
        assert not wrong or wrong not in str(told.value)
    with pytest.raises(ConfigError, match="can't be read"):
        read_token(tmp_path / "none")


@pytest.mark.parametrize("name", Limits.__dataclass_fields__)
def test_limits_are_at_least_one(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Limits(**{name: 0})
