"""How a tool's parameters fill its request: the expressions in the call of the client's function."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from codegen.client import ClientParameter
from codegen.client.shapes import quoted
from codegen.curation import Param
from codegen.tools.params import literal
from codegen.tools.slots import Slot, Steps
from codegen.tools.tool_spec import ToolParam

TIME_FUNCTIONS = {"s": "to_seconds", "ms": "to_milliseconds", "iso": "to_iso"}


@frozen
class Filled:
    """A slot, or the property `steps` lead to inside of it, with the expression that fills it."""

    slot: Slot
    steps: Steps
    expression: str
    imports: frozenset[str] = frozenset()
    guard: str | None = None  # the parameter that may be None, where the expression isn't just it


@frozen
class Call:
    """(Python name, expression) pairs: arguments of the client's function, and fields of its body's model."""

    arguments: tuple[tuple[str, str], ...]
    body_fields: tuple[tuple[str, str], ...]
    imports: frozenset[str]


def fill_fixed(slot: Slot, steps: Steps, value: Any) -> Filled:
    """Filled with a value that is always sent."""
    schema, _ = slot.part(steps)
    return Filled(slot, steps, literal(value, schema))


def fill(slot: Slot, steps: Steps, param: Param, offered: ToolParam) -> Filled:
    """Filled with what the model gives."""
    expression, imports = offered.name, set()
    if param.time:
        function = TIME_FUNCTIONS[param.time]
        imports.add(f"from hbmcp.times import {function}")
        expression = f"{function}({expression})"
    if param.wrap:
        expression = f"[{expression}]"
    if not steps:
        imports |= slot.value.imports
        expression = slot.value.from_json.format(expression)
    may_be_none = not offered.required and offered.default is None
    takes_none = expression == offered.name or (param.time is not None and not param.wrap)
    guard = offered.name if may_be_none and not takes_none else None
    return Filled(slot, steps, expression, frozenset(imports), guard)


def call(filled: Iterable[Filled]) -> Call:
    """The call in which everything is filled."""
    by_slot: dict[str, list[Filled]] = {}
    for item in filled:
        by_slot.setdefault(item.slot.name, []).append(item)
    arguments: list[tuple[str, str]] = []
    fields: list[tuple[str, str]] = []
    imports: set[str] = set()
    for items in by_slot.values():
        slot = items[0].slot
        imports = imports.union(*(item.imports for item in items))
        if items[0].steps:
            imports |= slot.value.imports
            expression = _nested(slot, items)
        else:
            expression = _whole(items[0])
        if slot.target is None:
            arguments.append(("body", expression))
        elif isinstance(slot.target, ClientParameter):
            arguments.append((slot.target.python_name, expression))
        else:
            fields.append((slot.target.python_name, expression))
    return Call(tuple(arguments), tuple(fields), frozenset(imports))


def any_given(names: list[str]) -> str:
    """A condition: one of these parameters is given."""
    return " or ".join(f"{name} is not None" for name in names)


def _whole(item: Filled) -> str:
    return f"None if {item.guard} is None else {item.expression}" if item.guard else item.expression


def _nested(slot: Slot, items: list[Filled]) -> str:
    """An object put together from several parameters, absent where none of them is given."""
    optional = [item.expression for item in items if not slot.part(item.steps)[1] and item.expression.isidentifier()]
    tree: dict[str, Any] = {}
    for item in items:
        node = tree
        for step in item.steps[:-1]:
            node = node.setdefault(step, {})
        node[item.steps[-1]] = item.expression
    text = _dict_literal(tree)
    if len(items) > 1 and optional:
        text = f"{{key: value for key, value in {text}.items() if value is not None}}"
    expression = slot.value.from_json.format(text)
    return f"{expression} if {any_given(optional)} else None" if len(optional) == len(items) else expression


def _dict_literal(tree: Mapping[str, Any]) -> str:
    """A dict display whose leaves are expressions."""
    parts = (
        f"{quoted(key)}: {_dict_literal(value) if isinstance(value, dict) else value}" for key, value in tree.items()
    )
    return "{" + ", ".join(parts) + "}"
