"""How a tool's parameters fill its request: the expressions in the call of the client's function."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from attrs import frozen

from codegen.client import ClientParameter
from codegen.client.shapes import ABSENT_IMPORT, ENCODE_IMPORT, quoted
from codegen.curation import Param
from codegen.schema import takes_null
from codegen.tools.params import literal
from codegen.tools.portable import Names
from codegen.tools.slots import Slot, Steps
from codegen.tools.tool_spec import ABSENT, ToolParam

TIME_FUNCTIONS = {"s": "to_seconds", "ms": "to_milliseconds", "iso": "to_iso"}


@frozen
class Filled:
    """A slot, or the property `steps` lead to inside of it, with the expression that fills it.

    The tool's parameter `name` may be left out where it has `left_out` then, None or ABSENT; `takes_none` says that
    the expression makes None of None.
    """

    slot: Slot
    steps: Steps
    expression: str
    imports: frozenset[str] = frozenset()
    name: str = ""
    left_out: str | None = None
    may_be_null: bool = False
    takes_none: bool = False

    def or_left_out(self, absent: str) -> str:
        """The expression, or `absent` where the parameter is left out; null stays."""
        instead = {"None": "None"} if self.may_be_null else {}
        if self.left_out:
            instead[self.left_out] = absent
        if self.takes_none and instead == {"None": "None"}:
            return self.expression
        if all(value == other for value, other in instead.items()):
            if not instead or self.expression == self.name:
                return self.expression
            if len(instead) > 1:
                same = " or ".join(f"{self.name} is {value}" for value in instead)
                return f"{self.name} if {same} else {self.expression}"
        return "".join(f"{other} if {self.name} is {value} else " for value, other in instead.items()) + self.expression


Tree: TypeAlias = "dict[str, Filled | Tree]"  # the properties of an object, and those inside of them


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


def fill(slot: Slot, steps: Steps, param: Param, offered: ToolParam, names: Names) -> Filled:
    """Filled with what the model gives; `names` lead from the names inside of it to the contract's."""
    expression, imports = offered.name, set()
    if ABSENT in (offered.default, slot.null and ABSENT):
        imports.add(ABSENT_IMPORT)
    if param.time:
        function = TIME_FUNCTIONS[param.time]
        imports.add(f"from hbmcp.times import {function}")
        expression = f"{function}({expression})"
    if names:
        imports.add(ENCODE_IMPORT)
        expression = f"encode.renamed({expression}, {names!r})"
    if param.wrap:
        expression = f"[{expression}]"
    if not steps:
        imports |= slot.value.imports
        expression = slot.value.from_json.format(expression)
    return Filled(
        slot,
        steps,
        expression,
        frozenset(imports),
        offered.name,
        left_out=None if offered.required or offered.default not in (None, ABSENT) else offered.default or "None",
        may_be_null=takes_null(offered.schema),
        takes_none=param.time is not None and not param.wrap,
    )


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
            expression = items[0].or_left_out(ABSENT if slot.null else slot.absent)
        if slot.target is None:
            arguments.append(("body", expression))
        elif isinstance(slot.target, ClientParameter):
            arguments.append((slot.target.python_name, expression))
        else:
            fields.append((slot.target.python_name, expression))
    return Call(tuple(arguments), tuple(fields), frozenset(imports))


def any_given(params: Iterable[ToolParam]) -> str:
    """A condition: one of these parameters is given."""
    return " or ".join(f"{param.name} is not {param.default}" for param in params)


def _nested(slot: Slot, items: list[Filled]) -> str:
    """An object put together from several parameters, absent where none of them is given."""
    absent = ABSENT if any(item.left_out == ABSENT for item in items) else "None"
    tree: Tree = {}
    for item in items:
        node = tree
        for step in item.steps[:-1]:
            inner = node.setdefault(step, {})
            if isinstance(inner, Filled):
                raise TypeError(f"{slot.name}: {step} is filled as a whole and in parts")
            node = inner
        node[item.steps[-1]] = item
    text, given = _object(tree, absent)
    expression = slot.value.from_json.format(text)
    return f"{expression} if {given} else {ABSENT if slot.null else slot.absent}" if given else expression


def _object(tree: Tree, absent: str) -> tuple[str, str]:
    """A dict display without what is left out; and when any of it is given, empty where some always is."""
    parts: list[str] = []
    conditions: list[str] = []
    for key, value in tree.items():
        if isinstance(value, Filled):
            text, given = value.or_left_out(absent), f"{value.name} is not {value.left_out}" if value.left_out else ""
        else:
            text, given = _object(value, absent)
            text = f"{text} if {given} else {absent}" if given else text
        parts.append(f"{quoted(key)}: {text}")
        conditions.append(given)
    text = "{" + ", ".join(parts) + "}"
    if len(parts) > 1 and any(conditions):
        text = f"{{key: value for key, value in {text}.items() if value is not {absent}}}"
    return text, " or ".join(conditions) if all(conditions) else ""
