"""What is decided about the client: for those who generate calls of it, and for the templates that lay it out."""

from collections.abc import Mapping, Set

from attrs import field, frozen

# What the rest of the generator says and asks


@frozen
class Docs:
    """What is curated: operation key -> docstring; (schema name, property) -> comment; and where null is sent.

    `nulls` are fields of bodies by operation key. Without it, null is sent where a field is required, and in a PATCH.
    """

    operations: Mapping[str, str] = field(factory=dict)
    fields: Mapping[tuple[str, str], str] = field(factory=dict)
    nulls: Mapping[str, Set[str]] = field(factory=dict)


@frozen
class Fallback:
    """Something that the client expresses less exactly than the contract does."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@frozen
class Value:
    """A type, for those who write code that calls the client.

    `from_json` is an expression with `{}` for a JSON value that isn't None. `annotation` says `| None` only where
    null may be sent: that a value may be left out is said by `required` beside it. `imports` are whole lines.
    """

    annotation: str
    imports: frozenset[str]
    from_json: str


@frozen
class ClientParameter:
    """An argument of a function; `name` is the API's."""

    name: str
    python_name: str
    location: str
    required: bool
    value: Value


@frozen
class ClientField:
    """An attribute of a body's model; `name` is the API's.

    With `null` it is optional and None is sent as null: what is left out is ABSENT.
    """

    name: str
    python_name: str
    required: bool
    value: Value
    null: bool = False


@frozen
class ClientBody:
    """The body of an operation; `fields` are empty where it isn't an object with named properties.

    `others` is the attribute of the model for all properties without a name, where there may be any.
    """

    media_type: str
    required: bool
    value: Value
    model: str | None
    model_import: str | None
    fields: tuple[ClientField, ...]
    others: ClientField | None = None


@frozen
class ClientOperation:
    """The function of one operation. A body is passed as `body`."""

    key: str
    module: str
    function: str
    parameters: tuple[ClientParameter, ...]
    body: ClientBody | None
    returns: Value


# What the templates lay out


@frozen
class Function:
    """A function: its arguments with their annotations, and those of the `Request(...)` that it makes."""

    name: str
    arguments: tuple[str, ...]
    returns: str
    doc: tuple[str, ...]
    call: tuple[str, ...]
    imports: frozenset[str]


@frozen
class Attribute:
    """A field of a class; `decoded` is what from_dict passes for it."""

    declaration: str
    doc: tuple[str, ...]
    decoded: str


@frozen
class Class:
    """A model. `to_dict` is what the method returns; None where it isn't sent."""

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
    """The whole client, in a package of its own. `operations` are by key; functions, classes and aliases by module,
    sorted."""

    package: str
    operations: dict[str, ClientOperation]
    fallbacks: tuple[Fallback, ...]
    functions: dict[str, tuple[Function, ...]]
    classes: dict[str, tuple[Class, ...]]
    aliases: dict[str, tuple[Alias, ...]]
