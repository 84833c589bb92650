"""A TOML skeleton for operations that nobody has curated yet."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import get_args

from codegen.contract import Operation, Schema
from codegen.curation import EffectName
from codegen.schema import reduce

VERBS = {"GET": "get", "POST": "create", "PUT": "set", "PATCH": "update", "DELETE": "delete"}


def skeleton(operations: Sequence[Operation], schemas: Mapping[str, Schema]) -> str:
    """One table per operation; what only a person can say (risk, effect, the sentences) is left empty."""
    taken: set[str] = set()
    return "\n".join(_table(operation, schemas, taken) for operation in operations)


def _table(operation: Operation, schemas: Mapping[str, Schema], taken: set[str]) -> str:
    name = _name(operation, taken)
    lines = [
        f"[tools.{name}]",
        f"operation = {_text(operation.key)}",
        f"title = {_text(name.replace('_', ' ').capitalize())}",
        'risk = ""  # read, write, trade, destructive or secret',
        f'effect = ""  # unless it reads: {", ".join(get_args(EffectName))}',
        'description = ""',
    ]
    params = [parameter.name for parameter in operation.parameters]
    if operation.body:
        params += reduce(operation.body.schema, schemas).get("properties", {"body": {}})
    if params:
        lines.append(f"[tools.{name}.params]")
        lines += [f'# {_key(param)} = {{ description = "" }}' for param in params]
    return "\n".join(lines) + "\n"


def _name(operation: Operation, taken: set[str]) -> str:
    """verb_noun from the method and the fixed parts of the path, unique, at most 40 characters."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"{[^}]*}", "", operation.path).lower()) or ["root"]
    base = "_".join([VERBS.get(operation.method, operation.method.lower()), *words])[:37].rstrip("_")
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    taken.add(name)
    return name


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)
