"""One call from start to end, where nothing is wrong with HTTP."""

import json
import logging
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from hbmcp import settings
from hbmcp.bridge import Bridge, Outcome, prepared
from hbmcp.bridge import progress as reporting
from hbmcp.catalog import Catalog
from hbmcp.server.line import Line
from hbmcp.server.protocol import build
from hbmcp.server.switchboard import Switchboard
from hbmcp.settings import Settings
from tests.conftest import EVERY, PASSWORD, USERNAME
from tests.faulty_api import HANG, FaultyApi, Reply

pytestmark = pytest.mark.anyio

CATALOG = Catalog.load()


@pytest.fixture
def told(api: FaultyApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return settings.load({"api_url": api.url, "api_username": USERNAME, "api_password": PASSWORD})


async def call(told: Settings, tool: str, **arguments: Any) -> Outcome:
    bridge = Bridge(CATALOG.choose(tools=["all"]), told)
    try:
        return await bridge.call(tool, arguments)
    finally:
        await bridge.aclose()


async def test_an_answer_that_drifted_is_passed_on_and_logged_without_its_values(
    told: Settings, api: FaultyApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.always = Reply.json({"master_account": "a-value"})
    outcome = await call(told, "list_accounts")
    assert outcome == Outcome('{"master_account":"a-value"}', False)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "list_accounts" in record.getMessage()
    assert "a-value" not in record.getMessage()


async def test_a_failure_inside_of_200_is_a_failure(told: Settings, api: FaultyApi) -> None:
    failing = next(tool for tool in CATALOG.tools.values() if any("is" in one for one in tool.result.get("failed", ())))
    condition = next(one for one in failing.result["failed"] if "is" in one)
    answer: Any = condition["is"]
    for key in reversed([key for key in condition["path"].split(".") if key]):
        answer = {key: answer}
    api.always = Reply.json(answer)
    properties = failing.schema["properties"]
    outcome = await call(told, failing.name, **{name: _some(properties[name]) for name in failing.schema["required"]})
    assert outcome.is_error
    assert f"{failing.name} failed, although the API answered HTTP 200" in outcome.text


def _some(schema: dict[str, Any]) -> Any:
    return schema.get(
        "enum", [{"string": "x", "integer": 1, "number": 1, "object": {}, "array": ["x"]}[schema["type"]]]
    )[0]


async def test_a_defect_of_ours_is_told_without_a_traceback(
    told: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(prepared, "render", lambda *_, **__: 1 / 0)
    outcome = await call(told, "list_accounts")
    assert outcome.is_error
    assert "hbmcp itself failed at list_accounts" in outcome.text
    assert "ZeroDivisionError" not in outcome.text
    assert "ZeroDivisionError" in caplog.text


async def test_a_call_that_lasts_reports_progress_until_its_end(
    told: Settings, api: FaultyApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "REPORT_EVERY", 0.01)
    api.then(HANG)
    reports: list[tuple[float, str | None]] = []
    bridge = Bridge(CATALOG.choose(tools=["all"]), told)

    async def report(progress: float, total: float | None = None, message: str | None = None) -> None:
        assert total is None
        reports.append((progress, message))
        if len(reports) >= 2 and api.requests:
            group.cancel_scope.cancel()

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            await bridge.call("list_accounts", {}, report)
    assert reports[0][0] < reports[1][0]
    assert "Waiting for the Hummingbot API" in str(reports[0][1])
    monkeypatch.setattr(reporting, "REPORT_EVERY", 60)
    before = len(reports)
    assert not (await bridge.call("list_accounts", {}, report)).is_error
    assert len(reports) == before
    await bridge.aclose()


async def test_a_read_only_server_refuses_what_it_does_not_list(told: Settings, api: FaultyApi) -> None:
    offer = CATALOG.choose(["all"], ["all"], read_only=True)
    async with Client(build(Switchboard([Line(offer, told, None, "tests")]))) as client:
        listed = (await client.list_tools()).tools
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in listed)
        result = await client.call_tool("submit_order", {})
    assert result.is_error
    assert not api.requests


async def test_without_credentials_a_call_says_what_to_set(told: Settings, api: FaultyApi) -> None:
    outcome = await call(told.model_copy(update={"api_password": None}), "list_accounts")
    assert outcome.is_error
    assert outcome.text.startswith("HUMMINGBOT_API_PASSWORD is not set")
    assert not api.requests


def test_every_tool_has_its_function() -> None:
    for tool in CATALOG.tools.values():
        assert callable(prepared.Prepared(tool).build)


async def test_the_listing_is_the_manifest(told: Settings) -> None:
    async with Client(build(Switchboard([Line(CATALOG.choose(tools=EVERY), told, None, "tests")]))) as client:
        listed = (await client.list_tools()).tools
    sent = [tool.model_dump(by_alias=True, mode="json", exclude_none=True) for tool in listed]
    wanted = [tool.definition for tool in CATALOG.tools.values()]
    assert [json.dumps(one, sort_keys=True) for one in sent] == [json.dumps(one, sort_keys=True) for one in wanted]
