"""Tests that are marked ``faults`` end with a table of what was tried and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

TABLE = Path("logs", "faults.md")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let the reports of a test of faults be known by a property: keywords hold folders, too."""
    if item.get_closest_marker("faults"):
        name = item.name.removeprefix("test_").replace("_", " ")
        item.user_properties.append(("fault", name))


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Write the table below the root folder, and show it.

    A test's row is its name as a sentence; what it counted (``record_property("cases", 20)``), and
    what is to be said of the outcome (``record_property("outcome", "…")``), it tells itself.
    """
    phases = [
        report
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and "fault" in dict(report.user_properties)
    ]
    if not phases:
        return
    size = config.getoption("--faults")
    head = f"# Faults\n\nSize: {size}; {datetime.now():%Y-%m-%d %H:%M}.\n"
    lines = ["| fault | cases | outcome | seconds |", "|---|---:|---|---:|", *_rows(phases)]
    path = config.rootpath / TABLE
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([head, *lines, ""]), "utf-8")
    terminalreporter.section(f"faults ({TABLE})")
    terminalreporter.write_line("\n".join(lines))


def _rows(phases: list[pytest.TestReport]) -> Iterator[str]:
    tests: dict[str, list[pytest.TestReport]] = {}
    for report in phases:
        tests.setdefault(report.nodeid, []).append(report)
    for _, reports in sorted(tests.items()):
        told = dict(pair for report in reports for pair in report.user_properties)
        outcome = next((r.outcome for r in reports if r.outcome != "passed"), "passed")
        reasons = [r.longrepr[2] for r in reports if r.skipped and isinstance(r.longrepr, tuple)]
        said = ": ".join(map(str, filter(None, [outcome, *reasons, told.get("outcome")])))
        seconds = sum(report.duration for report in reports)
        yield f"| {told['fault']} | {told.get('cases', 1)} | {said} | {seconds:.1f} |"
