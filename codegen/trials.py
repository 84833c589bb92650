"""What tests need of each operation beside its curation: an answer on the paper exchange, or why it has none there; one
to replay; a row of what is tried. All of it is named by the operation, so that nobody has to look for it in tests.
"""

import ast
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from codegen.contract import Contract, Operation
from codegen.curation import Curation, Mistake, Tool
from codegen.schema import reduce, without_null

ROUTES = Path("src/hbmcp/paper/api/routes")
ANSWERS = Path("tests/replay/answers")
TRIED = Path("tests/paper/tried.toml")

UNTOLD = "the contract doesn't say what it answers, so no answer of it can be made up"
UNWRITTEN = "…"  # the body of an answer that is yet to be written

_KEY = re.compile(r"(GET|PUT|POST|DELETE|PATCH|HEAD|OPTIONS|TRACE) /\S*")


@frozen
class Trials:
    """What there is: operations that a route answers, those that have a replayed answer, tools that have a row."""

    routes: frozenset[str]
    answers: Mapping[str, Any]
    rows: frozenset[str]

    @classmethod
    def read(cls, folder: Path) -> "Trials | None":
        """Of the repository in a folder; None where it has no paper exchange."""
        if not (folder / TRIED).exists():
            return None
        table = tomllib.loads((folder / TRIED).read_text(encoding="utf-8"))
        rows = {*table["found"], *table["refused"], *(name for name, *_ in table["changes"])}
        answers = [json.loads(file.read_text(encoding="utf-8")) for file in sorted((folder / ANSWERS).glob("*.json"))]
        told = {key: one for file in answers for key, one in file.items() if one.get("body") != UNWRITTEN}
        routes = {key for file in (folder / ROUTES).glob("*.py") for key in _keys(ast.parse(file.read_text("utf-8")))}
        return cls(frozenset(routes), told, frozenset(rows))

    def missing(self, curation: Curation, contract: Contract) -> Iterator[Mistake]:
        """What is wanting for an operation of the contract."""
        tools = {name: (toolset, tool) for toolset, tools in curation.tools.items() for name, tool in tools.items()}
        of: dict[str, list[str]] = {}
        for name, (_, tool) in tools.items():
            of.setdefault(tool.operation, []).append(name)
        yield from self.untold(curation, contract)
        for key in contract.operations:
            spellings = {key} | {one.operation for name in of.get(key, ()) for one in tools[name][1].spellings}
            routed = not spellings.isdisjoint(self.routes)
            for name in of.get(key, ()):
                toolset, tool = tools[name]
                yield from self._of_a_tool(toolset, name, tool, _file(key), routed=routed)

    def untold(
        self, curation: Curation, contract: Contract, moved: Mapping[str, str] | None = None
    ) -> Iterator[Mistake]:
        """Operations of which the contract doesn't say what they answer, nor does anybody else. `moved` are those of
        which that is known, by where they were."""
        also: dict[str, set[str]] = {now: {was} for was, now in (moved or {}).items()}
        for tool in curation.by_name.values():
            also.setdefault(tool.operation, set()).update(one.operation for one in tool.spellings)
        for key, operation in contract.operations.items():
            if ({key} | also.get(key, set())).isdisjoint(self.answers) and not told(operation, contract):
                yield Mistake(str(_answers(operation)), "", key, f"{UNTOLD}: write `{_stub(operation, '…')}`")

    def _of_a_tool(self, toolset: str, name: str, tool: Tool, file: str, *, routed: bool) -> Iterator[Mistake]:
        place = (f"{toolset}.toml", f"tools.{name}", "paper")
        if not routed and not tool.paper:
            reason = (
                f'the paper exchange has no {tool.operation}: write `paper = "it …"`, the reason, or a route into '
                f"{ROUTES}/{file}.py"
            )
            yield Mistake(*place, reason)
        elif routed and tool.paper:
            yield Mistake(*place, f"a route of the paper exchange answers {tool.operation}: take the line away")
        elif routed and name not in self.rows:
            reads = tool.risk == "read"
            table, row = ("found", f'{name} = "WORD"') if reads else ("changes", f'["{name}", {{}}, "WORD"],')
            reason = f"a route of the paper exchange answers, and no row tries it: write `{row}`, a word of its answer"
            yield Mistake(str(TRIED), table, "", reason)

    def left_over(self, curation: Curation, contract: Contract) -> Iterator[str]:
        """What is there for an operation or a tool that is gone. It does no harm."""
        tools = curation.by_name
        there = {one.operation for tool in tools.values() for one in tool.spellings} | contract.operations.keys()
        yield from (f"{ROUTES}: {key}" for key in sorted(self.routes - there))
        yield from (f"{ANSWERS}: {key}" for key in sorted(self.answers.keys() - there))
        yield from (f"{TRIED}: {name}" for name in sorted(self.rows - tools.keys()))


def begin_answer(operation: Operation, folder: Path) -> None:
    """Put a blank for an operation's answer into its file in the repository, unless it is there."""
    file = folder / _answers(operation)
    text = file.read_text(encoding="utf-8").rstrip() if file.exists() else "{}"
    if json.dumps(operation.key) not in text:
        before = text.removesuffix("}").rstrip()
        comma = "" if before == "{" else ","
        file.write_text(
            f"{before}{comma}\n  {_stub(operation, json.dumps(UNWRITTEN, ensure_ascii=False))}\n}}\n", "utf-8"
        )


def _answers(operation: Operation) -> Path:
    return ANSWERS / f"{operation.tag.lower().replace(' ', '_')}.json"


def _stub(operation: Operation, body: str) -> str:
    return f'{json.dumps(operation.key)}: {{"status": {operation.status}, "body": {body}}}'


def told(operation: Operation, contract: Contract) -> bool:
    """Whether an answer can be made of what the contract says."""
    if operation.response is None:
        return False
    schema = without_null(reduce(operation.response, contract.schemas))
    return bool(schema.keys() & {"properties", "items", "enum"}) or schema.get("type", "object") != "object"


def _file(key: str) -> str:
    """What the file of an operation's route is called, after its path's first part."""
    return key.split("/")[1].replace("-", "_") or "default"


def _keys(tree: ast.AST) -> Iterator[str]:
    """The operations that are keys of a dictionary."""
    for node in ast.walk(tree):
        for key in node.keys if isinstance(node, ast.Dict) else ():
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and _KEY.fullmatch(key.value):
                yield key.value
