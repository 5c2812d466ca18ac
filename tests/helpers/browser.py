"""A headless Chromium, with nothing left over from an earlier one."""

from __future__ import annotations

import shutil
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def can_open() -> bool:
    """Whether Chromium and its driver are installed."""
    return all(map(shutil.which, ("chromium", "chromedriver")))


def open_browser(profile: Path, *, language: str = "en", width: int = 1100) -> Chrome:
    """A browser whose window is so many pixels wide.

    Args:
        profile: an empty folder; downloads go there, too.
        language: that the browser asks for.
    """
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.add_experimental_option(
        "prefs",
        {"intl.accept_languages": language, "download.default_directory": str(profile)},
    )
    browser = Chrome(options, Service(shutil.which("chromedriver")))
    resize(browser, width, 900)
    return browser


def resize(browser: Chrome, width: int, height: int) -> None:
    """Let the page see a screen of that size; a window of Chromium is at least 500 wide."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
