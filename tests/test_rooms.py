"""Who may import whom."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

STANDARD = {*sys.stdlib_module_names, "typing_extensions"}


def imports(folder: Path) -> Iterator[tuple[str, str]]:
    """(file, imported module) for every absolute import under a folder."""
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            yield from ((file.name, name) for name in names)


def foreign(folder: Path, allowed: set[str]) -> set[tuple[str, str]]:
    return {(file, name) for file, name in imports(folder) if not {name, name.split(".")[0]} & (STANDARD | allowed)}


def test_the_typed_client_knows_only_httpx_and_attrs() -> None:
    assert foreign(ROOT / "generated/hummingbot_api", {"hummingbot_api", "httpx", "attrs"}) == set()


def test_the_tools_know_the_client_and_one_small_module_of_hbmcp() -> None:
    assert foreign(ROOT / "generated/hbmcp_tools", {"hummingbot_api", "hbmcp.times"}) == set()


@pytest.mark.parametrize(("folder", "other"), [("codegen", "hbmcp"), ("src/hbmcp", "codegen")])
def test_generator_and_run_time_never_meet(folder: str, other: str) -> None:
    assert not [(file, name) for file, name in imports(ROOT / folder) if name.split(".")[0] == other]
