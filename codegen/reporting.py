"""What changed between two contracts, for a person, a program or a pull request, and between two sets of tools."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from attrs import frozen

from codegen.changes import Changes, compare, report
from codegen.contract import Contract, Operation
from codegen.curation import Curation
from codegen.dependents import dependents
from codegen.differences import Difference
from codegen.schema import reduce, without_null
from codegen.tool_changes import FieldsRead, ToolChange, tool_changes

Severity = Literal["none", "additive", "breaking"]
Format = Literal["text", "json", "markdown"]
#: What `diff` exits with; 1 and 2 are errors.
EXIT: Mapping[Severity, int] = {"none": 0, "additive": 3, "breaking": 4}
SHOWN = 6  # changes of a tool in a line
NAMED = 20  # tools in one


@frozen
class Report:
    """The changes of operations, and those of the tools that stand on them."""

    old: Contract
    new: Contract
    changes: Changes
    tools: tuple[ToolChange, ...]
    users: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, old: Contract, new: Contract, curation: Curation, read: FieldsRead) -> "Report":
        """Compares two contracts; of the fields of an answer those count that are read."""
        before, after = curation.as_in(old.operations), curation.as_in(new.operations).by_name
        changes = compare(old, new, {tool.operation: after[name].operation for name, tool in before.by_name.items()})
        users = dependents(before)
        return cls(old, new, changes, tool_changes(old, new, changes, curation, read), users)

    @property
    def severity(self) -> Severity:
        """The worst that happens to a tool; new operations only add."""
        if any(one.grade == "breaking" for one in self.tools):
            return "breaking"
        return "additive" if self.tools or self.changes else "none"

    def told(self, form: Format) -> Any:
        """Text, Markdown, or what becomes JSON."""
        return {"text": self._text, "json": self._json, "markdown": self._markdown}[form]()

    def _text(self) -> str:
        lines = []
        for title, grade in (("Tools that break", "breaking"), ("Tools that only gain or lose little", "additive")):
            if rows := self._by_tool(grade):
                lines += [f"{title}:", *(f"  {name}: {what}" for name, what in rows.items()), ""]
        shown = {key: signature(self.new.operations[key], self.new) for key in self.changes.added}
        return "\n".join([*lines, report(self.changes, self.users, shown)])

    def _markdown(self) -> str:
        lines = [f"### {self.old.title} {self.old.version} → {self.new.title} {self.new.version}"]
        for title, grade in (("Breaking", "breaking"), ("Additive", "additive")):
            if rows := self._by_tool(grade):
                lines += ["", f"**{title}**", "", "| tool | what changed |", "| --- | --- |"]
                lines += [f"| `{name}` | {what.replace('|', chr(92) + '|')} |" for name, what in rows.items()]
        if self.changes.removed:
            lines += ["", "**Operations removed**", ""]
            lines += [
                f"- `{one.key}`" + (f", now perhaps `{one.successor}`" if one.successor else "")
                for one in self.changes.removed
            ]
        if self.changes.moved:
            lines += ["", "**Operations moved**", ""]
            lines += [f"- `{key}`, now `{now}`" for key, now in self.changes.moved.items()]
        if self.changes.added:
            lines += ["", "**Operations added**", ""]
            lines += [f"- `{signature(self.new.operations[key], self.new)}`" for key in self.changes.added]
        return "\n".join([*lines, *(["", "No operation changed."] if not self.changes else [])])

    def _json(self) -> dict[str, Any]:
        def told(differences: Sequence[Difference]) -> list[dict[str, Any]]:
            return [{"where": one.where, "what": one.what, "breaking": one.breaking} for one in differences]

        return {
            "severity": self.severity,
            "tools": [
                {"tool": one.tool, "grade": one.grade, "what": one.what, "operation": one.operation}
                | ({"through": one.through} if one.through else {})
                for one in self.tools
            ],
            "removed": [
                {"operation": one.key, "now_perhaps": one.successor, "differences": told(one.differences)}
                for one in self.changes.removed
            ],
            "moved": [{"operation": key, "now": now} for key, now in self.changes.moved.items()],
            "changed": [{"operation": one.key, "differences": told(one.differences)} for one in self.changes.changed],
            "added": [
                {
                    "operation": key,
                    "parameters": list(_parameters(self.new.operations[key], self.new)),
                    "answer": _answer(self.new.operations[key], self.new),
                }
                for key in self.changes.added
            ],
        }

    def _by_tool(self, grade: str) -> dict[str, str]:
        """Tool of which that is the worst grade -> its changes in a line, what breaks first; what a workflow has from
        the same tool together."""
        found: dict[str, dict[str | None, list[str]]] = {}
        breaking = {one.tool for one in self.tools if one.grade == "breaking"}
        for one in sorted(self.tools, key=lambda one: one.grade != "breaking"):
            if (one.tool in breaking) == (grade == "breaking"):
                found.setdefault(one.tool, {}).setdefault(one.through, []).append(one.what)
        return {
            name: "; ".join(
                (f"through {through}: " if through else "")
                + ", ".join(whats[:SHOWN])
                + (f" and {len(whats) - SHOWN} more" if len(whats) > SHOWN else "")
                for through, whats in parts.items()
            )
            for name, parts in found.items()
        }


def signature(operation: Operation, contract: Contract) -> str:
    """`GET /orders (customer, limit?) -> id, amount`"""
    answer = _answer(operation, contract)
    return f"{operation.key} ({', '.join(_parameters(operation, contract))})" + (f" -> {answer}" if answer else "")


def _parameters(operation: Operation, contract: Contract) -> Iterator[str]:
    for parameter in operation.parameters:
        yield parameter.name if parameter.required else f"{parameter.name}?"
    if operation.body:
        body = without_null(reduce(operation.body.schema, contract.schemas))
        if not body.get("properties"):
            yield "body"
        for name in body.get("properties", ()):
            yield name if name in body.get("required", ()) else f"{name}?"


def _answer(operation: Operation, contract: Contract) -> str:
    """The names of its fields, or its type."""
    if operation.response is None:
        return ""
    answer = without_null(reduce(operation.response, contract.schemas))
    items = answer.get("items", {}) if answer.get("type") == "array" else answer
    fields = ", ".join(items.get("properties", ())) or str(items.get("type", "anything"))
    return f"[{fields}]" if answer.get("type") == "array" else fields


def definitions(generated: Path) -> dict[str, Any]:
    """Of a generated folder's tools, by name; none where there is none yet, or a merge left its marks in it."""
    file = generated / "hbmcp_tools/manifest.json"
    try:
        return {tool["definition"]["name"]: tool for tool in json.loads(file.read_text(encoding="utf-8"))["tools"]}
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def operations_of(tools: Mapping[str, Any]) -> dict[str, str]:
    """Which operation each of these tools has that has one."""
    return {name: tool["operation"] for name, tool in tools.items() if "operation" in tool}


def differing(
    before: Mapping[str, Any], after: Mapping[str, Any], curations: Sequence[Curation], tokens: Mapping[str, int]
) -> str:
    """Which tools came, went and changed; what those that came cost, where that is known."""
    tables = [removed for one in curations for removed in one.removed.values()]
    by = {name: one.by for removed in tables for name, one in removed.items() if one.by}
    parts = {
        "added": {
            f"{name} ({tokens[name]} tokens)" if name in tokens else name for name in after.keys() - before.keys()
        },
        "removed": {f"{name} (now {by[name]})" if name in by else name for name in before.keys() - after.keys()},
        "changed": {name for name in before.keys() & after.keys() if before[name] != after[name]},
    }
    lines = [f"  {what}: {_some(names)}" for what, names in parts.items() if names and before]
    return "\n".join([count(len(after), "tool") + ("." if lines else ", none changed."), *lines])


def count(number: int, what: str) -> str:
    """`1 tool`, `2 tools`"""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _some(names: Collection[str]) -> str:
    shown = ", ".join(sorted(names)[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more"
