"""The typed client's models: what comes in goes out again, and what is wrong is named."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.codegen.generated_clients import GeneratedClient, send

NODE = {"value": 1}
EVERYTHING = {"text": "t", "number": 1, "whole": 1, "flag": True, "required-nullable": None, "exact": "1", "node": NODE}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"text": 1}, "text: expected a string, got a number"),
        ({"number": "1"}, "number: expected a number, got a string"),
        ({"number": True}, "number: expected a number, got true"),
        ({"whole": Decimal("1.5")}, "whole: expected a whole number, got a number"),
        ({"exact": "one"}, "exact: expected a number, got a string"),
        ({"exact": "NaN"}, "exact: expected a number, got a number"),
        ({"node": {}}, "node.value: expected a value, got nothing"),
        ({"node": [NODE]}, "node: expected an object, got an array"),
        ({"nested": [[NODE], [NODE, {"value": None}]]}, "nested[1][1].value: expected a number, got null"),
        ({"by-name": {"a b": [{}]}}, "by-name.a b[0].value: expected a value, got nothing"),
        ({"side": "HOLD"}, "side: expected one of 'SELL', 'BUY', got a string"),
        ({"const-number": True}, "const-number: expected 7, got true"),
        ({"models": 1}, "models: expected an object or an array, got a number"),
        ({"models": [NODE, {}]}, "models[1].value: expected a value, got nothing"),
        ({"extras": {"id": "1", "x": {}}}, "extras.x: expected a number, got an object"),
    ],
)
def test_says_where_an_answer_is_wrong(
    changed: dict[str, Any], message: str, client_of: Callable[[str], GeneratedClient]
) -> None:
    client = client_of("schemas")
    with pytest.raises(client["errors"].UnexpectedShape) as caught:
        client["models.schemas"].Everything.from_dict(EVERYTHING | changed)
    assert str(caught.value) == message
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "more",
    [
        {"optional": "o", "optional-nullable": 1},
        {"exacts": ["0.10", None], "exact-by-name": {"a": "1"}},
        {"date": "2026-01-01", "uuid": "u", "date-or-number": "2026-01-01"},
        {"side": "BUY", "sides": ["BUY", "SELL"], "inline-enum": 'b"c', "level": 2, "mixed-enum": "one"},
        {"nullable-enum": "x", "const": "fixed", "const-number": 7, "const-true": True, "only-true": True},
        {"anything": [1, {"a": None}], "free": {"a": 1}, "closed": {}, "no-properties": {}},
        {"untyped-object": {"a": "b"}, "untyped-array": ["a"], "array": [1, "a"], "tuple": ["a", Decimal("1.5")]},
        {"nested": [[{"value": 1, "children": [NODE], "parent": NODE}]], "by-name": {"a": [NODE]}},
        {"patterns": {"x-a": 1}, "extras": {"id": "1", "additional": 2, "more": "0.50"}},
        {"all": NODE, "combined": {**NODE, "children": [], "label": "l"}, "model-or-text": "text"},
        {"model-or-text": NODE, "models": [NODE], "either": {"a": "b"}, "distributed": {"kind": "k", "a": "a"}},
        {"types": [1], "alias": NODE, "money": "0.1", "contradiction": 1, "arrays-in-enum": [1]},
    ],
)
def test_what_comes_in_goes_out_again(more: dict[str, Any], client_of: Callable[[str], GeneratedClient]) -> None:
    everything = client_of("schemas")["models.schemas"].Everything
    sent = EVERYTHING | more
    assert everything.from_dict(sent).to_dict() == sent


def test_null_is_absence_and_strange_keys_are_ignored(client_of: Callable[[str], GeneratedClient]) -> None:
    everything = client_of("schemas")["models.schemas"].Everything
    assert everything.from_dict(EVERYTHING | {"optional": None, "stranger": 1}).to_dict() == EVERYTHING


def test_the_alternative_that_fits_is_chosen(client_of: Callable[[str], GeneratedClient]) -> None:
    client = client_of("schemas")
    body = b'[{"name": "a"}, {"kind": "dog"}, {"kind": "cat", "friend": {"kind": "dog"}}]'
    found = send(client, client["api.pets"].pets(), lambda _: httpx.Response(200, content=body)).parse()
    pet, dog, cat = client["models.pets"].Pet, client["models.pets"].Dog, client["models.pets"].Cat
    assert found == [pet(name="a"), dog(kind="dog"), cat(kind="cat", friend=dog(kind="dog"))]


def test_schemas_that_contain_themselves(client_of: Callable[[str], GeneratedClient]) -> None:
    client = client_of("schemas")
    answer = send(client, client["api.schemas"].forest(), lambda _: httpx.Response(200, json={"a": {"b": {}}}))
    assert list(answer.parse().additional["a"].additional) == ["b"]
    lists = send(client, client["api.schemas"].list_of_lists(), lambda _: httpx.Response(200, json=[[[]], []]))
    assert lists.parse() == [[[]], []]


def test_read_only_fields_are_not_sent_and_null_only_where_it_means_something(
    client_of: Callable[[str], GeneratedClient],
) -> None:
    account = client_of("schemas")["models.account"].Account
    assert account(id="1", name="n", secret="s").to_dict() == {"name": "n", "secret": "s"}
    assert account.from_dict({"id": "1", "name": "n"}) == account(id="1", name="n")
    order = client_of("legacy")["models.default"].Order
    assert order(amount=Decimal(1), note=None).to_dict() == {"amount": Decimal(1), "note": None}
