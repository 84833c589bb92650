"""Contract -> ClientSpec."""

from typing import Any, TypeVar

from codegen.client.client_spec import Alias, Class, ClientSpec, Docs, Function
from codegen.client.components import references
from codegen.client.functions import Functions
from codegen.client.lowering import Lowering
from codegen.client.models import Models
from codegen.client.names import FunctionNames, pascal
from codegen.client.parsing import parse
from codegen.client.placing import Placement, place
from codegen.client.properties import Properties
from codegen.client.shapes import PACKAGE, literal_annotation
from codegen.contract import Contract, Operation, schema_name

T = TypeVar("T", Function, Class, Alias)


def read_client(contract: Contract, docs: Docs, package: str = PACKAGE) -> ClientSpec:
    """Decide all that the client is made of, which is in a package of this name.

    Raises:
        ContractError: the contract has something that no client can express.
    """
    names = FunctionNames(contract.operations.values())
    lowering = Lowering(contract.schemas)
    lowered = {key: _lowered(operation, lowering, names[key]) for key, operation in contract.operations.items()}
    refusals = [schema_name(lowering.reference(name)["$ref"]) for name in _schemas_of_refusals(contract)]
    lowering.finish()
    placement = place(contract, names, parse(lowering, lowered), refusals, docs.nulls, package)
    properties = Properties(placement)
    models = Models(placement, properties, docs)
    functions = Functions(names, placement, properties, models, docs)
    operations = [functions.read(operation) for operation in contract.operations.values()]
    classes, aliases = _named(placement, models)
    return ClientSpec(
        package=package,
        operations={client.key: client for client, _ in operations},
        fallbacks=tuple(lowering.fallbacks),
        functions=_by_module([(client.module, function) for client, function in operations]),
        classes=_by_module(classes),
        aliases=_by_module(aliases),
    )


def _lowered(operation: Operation, lowering: Lowering, name: str) -> dict[str, Any]:
    """The operation as the parser takes it: every parameter in the query, any body and answer as JSON."""
    title = pascal(name)
    parameters = [
        {
            "name": f"p{index}",
            "in": "query",
            "required": parameter.required,
            "schema": lowering.lower(
                parameter.schema, title + pascal(parameter.name), f"{operation.key}, parameter {parameter.name}"
            ),
        }
        for index, parameter in enumerate(operation.parameters)
    ]
    document: dict[str, Any] = {"parameters": parameters, "responses": {}}
    if operation.body:
        body = lowering.lower(operation.body.schema, f"{title}Body", f"{operation.key}, body")
        document["requestBody"] = {"content": {"application/json": {"schema": body}}, "required": True}
    if operation.response is not None:
        answer = lowering.lower(operation.response, f"{title}Response", f"{operation.key}, answer")
        document["responses"] = {"200": {"description": "", "content": {"application/json": {"schema": answer}}}}
    return document


def _schemas_of_refusals(contract: Contract) -> list[str]:
    """The schemas of answers that aren't good: nobody parses into them here, but callers may."""
    found = {
        name
        for item in contract.document["paths"].values()
        for operation in item.values()
        for name in references(operation["responses"])
    }
    return sorted(found & contract.schemas.keys())


def _named(placement: Placement, models: Models) -> tuple[list[tuple[str, Class]], list[tuple[str, Alias]]]:
    """All classes and all aliases, each with its module."""
    classes: list[tuple[str, Class]] = []
    aliases: list[tuple[str, Alias]] = []
    for key, title in placement.titles.items():
        component, module = placement.parsed.components[key], placement.module(key)
        if component.is_class:
            classes.append((module, models.read(key)))
        else:
            aliases.append((module, Alias(title, literal_annotation(component.values))))
    return classes, aliases


def _by_module(found: list[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
    """By module, in the order of names."""
    return {
        module: tuple(sorted((one for at, one in found if at == module), key=lambda one: one.name))
        for module in sorted({module for module, _ in found})
    }
