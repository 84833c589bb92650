"""Typed clients of the documents in documents/, generated and imported."""

import asyncio
import importlib
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx

from codegen import render
from codegen.client import ClientSpec, Docs, read_client, render_client
from codegen.contract import Contract, load, normalise, parse
from codegen.generate import PINNED

DOCUMENTS = Path(__file__).parent / "documents"
NAMES = ["parameters", "schemas", "bodies", "names", "bookings", "legacy"]


@cache
def contract(name: str) -> Contract:
    """One of documents/ by its name; `pinned` is the pinned contract, `all` everything in documents/ together."""
    if name == "all":
        parts = [contract(one).document for one in NAMES if one != "legacy"]  # which has a schema of the same name
        paths = {path: item for part in parts for path, item in part["paths"].items()}
        schemas = {key: schema for part in parts for key, schema in part["components"]["schemas"].items()}
        return parse(normalise(document(paths, schemas)))
    return parse(normalise(load(PINNED if name == "pinned" else DOCUMENTS / f"{name}.yaml")))


@cache
def spec(name: str) -> ClientSpec:
    return read_client(contract(name), Docs())


def document(paths: dict[str, Any], schemas: dict[str, Any] | None = None) -> dict[str, Any]:
    """A document of its own, for one test."""
    info = {"title": "", "version": ""}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas or {}}}


def put(files: Mapping[str, str], folder: Path) -> None:
    """Write files as they were rendered, not formatted."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def importing(folder: Path) -> dict[str, ModuleType]:
    """Import the client in a folder, and leave no trace: every document has a package of the same name."""
    files = sorted((folder / "hummingbot_api").rglob("*.py"))
    names = [".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__") for file in files]
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "hummingbot_api"}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        return {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(before)


class GeneratedClient:
    """A generated client on disk, and its modules: `client["api.trading"]`."""

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder
        render.write(render_client(spec(name)), folder)
        self.modules = importing(folder)

    def __getitem__(self, name: str) -> ModuleType:
        return self.modules[f"hummingbot_api.{name}"]


def send(client: GeneratedClient, request: Any, answer: Callable[[httpx.Request], httpx.Response]) -> Any:
    """Send a request to an API that gives this answer."""

    async def run() -> Any:
        async with httpx.AsyncClient(base_url="http://api", transport=httpx.MockTransport(answer)) as http:
            return await client["client"].Client(http).send(request)

    return asyncio.run(run())
