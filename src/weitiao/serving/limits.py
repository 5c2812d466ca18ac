"""Limits of a request and of a client, and the refusals beyond them."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass

from weitiao.config.bounds import at_least

CLIENTS = 10_000  # whose rate is remembered; the one that has been silent longest is forgotten
BODIES = 16  # of the largest size that may be in memory at once
DRAINED = 64 << 20  # bytes of a refused body that are read on: only then a client sees the answer
PATIENCE = 30.0  # seconds that a client has to send a body


class Refused(Exception):
    """A request that is answered with a status of 4xx or 5xx, and why.

    Args:
        reason: for the client; never a text of somebody's.
        wait: seconds after which to come again.
    """

    def __init__(self, status: int, reason: str, *, wait: float | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason
        self.headers = {} if wait is None else {"Retry-After": str(math.ceil(wait))}


def ending() -> Refused:
    """What those hear whose answer isn't done when the server ends."""
    return Refused(503, "the server is ending", wait=1)


@dataclass(frozen=True)
class Limits:
    """What one request and one client may take.

    Args:
        texts: most texts of a request.
        characters: most characters of a text, of a pair both together.
        body: most bytes of a request.
        queue: most texts that wait for the model; a request beyond them is answered 503.
        rate: most requests of one client in a minute; null = any number.
        answer: most ids of an answer of a model that chats; null = as in its training.

    Raises:
        ConfigError: a value is below 1.
    """

    texts: int = 1000
    characters: int = 20_000
    body: int = 4 << 20
    queue: int = 10_000
    rate: int | None = None
    answer: int | None = None

    def __post_init__(self) -> None:
        at_least(1, texts=self.texts, characters=self.characters, body=self.body)
        at_least(1, queue=self.queue, rate=self.rate, answer=self.answer)


class Rates:
    """Counts the requests of each client: a bucket of a minute's worth that fills evenly.

    Args:
        rate: requests a minute; null = any number.
    """

    def __init__(self, rate: int | None) -> None:
        self.rate = rate
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def count(self, client: str) -> None:
        """Take note of a request.

        Raises:
            Refused: the client has sent too many; says when to come again.
        """
        if self.rate is None:
            return
        now, a_second = time.monotonic(), self.rate / 60
        left, seen = self._left.pop(client, (float(self.rate), now))
        left = min(self.rate, left + (now - seen) * a_second)
        self._left[client] = (left - 1 if left >= 1 else left), now
        if len(self._left) > CLIENTS:
            self._left.popitem(last=False)
        if left < 1:
            reason = f"more than {self.rate:,} requests a minute"
            raise Refused(429, reason, wait=(1 - left) / a_second)


class Bodies:
    """Reads the bodies of requests without ever holding more than so much of them.

    Args:
        largest: bytes of one.
    """

    def __init__(self, largest: int) -> None:
        self.largest, self.held = largest, 0

    async def read(self, stream: AsyncIterator[bytes], *, announced: bool) -> bytes:
        """A body, whole.

        Args:
            announced: the client waits for leave to send it, and says that it is too long.

        Raises:
            Refused: it is too long, too many are being read, or it comes too slowly.
            ClientDisconnect: the connection was torn.
        """
        parts: list[bytes] = []
        size = 0
        too_long = Refused(413, f"the request is longer than {self.largest:,} bytes")
        if announced:
            raise too_long
        try:
            async with asyncio.timeout(PATIENCE):
                async for part in stream:
                    size += len(part)
                    if size <= self.largest:
                        parts.append(part)
                        self._hold(len(part))
                    elif size > DRAINED:
                        break
        except TimeoutError:
            raise Refused(408, f"the request took longer than {PATIENCE:.0f} s") from None
        finally:
            self.held -= sum(map(len, parts))
        if size > self.largest:
            raise too_long
        return b"".join(parts)

    def _hold(self, size: int) -> None:
        self.held += size
        if self.held > BODIES * self.largest:
            raise Refused(503, "too many requests are being read", wait=1)
