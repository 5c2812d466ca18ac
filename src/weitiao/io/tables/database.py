"""Rows of a SQL query, fetched into a file of JSON Lines.

A password is never part of the options, since options stand in config.yaml, in checkpoints, in
TensorBoard and in logs. It is named there, as ``${VARIABLE}``, and taken from the environment when
the connection is made.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from weitiao.errors import ConfigError, DataError
from weitiao.io.tables.cells import as_text
from weitiao.io.tables.files import Files, expand, is_query, names_of
from weitiao.io.tables.source import Source
from weitiao.io.tables.text_file import MARK

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_SECRET = re.compile(r"pass|pwd|secret|token|api_?key|odbc_connect", re.IGNORECASE)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_ROWS = 1000  # fetched at a time


def refuse_secrets(url: str) -> None:
    """See to it that a URL can be written down.

    Raises:
        ConfigError: it holds a password, or is no database URL; the message doesn't repeat it.
    """
    if _VARIABLE.fullmatch(url):
        return
    for secret in _secrets(_parsed(url)):
        if not _VARIABLE.fullmatch(secret):
            raise ConfigError(
                "holds a password, which would stand in config.yaml and in logs",
                field="database",
                hint="take it from the environment: 'postgresql://me:${DB_PASSWORD}@host/name'"
                " in single quotes",
            )


def refuse_idle(url: str | None, named: Iterable[Files | None]) -> None:
    """See to it that a database is there to be asked.

    Raises:
        ConfigError: nothing that is named is a query.
    """
    names = [name for files in named if files for name in names_of(files)]
    if url is not None and names and not any(map(is_query, names)):
        raise ConfigError(
            "has no effect without a query",
            field="database",
            hint="{--train} 'SELECT text, label FROM …'; or a file that ends in .sql",
        )


def queries(name: str) -> Iterator[tuple[str, str]]:
    """Name and text of a query: one that is written out, or those of the files of a glob.

    Raises:
        DataError: a file is missing or not UTF-8, or a query doesn't begin as one that only reads.
    """
    found = [(" ".join(name.split()), name)]
    if name.lower().endswith(".sql"):
        found = [(str(path), _text(path)) for path in expand(name)]
    for shown, query in found:
        if not re.match(r"\s*\(*\s*(select|with|values)\b", _COMMENT.sub(" ", query), re.I):
            raise DataError("a query begins with SELECT or WITH", file=shown, value=query)
        yield shown, query


def fetch(source: Source, query: str, url: str | None) -> None:
    """Write the rows of a query into the file of ``source``, which doesn't exist yet.

    Rows come in portions, so that they need little memory. SQLite files are opened read-only, and
    so are transactions of PostgreSQL; nothing is committed anywhere.

    Raises:
        ConfigError: there is no such database, or its driver is missing.
        DataError: the database doesn't answer or refuses the query, or a column is missing.
    """
    if url is None:
        raise ConfigError("a query needs a database", hint="{--database} sqlite:///FILE")
    target = _resolved(url)
    with _told_without_secrets(
        source.name, [*_secrets(target), *(os.environ[n] for n in _VARIABLE.findall(url))]
    ):
        engine = _engine(target)
        options: dict[str, Any] = {"stream_results": True, "yield_per": _ROWS}
        options["no_parameters"] = True  # so that % stays what it is
        if target.get_backend_name() == "postgresql":
            options["postgresql_readonly"] = True
        with engine.connect() as connection:
            rows = connection.execution_options(**options).exec_driver_sql(query)
            _write(source, list(rows.keys()), chain.from_iterable(rows.partitions(_ROWS)))


def _write(source: Source, names: list[str], rows: Iterable[Any]) -> None:
    positions = source.positions(names)
    columns = list(source.columns.values())
    encode = json.JSONEncoder(ensure_ascii=False, default=_for_json).encode
    # bytes that SQLite holds as text but are not UTF-8 pass through as they are
    with source.path.open("w", encoding="utf-8", errors="surrogateescape") as file:
        for row in rows:
            record = {name: row[i] for name, i in zip(columns, positions, strict=True)}
            file.write(encode(record) + "\n")


def _for_json(value: Any) -> Any:
    text = as_text(value)
    return {type(value).__name__: str(value)} if text is None else text


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig").strip().removesuffix(";")
    except UnicodeDecodeError as error:
        raise DataError("a query must be in UTF-8", file=path) from error


def _parsed(url: str) -> URL:
    """The URL; a plain path is that of a SQLite file."""
    from sqlalchemy import URL, make_url
    from sqlalchemy.exc import ArgumentError

    if "://" not in url and "@" not in url:
        return URL.create("sqlite", database=url)
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        pass  # what they say may repeat the URL
    raise ConfigError(
        "is no database URL",
        field="database",
        hint="like sqlite:///reviews.db or postgresql://me@host/name",
    )


def _resolved(url: str) -> URL:
    """The URL with its variables replaced; after parsing, so that a password may hold an @."""
    if _VARIABLE.fullmatch(url):
        return _parsed(_replaced(url))
    parsed = _parsed(url)
    parts = {name: getattr(parsed, name) for name in ("username", "password", "host", "database")}
    parts = {name: _replaced(part) for name, part in parts.items() if part}
    query = {
        key: _replaced(value) if isinstance(value, str) else tuple(map(_replaced, value))
        for key, value in parsed.query.items()
    }
    return parsed.set(**parts, query=query)


def _replaced(text: str) -> str:
    for name in _VARIABLE.findall(text):
        if name not in os.environ:
            raise ConfigError(f": there is no environment variable {name}", field="database")
    return _VARIABLE.sub(lambda found: os.environ[found[1]], text)


def _secrets(url: URL) -> list[str]:
    secrets = [str(url.password)] if url.password else []
    for key, value in url.query.items():
        if _SECRET.search(key):
            secrets += [value] if isinstance(value, str) else value
    return secrets


@contextmanager
def _told_without_secrets(name: str, secrets: list[str]) -> Iterator[None]:
    """Turn what SQLAlchemy and drivers raise into our errors, cut off from what they came from."""
    from sqlalchemy.exc import DBAPIError, NoSuchModuleError

    fault: ConfigError | DataError
    try:
        yield
        return
    except (ConfigError, DataError):
        raise
    except NoSuchModuleError as error:
        fault = ConfigError(f": {error}", field="database")
    except ModuleNotFoundError as error:
        fault = ConfigError(
            f"needs the driver {error.name!r}, which is not installed",
            field="database",
            hint=f"pip install {error.name}, or name another: postgresql+psycopg://…",
        )
    except Exception as error:  # drivers raise whatever they like
        told = str(error.orig if isinstance(error, DBAPIError) else error).strip()
        for secret in secrets:
            for form in (secret, quote(secret), quote(secret, safe=""), quote_plus(secret)):
                told = told.replace(form, "***")
        fault = DataError(f"the database gives no rows: {told.splitlines()[0]}", file=name)
    raise fault from None


def _engine(url: URL) -> Engine:
    from sqlalchemy import NullPool, create_engine

    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        return create_engine(url, poolclass=NullPool, hide_parameters=True)
    if not url.database:
        raise ConfigError("names no file", field="database", hint="sqlite:///reviews.db")
    (path,) = expand(url.database)

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        connection.text_factory = lambda data: data.decode("utf-8", MARK)
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)
