"""Every tool over real sessions: its definition, and the request that it makes the server send.

The API is tests/replay: it checks each request strictly against the pinned contract and answers in its shape.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import TextContent, Tool
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

from hbmcp.catalog import Catalog
from tests.conftest import EVERY, http_server, replaying
from tests.forked import HBMCP, stdio
from tests.replay.server import Replay

CATALOG = Catalog.load()
#: Over one operation of the Hummingbot API. Those of other services are tried in tests/services.
OURS = {tool.name for tool in CATALOG.tools.values() if not (tool.is_workflow or tool.service)}
DEFINITIONS = Path(__file__).parent / "__snapshots__" / "definitions"


class OneFilePerTool(SingleFileSnapshotExtension):
    """tests/__snapshots__/definitions/place_order.json: keys in the order that the client gets them."""

    file_extension = "json"
    _write_mode = WriteMode.TEXT

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:  # noqa: ARG003
        return str(DEFINITIONS)

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:  # noqa: ARG003
        return str(index)

    def serialize(self, data: Any, **_: Any) -> str:
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


#: One value for every parameter that is a plain string or an object; the others follow from their schemas.
VALUES: dict[str, Any] = {
    "account_name": "desk",
    "connector_name": "kraken",
    "instance_name": "eth-maker",
    "trading_pair": "BTC-USDT",
    "trading_pairs": ["BTC-USDT", "ETH-USDT"],
    "db_path": "bots/archived/desk-7/desk.sqlite",
    "config": {"id": "grid 1", "levels": [1, {"spread": "0.10"}]},
    "config_name": "grid 1",
    "container_name": "desk 7",
    "network_id": "solana-mainnet-beta",
    "start_time": "2026-09-14T08:00:00Z",
    "end_time": "2026-09-15",
    "controller_type": "market_making",
    "token_address": "0xA0b8é",
}


def value_for(name: str, schema: dict[str, Any]) -> Any:
    """An argument: from VALUES, or the last, largest or most telling one that the schema allows."""
    if "enum" in schema:
        return schema["enum"][-1]
    if schema.get("pattern") == "_perpetual":
        return "okx_perpetual"
    if name in VALUES and (schema.get("type") != "integer" or isinstance(VALUES[name], int)):
        return VALUES[name]
    match schema.get("type"):
        case "integer":
            return schema.get("maximum", schema.get("minimum", 6) + 1)
        case "number":
            return "0.123456789012345678"
        case "boolean":
            return not schema.get("default", False)
        case "array":
            return [value_for(name, schema["items"])]
        case "object":
            return {f"{name}_key": "ü/1"}
    return f"{name} 1"


def arguments_for(tool: Tool, *, every: bool) -> dict[str, Any]:
    """Arguments for all parameters of the operation, or for the required ones and those that would be different every
    second."""
    properties: dict[str, Any] = CATALOG.tools[tool.name].schema["properties"]
    needed = {*tool.input_schema.get("required", []), *(n for n, s in properties.items() if s.get("default") == "now")}
    return {
        name: value_for(name, schema)
        for name, schema in properties.items()
        if name not in ("preview", "again") and (every or name in needed)
    }


@asynccontextmanager
async def session(transport: str, replay: Replay, folder: Path) -> AsyncIterator[Client]:
    policy = folder / "policy.toml"
    policy.touch()  # no limits: what is sent here is worth nothing that anybody knows
    env = replaying(replay, HBMCP_TOOLS=",".join(EVERY), HBMCP_POLICY=str(policy))
    if transport == "stdio":
        async with Client(stdio([*HBMCP, "serve"], env=env, cwd=folder)) as client:
            yield client
    else:
        with http_server(env, folder) as url:
            async with Client(url) as client:
                yield client


@pytest.mark.anyio
@pytest.mark.filterwarnings("ignore:\\s*Can not relate snapshot:UserWarning")
async def test_definitions(replay: Replay, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """One file per tool, as the client sees it."""
    async with session("stdio", replay, tmp_path) as client:
        tools = (await client.list_tools()).tools
    for tool in tools:
        definition = tool.model_dump(mode="json", by_alias=True, exclude_none=True)
        assert definition == snapshot(name=tool.name, extension_class=OneFilePerTool)
    assert len(tools) == len(CATALOG.tools) >= 160


def test_no_definition_is_left_of_a_tool_that_is_gone(snapshot: SnapshotAssertion) -> None:
    """syrupy takes no such file for its own, and neither tells nor removes it."""
    for file in DEFINITIONS.glob("*.json"):
        if file.stem not in CATALOG.tools:
            assert snapshot.session.update_snapshots, f"{file.name} is left: `make snapshots` removes it"
            file.unlink()


def test_notes(snapshot: SnapshotAssertion) -> None:
    """What results say beside what the API answers, by tool."""
    for tool in CATALOG.tools.values():
        if said := sorted(_sentences(tool.result)):
            assert "\n".join(said) == snapshot(name=tool.name)


def _sentences(result: dict[str, Any]) -> Iterator[str]:
    yield from (f"{key}: {result[key]}" for key in ("note", "row_note", "empty") if key in result)
    said = [one[key] for one in result.get("failed", ()) for key in ("say", "reason") if key in one]
    yield from (f"failed: {one}" for one in said if " " in one)  # else it is where the API says it


@pytest.mark.slow
@pytest.mark.anyio
async def test_every_read_answers_over_http(replay: Replay, tmp_path: Path) -> None:
    """As it does over stdio, where test_requests asks all of them."""
    async with session("http", replay, tmp_path) as client:
        for tool in (await client.list_tools()).tools:
            if tool.name not in OURS or not CATALOG.tools[tool.name].reads:
                continue
            for every in (False, True):
                result = await client.call_tool(tool.name, arguments_for(tool, every=every))
                assert isinstance(result.content[0], TextContent)
                assert not result.is_error, f"{tool.name}: {result.content[0].text}"
                assert replay.last.operation == CATALOG.tools[tool.name].operation


@pytest.mark.anyio
async def test_requests(replay: Replay, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """What each tool sends, with the required arguments and with all: method, path, query, body. Once each.

    Workflows send what they find out that they need: tests/workflows/ has them.
    """
    async with session("stdio", replay, tmp_path) as client:
        for tool in (await client.list_tools()).tools:
            if tool.name not in OURS:
                continue
            sent = []
            for every in (False, True):
                replay.requests.clear()
                arguments = arguments_for(tool, every=every)
                result = await client.call_tool(tool.name, arguments)
                assert isinstance(result.content[0], TextContent)
                assert not result.is_error, f"{tool.name}: {result.content[0].text}"
                # The policy looks at prices and positions before it judges.
                operation = CATALOG.tools[tool.name].operation
                (request,) = [one for one in replay.requests if one.operation == operation]
                sent.append(_request(arguments, request))
            assert "\n\n".join(dict.fromkeys(sent)) == snapshot(name=tool.name)


def _request(arguments: dict[str, Any], request: Any) -> str:
    query = "".join(f"\n  {name} = {value}" for name, value in request.query)
    body = f"\n{request.body.decode()}" if request.body else ""
    return f"{json.dumps(arguments, ensure_ascii=False)}\n{request.method} {request.raw_path}{query}{body}"
