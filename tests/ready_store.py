"""Stores begin as copies of one that was made before, and what their statements are in SQL is found out once: both took
a quarter of what a test with a store costs. Those of the store itself do without."""

import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

from hbmcp.private_files import private_folder
from hbmcp.store import database
from hbmcp.store.migrations import migrate
from hbmcp.store.place import Place

_statements: LRUCache[Any, Any] = LRUCache(500)
_open_engine = database._sqlite


def make_ready(patched: pytest.MonkeyPatch) -> None:
    """Of SQLite's, which are most."""
    patched.setattr(database, "_sqlite", _ready)
    patched.setattr(DefaultDialect, "__eq__", lambda self, other: type(self) is type(other))
    patched.setattr(DefaultDialect, "__hash__", lambda self: hash(type(self)))


def _ready(file: Path | None) -> Engine:
    if file is not None:
        with suppress(OSError):  # which is told when it is opened
            _put(file)
    engine = _open_engine(file)
    engine._compiled_cache = _statements
    if file is None:
        event.listen(engine, "connect", lambda connection, _: connection.deserialize(_made()))
    return engine


def _put(file: Path) -> None:
    """At once, and only where there is none: others may open it at this moment."""
    if not file.exists():
        if not file.parent.is_dir():
            private_folder(file.parent)
        copy = file.with_name(f".{uuid4().hex}")
        try:
            copy.touch(0o600)
            copy.write_bytes(_made())
            os.link(copy, file)
        finally:
            copy.unlink()


@cache
def _made() -> bytes:
    """A store with nothing in it."""
    engine = _open_engine(None)
    made = database.Database(engine, Place(""))
    with made.writing() as connection:
        migrate(connection)
    with made.reading() as connection:
        held: bytes = connection.connection.driver_connection.serialize()
    made.close()
    return held
