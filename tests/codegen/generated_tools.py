"""Generated tools, imported beside those of the project, and what their schemas must be."""

import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

OURS = ("hummingbot_api", "hbmcp_tools")
TAKEN_BY_ALL = {
    *("type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "default", "description"),
    *("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
    "pattern",
}


def assert_portable(schema: dict[str, Any]) -> None:
    """Every client takes a tool's schema: Google's SDK has no exclusive bounds nor enums of numbers, and its converter
    fails on booleans; OpenAI's closes what doesn't say that it is free-form."""
    assert schema.keys() <= TAKEN_BY_ALL
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name) for name in schema.get("properties", ()))
    assert schema.keys() & {"properties", "additionalProperties"} or schema.get("type") != "object"
    assert all(isinstance(value, str) for value in schema.get("enum", ()))
    assert set(schema.get("required", ())) <= set(schema.get("properties", ()))
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    for one in [*inner, *(schema[key] for key in ("items", "additionalProperties") if key in schema)]:
        assert isinstance(one, dict)
        assert_portable(one)


@contextmanager
def importing_tools(folder: Path) -> Iterator[Mapping[str, ModuleType]]:
    """Import the tools in a folder, by name, and leave no trace: every folder has packages of the same names."""
    saved = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in OURS}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        names = [
            f"hbmcp_tools.{file.stem}" for file in (folder / "hbmcp_tools").glob("*.py") if file.stem != "__init__"
        ]
        yield {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(folder))
        for name in list(sys.modules):
            if name.split(".")[0] in OURS:
                del sys.modules[name]
        sys.modules.update(saved)
