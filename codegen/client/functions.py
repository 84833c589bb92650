"""Operations -> the functions of the client, and what their callers must know."""

from attrs import evolve
from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.parser.properties.any import AnyProperty

from codegen.client.calls import (
    FORM,
    MULTIPART,
    Argument,
    body_arguments,
    encoded_parameters,
    has_json_value,
    path_expression,
    signature,
)
from codegen.client.client_spec import ClientBody, ClientField, ClientOperation, ClientParameter, Docs, Function, Value
from codegen.client.docstrings import docstring
from codegen.client.models import Models
from codegen.client.names import RESERVED, FunctionNames, Unique, snake
from codegen.client.parsing import only_model
from codegen.client.placing import Placement
from codegen.client.properties import Properties
from codegen.client.shapes import (
    ANYTHING,
    BYTES,
    DECODE_IMPORT,
    ENCODE_IMPORT,
    EXACT_JSON_IMPORT,
    PACKAGE,
    TEXT,
    Shape,
    quoted,
)
from codegen.contract import Body, ContractError, Operation, essence

_HELPERS = {"decode.": DECODE_IMPORT, "encode.": ENCODE_IMPORT, "exact_json.": EXACT_JSON_IMPORT}


class Functions:
    """The functions of operations whose classes are placed."""

    def __init__(
        self, names: FunctionNames, placement: Placement, properties: Properties, models: Models, docs: Docs
    ) -> None:
        self.names, self.placement, self.parsed = names, placement, placement.parsed
        self.properties, self.models, self.docs = properties, models, docs

    def read(self, operation: Operation) -> tuple[ClientOperation, Function]:
        """One function: for those who call it, and for its template.

        Raises:
            ContractError: no client can send this operation's body.
        """
        key, name = operation.key, self.names[operation.key]
        arguments, returns = self._arguments(operation), self._returns(operation)
        body = self._body(operation.body, key) if operation.body else None
        call = _call(operation, arguments, body, returns)
        shapes = [argument.shape for argument in arguments] + ([body] if body else []) + [returns]
        function = Function(
            name=name,
            arguments=tuple(signature(arguments, operation.body, body)),
            returns=returns.full_annotation,
            doc=docstring(self.docs.operations.get(key), key),
            call=tuple(call),
            imports=_imports(call).union(*(shape.imports for shape in shapes)),
        )
        client = ClientOperation(
            key=key,
            module=self.names.module(operation),
            function=name,
            parameters=tuple(
                ClientParameter(one.of.name, one.name, one.of.location, one.of.required, one.shape.value())
                for one in arguments
            ),
            body=self._client_body(operation.body, body, key) if operation.body and body else None,
            returns=returns.value(),
        )
        return client, function

    def _arguments(self, operation: Operation) -> list[Argument]:
        """The parameters in the order of the contract; where two have one name, the later says where it is."""
        props = {
            prop.name.get_untrusted_value(): prop for prop in self.parsed.endpoints[operation.key].query_parameters
        }
        unique = Unique(RESERVED | {"body"})
        arguments: list[Argument] = []
        for index, parameter in enumerate(operation.parameters):
            name = snake(parameter.name, "parameter")
            name = unique.claim(name, f"{name}_{parameter.location}")
            arguments.append(Argument(parameter, name, self.properties.shape(props[f"p{index}"])))
        return arguments

    def _returns(self, operation: Operation) -> Shape:
        if operation.response is None:
            return ANYTHING
        return self.properties.shape(self.parsed.endpoints[operation.key].responses.patterns[0].prop)

    def _body(self, body: Body, key: str) -> Shape:
        media_type = essence(body.media_type)
        if not has_json_value(body):
            return TEXT if media_type.startswith("text/") else BYTES
        prop = self.parsed.endpoints[key].bodies[0].prop
        shape = self.properties.shape(prop, files=media_type == MULTIPART)
        if media_type not in (FORM, MULTIPART):
            return shape
        if not (isinstance(prop, ModelProperty | AnyProperty) or only_model(prop)):
            raise ContractError(f"{key}, body", "a form must be an object")
        return evolve(shape, annotation="dict[str, Any]") if shape is ANYTHING else shape

    def _client_body(self, body: Body, shape: Shape, key: str) -> ClientBody:
        model = only_model(self.parsed.endpoints[key].bodies[0].prop) if has_json_value(body) else None
        if model is None or not self.parsed.components[model].properties:
            return ClientBody(body.media_type, body.required, shape.value(), None, None, ())
        return ClientBody(
            body.media_type,
            body.required,
            Value(shape.full_annotation, shape.imports, "{}"),
            self.placement.titles[model],
            self.placement.import_of(model),
            tuple(
                ClientField(one.of.name, one.name, one.required, one.shape.value(), one.null)
                for one in self.models.fields(model)
                if not one.of.read_only
            ),
            self.models.others(model),
        )


def _call(operation: Operation, arguments: list[Argument], body: Shape | None, returns: Shape) -> list[str]:
    """The arguments of `Request(...)`."""
    call = [quoted(operation.method), path_expression(operation.path, arguments)]
    for name, location in (("query", "query"), ("headers", "header"), ("cookies", "cookie")):
        if there := [one for one in arguments if one.of.location == location]:
            call.append(f"{name}={encoded_parameters(there)}")
    if operation.body and body:
        call += body_arguments(operation.body, body)
    if operation.response is None:
        call.append("may_be_text=True")
    call.append(f"parse={returns.full_decoder}")
    return call


def _imports(call: list[str]) -> frozenset[str]:
    """What the code of a call needs."""
    text = " ".join(call)
    return frozenset({f"from {PACKAGE}.request import Request"} | {_HELPERS[name] for name in _HELPERS if name in text})
