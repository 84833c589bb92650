"""Messages that can't be read: each is answered, with its id where it has one."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.types import INVALID_REQUEST, PARSE_ERROR, jsonrpc_message_adapter
from pydantic import ValidationError

from hbmcp.unreadable import error_for
from tests.conftest import connected, http_server
from tests.faulty_api import FaultyApi
from tests.stdio_server import StdioServer

DEEP = f"{'[' * 1000}1{']' * 1000}"
DIGITS = "1" * 4400
UNREADABLE = {
    r'{"name": "\ud800"}': "a text in it holds half of a surrogate pair",
    f'{{"name": {DEEP}}}': "it is nested too deep",
    f'{{"name": {DIGITS}}}': "a number in it has too many digits",
}


def call(arguments: str, request: Any = 77) -> str:
    """As a client may write it."""
    return (
        f'{{"jsonrpc": "2.0", "id": {json.dumps(request)}, "method": "tools/call", '
        f'"params": {{"name": "list_accounts", "arguments": {arguments}}}}}'
    )


@pytest.mark.parametrize("arguments", UNREADABLE)
@pytest.mark.parametrize("request_id", [77, "a \"b\" 'c'"])
def test_a_request_is_answered_with_its_id(stdio: StdioServer, api: FaultyApi, arguments: str, request_id: Any) -> None:
    stdio.write(call(arguments, request_id))
    answer = stdio.answer(request_id)
    assert answer["error"]["code"] == PARSE_ERROR
    assert answer["error"]["message"].startswith(f"This message can't be read: {UNREADABLE[arguments]}")
    assert answer["error"]["message"].endswith(". Nothing was done: correct it, and send it again.")
    assert not api.requests
    assert stdio.call("list_accounts") == ("No rows.", False)


def test_one_that_opens_the_session_is_answered(api: FaultyApi, tmp_path: Any) -> None:
    class Hasty(StdioServer):
        def request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
            if method == "initialize":
                self.write(call(r'{"name": "\ud800"}'))
                self.early = self.answer(77)
            return super().request(method, params)

    with Hasty(env=connected(api.url, HBMCP_TOOLS="all"), cwd=tmp_path) as server:
        assert server.early["error"]["code"] == PARSE_ERROR
        assert server.call("list_accounts") == ("No rows.", False)


def answer(line: str) -> tuple[Any, int, str] | None:
    """The id, the code and the words of the answer to a line."""
    with pytest.raises(ValidationError) as caught:
        jsonrpc_message_adapter.validate_json(line, by_name=False)
    error = error_for(caught.value)
    return (error.id, error.error.code, error.error.message) if error else None


@pytest.mark.parametrize(
    ("line", "request_id", "code", "told"),
    [
        ("garbage", None, PARSE_ERROR, "it isn't JSON (expected value"),
        ('{"id": 5, "method": "tools/call", "params": {"a": 1', 5, PARSE_ERROR, "it isn't JSON (EOF"),
        (r'{"params": {"id": 1, "a": "\ud800", "b": "}"}, "id": 5}', 5, PARSE_ERROR, "surrogate"),
        (r'{"id": "\ud800", "method": "tools/call"}', None, PARSE_ERROR, "surrogate"),
        (f'{{"id": {DIGITS}, "method": "tools/call"}}', None, PARSE_ERROR, "digits"),
        ('{"a": "no end, \\"id\\": 3', None, PARSE_ERROR, "it isn't JSON"),
        ('[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]', None, INVALID_REQUEST, "no JSON-RPC request (Input should"),
        ('{"jsonrpc": "2.0", "id": 5, "method": "ping", "params": [1]}', 5, INVALID_REQUEST, "(params: Input should"),
        ('{"id": "x", "method": "ping"}', "x", INVALID_REQUEST, "(jsonrpc: Field required)"),
        ('{"jsonrpc": "2.0", "id": true, "method": 3}', None, INVALID_REQUEST, "(id.int: Input should"),
    ],
)
def test_what_is_read_of_it_is_used(line: str, request_id: Any, code: int, told: str) -> None:
    found = answer(line)
    assert found is not None
    assert found[:2] == (request_id, code)
    assert told in found[2]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "  ",
        r'{"method": "notifications/cancelled", "params": {"reason": "\ud800"}}',
        r'{"jsonrpc": "2.0", "id": 1, "result": {"a": "\ud800"}}',
        '{"jsonrpc": "2.0", "id": 1, "error": "odd"}',
    ],
)
def test_what_waits_for_no_answer_gets_none(line: str) -> None:
    assert answer(line) is None


@given(st.text() | st.text('{}[]":,\\id1 ').map(lambda text: '{"id":' + text))
def test_no_line_is_too_odd(line: str) -> None:
    try:
        jsonrpc_message_adapter.validate_json(line.encode("utf-8", "replace").decode(), by_name=False)
    except ValidationError as unread:
        if error := error_for(unread):
            assert error.model_dump_json()


@pytest.mark.parametrize("modern", [False, True])
def test_over_http_each_is_answered_too(modern: bool, api: FaultyApi, tmp_path: Any) -> None:
    headers = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "tests", "version": "0"}}
    with http_server(connected(api.url, HBMCP_TOOLS="all"), tmp_path) as url, httpx.Client(headers=headers) as client:
        if modern:
            client.headers.update({"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call"})
        else:
            opened = client.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello})
            client.headers["mcp-session-id"] = opened.headers["mcp-session-id"]
        for arguments in UNREADABLE:
            answered = client.post(url, content=call(arguments))
            assert "error" in answered.json()
    assert not api.requests
