"""A tool as the templates and the manifest see it."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from codegen.contract import Contract, Schema, dumps
from codegen.curation import Curation, Risk

#: What differs from the protocol's defaults (not read-only, destructive, not idempotent, open world).
HINTS: dict[Risk, dict[str, bool]] = {
    "read": {"readOnlyHint": True},
    "write": {"destructiveHint": False},
    "trade": {},
    "destructive": {},
    "secret": {},
}


ABSENT = "ABSENT"  # the default of a parameter whose None is sent as null
OF_THE_BRIDGE = ("preview", "again")  # parameters that no function has


@frozen
class ToolParam:
    """One parameter of a tool: what the model sees, and how the function takes it."""

    name: str
    schema: Schema
    required: bool
    annotation: str
    default: str | None = None
    description: str | None = None
    is_time: bool = False
    may_be_base: bool = False


@frozen
class WorkflowSpec:
    """A tool over several others, written by hand: its definition for clients, and the tools that it calls, which are
    of this `service`, "" the Hummingbot API."""

    name: str
    toolset: str
    service: str
    title: str
    description: str
    risk: Risk
    find: tuple[str, ...]
    aliases: tuple[str, ...]
    default: bool
    acts_on_many: bool
    previews: bool
    repeats: bool
    params: tuple[ToolParam, ...]
    uses: tuple[str, ...]
    uses_if_there: tuple[str, ...]
    hands_over: bool

    @property
    def manifest(self) -> dict[str, Any]:
        """The tool's entry in manifest.json, whose format src/hbmcp/catalog.py describes."""
        own = {"uses": list(self.uses), "uses_if_there": list(self.uses_if_there), "hands_over": self.hands_over}
        return _entry(self) | {name: given for name, given in own.items() if given}


@frozen
class ToolSpec:
    """One tool: its definition for clients and everything that its function's template needs. Its function takes the
    `absent` parameters too, which this contract hasn't, and refuses them. `always` is what it sends in any case.

    `arguments` and `body_fields` are (Python name, expression) pairs. The body is `body_model(**body_fields)`
    where it has a model, else it is among the arguments.
    """

    name: str
    toolset: str
    service: str
    title: str
    description: str
    risk: Risk
    operation: str
    find: tuple[str, ...]
    aliases: tuple[str, ...]
    default: bool
    acts_on_many: bool
    previews: bool
    effect: dict[str, str]
    timeout: float
    result: dict[str, Any]
    params: tuple[ToolParam, ...]
    absent: tuple[str, ...]
    also: tuple[dict[str, Any], ...]
    always: tuple[str, ...]
    paper: str | None
    module: str
    function: str
    returns: str
    arguments: tuple[tuple[str, str], ...]
    body_model: str | None
    body_fields: tuple[tuple[str, str], ...]
    body_given: str | None
    imports: frozenset[str]

    @property
    def repeats(self) -> bool:
        """Whether it does as much again where it is called again."""
        return repeats(self.effect)

    @property
    def manifest(self) -> dict[str, Any]:
        """The tool's entry in manifest.json, whose format src/hbmcp/catalog.py describes."""
        operation = {"operation": self.operation, "timeout": self.timeout, "result": self.result}
        marks = {
            "effect": self.effect,
            "also": list(self.also),
            "absent": list(self.absent),
            "always": list(self.always),
            "paper": self.paper,
        }
        return _entry(self) | operation | {name: given for name, given in marks.items() if given}


def repeats(effect: Mapping[str, str]) -> bool:
    """Whether a request of this effect does as much again where it is sent again: it trades, or lets code trade with an
    account's keys."""
    what = effect.get("is")
    return what in ("opens", "moves", "reduces") or (what == "runs_code" and "account" in effect)


def unlisted(param: ToolParam) -> Schema:
    """What is checked of a parameter and not listed, for every list is paid for: that a number isn't negative, or a
    count at least one, which nobody asks less of, and a pattern where a description says it."""
    schema = param.schema
    keys = [
        *(["minimum"] if 0 <= schema.get("minimum", -1) <= 1 else []),
        *(["pattern"] if "pattern" in schema and param.description else []),
    ]
    return {key: schema[key] for key in keys}


def input_schema(params: Iterable[ToolParam]) -> Schema:
    """What tools/list sends; a parameter's description stands beside its schema."""
    properties = {
        param.name: {key: value for key, value in param.schema.items() if key not in unlisted(param)}
        | ({"description": param.description} if param.description else {})
        for param in params
    }
    required = [param.name for param in params if param.required]
    return {"type": "object", "properties": properties} | ({"required": required} if required else {})


def _of_the_bridge(tool: ToolSpec | WorkflowSpec) -> tuple[ToolParam, ...]:
    """The parameters that the bridge takes: `preview` of whatever isn't a read asks only to look, `again` of what does
    as much again says that this is meant."""
    if tool.risk == "read":
        return ()
    preview = {"type": "boolean"} | ({"default": True} if tool.previews else {})
    again = (ToolParam("again", {"type": "boolean"}, False, "bool"),) if tool.repeats else ()
    return (ToolParam("preview", preview, False, "bool"), *again)


def _entry(tool: ToolSpec | WorkflowSpec) -> dict[str, Any]:
    """What the manifest has of both kinds."""
    bases = [param.name for param in tool.params if param.may_be_base]
    marks = {
        "bounds": {param.name: found for param in tool.params if (found := unlisted(param))},
        "acts_on_many": tool.acts_on_many,
        "previews": tool.previews,
        "bases": bases,
        "find": list(tool.find),
        "service": tool.service,
    }
    return {
        "definition": {
            "name": tool.name,
            "description": tool.description,
            "inputSchema": input_schema((*tool.params, *_of_the_bridge(tool))),
            "annotations": {"title": tool.title, **HINTS[tool.risk]},
        },
        "toolset": tool.toolset,
        "risk": tool.risk,
        "aliases": list(tool.aliases),
        "default": tool.default,
        "times": [param.name for param in tool.params if param.is_time],
    } | {name: given for name, given in marks.items() if given}


def joined(ours: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The whole of manifest.json: what it has of the Hummingbot API, and of other services."""
    whole = dict(ours)
    for other in others:
        whole |= {key: whole[key] | other[key] for key in ("toolsets", "removed", "absent")}
        whole["tools"] = [*whole["tools"], *other["tools"]]
    return whole


def manifest(
    contract: Contract, curation: Curation, tools: Iterable[ToolSpec], workflows: Iterable[WorkflowSpec]
) -> dict[str, Any]:
    """What manifest.json has of one API: by toolset, the workflows first."""
    entries = [*(one.manifest for one in workflows), *(one.manifest for one in tools)]
    offered = {entry["definition"]["name"] for entry in entries}
    return {
        "api": {
            "title": contract.title,
            "version": contract.version,
            "operations": len(contract.operations),
            "contract": hashlib.sha256(dumps(contract.document).encode()).hexdigest()[:12],
        },
        "toolsets": {
            name: {"title": toolset.title, "description": toolset.description, "default": toolset.default}
            | ({"aliases": toolset.aliases} if toolset.aliases else {})
            for name, toolset in curation.toolsets.items()
        },
        "removed": {
            name: {key: said for key, said in (("by", one.by), ("but", one.but)) if said and one.by in offered}
            for removed in curation.removed.values()
            for name, one in removed.items()
        },
        "absent": {name: one.why for one in curation.absent for name in (one.name, *one.aliases)},
        "tools": [entry for toolset in curation.toolsets for entry in entries if entry["toolset"] == toolset],
    }
