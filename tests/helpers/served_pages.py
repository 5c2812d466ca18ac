"""The page of a server in a browser: fixtures that open it, and what a person sees and types."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from browser import can_open, open_browser
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from served_models import Lengths

from weitiao.serving.app import make_app
from weitiao.serving.limits import Limits
from weitiao.serving.models import Models

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not can_open(), reason="needs chromium and chromedriver"),
]

BAD = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Starts servers of models by name; gives their addresses."""
    run = tmp_path_factory.mktemp("run") / "best.ckpt"
    run.touch()
    servers: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(token: str | None = None, characters: int = 100, **models: Any) -> str:
        given = iter(models.values())
        served = Models(dict.fromkeys(models, run), lambda _: next(given))
        app = make_app(served, Limits(characters=characters), token)
        bound = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{bound.getsockname()[1]}/"

    yield start
    for server, thread in servers:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def one_model(address: Callable[..., str]) -> str:
    return address(lengths=Lengths())


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("profile")


@pytest.fixture(scope="module")
def browser(profile: Path) -> Iterator[Chrome]:
    opened = open_browser(profile)
    yield opened
    opened.quit()


@pytest.fixture
def page(browser: Chrome, one_model: str) -> Iterator[Chrome]:
    """The page, fresh; nothing may be amiss in the browser's console in the end."""
    browser.get_log("browser")  # of earlier pages
    show(browser, one_model)
    yield browser
    assert browser.get_log("browser") == []


def show(browser: Chrome, address: str) -> None:
    browser.get(address)
    until(browser, lambda: shown(browser, "work") or shown(browser, "key"))


def write(browser: Chrome, field: str, text: str) -> None:
    """What a person would type; ChromeDriver types no character beyond the basic plane."""
    script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
    browser.execute_script(script, browser.find_element(By.ID, field), text)


def until(browser: Chrome, true: Callable[[], Any]) -> Any:
    """Waits; what the page has drawn anew between finding and reading it is found again."""
    redrawn = [StaleElementReferenceException]
    return WebDriverWait(browser, 10, 0.02, redrawn).until(lambda _: true())


def shown(browser: Chrome, name: str) -> bool:
    return browser.find_element(By.ID, name).is_displayed()


def texts(browser: Chrome, selector: str) -> list[str]:
    return [found.text for found in browser.find_elements(By.CSS_SELECTOR, selector)]
