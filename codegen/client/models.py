"""Components -> the classes of the client."""

from attrs import frozen

from codegen.client.client_spec import Attribute, Class, ClientField, Docs
from codegen.client.components import Property
from codegen.client.docstrings import comment
from codegen.client.names import KEYWORDS, Unique, snake
from codegen.client.placing import Placement
from codegen.client.properties import Properties
from codegen.client.shapes import (
    ABSENT_IMPORT,
    ANY_IMPORT,
    DECODE_IMPORT,
    ENCODE_IMPORT,
    Shape,
    mapping,
    or_none,
    quoted,
)

ADDITIONAL = "additional"  # the attribute for properties without a name
#: Names that fields can't have: their class needs them.
_RESERVED = KEYWORDS | {"bool", "bytes", "classmethod", "dict", "from_dict", "int", "list", "str", "to_dict"}


@frozen
class Field:
    """A property of the contract as a field of the class."""

    of: Property
    name: str
    required: bool
    shape: Shape
    null: bool = False  # it is optional, and None is sent as null


class Models:
    """The classes of components that are placed."""

    def __init__(self, placement: Placement, properties: Properties, docs: Docs) -> None:
        self.placement, self.parsed = placement, placement.parsed
        self.properties, self.docs = properties, docs

    def fields(self, key: str) -> list[Field]:
        """The fields of a class, required ones first; those that are only read, or only sent, where that is done."""
        use, component, model = self.placement.uses[key], self.parsed.components[key], self.parsed.models[key]
        unique = Unique(_RESERVED | ({ADDITIONAL} if model.additional_properties else set()))
        names = [unique.claim(snake(one.name, "field")) for one in component.properties]
        fields: list[Field] = []
        for prop in [*(model.required_properties or ()), *(model.optional_properties or ())]:
            index = int(prop.name.get_untrusted_value()[1:])
            of = component.properties[index]
            absent = (of.read_only and use.sent) or (of.write_only and use.decoded)
            if (of.read_only and not use.decoded) or (of.write_only and not use.sent):
                continue
            shape = self.properties.shape(prop, files=use.files)
            required = prop.required and not absent
            null = not required and of.name in use.nulls and _may_be_null(shape)
            fields.append(Field(of, names[index], required, shape, null))
        return sorted(fields, key=lambda one: not one.required)

    def others(self, key: str) -> ClientField | None:
        """The attribute for all other keys of the object, if it may have any."""
        extras = self._extras(key)
        return ClientField(ADDITIONAL, ADDITIONAL, False, mapping(extras).value()) if extras else None

    def read(self, key: str) -> Class:
        """The class of a component."""
        use, fields, extras = self.placement.uses[key], self.fields(key), self._extras(key)
        schema = self.parsed.components[key].schema_name or ""
        attributes = [self._attribute(schema, one) for one in fields]
        imports = {ANY_IMPORT, "from attrs import define"}.union(*(one.shape.imports for one in fields))
        if extras:
            attributes.append(_additional(fields, extras))
            imports |= {"from attrs import Factory", *extras.imports}
        if any(one.null for one in fields):
            imports.add(ABSENT_IMPORT)
        sent = _to_dict(fields, extras) if use.sent else None
        if use.decoded:
            imports.add(DECODE_IMPORT)
        if sent and "encode." in sent:
            imports.add(ENCODE_IMPORT)
        return Class(self.placement.titles[key], tuple(attributes), use.decoded, sent, frozenset(imports))

    def _extras(self, key: str) -> Shape | None:
        """What values other keys of the object have, if it may have any."""
        extras = self.parsed.models[key].additional_properties
        return self.properties.shape(extras, files=self.placement.uses[key].files) if extras else None

    def _attribute(self, schema: str, one: Field) -> Attribute:
        if one.required:
            declaration, decoder, kind = one.shape.full_annotation, one.shape.full_decoder, "required"
        elif one.null:
            declaration = f"{or_none(one.shape)} | Absent = ABSENT"
            decoder, kind = one.shape.full_decoder, "given"
        else:
            declaration, decoder, kind = f"{or_none(one.shape)} = None", one.shape.decoder, "optional"
        return Attribute(
            declaration=f"{one.name}: {declaration}",
            doc=comment(self.docs.fields.get((schema, one.of.name))),
            decoded=f"{one.name}=fields.{kind}({quoted(one.of.name)}, {decoder})",
        )


def _additional(fields: list[Field], extras: Shape) -> Attribute:
    """The attribute for all other keys of the object."""
    known = f"{{{', '.join(quoted(one.of.name) for one in fields)}}}" if fields else "()"
    return Attribute(
        declaration=f"{ADDITIONAL}: dict[str, {extras.full_annotation}] = Factory(dict)",
        doc=("#: Fields that the contract doesn't name.",),
        decoded=f"{ADDITIONAL}=fields.others({known}, {extras.full_decoder})",
    )


def _to_dict(fields: list[Field], extras: Shape | None) -> str:
    """The object that a model is sent as. Fields that may be left out are where they are None."""
    null: list[str] = []
    given: list[str] = []
    present: list[str] = []
    for one in fields:
        if one.of.read_only:
            continue
        value = one.shape.encoded(f"self.{one.name}", may_be_none=not one.required)
        if one.null and value != f"self.{one.name}":
            value = f"self.{one.name} if isinstance(self.{one.name}, Absent) else {value}"
        entries = given if one.null else null if one.required and _may_be_null(one.shape) else present
        entries.append(f"{quoted(one.of.name)}: {value}")
    entries = [*null]
    if extras:
        entries.insert(0, f"**{mapping(extras).encoded(f'self.{ADDITIONAL}', may_be_none=False)}")
    if all(one.required for one in fields if not one.of.read_only):
        return f"{{{', '.join([*entries, *present])}}}"
    parts = [
        f"encode.{function}({{{', '.join(some)}}})"
        for function, some in (("present", present), ("given", given))
        if some
    ]
    if len(parts) == 1 and not entries:
        return parts[0]
    return f"{{{', '.join([*entries, *(f'**{part}' for part in parts)])}}}"


def _may_be_null(shape: Shape) -> bool:
    return shape.nullable or shape.annotation in ("Any", "None")
