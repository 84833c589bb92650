"""What the API took in each of its versions: a file each, `2026-01.json`, with every operation and the names of its
parameters and of its body's fields, "body amount!" where one is required. No prose, no types.

One is the pinned contract. `python -m tests.versions` adds that where it is a new one, named after this month, for the
documents don't tell their version.
"""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from importlib.resources import files
from pathlib import Path
from typing import Any

from codegen.contract import Contract, read
from codegen.generate import PINNED
from codegen.renames import taken
from codegen.schema import reduce, without_null

FOLDER = Path(__file__).parent
VERSIONS = sorted(file.stem for file in FOLDER.glob("*.json"))
REQUIRED = "!"

Form = Mapping[str, Sequence[str]]
Schema = dict[str, Any]


def form(contract: Contract) -> Form:
    """Operation -> what it takes."""
    found = {}
    for key, operation in contract.operations.items():
        required = {(one.location, one.name) for one in operation.parameters if one.required}
        if operation.body and operation.body.required:
            body = without_null(reduce(operation.body.schema, contract.schemas))
            required |= {("body", name) for name in body.get("required", ())}
        found[key] = [" ".join(place) + REQUIRED * (place in required) for place in taken(operation, contract)]
    return found


def pinned() -> Form:
    """That of the pinned contract."""
    return form(read(PINNED))


def of_file(version: str) -> Form:
    """That of a file."""
    told: Form = json.loads((FOLDER / f"{version}.json").read_text(encoding="utf-8"))
    return told


def written(form: Form) -> str:
    """A file's text: a line for each operation."""
    lines = (f" {json.dumps(key)}: {json.dumps(places)}" for key, places in form.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def document(version: str) -> dict[str, Any]:
    """An OpenAPI document of that version: what it has in common with the pinned one is as it is there."""
    pinned = json.loads(files("hummingbot_api").joinpath("openapi.json").read_bytes())
    paths: dict[str, Any] = {}
    for key, places in of_file(version).items():
        method, path = key.lower().split()[0], key.split()[1]
        known = deepcopy(pinned["paths"].get(path, {}).get(method, {"responses": {"200": {"description": ""}}}))
        paths.setdefault(path, {})[method] = _as_then(known, places, pinned["components"]["schemas"])
    return {**pinned, "paths": paths}


def _as_then(operation: dict[str, Any], places: Sequence[str], schemas: Mapping[str, Schema]) -> dict[str, Any]:
    """An operation that takes that and nothing else."""
    needed = {place.removesuffix(REQUIRED): place.endswith(REQUIRED) for place in places}
    known = {f"{one['in']} {one['name']}": one for one in operation.pop("parameters", ())}
    operation["parameters"] = [
        {"schema": {}, **known.get(place, {}), "in": where, "name": name, "required": required}
        for place, required in needed.items()
        for where, _, name in [place.partition(" ")]
        if where != "body"
    ]
    fields = {place.partition(" ")[2]: required for place, required in needed.items() if place.startswith("body ")}
    if fields:
        body = operation.setdefault("requestBody", {"content": {"application/json": {"schema": {}}}})
        media = body["content"]["application/json"]
        own = schemas.get(media["schema"].get("$ref", "").rpartition("/")[2], {}).get("properties", {})
        media["schema"] = {
            "type": "object",
            "properties": {name: own.get(name, {}) for name in fields},
            "required": [name for name, required in fields.items() if required],
        }
    return operation
