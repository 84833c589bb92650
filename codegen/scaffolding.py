"""A TOML skeleton for operations that nobody has curated yet."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import get_args

from codegen.contract import Operation, Schema
from codegen.curation import Curation, EffectName
from codegen.schema import reduce

VERBS = {"GET": "get", "POST": "create", "PUT": "set", "PATCH": "update", "DELETE": "delete"}


def usual_names(curation: Curation) -> dict[str, str]:
    """The API's name of a parameter -> what most tools call it, where that is another name and several do."""
    counts: dict[str, Counter[str]] = {}
    for tools in curation.tools.values():
        for tool in tools.values():
            for name, param in tool.params.items():
                if "." not in (param.to or name) and not param.wrap:
                    counts.setdefault(param.to or name, Counter())[name] += 1
    most = {api_name: names.most_common(1)[0] for api_name, names in counts.items()}
    return {api_name: name for api_name, (name, times) in most.items() if times > 1 and name != api_name}


def skeleton(
    operations: Sequence[Operation], schemas: Mapping[str, Schema], usual: Mapping[str, str] | None = None
) -> str:
    """One table per operation; what only a person can say (risk, effect, the sentences) is left empty. `usual` are the
    names that parameters get."""
    taken: set[str] = set()
    return "\n".join(_table(operation, schemas, taken, usual or {}) for operation in operations)


def _table(operation: Operation, schemas: Mapping[str, Schema], taken: set[str], usual: Mapping[str, str]) -> str:
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
        lines += [
            f'{usual[param]} = {{ to = {_text(param)}, description = "" }}'
            if param in usual
            else f'# {_key(param)} = {{ description = "" }}'
            for param in params
        ]
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
