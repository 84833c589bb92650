"""Lowered schemas -> openapi-python-client's typed properties."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.openapi import Endpoint, GeneratorData
from openapi_python_client.parser.properties import LiteralEnumProperty, ModelProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.union import UnionProperty

from codegen.client.components import Component
from codegen.client.lowering import Lowering
from codegen.contract import ContractError


@frozen
class Parsed:
    """What the parser makes of the operations (by key) and of objects (by ordinal); `components` by ordinal, too."""

    endpoints: dict[str, Endpoint]
    models: dict[str, ModelProperty]
    components: dict[str, Component]

    def inner(self, key: str) -> list[PropertyProtocol]:
        """The properties that a component is made of."""
        model = self.models.get(key)
        if model is None:
            return []
        extras = [model.additional_properties] if model.additional_properties else []
        return [*(model.required_properties or ()), *(model.optional_properties or ()), *extras]


def parse(lowering: Lowering, operations: Mapping[str, dict[str, Any]]) -> Parsed:
    """Run the parser until everything has come through, giving up a component at a time where it can't.

    `operations` are lowered OpenAPI operations, by key.

    Raises:
        ContractError: an operation can't be parsed.
    """
    while True:
        data = GeneratorData.from_dict(_document(lowering, operations), config=_config())
        if isinstance(data, GeneratorError):
            raise ContractError("the document", data.detail or data.header)
        if not data.errors:
            break
        lowering.give_up(*_broken(data))
    models = {str(model.class_info.name): model for model in data.models}
    return Parsed(_endpoints(data, operations), models, lowering.components)


def components_of(prop: PropertyProtocol) -> Iterator[str]:
    """The keys of the components that a property is made of, without those inside of them."""
    match prop:
        case ListProperty():
            yield from components_of(prop.inner_property)
        case UnionProperty():
            for inner in prop.inner_properties:
                yield from components_of(inner)
        case ModelProperty() | LiteralEnumProperty():
            yield prop.class_info.name


def only_model(prop: PropertyProtocol) -> str | None:
    """The key of the component, where a property is one model, or one model or null."""
    inner = prop.inner_properties if isinstance(prop, UnionProperty) else [prop]
    models = [one for one in inner if not isinstance(one, NoneProperty)]
    return models[0].class_info.name if len(models) == 1 and isinstance(models[0], ModelProperty) else None


def _broken(data: GeneratorData) -> tuple[str, str]:
    """A component that the parser didn't take, and why."""
    for error in data.errors:
        if match := re.search(r"/components/schemas/(M\d+)", f"{error.header} {error.detail}"):
            return match[1], error.detail or error.header
    raise ContractError("the document", data.errors[0].detail or data.errors[0].header)


def _endpoints(data: GeneratorData, operations: Mapping[str, Any]) -> dict[str, Endpoint]:
    collections = data.endpoint_collections_by_tag.values()
    found = {endpoint.path.get_untrusted_value(): endpoint for tag in collections for endpoint in tag.endpoints}
    problems = [error for tag in collections for error in tag.parse_errors]
    result: dict[str, Endpoint] = {}
    for index, key in enumerate(operations):
        endpoint = found.get(f"/o{index}")
        if endpoint is None or endpoint.errors:
            told = [error.detail or "" for error in problems if f" /o{index} " in f"{error.header} "]
            raise ContractError(key, "; ".join(told) or "can't be parsed")
        result[key] = endpoint
    return result


def _document(lowering: Lowering, operations: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "", "version": ""},
        "paths": {
            f"/o{index}": {"post": {"operationId": f"o{index}", **lowering.direct(operation)}}
            for index, operation in enumerate(operations.values())
        },
        "components": {"schemas": {key: one.lowered for key, one in lowering.components.items()}},
    }


def _config() -> Config:
    return Config.from_sources(
        ConfigFile(literal_enums=True),
        meta_type=MetaType.NONE,
        document_source=Path(),
        file_encoding="utf-8",
        overwrite=False,
        output_path=None,
    )
