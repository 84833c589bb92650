"""The outputSchema of a tool that reads, for servers that answer programs.

What a program gets is always an object of these members:

    result       what the tool found: of a tool over one operation the API's answer, of a workflow its own, null where
                 that is but a sentence, which is the first of the notes
    unexpected   in place of result, where the API answers otherwise than result's schema says
    notes        sentences about it, in plain English
"""

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hbmcp.catalog import Tool

Schema = dict[str, Any]

# Rows with named columns, an object, perhaps with rows in it, or text from outside.
_OF_WORKFLOW: Schema = {"type": ["array", "object", "string", "null"]}


def answers_programs(tool: "Tool") -> bool:
    """Not one that acts, or has a person act, nor a plugin's: their answer is text."""
    return tool.only_looks and tool.function is None


def output_schema(tool: "Tool") -> Schema | None:
    """None for one that doesn't answer programs."""
    if not answers_programs(tool):
        return None
    result = (_OF_WORKFLOW if tool.is_workflow else {}) | _outputs().get(tool.name, {})
    if tool.is_workflow:
        result["items"] = {"type": "object"} | result.get("items", {})
    components = {"$defs": result["$defs"]} if "$defs" in result else {}
    properties = {
        "result": {key: value for key, value in result.items() if key != "$defs"},
        **({"unexpected": {}} if result else {}),
        "notes": {"type": "array", "items": {"type": "string"}},
    }
    return {"type": "object", "properties": properties, "required": ["notes"], **components}


@cache
def _outputs() -> dict[str, Schema]:
    """Tool -> what the contract says of the API's answer, nothing where it says nothing; the names in a workflow's."""
    schemas: dict[str, Schema] = json.loads(files("hbmcp_tools").joinpath("outputs.json").read_bytes())
    return schemas
