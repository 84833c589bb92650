"""No digit is lost in the typed client, whatever the value."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.codegen.generated_clients import GeneratedClient, send

JSON = "application/json"
EXACT = ["0.1", "1E-18", "0.10000000000000000000", "1234567890123456789012345678901234567890", "-0.0"]


@pytest.mark.parametrize("digits", EXACT)
def test_every_digit_survives_both_ways(digits: str, client_of: Callable[[str], GeneratedClient]) -> None:
    client, number = client_of("bodies"), Decimal(digits)
    item = client["models.default"].Item
    seen: list[bytes] = []

    def echo(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(200, content=request.content, headers={"Content-Type": JSON})

    request = client["api.default"].send_array([item(price=number, exact=number)])
    (back,) = send(client, request, echo).parse()
    assert seen == [f'[{{"price":{number},"exact":"{number:f}"}}]'.encode()]
    assert back.price.as_tuple() == number.as_tuple() if number.as_tuple().exponent else back.price == number
    assert (back.exact, str(back.exact)) == (number, str(Decimal(f"{number:f}")))


numbers = st.decimals(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers() | numbers | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)


@given(value=values)
def test_json_is_exact(value: Any, client_of: Callable[[str], GeneratedClient]) -> None:
    exact_json = client_of("bodies")["exact_json"]
    text = exact_json.dumps(value)
    assert exact_json.loads(text) == value
    assert json.loads(text, parse_float=Decimal) == value


@given(number=numbers)
def test_decimals_are_exact_as_numbers_and_as_text(
    number: Decimal, client_of: Callable[[str], GeneratedClient]
) -> None:
    decode, encode, exact_json = (client_of("bodies")[name] for name in ("decode", "encode", "exact_json"))
    back = decode.decimal(exact_json.loads(exact_json.dumps(number)))
    assert back == number
    assert decode.number_or_text(encode.plain(number)) == number
    if number.as_tuple().exponent:
        assert back.as_tuple() == number.as_tuple()


nodes = st.recursive(
    st.builds(dict, value=numbers),
    lambda inner: st.builds(dict, value=numbers, children=st.lists(inner, max_size=3)),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(node=nodes)
def test_models_are_exact(node: dict[str, Any], client_of: Callable[[str], GeneratedClient]) -> None:
    model = client_of("schemas")["models.schemas"].Node
    assert model.from_dict(node).to_dict() == node


@given(value=values)
def test_any_other_json_is_refused(value: Any, client_of: Callable[[str], GeneratedClient]) -> None:
    with pytest.raises(ValueError, match="expected"):
        client_of("schemas")["models.schemas"].Everything.from_dict(value)
