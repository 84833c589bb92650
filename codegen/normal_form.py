"""Any OpenAPI 3.0 or 3.1 document -> its canonical form: 3.1, prose dropped, order fixed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from codegen.document import DEEPEST, ContractError, kind

Schema = dict[str, Any]

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
LOCATIONS = frozenset({"path", "query", "header", "cookie"})
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
COMPONENT = "#/components/schemas/"
MOST_PARTS = 10_000  # of a schema, with those that it combines; APIs have some hundred


def normalise(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The machine-readable part of an OpenAPI 3.0 or 3.1 document, as 3.1, in one canonical form.

    Dropped: prose (titles, descriptions, summaries, examples), extensions, security, webhooks, callbacks, headers of
    answers, servers but the first with a whole address. Resolved: references to anything but whole schemas. An
    operation has its path's parameters.
    Keys are sorted, except those of `properties`. What is normal already stays as it is.
    Raises ContractError, with all mistakes found at once.
    """
    if "swagger" in raw:
        raise ContractError("#/swagger", f"this is Swagger {raw['swagger']}. Convert it to OpenAPI 3.0 or 3.1 first")
    version = str(raw.get("openapi", "of unknown version"))
    if not re.match(r"3\.[01](\.|$)", version):
        raise ContractError("#/openapi", f"this is OpenAPI {version}. Only 3.0 and 3.1 can be read")
    return _Normaliser(raw).document()


_PROSE = frozenset({"title", "description", "example", "examples", "externalDocs", "$comment", "xml"})
# Keywords whose value is a schema, a list of schemas, or schemas by name. Every other value is data.
_OPEN = frozenset({"additionalProperties", "unevaluatedProperties", "unevaluatedItems"})
_ONE = _OPEN | {"items", "contains", "not", "if", "then", "else", "propertyNames", "contentSchema"}
_SEVERAL = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_COMBINING = ("allOf", "anyOf", "oneOf")
_NAMED = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
_ELSEWHERE = frozenset({"$dynamicRef", "$recursiveRef", "$id"})  # make a reference mean something that we can't follow
_ABOUT_THE_WHOLE = frozenset({"default", "deprecated", "readOnly", "writeOnly"})  # never of one variant
_RESERVED_HEADERS = frozenset({"accept", "content-type", "authorization"})  # OpenAPI ignores such parameters


class _Normaliser:
    """Walks one raw document. `at` is always the JSON pointer of the value beside it."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self.mistakes: list[ContractError] = []
        self.inlining: list[str] = []

    def document(self) -> dict[str, Any]:
        info = self.mapping(self.raw.get("info"), "#/info")
        for name in ("title", "version"):
            if name not in info:
                self.mistake("#/info", f"has no {name}")
        components = self.mapping(self.raw.get("components") or {}, "#/components")
        schemas = self.named_schemas(components.get("schemas") or {}, "#/components/schemas")
        self.circles(schemas)
        self.combinations(schemas)
        result = {
            "components": {"schemas": schemas},
            "info": {"title": str(info.get("title")), "version": str(info.get("version"))},
            "openapi": "3.1.0",
            "paths": self.paths(self.mapping(self.raw.get("paths"), "#/paths")),
            **self.servers(),
        }
        if self.mistakes:
            first, *others = {str(mistake): mistake for mistake in self.mistakes}.values()
            raise ContractError(first.place, first.reason, *others)
        return result

    def servers(self) -> dict[str, Any]:
        """Where the API is, if the document says that in full."""
        servers = self.raw.get("servers")
        addresses = [one.get("url") for one in servers if isinstance(one, dict)] if isinstance(servers, list) else []
        whole = [one for one in addresses if isinstance(one, str) and re.fullmatch(r"https?://[^{}\s]+", one)]
        return {"servers": [{"url": whole[0]}]} if whole else {}

    def mistake(self, at: str, reason: str) -> None:
        self.mistakes.append(ContractError(at, reason))

    def mapping(self, value: Any, at: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self.mistake(at, "is missing" if value is None else f"is {kind(value)}, where an object belongs")
        return {}

    def sequence(self, value: Any, at: str) -> list[Any]:
        if isinstance(value, list):
            return value
        self.mistake(at, f"is {kind(value)}, where a list belongs")
        return []

    # references

    def target(self, ref: Any, at: str) -> tuple[Any, str] | None:
        """What a reference points at, and where that is; None (and a mistake) where there is nothing."""
        if not isinstance(ref, str) or not ref.startswith("#"):
            self.mistake(f"{at}/$ref", f"{ref!r} is in another document. Bundle them into one document first")
            return None
        found: Any = self.raw
        for step in ref.removeprefix("#/").split("/"):
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                self.mistake(f"{at}/$ref", f"{ref!r} points at nothing in this document")
                return None
        return found, ref

    def resolved(self, value: Any, at: str) -> tuple[dict[str, Any], str] | None:
        """A parameter, body, response or path item with its references followed."""
        seen: set[str] = set()
        while isinstance(value, dict) and "$ref" in value:
            if at in seen:
                self.mistake(f"{at}/$ref", "refers to itself in a circle")
                return None
            seen.add(at)
            if (found := self.target(value["$ref"], at)) is None:
                return None
            value, at = found
        return self.mapping(value, at), at

    def circles(self, schemas: Mapping[str, Schema]) -> None:
        """A schema that is nothing but a reference to itself, over however many others."""
        for name, schema in schemas.items():
            seen = {name}
            while schema.keys() == {"$ref"}:
                step = schema_name(schema["$ref"])
                if step in seen or step not in schemas:
                    if step == name:
                        self.mistake(_pointer("#/components/schemas", name), "refers only to itself, in a circle")
                    break
                seen.add(step)
                schema = schemas[step]

    def combinations(self, schemas: Mapping[str, Schema]) -> None:
        """A schema that combines others, and these others again, into more than anybody can mean or we could read."""
        known: dict[str, int] = {}

        def parts(schema: Schema, depth: int) -> int:
            inner = [one for key in _COMBINING for one in schema.get(key, ())]
            count = 1 + sum(parts(one, depth) for one in inner)
            return count + (named(schema_name(schema["$ref"]), depth + 1) if "$ref" in schema else 0)

        def named(name: str, depth: int) -> int:
            if name not in known and name in schemas:
                known[name] = 0  # what comes back to itself is a circle
                known[name] = parts(schemas[name], depth) if depth <= DEEPEST else MOST_PARTS + 1
            return known.get(name, 0)

        for name in schemas:
            if named(name, 0) > MOST_PARTS:
                at = _pointer("#/components/schemas", name)
                self.mistake(at, f"combines more than {MOST_PARTS:,} schemas, or one in another too often")

    # operations

    def paths(self, paths: Mapping[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        shapes: dict[tuple[str, str], str] = {}
        for path in sorted(paths):
            at = _pointer("#/paths", path)
            if path.startswith("x-"):
                continue
            if not path.startswith("/"):
                self.mistake(at, "a path starts with /")
                continue
            operations = dict(self.path_item(path, paths[path], at))
            for method in operations:
                shape = (method, re.sub(r"\{[^{}]*\}", "{}", path))
                if shape in shapes:
                    self.mistake(
                        f"{at}/{method}",
                        f"is the same operation as {method.upper()} {shapes[shape]}. Keep one",
                    )
                shapes.setdefault(shape, path)
            if operations:
                result[path] = operations
        return result

    def path_item(self, path: str, value: Any, at: str) -> Iterator[tuple[str, dict[str, Any]]]:
        if (found := self.resolved(value, at)) is None:
            return
        item, at = found
        common = self.parameters(item.get("parameters", []), f"{at}/parameters")
        for method in sorted(METHODS & item.keys()):
            yield method, self.operation(path, item[method], f"{at}/{method}", common)

    def operation(
        self, path: str, value: Any, at: str, common: Mapping[tuple[str, str], dict[str, Any]]
    ) -> dict[str, Any]:
        operation = self.mapping(value, at)
        parameters = {**common, **self.parameters(operation.get("parameters", []), f"{at}/parameters")}
        declared = {name for location, name in parameters if location == "path"}
        wanted = set(re.findall(r"\{([^{}]*)\}", path))
        for name in sorted(wanted - declared):
            self.mistake(at, f"the path has {{{name}}}, but no path parameter of this name is declared")
        for name in sorted(declared - wanted):
            self.mistake(at, f"the path parameter {name!r} is declared, but the path has no {{{name}}}")

        result: dict[str, Any] = {}
        if operation.get("deprecated") is True:
            result["deprecated"] = True
        if operation.get("operationId"):
            result["operationId"] = str(operation["operationId"])
        if parameters:
            result["parameters"] = list(parameters.values())
        if "requestBody" in operation and (body := self.body(operation["requestBody"], f"{at}/requestBody")):
            result["requestBody"] = body
        result["responses"] = {
            status: self.response(response, _pointer(f"{at}/responses", status))
            for status, response in sorted(self.mapping(operation.get("responses") or {}, f"{at}/responses").items())
            if not status.startswith("x-")
        }
        if tags := self.sequence(operation.get("tags") or [], f"{at}/tags"):
            result["tags"] = [str(tag) for tag in tags]
        return result

    def parameters(self, value: Any, at: str) -> dict[tuple[str, str], dict[str, Any]]:
        """(location, name) -> parameter, in their order."""
        result: dict[tuple[str, str], dict[str, Any]] = {}
        for index, raw in enumerate(self.sequence(value, at)):
            if (found := self.resolved(raw, f"{at}/{index}")) is None:
                continue
            parameter, place = found
            name, location = parameter.get("name"), parameter.get("in")
            if not isinstance(name, str) or not isinstance(location, str) or location not in LOCATIONS:
                self.mistake(place, "a parameter needs a name, and an 'in' of path, query, header or cookie")
                continue
            if location == "header" and name.lower() in _RESERVED_HEADERS:
                continue
            if (location, name) in result:
                self.mistake(place, f"the {location} parameter {name!r} is declared twice")
            result[location, name] = self.parameter(parameter, place)
        return result

    def parameter(self, parameter: Mapping[str, Any], at: str) -> dict[str, Any]:
        result = _only(parameter, "explode", "in", "name")
        if parameter.get("required") is True or parameter["in"] == "path":
            result["required"] = True
        if "schema" in parameter:
            result["schema"] = self.schema(parameter["schema"], f"{at}/schema")
        elif media := self.content(parameter.get("content", {}), f"{at}/content"):
            result["content"] = media
        else:
            self.mistake(at, f"the parameter {parameter['name']!r} has neither schema nor content")
        if "style" in parameter:
            result["style"] = parameter["style"]
        return result

    def body(self, value: Any, at: str) -> dict[str, Any] | None:
        if (found := self.resolved(value, at)) is None:
            return None
        body, at = found
        content = self.content(body.get("content", {}), f"{at}/content")
        required = {"required": True} if body.get("required") is True else {}
        return {"content": content, **required} if content else None

    def response(self, value: Any, at: str) -> dict[str, Any]:
        result: dict[str, Any] = {"description": ""}  # OpenAPI wants one, so that its tools can read what we pin
        if found := self.resolved(value, at):
            response, at = found
            if content := self.content(response.get("content", {}), f"{at}/content"):
                result = {"content": content, **result}
        return result

    def content(self, value: Any, at: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for media_type, raw in sorted(self.mapping(value, at).items()):
            place = _pointer(at, media_type)
            media = self.mapping(raw, place)
            kept: dict[str, Any] = {}
            if "encoding" in media:
                kept["encoding"] = {
                    name: _only(self.mapping(encoding, f"{place}/encoding"), "contentType", "explode", "style")
                    for name, encoding in sorted(self.mapping(media["encoding"], f"{place}/encoding").items())
                }
            if "schema" in media:
                kept["schema"] = self.schema(media["schema"], f"{place}/schema")
            result[media_type] = kept
        return result

    # schemas

    def named_schemas(self, value: Any, at: str, *, ordered: bool = False) -> dict[str, Schema]:
        schemas = self.mapping(value, at)
        names = schemas if ordered else sorted(schemas)
        return {name: self.schema(schemas[name], _pointer(at, name)) for name in names}

    def schema(self, value: Any, at: str) -> Schema:
        if isinstance(value, bool):
            return {} if value else {"not": {}}
        schema = self.mapping(value, at)
        if "$ref" in schema and not _names_a_schema(schema["$ref"]):
            return self.inlined(schema, at)
        kept = {
            key: self.keyword(key, item, _pointer(at, key))
            for key, item in schema.items()
            if key not in _PROSE and not key.startswith("x-")
        }
        return _sorted(_lifted(kept))

    def keyword(self, key: str, value: Any, at: str) -> Any:
        if key in _ONE:
            return value if key in _OPEN and isinstance(value, bool) else self.schema(value, at)
        if key in _SEVERAL:
            return [self.schema(item, f"{at}/{index}") for index, item in enumerate(self.sequence(value, at))]
        if key in _NAMED:
            return self.named_schemas(value, at, ordered=key == "properties")
        if key == "required":
            return sorted({str(name) for name in self.sequence(value, at)})
        if key == "$ref":
            self.target(value, at.removesuffix("/$ref"))
        if key == "type" and not all(name in TYPES for name in (value if isinstance(value, list) else [value])):
            self.mistake(at, f"{value!r} is no type. Types are {', '.join(TYPES)}")
            return []
        if key == "enum":
            self.sequence(value, at)
        if key in _ELSEWHERE:
            self.mistake(at, f"{key} can't be followed. Use $ref and components/schemas")
        return self.data(value, at)

    def data(self, value: Any, at: str) -> Any:
        """A value that is no schema (a default, an enum, a bound), with its keys sorted."""
        if isinstance(value, dict):
            return {str(key): self.data(value[key], _pointer(at, str(key))) for key in sorted(value)}
        if isinstance(value, list):
            return [self.data(item, f"{at}/{index}") for index, item in enumerate(value)]
        if isinstance(value, float) and not math.isfinite(value):
            self.mistake(at, f"{value} is no JSON number")
        return value

    def inlined(self, schema: Mapping[str, Any], at: str) -> Schema:
        """A reference into the middle of something, replaced by what it points at."""
        ref = schema["$ref"]
        if ref in self.inlining:
            self.mistake(f"{at}/$ref", f"{ref!r} is part of itself. Give it a name in components/schemas")
            return {}
        if (found := self.target(ref, at)) is None:
            return {}
        target, place = found
        beside = {key: item for key, item in schema.items() if key not in _PROSE | {"$ref"}}
        self.inlining.append(ref)
        result = self.schema({**beside, "allOf": [target]} if beside else target, place)
        self.inlining.pop()
        return result


def _names_a_schema(ref: Any) -> bool:
    return isinstance(ref, str) and ref.startswith(COMPONENT) and "/" not in ref.removeprefix(COMPONENT)


def _lifted(schema: Schema) -> Schema:
    """OpenAPI 3.0's own words in those of JSON Schema 2020-12, and one way to write what means the same."""
    schema = dict(schema)
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and bound in schema:
            schema[exclusive] = schema.pop(bound)
    if isinstance(types := schema.get("type"), list):
        types = sorted(dict.fromkeys(types), key="null".__eq__)  # null last
        schema["type"] = types[0] if len(types) == 1 else types
    for empty in ("required", "properties"):
        if schema.get(empty) in ([], {}):
            del schema[empty]
    if schema.get("deprecated") is False:
        del schema["deprecated"]
    return _nullable(schema) if schema.pop("nullable", False) is True else schema


def _nullable(schema: Schema) -> Schema:
    """The schema, or null."""
    null = {"type": "null"}
    for union in ("anyOf", "oneOf"):
        if union in schema and "type" not in schema:
            return schema if null in schema[union] else {**schema, union: [*schema[union], null]}
    if "$ref" in schema or "allOf" in schema:
        beside = {key: item for key, item in schema.items() if key in _ABOUT_THE_WHOLE}
        inner = {key: item for key, item in schema.items() if key not in _ABOUT_THE_WHOLE}
        return {"anyOf": [_sorted(inner), null], **beside}
    if "enum" in schema and None not in schema["enum"]:
        schema = {**schema, "enum": [*schema["enum"], None]}
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema = {**schema, "type": types if "null" in types else [*types, "null"]}
    return schema


def _sorted(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {key: mapping[key] for key in sorted(mapping)}


def _only(mapping: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: mapping[name] for name in names if name in mapping}


def _pointer(at: str, name: str) -> str:
    return f"{at}/{name.replace('~', '~0').replace('/', '~1')}"


def schema_name(ref: str) -> str:
    """The name of the schema that a `$ref` of a normalised document means."""
    return unquote(ref.removeprefix(COMPONENT)).replace("~1", "/").replace("~0", "~")
