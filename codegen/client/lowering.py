"""Schemas of a contract -> the plain schemas that openapi-python-client's parser takes without loss.

The parser reads a subset of JSON Schema, and renames what it reads. So it gets ordinals instead of names (`M3` for
a class, `p0` for a property), objects and enums only as components, and of the keywords only those that make a
type. `Lowering.components` says what each ordinal stands for, so that our names are put back afterwards.
"""

from collections.abc import Iterable
from typing import Any

from codegen.client.client_spec import Fallback
from codegen.client.components import Component, Property, circle, direct, reference, references
from codegen.client.keywords import (
    ANY,
    KEPT,
    NULL,
    STRUCTURE,
    alternatives,
    is_array,
    is_number_or_text,
    is_object,
    is_plain_enum,
    is_plain_object,
    only_requires,
    without,
)
from codegen.client.merging import ContradictionError, Merger
from codegen.client.names import pascal
from codegen.contract import Schema, schema_name

#: A decimal that servers read from a number or, exactly, from a string. The parser hands the description through.
NUMBER_OR_TEXT: Schema = {"type": "number", "description": "or text"}


class Lowering:
    """Lowers schemas one after another, and collects the components that they need."""

    def __init__(self, schemas: dict[str, Schema]) -> None:
        self.schemas = schemas
        self.components: dict[str, Component] = {}
        self.fallbacks: list[Fallback] = []
        self._of_schema: dict[str, str] = {}
        self._inside: tuple[str, ...] = ()  # the schemas whose parts are just being put together

    def lower(self, schema: Schema, title: str, place: str) -> Schema:
        """The plain form of `schema`; `title` names a class that has no name yet, `place` is for people."""
        schema = {key: value for key, value in schema.items() if key in KEPT}
        if "$ref" in schema or "allOf" in schema:
            return self._all_of(schema, title, place)
        if "anyOf" in schema or "oneOf" in schema:
            return self._any_of(schema, title, place)
        if "const" in schema:
            schema = {"enum": [schema["const"]]}
        if "enum" in schema:
            return self._enum(schema["enum"], place)
        kind = schema.get("type")
        if isinstance(kind, list):
            return self._one_of_lowered([self.lower({**schema, "type": one}, title, place) for one in kind])
        if is_object(schema):
            return self._component(Component(title, None), schema, place)
        if is_array(schema):
            return {"type": "array", "items": self._items(schema, title, place)}
        if kind == "string":
            binary = schema.get("format") == "binary" or "contentMediaType" in schema
            return {"type": "string", "format": "binary"} if binary else {"type": "string"}
        if kind in ("number", "integer", "boolean", "null"):
            return {"type": kind}
        if kind is not None:
            return self._give_up(place, f"{kind!r} is no type of JSON Schema")
        return ANY

    def reference(self, name: str) -> Schema:
        """A `$ref` to a named schema of the contract, lowered when it is first referred to."""
        if name not in self._of_schema:
            component = Component(pascal(name), name)
            self._of_schema[name] = self._register(component)
            place = f"schema {name}"
            schema = {key: value for key, value in self.schemas[name].items() if key in KEPT}
            if is_plain_object(schema):
                self._object(component, schema, place)
            elif is_plain_enum(schema):
                component.values = tuple(schema["enum"])
                component.lowered = {"enum": schema["enum"]}
            else:
                component.lowered = self.lower(schema, component.title, place)
                for made in references(component.lowered):
                    if self.components[made].title == component.title and self.components[made].schema_name is None:
                        self.components[made].schema_name = name
        return reference(self._of_schema[name])

    def finish(self) -> None:
        """Cut what contains itself without a class in between, which no annotation can say, and follow aliases."""
        while found := circle(self.components):
            objects = [key for key in found if self.components[key].lowered.get("type") == "object"]
            if objects:
                self.components[objects[0]].recursive = True
                continue
            component = self.components[found[0]]
            component.lowered = self._give_up(f"schema {component.schema_name}", "contains itself without an object")
        for component in self.components.values():
            component.lowered = direct(component.lowered, self.components)

    def direct(self, lowered: Schema) -> Schema:
        """The same schema, its references never to a mere other name."""
        result: Schema = direct(lowered, self.components)
        return result

    def give_up(self, key: str, reason: str) -> None:
        """Make a component any JSON value."""
        component = self.components[key]
        component.lowered = self._give_up(f"schema {component.schema_name or component.title}", reason)
        component.properties, component.values, component.recursive = (), (), False

    # One kind of schema each

    def _all_of(self, schema: Schema, title: str, place: str) -> Schema:
        beside = without(schema, "$ref", "allOf")
        parts = [*schema.get("allOf", ()), *([{"$ref": schema["$ref"]}] if "$ref" in schema else ()), beside]
        parts = [part for part in parts if part.keys() & STRUCTURE]
        if any("$ref" in part for part in parts):
            parts = [part for part in parts if part.keys() & STRUCTURE != {"type"}]
        if len(parts) == 1:
            only = parts[0]
            is_reference = only.keys() & STRUCTURE == {"$ref"}
            return self.reference(schema_name(only["$ref"])) if is_reference else self.lower(only, title, place)
        outside = self._inside
        try:
            merger = Merger(self.schemas, outside)
            merged = merger.merge(parts)
            self._inside = (*outside, *merger.met)
            return self.lower(merged, title, place)
        except ContradictionError as error:
            return self._give_up(place, f"the parts of allOf don't go together: {error}")
        finally:
            self._inside = outside

    def _any_of(self, schema: Schema, title: str, place: str) -> Schema:
        forms, base = alternatives(schema), without(schema, "anyOf", "oneOf")
        if not base and is_number_or_text(forms):
            return self._one_of_lowered([NUMBER_OR_TEXT, *([NULL] if NULL in forms else [])])
        if base and all(only_requires(part) for part in forms):
            self._note(place, "which of its properties are needed together is not checked")
            always = set.intersection(*(set(part.get("required", ())) for part in forms))
            return self.lower({**base, "required": sorted({*base.get("required", ()), *always})}, title, place)
        lowered = []
        for index, part in enumerate(forms):
            if part == NULL:
                lowered.append(NULL)
                continue
            name = title if len(forms) - (NULL in forms) == 1 else f"{title}{index + 1}"
            lowered.append(self.lower({"allOf": [base, part]} if base else part, name, place))
        return self._one_of_lowered(lowered)

    def _enum(self, values: list[Any], place: str) -> Schema:
        kinds: dict[type, list[Any]] = {}
        for value in values:
            kinds.setdefault(type(value), []).append(value)
        forms: list[Schema] = []
        for kind, members in kinds.items():
            members = list(dict.fromkeys(members)) if kind is not list and kind is not dict else members
            if kind in (str, int):
                key = self._register(Component("", None, {"enum": members}, values=tuple(members)))
                forms.append(reference(key))
            elif kind is bool:
                forms += [{"type": "boolean"}] if len(members) > 1 else [{"const": members[0]}]
            elif kind is float:
                self._note(place, "which numbers are allowed is not checked")
                forms.append({"type": "number"})
            elif kind is type(None):
                forms.append(NULL)
            else:
                forms.append(self._give_up(place, "an enum of arrays or objects"))
        return self._one_of_lowered(forms)

    def _items(self, schema: Schema, title: str, place: str) -> Schema:
        item = schema.get("items", ANY)
        if "prefixItems" not in schema:
            return self.lower(item, f"{title}Item", place) if isinstance(item, dict) else ANY
        self._note(place, "a tuple is a list of values of all its types")
        items = [*schema["prefixItems"], *([item] if item and isinstance(item, dict) and "not" not in item else [])]
        return self._one_of_lowered(
            [self.lower(part, f"{title}{index + 1}", place) for index, part in enumerate(items)]
        )

    def _component(self, component: Component, schema: Schema, place: str) -> Schema:
        key = self._register(component)
        self._object(component, schema, place)
        return reference(key)

    def _object(self, component: Component, schema: Schema, place: str) -> None:
        properties = schema.get("properties", {})
        required = set(schema.get("required", ()))
        component.properties = tuple(
            Property(name, part.get("readOnly") is True, part.get("writeOnly") is True)
            for name, part in properties.items()
        )
        lowered: Schema = {"type": "object"}
        component.lowered = lowered
        lowered["properties"] = {
            f"p{index}": self.lower(part, component.title + pascal(name), f"{place}, property {name}")
            for index, (name, part) in enumerate(properties.items())
        }
        if needed := [f"p{index}" for index, name in enumerate(properties) if name in required]:
            lowered["required"] = needed
        lowered["additionalProperties"] = self._extras(schema, component.title, place)

    def _extras(self, schema: Schema, title: str, place: str) -> Schema | bool:
        """What other keys an object has: only stated ones beside properties, any without."""
        patterns = list(schema.get("patternProperties", {}).values())
        extra = schema.get("additionalProperties", bool(patterns) or not schema.get("properties"))
        if patterns:
            self._note(place, "names of properties are not checked against their patterns")
            extra = {"anyOf": [*patterns, *([extra] if isinstance(extra, dict) else [])]}
        if isinstance(extra, dict):
            return self.lower(extra, f"{title}Value", place)
        return bool(extra) or not schema.get("properties")

    def _one_of_lowered(self, parts: Iterable[Schema]) -> Schema:
        unique: list[Schema] = []
        for part in parts:
            for alternative in part.get("anyOf", [part]):
                if alternative not in unique:
                    unique.append(alternative)
        if ANY in unique or not unique:
            return ANY
        return unique[0] if len(unique) == 1 else {"anyOf": unique}

    # What all of them need

    def _register(self, component: Component) -> str:
        key = f"M{len(self.components)}"
        self.components[key] = component
        return key

    def _note(self, place: str, reason: str) -> None:
        if (fallback := Fallback(place, reason)) not in self.fallbacks:
            self.fallbacks.append(fallback)

    def _give_up(self, place: str, reason: str) -> Schema:
        self._note(place, f"{reason}; any JSON value is accepted")
        return ANY
