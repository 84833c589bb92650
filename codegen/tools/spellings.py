"""Other spellings of an operation: those that the run time can send by other names, and those that only regen makes."""

from collections.abc import Iterator
from typing import Any

from codegen.curation import Tool
from codegen.curation.tables import Spelling


def also(tool: Tool) -> Iterator[dict[str, Any]]:
    """Those that can be sent by renaming what this one sends: the operation, and of its parameters the API's name in
    this one -> that in the other."""
    for spelling in tool.also:
        if not _lost(tool, spelling):
            names = {name: tool.params[name].to or name if name in tool.params else name for name in spelling.params}
            renamed = {names[name]: one.to for name, one in spelling.params.items()}
            yield {"operation": spelling.operation} | ({"renamed": renamed} if renamed else {})


def generated_only(tool: Tool) -> Iterator[str]:
    """The others, each with the reason."""
    for spelling in tool.also:
        if why := _lost(tool, spelling):
            yield f"{spelling.operation}, {why}"


def _lost(tool: Tool, spelling: Spelling) -> str:
    """Why it can't be sent so; nothing where it can."""
    if spelling.operation.split()[0] != tool.operation.split()[0]:
        return "which has another method"
    for name, one in spelling.params.items():
        was = tool.params[name].to if name in tool.params else None
        if one.model_fields_set != {"to"}:
            return f"where {name} differs in more than its name"
        if "." in f"{was}{one.to}":
            return f"where {name} lies deeper"
    return ""
