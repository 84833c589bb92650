"""GeckoTerminal's public API as far as hbmcp asks it: a server on the loopback that answers in its shapes.

The answers are made up. They were written from what is public of that API, and never compared with the real one.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from codegen.contract import Contract, load, parse
from codegen.generate import PINNED
from hbmcp.paper.api.operation_paths import OperationPaths
from tests.faulty_api import FaultyApi, Reply

ROOT = "/api/v2"
ANSWERS: dict[str, Any] = json.loads(Path(__file__).with_name("geckoterminal.json").read_text(encoding="utf-8"))


@cache
def contract() -> Contract:
    """The one that is pinned."""
    return parse(load(PINNED.with_name("geckoterminal.openapi.json")))


def by_operation() -> dict[str, Any]:
    """Operation key -> an answer of it."""
    paths = OperationPaths(contract().operations.values())
    return {operation.key: answer for path, answer in ANSWERS.items() if (operation := paths.find("GET", path)[0])}


@contextmanager
def geckoterminal() -> Iterator[FaultyApi]:
    """Its address is `url` with ROOT behind it. Of what it doesn't know it says so, as the real one does."""
    with FaultyApi() as api:
        api.answers = {f"{ROOT}{path}": Reply.json(answer) for path, answer in ANSWERS.items()}
        api.always = Reply.json({"errors": [{"status": "404", "title": "Not Found"}]}, 404)
        yield api
