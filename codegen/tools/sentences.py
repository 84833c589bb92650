"""What is curated that the typed client carries: sentences as docstrings, and where null is sent."""

from codegen.client import Docs
from codegen.contract import Contract, schema_name
from codegen.curation import Curation


def docs(contract: Contract, curation: Curation) -> Docs:
    """The description of an operation's first tool, those of its parameters for the fields of its body, and nulls."""
    operations: dict[str, str] = {}
    fields: dict[tuple[str, str], str] = {}
    nulls: dict[str, set[str]] = {}
    for tool in curation.by_name.values():
        if tool.operation not in contract.operations:
            continue
        operations.setdefault(tool.operation, tool.description)
        sent = {param.to or name for name, param in tool.params.items() if param.null == "sent"}
        if sent:
            nulls.setdefault(tool.operation, set()).update(sent)
        body = contract.operations[tool.operation].body
        if body is None or "$ref" not in body.schema:
            continue
        schema = schema_name(body.schema["$ref"])
        for name, param in tool.params.items():
            if param.description and not param.time:
                fields.setdefault((schema, param.to or name), param.description)
    return Docs(operations=operations, fields=fields, nulls=nulls)
