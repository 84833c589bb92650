"""Where the client uses each component, and so the module it is in and the name it has."""

from collections.abc import Iterable, Mapping, Set

from attrs import define, field
from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.union import UnionProperty

from codegen.client.calls import MULTIPART, has_json_value
from codegen.client.components import Component
from codegen.client.names import RESERVED, SHARED, FunctionNames, Unique
from codegen.client.parsing import Parsed, components_of, only_model
from codegen.contract import Contract, essence, is_json


@define
class Use:
    """How a component is used: by which modules, and whether it is sent, made from JSON, or sent with files.

    `nulls` are the properties whose null is sent, where others that may be null are left out.
    """

    modules: set[str] = field(factory=set)
    sent: bool = False
    decoded: bool = False
    files: bool = False
    nulls: set[str] = field(factory=set)


class Placement:
    """The uses of all components that are used (by ordinal), and the names of those that have one, in the models of a
    package."""

    def __init__(self, parsed: Parsed, package: str) -> None:
        self.parsed, self.package = parsed, package
        self.uses: dict[str, Use] = {}
        self.titles: dict[str, str] = {}

    def module(self, key: str) -> str:
        """The module in models/ that a component is in."""
        modules = self.uses[key].modules
        return next(iter(modules)) if len(modules) == 1 else SHARED

    def import_of(self, key: str) -> str:
        """The line that imports a component with a name."""
        return f"from {self.package}.models.{self.module(key)} import {self.titles[key]}"

    def note(
        self,
        prop: PropertyProtocol,
        module: str,
        *,
        sent: bool = False,
        decoded: bool = False,
        files: bool = False,
        nulls: bool = False,
    ) -> None:
        """Note what a property needs. What a request holds deeper inside is also made from JSON, by tools."""
        for key in components_of(prop):
            use = self.uses.setdefault(key, Use())
            before = (len(use.modules), use.sent, use.decoded, use.files, len(use.nulls))
            use.modules.add(module)
            whole = isinstance(prop, ModelProperty) or (
                isinstance(prop, UnionProperty) and only_model(prop) is not None
            )
            decode = decoded or (sent and not (whole and self.parsed.components[key].properties))
            use.sent, use.decoded, use.files = use.sent or sent, use.decoded or decode, use.files or files
            if nulls:
                use.nulls |= {one.name for one in self.parsed.components[key].properties}
            if before == (len(use.modules), use.sent, use.decoded, use.files, len(use.nulls)):
                continue
            for inner in self.parsed.inner(key):
                self.note(inner, module, sent=sent, decoded=decoded or sent, files=files, nulls=nulls)

    def name(self) -> None:
        """Give names, when all uses are noted."""
        unique, components = Unique(RESERVED), self.parsed.components
        named = [key for key in self.uses if components[key].is_named]
        for key in sorted(named, key=lambda key: _precedence(components[key])):
            self.titles[key] = unique.claim(components[key].title, suffix="Model")


def place(
    contract: Contract,
    names: FunctionNames,
    parsed: Parsed,
    extra: Iterable[str],
    nulls: Mapping[str, Set[str]],
    package: str,
) -> Placement:
    """Place all that the operations use, and the `extra` components in the shared module if nobody uses them.

    `nulls` are the fields of bodies whose null is sent, by operation; in a PATCH, where null takes something away
    and absence leaves it, all are.
    """
    placement = Placement(parsed, package)
    for key, operation in contract.operations.items():
        endpoint, module = parsed.endpoints[key], names.module(operation)
        for prop in endpoint.query_parameters:
            placement.note(prop, module, sent=True, decoded=True)
        if operation.body and endpoint.bodies and has_json_value(operation.body):
            files = essence(operation.body.media_type) == MULTIPART
            prop, patch = endpoint.bodies[0].prop, operation.method == "PATCH" and is_json(operation.body.media_type)
            placement.note(prop, module, sent=True, files=files, nulls=patch)
            if (model := only_model(prop)) and key in nulls:
                placement.uses[model].nulls |= nulls[key]
        for response in endpoint.responses.patterns:
            placement.note(response.prop, module, decoded=True)
    for key in extra:
        if key in parsed.models and key not in placement.uses:
            placement.note(parsed.models[key], SHARED, decoded=True)
    placement.name()
    return placement


def _precedence(component: Component) -> tuple[bool, bool, str]:
    """Who gets a class name that several want: the schema of just this name, then other schemas."""
    return component.schema_name is None, component.schema_name != component.title, component.schema_name or ""
