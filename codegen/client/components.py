"""The components of lowered schemas: what each ordinal stands for, and how they refer to each other."""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, field, frozen

from codegen.contract import Schema, schema_name


@frozen
class Property:
    """A property of an object: its name in the contract, and who may send it."""

    name: str
    read_only: bool
    write_only: bool


@define
class Component:
    """What one `M3` stands for: an object (a class if it has properties), an enum, or an alias of anything else."""

    title: str
    schema_name: str | None  # None: it has no name of its own in the contract
    lowered: Schema = field(factory=dict)
    properties: tuple[Property, ...] = ()
    values: tuple[str | int, ...] = ()
    recursive: bool = False

    @property
    def is_class(self) -> bool:
        """Whether it is a class in Python."""
        return bool(self.properties) or self.recursive

    @property
    def is_named(self) -> bool:
        """Whether it has a name in Python: a class, or an enum with a name in the contract."""
        return self.is_class or bool(self.values and self.schema_name)


Components = Mapping[str, Component]


def reference(key: str) -> Schema:
    """A schema that means the component of this key."""
    return {"$ref": f"#/components/schemas/{key}"}


def references(value: Any) -> Iterator[str]:
    """The names in all `$ref`s inside any part of a document."""
    if isinstance(value, dict):
        if isinstance(ref := value.get("$ref"), str):
            yield schema_name(ref)
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def direct(lowered: Any, components: Components) -> Any:
    """The same schema, its references never to a mere other name. There must be no circle of names."""
    if isinstance(lowered, list):
        return [direct(value, components) for value in lowered]
    if not isinstance(lowered, dict):
        return lowered
    while isinstance(ref := lowered.get("$ref"), str):
        target = components[schema_name(ref)].lowered
        if "$ref" not in target:
            break
        lowered = target
    return {key: direct(value, components) for key, value in lowered.items()}


def circle(components: Components) -> list[str] | None:
    """The components of a circle that goes through no class, if there is one: no annotation can say that."""
    done: set[str] = set()
    path: list[str] = []

    def visit(key: str) -> list[str] | None:
        if key in path:
            return path[path.index(key) :]
        if key in done or components[key].is_class:
            return None
        path.append(key)
        for step in references(components[key].lowered):
            if found := visit(step):
                return found
        path.pop()
        done.add(key)
        return None

    return next((found for key in components if (found := visit(key))), None)
