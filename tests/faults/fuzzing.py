"""Shared by the fuzzers: how many inputs are generated, and how long one may take."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

LIMIT = 5.0  # seconds


class Hang(BaseException):
    """An input took too long; no `except Exception` on the way takes it for a fault of the file."""


@contextmanager
def in_time() -> Iterator[None]:
    """Let the block take no longer than `LIMIT`."""

    def give_up(number: int, frame: FrameType | None) -> NoReturn:
        raise Hang(f"still busy after {LIMIT} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def inputs(count: int) -> settings:
    """So many inputs, the same ones in every run."""
    return settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """What a broken copy, a broken disk or a slip of the hand makes of a file."""
    how = draw(st.sampled_from(("slip", "garbage", "nul", "flip", "lose", "twice", "drop", "cut")))
    if how in ("twice", "drop"):
        lines = content.splitlines(keepends=True) or [b""]
        number = draw(st.integers(0, len(lines) - 1))
        put = lines[number] * 2 if how == "twice" else b""
        return b"".join([*lines[:number], put, *lines[number + 1 :]])
    place = draw(st.integers(0, len(content)))
    before, at, after = content[:place], content[place : place + 1], content[place + 1 :]
    if how == "cut":
        return before
    if how == "lose":
        return before + after
    if how == "flip":
        return before + bytes(byte ^ draw(st.integers(1, 255)) for byte in at) + after
    puts = {
        "slip": st.sampled_from((b'"', b",", b"\t", b"\n", b"\r", b"{", b"]", b"\\", b" ")),
        "garbage": st.binary(min_size=1, max_size=8),
        "nul": st.integers(1, 8).map(bytes),
    }
    return before + draw(puts[how]) + at + after
