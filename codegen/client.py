"""Contract -> the typed client in generated/hummingbot_api.

openapi-python-client's parser turns schemas into typed properties; `lowering` prepares them for it. What a property
is in Python (annotation, decoder, encoder) is decided here, and so is every name; templates/client/ only lays out.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import define, evolve, field, frozen
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from openapi_python_client.parser.properties import LiteralEnumProperty, ModelProperty
from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty

from codegen.calls import (
    FORM,
    MULTIPART,
    WIDTH,
    Argument,
    Field,
    body_arguments,
    clean,
    doc,
    essence,
    has_json_value,
    pairs,
    path_expression,
    signature,
    to_dict,
)
from codegen.contract import Contract, ContractError, Operation, Parameter, schema_name
from codegen.lowering import NUMBER_OR_TEXT, Component, Fallback, Lowering
from codegen.names import KEYWORDS, RESERVED, FunctionNames, Unique, pascal, snake
from codegen.parsing import components, only_model, parse
from codegen.shapes import (
    ANY_IMPORT,
    ANYTHING,
    BYTES,
    DECIMAL_IMPORT,
    DECODE,
    ENCODE,
    EXACT_JSON,
    FILE,
    PACKAGE,
    TEXT,
    Shape,
    Value,
    array,
    import_block,
    literal,
    mapping,
    or_none,
    quoted,
)

__all__ = [
    "ClientBody",
    "ClientField",
    "ClientOperation",
    "ClientParameter",
    "ClientSpec",
    "Docs",
    "Fallback",
    "Value",
    "read_client",
    "render_client",
]

TEMPLATES = Path(__file__).parent / "templates" / "client"

#: Names that fields can't have: their class needs them.
_FIELDS = KEYWORDS | {"bool", "bytes", "classmethod", "dict", "from_dict", "int", "list", "str", "to_dict"}


@frozen
class ClientParameter:
    name: str
    python_name: str
    location: str
    required: bool
    value: Value


@frozen
class ClientField:
    """An attribute of a body's model."""

    name: str
    python_name: str
    required: bool
    value: Value


@frozen
class ClientBody:
    """The body of an operation; `fields` are empty where it isn't an object with named properties."""

    media_type: str
    required: bool
    value: Value
    model: str | None
    model_import: str | None
    fields: tuple[ClientField, ...]


@frozen
class ClientOperation:
    """The function of one operation. A body is passed as `body`."""

    key: str
    module: str
    function: str
    parameters: tuple[ClientParameter, ...]
    body: ClientBody | None
    returns: Value


@frozen
class Docs:
    """Curated sentences: operation key -> docstring; (schema name, property) -> comment."""

    operations: Mapping[str, str] = field(factory=dict)
    fields: Mapping[tuple[str, str], str] = field(factory=dict)


@frozen
class Function:
    """An operation as its template lays it out."""

    name: str
    arguments: tuple[str, ...]
    returns: str
    doc: tuple[str, ...]
    call: tuple[str, ...]
    imports: frozenset[str]


@frozen
class Attribute:
    """A field of a class as its template lays it out."""

    declaration: str
    doc: tuple[str, ...]
    decoded: str


@frozen
class Class:
    """A model as its template lays it out. `to_dict` is what the method returns; None where it isn't sent."""

    name: str
    attributes: tuple[Attribute, ...]
    decodes: bool
    to_dict: str | None
    imports: frozenset[str]


@frozen
class Alias:
    """A name for an enum."""

    name: str
    annotation: str


@frozen
class ClientSpec:
    """The whole client: what the rest of the generator asks for, and what the templates lay out, by module."""

    operations: dict[str, ClientOperation]
    fallbacks: tuple[Fallback, ...]
    functions: dict[str, tuple[Function, ...]]
    classes: dict[str, tuple[Class, ...]]
    aliases: dict[str, tuple[Alias, ...]]


def read_client(contract: Contract, docs: Docs) -> ClientSpec:
    """Decide all that the client is made of.

    Raises:
        ContractError: the contract has something that no client can express.
    """
    return _Reader(contract, docs).read()


def render_client(spec: ClientSpec) -> dict[str, str]:
    """The files of the client: path relative to generated/ -> text, not yet formatted."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    files = {file.name: file.read_text(encoding="utf-8") for file in sorted((TEMPLATES / "static").iterdir())}
    files["py.typed"] = ""
    files["api/__init__.py"] = '"""One module per tag: each function makes the request of one operation."""\n'
    files["models/__init__.py"] = '"""What requests and answers are made of. `shared` is used by several tags."""\n'
    for module, functions in spec.functions.items():
        imports = import_block(line for function in functions for line in function.imports)
        files[f"api/{module}.py"] = env.get_template("api.py.jinja").render(imports=imports, functions=functions)
    for module in sorted(spec.classes.keys() | spec.aliases.keys()):
        classes, aliases = spec.classes.get(module, ()), spec.aliases.get(module, ())
        lines = [line for one in classes for line in one.imports]
        if aliases:
            lines.append("from typing import Literal")
        files[f"models/{module}.py"] = env.get_template("models.py.jinja").render(
            imports=import_block(line for line in lines if f".models.{module} " not in line),
            classes=classes,
            aliases=aliases,
        )
    return {f"{PACKAGE}/{path}": text for path, text in files.items()}


# What a property is in Python


@define
class _Use:
    """Where a component is used."""

    modules: set[str] = field(factory=set)
    sent: bool = False
    decoded: bool = False
    files: bool = False


class _Reader:
    def __init__(self, contract: Contract, docs: Docs) -> None:
        self.contract, self.docs = contract, docs
        self.lowering = Lowering(contract.schemas)
        self.names = FunctionNames(contract.operations.values())

    def read(self) -> ClientSpec:
        documents = {key: self._lower(operation) for key, operation in self.contract.operations.items()}
        self.refused = [self.lowering.reference(name) for name in self._schemas_of_refusals()]
        self.lowering.finish()
        self.parsed = parse(self.lowering, documents)
        self._place()
        operations: dict[str, ClientOperation] = {}
        functions: dict[str, list[Function]] = {}
        for key, operation in self.contract.operations.items():
            operations[key], function = self._operation(operation)
            functions.setdefault(operations[key].module, []).append(function)
        classes: dict[str, list[Class]] = {}
        aliases: dict[str, list[Alias]] = {}
        for component, use in self.uses.items():
            if component in self.titles and self._component(component).is_class:
                classes.setdefault(self._module(component), []).append(self._class(component, use))
            elif component in self.titles:
                alias = Alias(self.titles[component], literal(self._component(component).values))
                aliases.setdefault(self._module(component), []).append(alias)
        return ClientSpec(
            operations=operations,
            fallbacks=tuple(self.lowering.fallbacks),
            functions=_by_module(functions),
            classes=_by_module(classes),
            aliases=_by_module(aliases),
        )

    # Handing the contract to the parser

    def _lower(self, operation: Operation) -> dict[str, Any]:
        """The operation as the parser takes it: every parameter in the query, any body and answer as JSON."""
        title = pascal(self.names[operation.key])
        parameters = [
            {
                "name": f"p{index}",
                "in": "query",
                "required": parameter.required,
                "schema": self.lowering.lower(
                    parameter.schema, title + pascal(parameter.name), f"{operation.key}, parameter {parameter.name}"
                ),
            }
            for index, parameter in enumerate(operation.parameters)
        ]
        document: dict[str, Any] = {"parameters": parameters, "responses": {}}
        if operation.body:
            lowered = self.lowering.lower(operation.body.schema, f"{title}Body", f"{operation.key}, body")
            document["requestBody"] = {"content": {"application/json": {"schema": lowered}}, "required": True}
        if operation.response is not None:
            lowered = self.lowering.lower(operation.response, f"{title}Response", f"{operation.key}, answer")
            document["responses"] = {"200": {"description": "", "content": {"application/json": {"schema": lowered}}}}
        return document

    def _schemas_of_refusals(self) -> list[str]:
        """The schemas of answers that aren't good: nobody parses into them here, but callers may."""
        found = {
            schema_name(ref)
            for item in self.contract.document["paths"].values()
            for operation in item.values()
            for ref in _refs(operation["responses"])
        }
        return sorted(found & self.contract.schemas.keys())

    def _place(self) -> None:
        self.uses: dict[str, _Use] = {}
        for key, operation in self.contract.operations.items():
            endpoint, module = self.parsed.endpoints[key], self.names.module(operation)
            for prop in endpoint.query_parameters:
                self._use(prop, module, sent=True, decoded=True)
            if operation.body and endpoint.bodies and has_json_value(operation.body):
                files = essence(operation.body.media_type) == MULTIPART
                self._use(endpoint.bodies[0].prop, module, sent=True, files=files)
            for response in endpoint.responses.patterns:
                self._use(response.prop, module, decoded=True)
        for ref in self.refused:
            component = ref["$ref"].rsplit("/", 1)[-1]
            if component in self.parsed.models and component not in self.uses:
                self._use(self.parsed.models[component], "shared", decoded=True)
        named = Unique(RESERVED)
        self.titles: dict[str, str] = {}
        candidates = [key for key in self.uses if self._component(key).is_named]
        for key in sorted(candidates, key=lambda key: _precedence(self._component(key))):
            self.titles[key] = named.claim(self._component(key).title, suffix="Model")

    def _use(
        self, prop: PropertyProtocol, module: str, *, sent: bool = False, decoded: bool = False, files: bool = False
    ) -> None:
        """Note what a property needs. What a request holds deeper inside is also made from JSON, by tools."""
        for key in components(prop):
            use = self.uses.setdefault(key, _Use())
            before = (len(use.modules), use.sent, use.decoded, use.files)
            use.modules.add(module)
            whole = isinstance(prop, ModelProperty) or (
                isinstance(prop, UnionProperty) and only_model(prop) is not None
            )
            decode = decoded or (sent and not (whole and self._component(key).properties))
            use.sent, use.decoded, use.files = use.sent or sent, use.decoded or decode, use.files or files
            if before == (len(use.modules), use.sent, use.decoded, use.files):
                continue
            for inner in self.parsed.inner(key):
                self._use(inner, module, sent=sent, decoded=decoded or sent, files=files)

    def _component(self, key: str) -> Component:
        return self.lowering.components[key]

    def _module(self, key: str) -> str:
        modules = self.uses[key].modules
        return next(iter(modules)) if len(modules) == 1 else "shared"

    def _import(self, key: str) -> str:
        return f"from {PACKAGE}.models.{self._module(key)} import {self.titles[key]}"

    # What a property is in Python

    def _shape(self, prop: PropertyProtocol, files: bool = False) -> Shape:
        match prop:
            case NoneProperty():
                return Shape("None", "decode.nothing")
            case BooleanProperty():
                return Shape("bool", "decode.boolean")
            case IntProperty():
                return Shape("int", "decode.integer")
            case FloatProperty() if prop.description == NUMBER_OR_TEXT["description"]:
                return Shape("Decimal", "decode.number_or_text", "encode.plain({})", DECIMAL_IMPORT)
            case FloatProperty():
                return Shape("Decimal", "decode.decimal", imports=DECIMAL_IMPORT)
            case FileProperty():
                return FILE if files else TEXT
            case StringProperty():
                return TEXT
            case ConstProperty():
                return self._literal_shape((prop.value.raw_value,))
            case LiteralEnumProperty():
                return self._enum_shape(prop.class_info.name)
            case ListProperty():
                return array(self._shape(prop.inner_property, files))
            case UnionProperty():
                return self._union(prop, files)
            case ModelProperty():
                return self._model(prop.class_info.name, files)
        return ANYTHING

    def _enum_shape(self, key: str) -> Shape:
        if key not in self.titles:
            return self._literal_shape(self._component(key).values)
        title = self.titles[key]
        return Shape(title, f"decode.literal({title})", imports=frozenset({self._import(key)}))

    @staticmethod
    def _literal_shape(values: tuple[str | int, ...]) -> Shape:
        annotation = literal(values)
        return Shape(annotation, f"decode.literal({annotation})", imports=frozenset({"from typing import Literal"}))

    def _model(self, key: str, files: bool) -> Shape:
        if self._component(key).is_class:
            title = self.titles[key]
            imports = frozenset({self._import(key)})
            return Shape(title, f"{title}.from_dict", "{}.to_dict()", imports, has_models=True)
        extra = self.parsed.models[key].additional_properties
        return mapping(self._shape(extra, files) if extra else ANYTHING)

    def _union(self, prop: UnionProperty, files: bool) -> Shape:
        inner = [one for one in prop.inner_properties if not isinstance(one, NoneProperty)]
        inner.sort(key=self._demands, reverse=True)
        shapes: dict[str, Shape] = {}
        for one in inner:
            shape = self._shape(one, files)
            shapes.setdefault(shape.annotation, shape)
        nullable = len(inner) < len(prop.inner_properties)
        if not shapes:
            return Shape("None", "decode.nothing")
        if "Any" in shapes:
            return ANYTHING
        parts = list(shapes.values())
        if len(parts) == 1:
            return evolve(parts[0], nullable=nullable or parts[0].nullable)
        encoder = None
        if any(part.encoder for part in parts):
            exact = any(part.encoder == "encode.plain({})" for part in parts)
            encoder = "encode.json_value({}, encode.plain)" if exact else "encode.json_value({})"
        return Shape(
            " | ".join(part.annotation for part in parts),
            f"decode.union({', '.join(part.decoder for part in parts)})",
            encoder,
            frozenset().union(*(part.imports for part in parts)),
            nullable=nullable,
            has_models=any(part.has_models for part in parts),
        )

    def _demands(self, prop: PropertyProtocol) -> int:
        """How many fields a model must have: of the models of a union, the most demanding is tried first."""
        model = self.parsed.models.get(prop.class_info.name) if isinstance(prop, ModelProperty) else None
        return len(model.required_properties or ()) if model else 0

    # Operations

    def _operation(self, operation: Operation) -> tuple[ClientOperation, Function]:
        key, endpoint = operation.key, self.parsed.endpoints[operation.key]
        shapes = {prop.name.get_untrusted_value(): self._shape(prop) for prop in endpoint.query_parameters}
        unique = Unique(RESERVED | {"body"})
        arguments = [
            Argument(parameter, _claimed(unique, parameter), shapes[f"p{index}"])
            for index, parameter in enumerate(operation.parameters)
        ]
        body_shape = self._body_shape(operation) if operation.body else None
        returns = ANYTHING
        if operation.response is not None:
            returns = self._shape(endpoint.responses.patterns[0].prop)
        module, name = self.names.module(operation), self.names[key]
        call, imports = self._call(operation, arguments, body_shape, returns)
        used = [argument.shape for argument in arguments] + ([body_shape] if body_shape else []) + [returns]
        function = Function(
            name=name,
            arguments=tuple(signature(arguments, operation.body, body_shape)),
            returns=returns.full_annotation,
            doc=doc(self.docs.operations.get(key), key),
            call=call,
            imports=imports.union(*(shape.imports for shape in used)),
        )
        client = ClientOperation(
            key=key,
            module=module,
            function=name,
            parameters=tuple(
                ClientParameter(one.of.name, one.name, one.of.location, one.of.required, one.shape.value())
                for one in arguments
            ),
            body=self._client_body(operation, body_shape) if operation.body and body_shape else None,
            returns=returns.value(),
        )
        return client, function

    def _body_shape(self, operation: Operation) -> Shape:
        body = operation.body
        assert body
        if not has_json_value(body):
            return TEXT if essence(body.media_type).startswith("text/") else BYTES
        prop = self.parsed.endpoints[operation.key].bodies[0].prop
        is_form = essence(body.media_type) in (FORM, MULTIPART)
        shape = self._shape(prop, files=essence(body.media_type) == MULTIPART)
        is_object = isinstance(prop, ModelProperty | AnyProperty) or only_model(prop)
        if is_form and not is_object:
            raise ContractError(f"{operation.key}, body", "a form must be an object")
        return evolve(shape, annotation="dict[str, Any]") if is_form and shape is ANYTHING else shape

    def _call(
        self, operation: Operation, arguments: list[Argument], body: Shape | None, returns: Shape
    ) -> tuple[tuple[str, ...], frozenset[str]]:
        """The arguments of `Request(...)`, and the imports that they need."""
        call = [quoted(operation.method), path_expression(operation.path, arguments)]
        for name, location in (("query", "query"), ("headers", "header"), ("cookies", "cookie")):
            if there := [one for one in arguments if one.of.location == location]:
                call.append(f"{name}={pairs(there)}")
        if operation.body and body:
            call += body_arguments(operation.body, body)
        if operation.response is None:
            call.append("may_be_text=True")
        call.append(f"parse={returns.full_decoder}")
        text = " ".join(call)
        imports = {f"from {PACKAGE}.request import Request"}
        helpers = (DECODE, "decode."), (ENCODE, "encode."), (EXACT_JSON, "exact_json.")
        imports |= {line for line, used in helpers if used in text}
        return tuple(call), frozenset(imports)

    def _client_body(self, operation: Operation, shape: Shape) -> ClientBody:
        body = operation.body
        assert body
        fields: tuple[ClientField, ...] = ()
        model = model_import = None
        key = only_model(self.parsed.endpoints[operation.key].bodies[0].prop) if has_json_value(body) else None
        if key and self._component(key).properties:
            model, model_import = self.titles[key], self._import(key)
            fields = tuple(
                ClientField(one.of.name, one.name, one.required, one.shape.value())
                for one in self._fields(key, self.uses[key])
                if not one.of.read_only
            )
        value = shape.value() if model is None else Value(shape.full_annotation, shape.imports, "{}")
        return ClientBody(body.media_type, body.required, value, model, model_import, fields)

    # Models

    def _fields(self, key: str, use: _Use) -> list[Field]:
        """The fields of a class, required ones first."""
        model, component = self.parsed.models[key], self._component(key)
        unique = Unique(_FIELDS | ({"additional"} if model.additional_properties else set()))
        names = [unique.claim(snake(one.name, "field")) for one in component.properties]
        fields: list[Field] = []
        for prop in [*(model.required_properties or ()), *(model.optional_properties or ())]:
            index = int(prop.name.get_untrusted_value()[1:])
            of = component.properties[index]
            absent = (of.read_only and use.sent) or (of.write_only and use.decoded)
            if (of.read_only and not use.decoded) or (of.write_only and not use.sent):
                continue
            fields.append(Field(of, names[index], prop.required and not absent, self._shape(prop, use.files)))
        return sorted(fields, key=lambda one: not one.required)

    def _class(self, key: str, use: _Use) -> Class:
        component, model = self._component(key), self.parsed.models[key]
        fields = self._fields(key, use)
        extras = self._shape(model.additional_properties, use.files) if model.additional_properties else None
        attributes = [self._attribute(component, one) for one in fields]
        if extras:
            known = f"{{{', '.join(quoted(one.of.name) for one in fields)}}}" if fields else "()"
            attributes.append(
                Attribute(
                    declaration=f"additional: dict[str, {extras.full_annotation}] = Factory(dict)",
                    doc=("#: Fields that the contract doesn't name.",),
                    decoded=f"additional=fields.others({known}, {extras.full_decoder})",
                )
            )
        imports = {ANY_IMPORT, "from attrs import Factory, define" if extras else "from attrs import define"}
        imports.update(*(one.shape.imports for one in fields), extras.imports if extras else ())
        sent = to_dict(fields, extras) if use.sent else None
        if use.decoded:
            imports.add(DECODE)
        if sent and "encode." in sent:
            imports.add(ENCODE)
        return Class(self.titles[key], tuple(attributes), use.decoded, sent, frozenset(imports))

    def _attribute(self, component: Component, one: Field) -> Attribute:
        annotation, kind = one.shape.full_annotation, "required" if one.required else "optional"
        if not one.required:
            annotation = f"{or_none(one.shape)} = None"
        doc = self.docs.fields.get((component.schema_name or "", one.of.name))
        decoder = one.shape.full_decoder if one.required else one.shape.decoder
        return Attribute(
            declaration=f"{one.name}: {annotation}",
            doc=tuple(textwrap.wrap(clean(doc), WIDTH, initial_indent="#: ", subsequent_indent="#: ")) if doc else (),
            decoded=f"{one.name}=fields.{kind}({quoted(one.of.name)}, {decoder})",
        )


def _claimed(unique: Unique, parameter: Parameter) -> str:
    name = snake(parameter.name, "parameter")
    return unique.claim(name, f"{name}_{parameter.location}")


def _refs(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(ref := value.get("$ref"), str):
            yield ref
        for inner in value.values():
            yield from _refs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _refs(inner)


def _precedence(component: Component) -> tuple[bool, bool, str]:
    """Who gets a class name that several want: the schema of just this name, then other schemas."""
    return component.schema_name is None, component.schema_name != component.title, component.schema_name or ""


def _by_module(found: dict[str, list[Any]]) -> dict[str, tuple[Any, ...]]:
    return {module: tuple(sorted(found[module], key=lambda one: str(one.name))) for module in sorted(found)}
