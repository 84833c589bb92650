"""The typed client's answers: their JSON, and what is an error."""

import asyncio
from collections.abc import Callable
from decimal import Decimal

import httpx
import pytest

from tests.codegen.generated_clients import GeneratedClient, send


def test_answers_keep_their_json(client_of: Callable[[str], GeneratedClient]) -> None:
    client = client_of("bodies")
    body = b'{"a": [1, 1.0, 1e400, "x", null, true], "a b": {}}'
    answer = send(client, client["api.default"].send_free({}), lambda _: httpx.Response(201, content=body))
    assert answer.status == 201
    assert answer.raw == {"a": [1, Decimal("1.0"), Decimal("1e400"), "x", None, True], "a b": {}}
    assert isinstance(answer.raw["a"][0], int)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"NaN", b'{"a": Infinity}', b"[" * 100_000, b"\xff", b"1e999999999999999999999"]
)
def test_what_is_no_json_is_said_to_be_none(body: bytes, client_of: Callable[[str], GeneratedClient]) -> None:
    client = client_of("bodies")
    with pytest.raises(client["errors"].NotJson) as caught:
        send(client, client["api.default"].send_free({}), lambda _: httpx.Response(200, content=body))
    assert caught.value.body == body


@pytest.mark.parametrize("status", [301, 307, 400, 404, 422, 500, 503])
def test_other_answers_are_errors(status: int, client_of: Callable[[str], GeneratedClient]) -> None:
    client = client_of("bodies")
    answer = httpx.Response(status, content=b"no", headers={"Content-Type": "text/plain"})
    with pytest.raises(client["errors"].UnexpectedStatus) as caught:
        send(client, client["api.default"].send_free({}), lambda _: answer)
    assert (caught.value.status, caught.value.body, caught.value.content_type) == (status, b"no", "text/plain")


def test_answers_without_json(client_of: Callable[[str], GeneratedClient]) -> None:
    client = client_of("bodies")
    text = send(client, client["api.default"].send_text(body="a"), lambda _: httpx.Response(200, text="fine"))
    assert text.parse() == "fine"
    gone = send(client, client["api.default"].remove_all(), lambda _: httpx.Response(204))
    assert gone.parse() is None
    surprise = send(client, client["api.default"].remove_all(), lambda _: httpx.Response(200, json={"a": 1}))
    assert surprise.parse() == {"a": 1}


def test_failures_of_the_connection_pass_through(client_of: Callable[[str], GeneratedClient]) -> None:
    client = client_of("bodies")

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("too slow", request=request)

    with pytest.raises(httpx.TransportError):
        send(client, client["api.default"].remove_all(), fail)


def test_a_time_out_is_passed_on(client_of: Callable[[str], GeneratedClient]) -> None:
    client, seen = client_of("bodies"), []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(204)

    async def run() -> None:
        async with httpx.AsyncClient(base_url="http://api", transport=httpx.MockTransport(answer)) as http:
            await client["client"].Client(http).send(client["api.default"].remove_all(), timeout=1.5)

    asyncio.run(run())
    assert seen == [{"connect": 1.5, "read": 1.5, "write": 1.5, "pool": 1.5}]
