"""Who may ask: host names, the token, the rate of each client."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from weitiao.errors import ConfigError
from weitiao.serving.limits import Rates, Refused

TOKEN = "WEITIAO_TOKEN"
"""The variable of the environment that may hold the token."""
OPENAI = "/v1/"
"""Paths that begin so are those of OpenAI's clients."""
SHORTEST = 16  # characters of a token
_LOCAL = ("localhost", "127.0.0.1", "[::1]")
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]


def read_token(file: Path | None) -> str | None:
    """The token that clients must send: of a file, else of the environment; null = none.

    Raises:
        ConfigError: it can't be read, is too short to be safe, or holds what no header can.
    """
    place = f"{TOKEN} in the environment" if file is None else str(file)
    try:
        token = os.environ.get(TOKEN) if file is None else file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f": {file} can't be read", field="token_file") from error
    if token is None:
        return None
    if len(token) < SHORTEST or not (token.isascii() and token.isprintable() and " " not in token):
        raise ConfigError(
            f": the token of {place} is not {SHORTEST} or more characters of ASCII without spaces",
            field="token_file",
            hint="python -c 'import secrets; print(secrets.token_urlsafe())' > FILE",
        )
    return token


class Gate:
    """Lets through what may be asked; answers the rest, and adds headers of safety.

    Args:
        app: what is behind it.
        token: that a request must bear; null = none.
        free: paths that need no token and count towards no rate.
        local: only names of this machine are right: a page of the web whose own name was made to
            lead here (DNS rebinding) sends its own.
        count: told the status of each answer.
        end: ends the answers that aren't done.
    """

    def __init__(
        self,
        app: ASGIApp,
        token: str | None,
        rates: Rates,
        *,
        free: Collection[str],
        local: bool,
        count: Callable[[int], object],
        end: Callable[[], None],
    ) -> None:
        self.end = end
        self.app, self.rates, self.free = app, rates, free
        self.local, self.count = local, count
        self.token = token and token.encode()
        self.ending = False
        """Set once the server is told to end: each answer tells clients that it is the last
        of their connection, else they would send the next request into a closed one."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                last = [(b"connection", b"close")] if self.ending else []
                message["headers"] = [*message["headers"], *_HEADERS, *last]
                self.count(message["status"])
            await send(message)

        try:
            self._check(scope)
        except Refused as refused:
            await refusal(refused, scope["path"])(scope, receive, noted)
        else:
            await self.app(scope, receive, noted)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if self.local and host.rpartition(":")[0] not in _LOCAL and host not in _LOCAL:
            raise Refused(421, "this server answers to localhost and 127.0.0.1 only")
        if scope["path"] in self.free:
            return
        self.rates.count(scope["client"][0] if scope["client"] else "")
        kind, _, given = headers.get("authorization", "").partition(" ")
        # bytes: of texts, only ASCII can be compared in constant time
        if self.token and not (
            kind.lower() == "bearer" and hmac.compare_digest(given.encode(), self.token)
        ):
            raise Refused(401, "the token is missing or wrong: Authorization: Bearer TOKEN")


def refusal(refused: Refused, path: str) -> JSONResponse:
    """The answer to a request that is refused."""
    headers = refused.headers | ({"WWW-Authenticate": "Bearer"} if refused.status == 401 else {})
    return fault(refused.reason, path, refused.status, headers)


def fault(
    reason: str, path: str, status: int, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """An answer that says why there is none.

    Args:
        path: that was asked; clients of those of OpenAI look for the reason in an object.
    """
    # JSON may name half of a surrogate pair, which is nothing that can be sent
    reason = reason.encode(errors="backslashreplace").decode()
    told = {"message": reason} if path.startswith(OPENAI) else reason
    return JSONResponse({"error": told}, status, headers)
