"""Names in the typed client, and what the rest of the generator is told of its functions."""

from collections.abc import Callable

from codegen.client import Docs, read_client
from codegen.contract import normalise, parse
from tests.codegen.generated_clients import GeneratedClient, contract, document, spec


def test_functions_are_called_as_in_fastapi() -> None:
    operations = spec("pinned").operations
    assert operations["POST /trading/orders"].function == "place_trade"
    assert operations["POST /trading/orders"].module == "trading"
    assert operations["GET /accounts/"].function == "list_accounts"


def test_names_are_found_where_there_are_none_or_too_many() -> None:
    functions = {key: (one.module, one.function) for key, one in spec("names").operations.items()}
    assert functions["GET /things/{thing-id}/parts/{part.id}"] == ("class_", "get_things_thing_id_parts_part_id")
    assert functions["GET /"] == ("shared_", "list_")
    assert functions["POST /"] == ("shared_", "import_")
    assert functions["GET /fastapi/{x}/"] == ("market_data", "read_x")
    assert functions["GET /camel"] == ("emoji", "get_v2clmm_pools")
    prices = {function for module, function in functions.values() if function.startswith("get_prices")}
    assert len(prices) == 4
    assert not any(function[-1].isdigit() for function in prices)


def test_path_words_tell_like_named_operations_apart() -> None:
    paths = {f"/{area}/prices": {"get": {"operationId": "get", "responses": {}}} for area in ("spot", "futures")}
    found = read_client(parse(normalise(document(paths))), Docs()).operations
    assert [one.function for one in found.values()] == ["get_futures_prices", "get_spot_prices"]


def test_names_in_python_lead_back_to_those_of_the_contract(client_of: Callable[[str], GeneratedClient]) -> None:
    model = client_of("names")["models.shared_"].AnyModel
    properties = contract("names").schemas["Any"]["properties"]
    sent = {name: "a" for name, schema in properties.items() if schema == {"type": "string"}}
    assert len(sent) > 20
    assert model.from_dict(sent).to_dict() == sent


def test_parameters_of_one_name_say_where_they_are() -> None:
    (operation,) = (one for one in spec("parameters").operations.values() if one.function == "same")
    names = {(one.location, one.name): one.python_name for one in operation.parameters}
    assert names == {
        ("path", "id"): "id_",
        ("query", "id"): "id_query",
        ("header", "id"): "id_header",
        ("query", "ID"): "id_2",
    }


# What the rest of the generator is told


def test_tells_tools_how_to_fill_a_request() -> None:
    order = spec("pinned").operations["POST /trading/orders"]
    assert order.body
    assert order.body.model == "TradeRequest"
    assert order.body.model_import == "from hummingbot_api.models.trading import TradeRequest"
    fields = {field.name: field for field in order.body.fields}
    assert fields["amount"].required
    assert fields["amount"].value.annotation == "Decimal"
    assert not fields["price"].required
    assert fields["price"].value.from_json == "{}"
    assert order.returns.annotation == "TradeResponse"


def test_tells_tools_how_to_make_models_of_json() -> None:
    body = next(one.body for one in spec("schemas").operations.values() if one.function == "everything")
    assert body
    values = {field.name: field.value for field in body.fields}
    assert values["node"].from_json == "Node.from_dict({})"
    assert values["nested"].from_json == "decode.array(decode.array(Node.from_dict))({})"
    assert "from hummingbot_api.models.schemas import Node" in values["nested"].imports
    assert values["free"].from_json == "{}"
    account = next(one.body for one in spec("schemas").operations.values() if one.function == "put_account")
    assert account
    assert [field.name for field in account.fields] == ["name", "secret"]
