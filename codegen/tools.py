"""Contract + Curation -> [ToolSpec], the one model that the templates see."""

import hashlib
import json
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import jsonschema
from attrs import frozen

from codegen.client import ClientField, ClientOperation, ClientParameter, ClientSpec, Docs, Value
from codegen.contract import Contract, Operation, Schema, dumps
from codegen.curation import Curation, CurationError, Mistake, Param, Risk, Tool, nearest
from codegen.schema import annotation, reduce

TIMEOUTS: dict[Risk, float] = {"read": 15, "write": 30, "trade": 30, "destructive": 30, "secret": 30}
TIME_HINT = "UTC time, or age like 24h"
TIME_FUNCTIONS = {"s": "to_seconds", "ms": "to_milliseconds", "iso": "to_iso"}

#: What differs from the protocol's defaults (not read-only, destructive, not idempotent, open world).
HINTS: dict[Risk, dict[str, bool]] = {
    "read": {"readOnlyHint": True},
    "write": {"destructiveHint": False},
    "trade": {},
    "destructive": {},
    "secret": {},
}


@frozen
class ToolParam:
    """One parameter of a tool: what the model sees and how the function takes it."""

    name: str
    schema: Schema
    required: bool
    annotation: str
    default: str | None = None
    description: str | None = None
    is_time: bool = False


@frozen
class ToolSpec:
    """One tool: its definition for clients and everything that its function's template needs.

    `arguments` and `body_fields` are (Python name, expression) pairs. The body is `body_model(**body_fields)`
    where it has a model, else it is among the arguments.
    """

    name: str
    toolset: str
    title: str
    description: str
    risk: Risk
    operation: str
    aliases: tuple[str, ...]
    timeout: float
    result: dict[str, Any]
    params: tuple[ToolParam, ...]
    module: str
    function: str
    returns: str
    arguments: tuple[tuple[str, str], ...]
    body_model: str | None
    body_fields: tuple[tuple[str, str], ...]
    body_given: str | None
    imports: frozenset[str]

    @property
    def input_schema(self) -> Schema:
        """What tools/list sends; a parameter's description stands beside its schema."""
        properties = {
            param.name: param.schema | ({"description": param.description} if param.description else {})
            for param in self.params
        }
        required = [param.name for param in self.params if param.required]
        return {"type": "object", "properties": properties} | ({"required": required} if required else {})

    @property
    def manifest(self) -> dict[str, Any]:
        """The tool's entry in manifest.json, whose format src/hbmcp/catalog.py describes."""
        return {
            "definition": {
                "name": self.name,
                "description": self.description,
                "inputSchema": self.input_schema,
                "annotations": {"title": self.title, **HINTS[self.risk]},
            },
            "toolset": self.toolset,
            "operation": self.operation,
            "risk": self.risk,
            "aliases": list(self.aliases),
            "timeout": self.timeout,
            "times": [param.name for param in self.params if param.is_time],
            "result": self.result,
        }


def docs(contract: Contract, curation: Curation) -> Docs:
    """The curated sentences that the typed client carries as docstrings."""
    operations: dict[str, str] = {}
    fields: dict[tuple[str, str], str] = {}
    for tools in curation.tools.values():
        for tool in tools.values():
            if tool.operation not in contract.operations:
                continue
            operations.setdefault(tool.operation, tool.description)
            body = contract.operations[tool.operation].body
            if body is None or "$ref" not in body.schema:
                continue
            schema = body.schema["$ref"].rsplit("/", 1)[-1]
            for name, param in tool.params.items():
                if param.description and not param.time:
                    fields.setdefault((schema, param.to or name), param.description)
    return Docs(operations=operations, fields=fields)


def build(contract: Contract, curation: Curation, client: ClientSpec) -> tuple[ToolSpec, ...]:
    """Every curated tool, by toolset, in the order of the files.

    Raises:
        CurationError: an override says something that its operation can't do.
    """
    mistakes: list[Mistake] = []
    specs: list[ToolSpec] = []
    for toolset, tools in curation.tools.items():
        for name, tool in tools.items():
            if tool.operation not in contract.operations:
                continue
            builder = _Builder(toolset, name, tool, contract, client.operations[tool.operation])
            specs.append(builder.build())
            mistakes.extend(builder.mistakes)
    if mistakes:
        raise CurationError(mistakes)
    return tuple(specs)


def manifest(contract: Contract, curation: Curation, tools: Iterable[ToolSpec]) -> dict[str, Any]:
    """The whole of manifest.json."""
    return {
        "api": {
            "title": contract.title,
            "version": contract.version,
            "operations": len(contract.operations),
            "contract": hashlib.sha256(dumps(contract.document).encode()).hexdigest()[:12],
        },
        "toolsets": {
            name: {"title": toolset.title, "description": toolset.description, "default": toolset.default}
            for name, toolset in curation.toolsets.items()
        },
        "tools": [tool.manifest for tool in tools],
    }


@frozen
class _Slot:
    """A place in the request that a value can go to: a parameter, a body field, or the whole body."""

    name: str
    schema: Schema
    required: bool
    value: Value
    target: ClientParameter | ClientField | None  # None: the whole body


@frozen
class _Given:
    """A slot, or a part of it, with the expression that fills it."""

    slot: _Slot
    part: tuple[str, ...]
    expression: str
    guard: str | None = None  # the parameter that may be None, where the expression isn't just it


class _Builder:
    """Puts one tool together, collecting what is wrong with its override."""

    def __init__(self, toolset: str, name: str, tool: Tool, contract: Contract, client: ClientOperation) -> None:
        self.toolset, self.name, self.tool = toolset, name, tool
        self.contract, self.client = contract, client
        self.operation: Operation = contract.operations[tool.operation]
        self.mistakes: list[Mistake] = []
        self.imports: set[str] = set()

    def build(self) -> ToolSpec:
        slots = {slot.name: slot for slot in self._slots()}
        offered, given = self._curate(slots)
        offered.sort(key=lambda param: not param.required)
        self._check_result({param.name for param in offered})
        arguments, fields = self._arguments(given)
        body = self.client.body
        model = body.model if body and (fields or (body.fields and body.required)) else None
        if model and body and body.model_import:
            self.imports.add(body.model_import)
        optional = [param.name for param in offered if param.default is None and not param.required]
        used = [name for name in optional if any(re.search(rf"\b{name}\b", text) for _, text in fields)]
        return ToolSpec(
            name=self.name,
            toolset=self.toolset,
            title=self.tool.title,
            description=self.tool.description,
            risk=self.tool.risk,
            operation=self.tool.operation,
            aliases=tuple(self.tool.aliases),
            timeout=self.tool.timeout or TIMEOUTS[self.tool.risk],
            result=self._result(offered),
            params=tuple(offered),
            module=self.client.module,
            function=self.client.function,
            returns=self.client.returns.annotation,
            arguments=tuple(arguments),
            body_model=model,
            body_fields=tuple(fields),
            body_given=_any_given(used) if body and not body.required and len(used) == len(fields) else None,
            imports=frozenset(self.imports | self.client.returns.imports),
        )

    def _slots(self) -> Iterator[_Slot]:
        taken: set[str] = set()
        for parameter, target in zip(self.operation.parameters, self._targets(), strict=True):
            name = parameter.name if parameter.name not in taken else f"{parameter.location}.{parameter.name}"
            taken.add(name)
            yield _Slot(name, self._reduce(parameter.schema), parameter.required, target.value, target)
        body, client_body = self.operation.body, self.client.body
        if body is None or client_body is None:
            return
        schema = self._reduce(body.schema)
        if not client_body.fields:
            name = "body" if "body" not in taken else "body.body"
            yield _Slot(name, schema, body.required, client_body.value, None)
            return
        for client_field in client_body.fields:
            reduced = schema.get("properties", {}).get(client_field.name)
            if reduced is None:
                continue
            name = client_field.name if client_field.name not in taken else f"body.{client_field.name}"
            yield _Slot(name, reduced, client_field.required and body.required, client_field.value, client_field)

    def _targets(self) -> list[ClientParameter]:
        by_place = {(target.location, target.name): target for target in self.client.parameters}
        return [by_place[parameter.location, parameter.name] for parameter in self.operation.parameters]

    def _reduce(self, schema: Schema) -> Schema:
        return reduce(schema, self.contract.schemas)

    def _curate(self, slots: dict[str, _Slot]) -> tuple[list[ToolParam], list[_Given]]:
        offered: list[ToolParam] = []
        given: list[_Given] = []
        curated: dict[str, list[tuple[str, Param, tuple[str, ...]]]] = {}
        for name, param in self.tool.params.items():
            slot, part = self._find(slots, name, param)
            if slot:
                curated.setdefault(slot.name, []).append((name, param, part))
        for slot in slots.values():
            if slot.name not in curated:
                name = _identifier(slot.name)
                offered.append(self._offer(name, Param(), slot.schema, slot.required))
                given.append(self._give(slot, (), name, Param(), offered[-1]))
            for name, param, part in curated.get(slot.name, []):
                schema, required = self._part(slot, part)
                if "fixed" in param.model_fields_set:
                    self._check(name, "fixed", param.fixed, schema)
                    given.append(_Given(slot, part, self._literal(param.fixed, schema)))
                elif param.hidden:
                    if required:
                        self._wrong(name, "is required by the API: it can't be hidden, only fixed")
                else:
                    if keyword.iskeyword(name) or not name.isidentifier():
                        self._wrong(name, "can't be the name of a parameter: not a Python identifier")
                    offered.append(self._offer(name, param, schema, required))
                    given.append(self._give(slot, part, name, param, offered[-1]))
        return offered, given

    def _find(self, slots: dict[str, _Slot], name: str, param: Param) -> tuple[_Slot | None, tuple[str, ...]]:
        to = param.to or name
        if to in slots:
            return slots[to], ()
        head, *rest = to.split(".")
        if head in slots and rest:
            schema = slots[head].schema
            for step in rest:
                if step not in schema.get("properties", {}):
                    known = schema.get("properties", {})
                    self._wrong(name, f"{self.tool.operation} has no {to!r}{nearest(step, known)}")
                    return None, ()
                schema = schema["properties"][step]
            return slots[head], tuple(rest)
        self._wrong(name, f"{self.tool.operation} has no parameter {to!r}{nearest(to, slots)}")
        return None, ()

    def _part(self, slot: _Slot, part: tuple[str, ...]) -> tuple[Schema, bool]:
        schema, required = slot.schema, slot.required
        for step in part:
            required = required and step in schema.get("required", [])
            schema = schema["properties"][step]
        return schema, required

    def _offer(self, name: str, param: Param, schema: Schema, required: bool) -> ToolParam:
        description = param.description
        if param.time:
            if schema.get("type") not in (("string",) if param.time == "iso" else ("integer", "number")):
                self._wrong(name, f"`time = {param.time!r}` doesn't fit: the API takes {schema.get('type')} here")
            schema = {"type": "string"}
            description = description or TIME_HINT
        if param.wrap:
            if schema.get("type") != "array":
                self._wrong(name, "`wrap` is for a list; the API takes no list here")
            schema = {key: value for key, value in schema.get("items", {}).items() if key != "default"}
        if param.enum is not None:
            schema = self._narrow(name, schema, param.enum)
        limits = {
            "minimum": param.minimum,
            "maximum": param.maximum,
            "exclusiveMinimum": param.above,
            "pattern": param.pattern,
        }
        schema = schema | {key: value for key, value in limits.items() if value is not None}
        default = None
        if "default" in param.model_fields_set:
            self._check(name, "default", param.default, schema)
            schema = schema | {"default": param.default}
            default = self._literal(param.default, schema)
            required = False
        if param.required is not None:
            if required and not param.required:
                self._wrong(name, "is required by the API: make it optional with a `default`")
            required = param.required or required
        if required:
            schema = {key: value for key, value in schema.items() if key != "default"}
        kind = annotation(schema)
        if not required and default is None and kind != "Any":
            kind += " | None"
        return ToolParam(name, schema, required, kind, default, description, is_time=param.time is not None)

    def _narrow(self, name: str, schema: Schema, enum: list[str | int]) -> Schema:
        if schema.get("type") == "array":
            return schema | {"items": self._narrow(name, schema.get("items", {}), enum)}
        strangers = [value for value in enum if "enum" in schema and value not in schema["enum"]]
        if strangers:
            self._wrong(name, f"the API doesn't take {strangers}; it takes {schema['enum']}")
        return schema | {"enum": enum}

    def _give(self, slot: _Slot, part: tuple[str, ...], name: str, param: Param, offered: ToolParam) -> _Given:
        expression = name
        if param.time:
            function = TIME_FUNCTIONS[param.time]
            self.imports.add(f"from hbmcp.times import {function}")
            expression = f"{function}({name})"
        if param.wrap:
            expression = f"[{expression}]"
        if not part:
            self.imports |= slot.value.imports
            expression = slot.value.from_json.format(expression)
        may_be_none = not offered.required and offered.default is None
        plain = expression == name or (param.time is not None and not param.wrap)
        return _Given(slot, part, expression, name if may_be_none and not plain else None)

    def _arguments(self, given: list[_Given]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """The call's arguments and the body model's fields, each with its expression."""
        arguments: list[tuple[str, str]] = []
        fields: list[tuple[str, str]] = []
        by_slot: dict[str, list[_Given]] = {}
        for item in given:
            by_slot.setdefault(item.slot.name, []).append(item)
        for items in by_slot.values():
            slot = items[0].slot
            expression = self._whole(items[0]) if not items[0].part else self._nested(slot, items)
            if slot.target is None:
                arguments.append(("body", expression))
            elif isinstance(slot.target, ClientParameter):
                arguments.append((slot.target.python_name, expression))
            else:
                fields.append((slot.target.python_name, expression))
        return arguments, fields

    @staticmethod
    def _whole(item: _Given) -> str:
        return f"None if {item.guard} is None else {item.expression}" if item.guard else item.expression

    def _nested(self, slot: _Slot, items: list[_Given]) -> str:
        """An object put together from several parameters, absent where none of them is given."""
        self.imports |= slot.value.imports
        optional = [
            item.expression for item in items if not self._part(slot, item.part)[1] and item.expression.isidentifier()
        ]
        tree: dict[str, Any] = {}
        for item in items:
            node = tree
            for step in item.part[:-1]:
                node = node.setdefault(step, {})
            node[item.part[-1]] = item.expression
        literal = _dict_literal(tree)
        if len(items) > 1 and optional:
            literal = f"{{key: value for key, value in {literal}.items() if value is not None}}"
        expression = slot.value.from_json.format(literal)
        return f"{expression} if {_any_given(optional)} else None" if len(optional) == len(items) else expression

    def _literal(self, value: Any, schema: Schema) -> str:
        if schema.get("type") == "number":
            return f'Decimal("{Decimal(str(value))}")'
        return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)

    def _result(self, offered: list[ToolParam]) -> dict[str, Any]:
        result = self.tool.result.table()
        optional = [param.name for param in offered if not param.required and param.schema.get("type") != "boolean"]
        if "narrow" not in result and optional:
            result["narrow"] = optional
        return result

    def _check_result(self, names: set[str]) -> None:
        result = self.tool.result
        for key, used in (("page", [result.page] if result.page else []), ("narrow", result.narrow or [])):
            for name in used:
                if name not in names:
                    table = f"tools.{self.name}.result"
                    reason = f"the tool has no parameter {name!r}{nearest(name, names)}"
                    self.mistakes.append(Mistake(f"{self.toolset}.toml", table, key, reason))

    def _check(self, name: str, key: str, value: Any, schema: Schema) -> None:
        try:
            jsonschema.validate(value, schema)
        except jsonschema.ValidationError as error:
            self._wrong(name, f"`{key}` is not what the API takes: {error.message}")

    def _wrong(self, name: str, reason: str) -> None:
        table = f"tools.{self.name}.params"
        self.mistakes.append(Mistake(f"{self.toolset}.toml", table, name, reason))


def _identifier(name: str) -> str:
    """An API's parameter name as a tool's: a Python identifier that is no keyword."""
    clean = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower() if not name.isidentifier() else name
    if not clean or clean[0].isdigit():
        clean = f"p_{clean}"
    return f"{clean}_" if keyword.iskeyword(clean) else clean


def _any_given(names: list[str]) -> str:
    return " or ".join(f"{name} is not None" for name in names)


def _dict_literal(tree: Mapping[str, Any]) -> str:
    parts = (
        f"{json.dumps(key)}: {_dict_literal(value) if isinstance(value, dict) else value}"
        for key, value in tree.items()
    )
    return "{" + ", ".join(parts) + "}"
