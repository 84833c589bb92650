"""A function's signature -> the schema of a tool's arguments, and the arguments as the function takes them."""

import inspect
import keyword
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_type_hints

from attrs import frozen
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from hbmcp.catalog import INSTALLATION
from hbmcp.errors import BadArguments
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.plugins.schema import Schema, portable
from hbmcp.text import named, one_line

OF_HBMCP = ("preview", "again", INSTALLATION)  # arguments that hbmcp takes itself
LONGEST = 48  # characters of a tool's name: of 64, and clients put the server's before it
LONGEST_ARGUMENT = 60

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class BadSignature(Exception):
    """A function that can't be a tool, and why."""


@frozen
class Signature:
    """How a function is called: `takes` is the name of the parameter that is given the installation, "" for none.
    `plans` where it gives a Plan; `says` where it is declared what it gives."""

    name: str
    description: str
    schema: Schema
    takes: str
    plans: bool
    says: bool
    _model: type[BaseModel]
    _function: Callable[..., Any]

    @classmethod
    def of(cls, function: Callable[..., Any]) -> "Signature":
        """Raises BadSignature."""
        if not (inspect.isfunction(function) and inspect.iscoroutinefunction(function)):
            raise BadSignature("it must be an `async def`")
        name = function.__name__
        if not _NAME.fullmatch(name) or len(name) > LONGEST:
            raise BadSignature(f"a tool's name has small letters, digits and _, and at most {LONGEST} of them")
        description = _first_paragraph(function)
        try:
            hints = get_type_hints(function, include_extras=True)
        except Exception as error:
            raise BadSignature(f"its types can't be read: {one_line(str(error))}") from None
        takes = ""
        fields: dict[str, Any] = {}
        for one in inspect.signature(function).parameters.values():
            if one.kind not in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY):
                raise BadSignature(f"its parameter {one.name} must be one that can be given by its name")
            if one.name not in hints:
                raise BadSignature(f"its parameter {one.name} has no type")
            if hints[one.name] is Installation:
                takes = one.name
                continue
            if problem := _unportable(one.name):
                raise BadSignature(f"its parameter {one.name} can't be called so: {problem}")
            fields[one.name] = (hints[one.name], ... if one.default is one.empty else one.default)
        model, schema = _modelled(name, fields)
        return cls(name, description, schema, takes, hints.get("return") is Plan, "return" in hints, model, function)

    def taken(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as the function takes them. Raises BadArguments."""
        try:
            taken = self._model.model_validate(given)
        except ValidationError as error:
            lines = "\n".join(
                f"- {named('.'.join(map(str, one['loc'])))}: {one_line(one['msg'])}"
                for one in error.errors(include_input=False, include_url=False)
            )
            raise BadArguments(
                f"{self.name} can't take these arguments:\n{lines}\n",
                "Nothing was sent.",
                "Correct them and call it again.",
            ) from None
        return {name: getattr(taken, name) for name in type(taken).model_fields}

    async def call(self, installation: Installation, taken: Mapping[str, Any]) -> Any:
        """What the function returns. Raises whatever it does."""
        own = {self.takes: installation} if self.takes else {}
        return await self._function(**taken, **own)


def _first_paragraph(function: Callable[..., Any]) -> str:
    paragraph = " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
    if not paragraph:
        raise BadSignature("it has no docstring, and a model knows a tool by that")
    return paragraph


def _unportable(name: str) -> str:
    """Why not every client takes a parameter of this name, or hbmcp or pydantic has it for itself."""
    if name.lower() in OF_HBMCP:
        return "hbmcp itself takes that argument"
    if name.startswith("_") or not name.isascii() or len(name) > LONGEST_ARGUMENT or keyword.iskeyword(name):
        return f"it must be at most {LONGEST_ARGUMENT} ASCII letters, and not begin with _"
    return ""


def _keys(schema: Schema) -> Iterator[str]:
    """The names of all properties, however deep."""
    properties = schema.get("properties", {})
    yield from properties
    inner = (schema[key] for key in ("items", "additionalProperties") if key in schema)
    for one in (*properties.values(), *schema.get("anyOf", ()), *inner):
        yield from _keys(one)


def _modelled(name: str, fields: Mapping[str, Any]) -> tuple[type[BaseModel], Schema]:
    config = ConfigDict(arbitrary_types_allowed=False, protected_namespaces=(), extra="forbid")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names that a model has for itself
            model = create_model(name, __config__=config, **fields)
            told = model.model_json_schema()
    except Exception as error:  # a type's own code, too
        raise BadSignature(f"its types can't be arguments: {one_line(str(error).split(chr(10))[0])}") from None
    schema = portable(told)
    if odd := next((one for one in _keys(schema) if not _KEY.fullmatch(one)), None):
        raise BadSignature(f"not every client takes an argument {named(odd)}: use letters, digits, _, - and .")
    whole: Schema = {"type": "object", "properties": schema.get("properties", {})}
    return model, whole | ({"required": schema["required"]} if "required" in schema else {})
