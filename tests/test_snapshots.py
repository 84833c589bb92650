"""Whose snapshots there are. syrupy judges those of tests that it ran, so it never sees what one left that is gone."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
NAME = re.compile(r"^# name: (?:\w+\.)*(\w+)", re.MULTILINE)


@pytest.mark.parametrize("file", sorted(TESTS.rglob("*.ambr")), ids=lambda file: str(file.relative_to(TESTS)))
def test_each_has_its_test(file: Path) -> None:
    source = file.parent.parent / f"{file.stem}.py"
    tree = ast.parse(source.read_text() if source.exists() else "")
    there = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    left = {*NAME.findall(file.read_text())} - there
    assert not left, f"{file.name} has snapshots of {', '.join(sorted(left))}, which {source.name} hasn't: delete them"
