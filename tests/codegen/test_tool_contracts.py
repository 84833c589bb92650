"""What a contract may hold that is hard to offer to a model: it is offered in a form that every client takes, and sent
as the contract has it."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from codegen import curation
from codegen.contract import Contract, ContractError, normalise, parse
from codegen.curation import Curation, CurationError, Tool, Toolset
from codegen.generate import Generated, generate, write
from codegen.tools.tool_spec import OF_THE_BRIDGE
from tests.codegen.any_document import documents
from tests.codegen.generated_clients import NAMES, contract
from tests.codegen.generated_tools import assert_portable, importing_tools
from tests.sampling import sampled

CURATED = """
[tools.replace_guest.params]
note = { null = "sent" }
"""


def curated(folder: Path, more: str = CURATED) -> Generated:
    """Tools for all operations of the document, named as they are, with what is said of their parameters."""
    hotel = contract("bookings")
    tables = ['[toolset]\ntitle = "Hotel"\ndescription = "A hotel."\ndefault = true\n']
    for key, operation in hotel.operations.items():
        name = {"book": "book_room", "pay": "pay_bill"}.get(operation.operation_id or "", operation.operation_id)
        said = 'title = "T"\nrisk = "write"\neffect = "configures"\ndescription = "D."\n'
        tables.append(f'[tools.{name}]\noperation = "{key}"\n{said}')
    (folder / "hotel.toml").write_text("\n".join(tables) + more)
    return generate(hotel, curation.read(folder))


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return curated(tmp_path_factory.mktemp("overrides"))


@pytest.fixture
def properties(generated: Generated) -> Callable[[str], dict[str, Any]]:
    """What a tool offers of its operation, by name."""
    schemas = {tool.name: tool.manifest["definition"]["inputSchema"] for tool in generated.tools}
    return lambda name: {key: one for key, one in schemas[name]["properties"].items() if key not in OF_THE_BRIDGE}


@pytest.fixture(scope="module")
def folder(generated: Generated, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree: Path = tmp_path_factory.mktemp("generated")
    write(generated, tree)
    return tree


@pytest.fixture
def request_of(folder: Path) -> Iterator[Callable[..., httpx.Request]]:
    """Calls a generated tool function and gives the HTTP request that would be sent."""
    with importing_tools(folder) as modules:

        def build(tool: str, **arguments: Any) -> httpx.Request:
            request = getattr(modules["hbmcp_tools.hotel"], tool)(**arguments)
            built = request.build(httpx.AsyncClient(base_url="http://hotel"))
            assert isinstance(built, httpx.Request)
            built.read()
            return built

        yield build


A = {"type": "string"}
NULL = {"type": "null"}


def test_names_that_no_model_takes_are_offered_in_letters_that_all_take(
    properties: Callable[[str], dict[str, Any]],
) -> None:
    found = properties("find_rooms")
    assert {name: one.get("description") for name, one in found.items()} == {
        "Night_gte": "Night>=",
        "Night_lt": "Night<",
        "strasse": "straße",
        "p": "窓",
        "p_2": "庭",
        "the_name_of_whoever_has_recommended_us_to_you_in_the_first": (
            "the_name_of_whoever_has_recommended_us_to_you_in_the_first_place_if_any"
        ),
        "class_": None,
        "Decimal_": None,
        "default_api_": None,
        "where": None,
        "tags": None,
        "order": None,
        "limit": None,
    }
    assert found["order"] == {"type": "string", "enum": ["price", "size"]}
    assert found["limit"] == {"type": "integer", "default": 20}  # and at least 1 is checked


def test_and_are_sent_as_the_contract_has_them(request_of: Callable[..., httpx.Request]) -> None:
    request = request_of(
        "find_rooms",
        Night_gte="1", Night_lt="2", strasse="3", p="4", p_2="5", class_="7",
        Decimal_=Decimal("0.50"), default_api_="8",
        the_name_of_whoever_has_recommended_us_to_you_in_the_first="6",
        where={"floor": 1, "door": Decimal("0.50")}, tags=["ü", "b"],
    )  # fmt: skip
    assert dict(request.url.params) == {
        "Night>=": "1",
        "Night<": "2",
        "straße": "3",
        "窓": "4",
        "庭": "5",
        "the_name_of_whoever_has_recommended_us_to_you_in_the_first_place_if_any": "6",
        "class": "7",
        "Decimal": "0.50",
        "default_api": "8",
        "where": '{"floor":1,"door":0.50}',
    }
    assert {name.decode(): value.decode() for name, value in request.headers.raw}["tags"] == '["ü","b"]'
    assert request_of("get_room", at={"floor": 2}).url.raw_path == b"/rooms/%7B%22floor%22%3A2%7D"


def test_names_inside_of_an_argument_too(
    properties: Callable[[str], dict[str, Any]], request_of: Callable[..., httpx.Request]
) -> None:
    integer = {"type": "integer"}
    bed = {"type": "object", "properties": {"lange": {**integer, "description": "länge"}, "from": A}}
    day = {"type": "object", "properties": {"fruh": {"type": "boolean", "description": "früh"}}}
    assert properties("set_stay")["stay"] == {
        "type": "object",
        "properties": {
            "grosse": {**integer, "description": "größe"},
            "id": A,
            "beds": {"type": "array", "items": bed},
            "stars": {**integer, "minimum": 3, "maximum": 5, "description": "One of 5, 3"},
            "by-day": {"type": "object", "additionalProperties": day},
        },
        "required": ["beds", "grosse"],
    }
    stay = {"grosse": 2, "id": "a", "beds": [{"lange": 2, "from": "x"}], "by-day": {"fruh": {"fruh": True}}}
    assert json.loads(request_of("set_stay", stay=stay).content) == {
        "stay": {"größe": 2, "@id": "a", "beds": [{"länge": 2, "from": "x"}], "by-day": {"fruh": {"früh": True}}}
    }


def test_what_stands_beside_alternatives_is_offered_and_sent(
    properties: Callable[[str], dict[str, Any]], generated: Generated, request_of: Callable[..., httpx.Request]
) -> None:
    assert properties("add_guest") == {
        "name": A,
        "mail": A,
        "phone": A,
        "labels": {"type": "object", "additionalProperties": {"type": "boolean"}},
        "status": {"type": "string", "enum": ["regular", "new"]},
    }
    (guest,) = (tool for tool in generated.tools if tool.name == "add_guest")
    assert [param.name for param in guest.params if param.required] == ["name"]
    sent = {"name": "Ann", "mail": "a@b", "labels": {"is-new": True}, "status": "new"}
    assert json.loads(request_of("add_guest", **sent).content) == sent
    nights = {
        "type": "object",
        "properties": {"nights": {"type": "integer"}, "guest": A},
        "required": ["nights", "guest"],
    }
    until = {"type": "object", "properties": {"until": A, "guest": A}, "required": ["until", "guest"]}
    assert properties("book_room") == {"body": {"anyOf": [nights, until]}}
    assert request_of("book_room", body={"guest": "Ann", "until": "May"}).content == b'{"guest":"Ann","until":"May"}'


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"guest": "Ann"},
        {"guest": "Ann", "floor": 1},
        {"near": {"view": "sea"}},
        {"near": {"door": "3"}, "guest": "Ann"},
    ],
)
def test_the_alternative_that_has_all_fields_is_sent(
    wish: dict[str, Any], request_of: Callable[..., httpx.Request]
) -> None:
    assert json.loads(request_of("add_wish", body=wish).content) == wish


@pytest.mark.parametrize(
    ("tool", "arguments", "body"),
    [
        ("change_guest", {}, "{}"),
        ("change_guest", {"note": None, "mail": "a@b"}, '{"mail":"a@b","note":null}'),
        (
            "change_guest",
            {"note": "n", "born": None, "rate": None, "home": None},
            '{"note":"n","born":null,"rate":null,"home":null}',
        ),
        ("change_guest", {"rate": Decimal("0.10"), "home": {"street": None}}, '{"rate":"0.10","home":{"street":null}}'),
        ("change_guest", {"home": {"rooms": [1, None]}}, '{"home":{"rooms":[1,null]}}'),
        ("replace_guest", {"discount": None, "home": None}, '{"discount":null,"home":null}'),
        (
            "replace_guest",
            {"discount": Decimal("0.5"), "home": {}, "note": None, "mood": None},
            '{"discount":0.5,"home":{},"note":null}',
        ),
        (
            "replace_guest",
            {"discount": None, "home": None, "additional": {"stars": 3}},
            '{"stars":3,"discount":null,"home":null}',
        ),
    ],
)
def test_null_is_sent_where_it_means_something(
    tool: str, arguments: dict[str, Any], body: str, request_of: Callable[..., httpx.Request]
) -> None:
    assert request_of(tool, **arguments).content.decode() == body


def test_null_is_offered_where_it_is_sent(properties: Callable[[str], dict[str, Any]]) -> None:
    street = {"anyOf": [A, NULL]}
    rooms = {"type": "array", "items": {"anyOf": [{"type": "integer"}, NULL]}}
    home = {"type": "object", "properties": {"street": street, "rooms": rooms}}
    assert properties("change_guest") == {
        "note": {"anyOf": [A, NULL]},
        "born": {"anyOf": [{"type": "integer"}, NULL]},
        "rate": {"anyOf": [{"type": "number"}, NULL]},
        "home": {"anyOf": [home, NULL]},
        "mail": A,
    }
    whole = properties("replace_guest")
    assert whole["discount"] == {"anyOf": [{"type": "number"}, NULL]}
    assert whole["note"] == {"anyOf": [A, NULL]}
    assert whole["mood"] == A
    assert whole["additional"] == {"type": "object", "additionalProperties": {"type": "integer"}}


def test_curation_has_the_last_word_on_null(tmp_path: Path) -> None:
    more = '[tools.change_guest.params]\nnote = { null = "absent" }\nstreet = { to = "home.street" }\n'
    tools = {tool.name: tool for tool in curated(tmp_path, more).tools}
    schema = tools["change_guest"].manifest["definition"]["inputSchema"]["properties"]
    assert schema["note"] == A
    assert schema["street"] == {"anyOf": [A, NULL]}
    fields = dict(tools["change_guest"].body_fields)
    assert fields["note"] == "ABSENT if note is None else note"
    assert fields["home"] == 'Home.from_dict({"street": street}) if street is not ABSENT else ABSENT'
    with pytest.raises(CurationError, match="mail: `null` can't be sent: the API doesn't take it here"):
        curated(tmp_path, '[tools.change_guest.params]\nmail = { null = "sent" }\n')


def test_the_fields_of_a_form_are_written_as_their_encoding_says(request_of: Callable[..., httpx.Request]) -> None:
    request = request_of(
        "pay_bill",
        metadata={"a b": "1", "c": "2"}, rooms=[1, 2], extras=["x", "y"], card={"floor": 1, "door": Decimal("0.50")},
        parts=[Decimal("0.50"), Decimal(1)], note="n",
    )  # fmt: skip
    assert request.content.decode().split("&") == [
        "metadata%5Ba%20b%5D=1",
        "metadata%5Bc%5D=2",
        "rooms=1,2",
        "extras=x%7Cy",
        "floor=1",
        "door=0.50",
        "parts=%5B0.50%2C1%5D",
        "note=n",
    ]


def test_the_parts_of_a_form_have_the_media_type_that_is_theirs(request_of: Callable[..., httpx.Request]) -> None:
    request = request_of("add_photo", photo="png", place={"floor": 1}, tags={"a": "b"}, caption="*c*")
    boundary = request.headers["Content-Type"].removeprefix("multipart/form-data; boundary=").encode()
    parts = [part.strip().split(b"\r\n\r\n") for part in request.content.split(b"--" + boundary)[1:-1]]
    assert [(head.decode().split("\r\n"), body.decode()) for head, body in parts] == [
        (['Content-Disposition: form-data; name="photo"; filename="file"', "Content-Type: image/png"], "png"),
        (['Content-Disposition: form-data; name="place"', "Content-Type: application/json"], '{"floor":1}'),
        (['Content-Disposition: form-data; name="tags"', "Content-Type: application/vnd.tags+json"], '{"a":"b"}'),
        (['Content-Disposition: form-data; name="caption"', "Content-Type: text/markdown"], "*c*"),
    ]


def everything(of: Contract) -> Curation:
    """A tool for each operation, with nothing said of its parameters."""
    tools = {
        f"call_tool{number}": Tool(operation=key, title="T", risk="write", effect="configures", description="D.")
        for number, key in enumerate(of.operations)
    }
    toolset = Toolset(title="T", description="T.", default=True)
    return Curation({"every": toolset}, {"every": tools}, {"every": {}}, {}, {}, frozenset(of.operations))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(documents)
def test_any_document_gives_tools_that_all_clients_take(raw: dict[str, Any]) -> None:
    try:
        read = parse(normalise(raw))
        found = generate(read, everything(read))
    except ContractError:
        return
    compile(found.files["hbmcp_tools/every.py"], "every.py", "exec")
    for tool in found.tools:
        assert_portable(tool.manifest["definition"]["inputSchema"])


@pytest.mark.parametrize("name", sampled(["pinned", *NAMES], 3))
def test_every_operation_can_be_a_tool(name: str, tmp_path: Path) -> None:
    found = generate(contract(name), everything(contract(name)))
    write(found, tmp_path)
    for tool in found.tools:
        assert_portable(tool.manifest["definition"]["inputSchema"])
