"""The places in a request that a tool's values can go to."""

from collections.abc import Iterator, Mapping

from attrs import frozen

from codegen.client import ClientField, ClientOperation, ClientParameter, Value
from codegen.contract import Operation, Schema, is_json
from codegen.likeness import nearest
from codegen.schema import Nulls, reduce, without_null

Steps = tuple[str, ...]  # from an object to a property inside of it


class NoSlotError(Exception):
    """An operation has no such place."""


@frozen
class Slot:
    """A parameter, a body field, or the whole body; `schema` is reduced.

    `null` says that None is sent as null, and what is left out is ABSENT; `absent` is what else leaves it out.
    """

    name: str
    schema: Schema
    required: bool
    value: Value
    target: ClientParameter | ClientField | None  # None: the whole body
    null: bool = False
    absent: str = "None"

    @property
    def api_name(self) -> str:
        """Its name in the contract."""
        return self.target.name if self.target else self.name

    def part(self, steps: Steps) -> tuple[Schema, bool]:
        """The schema of a property inside, and whether the API requires it.

        Inside an object that may be absent a default means nothing: the API doesn't fill in what isn't there.
        """
        schema, required, always = self.schema, self.required, self.required
        for step in steps:
            always = required
            required = required and step in schema.get("required", [])
            schema = without_null(schema)["properties"][step]
        if steps and not always:
            schema = {key: value for key, value in schema.items() if key != "default"}
        return schema, required


def slots_of(operation: Operation, client: ClientOperation, schemas: Mapping[str, Schema]) -> dict[str, Slot]:
    """The slots of an operation by name; where two have one name, the later says where it is: `body.name`."""
    return {slot.name: slot for slot in _slots(operation, client, schemas)}


def find(slots: Mapping[str, Slot], to: str, operation: str) -> tuple[Slot, Steps]:
    """The slot that `to` names, and the way to a property inside of it: none for the whole of it.

    Raises:
        NoSlotError: there is no such slot or property.
    """
    if to in slots:
        return slots[to], ()
    head, *steps = to.split(".")
    if head not in slots or not steps:
        raise NoSlotError(f"{operation} has no parameter {to!r}{nearest(to, slots)}")
    schema = slots[head].schema
    for step in steps:
        known = without_null(schema).get("properties", {})
        if step not in known:
            raise NoSlotError(f"{operation} has no {to!r}{nearest(step, known)}")
        schema = known[step]
    return slots[head], tuple(steps)


def _slots(operation: Operation, client: ClientOperation, schemas: Mapping[str, Schema]) -> Iterator[Slot]:
    taken: set[str] = set()
    targets = {(target.location, target.name): target for target in client.parameters}
    for parameter in operation.parameters:
        target = targets[parameter.location, parameter.name]
        name = parameter.name if parameter.name not in taken else f"{parameter.location}.{parameter.name}"
        taken.add(name)
        schema = reduce(parameter.schema, schemas, nulls="needed" if parameter.is_json else "never")
        yield Slot(name, schema, parameter.required, target.value, target)
    if operation.body is None or client.body is None:
        return
    body, patch = client.body, operation.method == "PATCH"
    nulls: Nulls = "never" if not is_json(body.media_type) else "always" if patch else "needed"
    if not body.fields:
        schema = reduce(operation.body.schema, schemas, nulls=nulls, needed=body.required)
        yield Slot("body" if "body" not in taken else "body.body", schema, body.required, body.value, None)
        return
    schema = without_null(reduce(operation.body.schema, schemas, nulls=nulls))
    with_null = without_null(reduce(operation.body.schema, schemas, nulls="always"))
    for field in body.fields:
        reduced = (with_null if field.null else schema).get("properties", {}).get(field.name)
        if reduced is None:
            continue
        name = field.name if field.name not in taken else f"body.{field.name}"
        taken.add(field.name)
        yield Slot(name, reduced, field.required and body.required, field.value, field, field.null)
    if body.others:
        name = body.others.name if body.others.name not in taken else f"body.{body.others.name}"
        others = {"type": "object", "additionalProperties": schema.get("additionalProperties", {})}
        yield Slot(name, others, False, body.others.value, body.others, absent="{}")
