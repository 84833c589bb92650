"""What not every client takes, in words that all take: names of letters, digits and _, at most 64 characters, in place
of the contract's; and of enums only those of texts."""

from __future__ import annotations

import json
import keyword
import re
import unicodedata
from typing import TypeAlias

from codegen.client.names import Unique
from codegen.contract import Schema

MAX_NAME = 60  # of 64: the rest tells names apart
COMPARISONS = {"<=": "lte", ">=": "gte", "!=": "not", "<": "lt", ">": "gt"}  # in names of filters
ANY_NAME = "*"  # what has other names than those that are known

#: What is offered under another name, by that: its name in the contract, and the same for the names inside of it.
Names: TypeAlias = "dict[str, tuple[str, Names]]"


def is_portable(name: str) -> bool:
    """Whether every model's API and a Python function can have a parameter of this name."""
    return name.isidentifier() and name.isascii() and len(name) <= MAX_NAME and not keyword.iskeyword(name)


def portable(name: str) -> str:
    """A name that is_portable, as near to the API's as can be."""
    if is_portable(name):
        return name
    for sign, word in COMPARISONS.items():
        name = name.replace(sign, f"_{word}")
    letters = unicodedata.normalize("NFKD", name if name.isascii() else name.casefold())
    clean = letters.encode("ascii", "ignore").decode()
    if not clean.isidentifier():
        clean = re.sub(r"\W+", "_", clean).strip("_").lower()
    if not clean or clean[0].isdigit():
        clean = f"p_{clean}".rstrip("_")
    if len(clean) > MAX_NAME:
        clean = clean[:MAX_NAME].rpartition("_")[0] or clean[:MAX_NAME]
    return f"{clean}_" if keyword.iskeyword(clean) else clean


def hint(name: str, offered: str) -> str | None:
    """The API's own name where the offered one doesn't have all of its letters."""
    return None if _letters(name) == _letters(offered) else name


def declared(schema: Schema) -> tuple[Schema, Names]:
    """A reduced schema as every client takes it, and what leads from its properties' names to the contract's."""
    names: Names = {}
    result = _of_texts(schema)
    if "properties" in schema:
        unique = Unique(name for name in schema["properties"] if _is_key(name))
        offered = {
            name: name if _is_key(name) else unique.claim(portable(name), suffix="_2") for name in schema["properties"]
        }
        result["properties"] = {}
        for name, inner in schema["properties"].items():
            inner, deeper = declared(inner)
            told = {} if "description" in inner or not hint(name, offered[name]) else {"description": name}
            result["properties"][offered[name]] = inner | told
            if deeper or offered[name] != name:
                names[offered[name]] = (name, deeper)
        if "required" in schema:
            result["required"] = [offered[name] for name in schema["required"]]
    for key in ("items", "additionalProperties"):
        if key in schema:
            result[key], deeper = declared(schema[key])
            if key == "items":
                names |= deeper
            elif deeper:
                names[ANY_NAME] = (ANY_NAME, deeper)
    if "anyOf" in schema:
        forms = [declared(form) for form in schema["anyOf"]]
        result["anyOf"] = [form for form, _ in forms]
        names |= {name: value for _, deeper in forms for name, value in deeper.items()}
    return result, names


def _of_texts(schema: Schema) -> Schema:
    """The schema with an enum of anything but texts in words, and as bounds."""
    values = schema.get("enum", [])
    if all(isinstance(value, str) for value in values):
        return dict(schema)
    result = {key: value for key, value in schema.items() if key != "enum"}
    if schema.get("type") in ("integer", "number"):
        result |= {"minimum": min(values), "maximum": max(values)}
    return result | {"description": f"One of {', '.join(json.dumps(value) for value in values)}"}


def _is_key(name: str) -> bool:
    """Whether every model's API takes a property of this name inside of an argument."""
    return re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name) is not None


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
