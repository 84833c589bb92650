"""Spans leave a real server for a real collector, where the usual variables of OpenTelemetry ask for it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, TraceFlags
from opentelemetry.trace.span import TraceState

from hbmcp.extras import install
from hbmcp.server.spans import _Reduced
from tests.conftest import PASSWORD, connected, http_server
from tests.faulty_api import FaultyApi, Reply
from tests.server.collector import Collector
from tests.stdio_server import StdioServer

pytestmark = pytest.mark.slow

SECRET = "kept-by-the-client-4711"
SOON = {"OTEL_BSP_SCHEDULE_DELAY": "50"}  # milliseconds
WITHOUT = """
import sys
sys.modules["opentelemetry.sdk"] = None
sys.argv = ["hbmcp", "serve"]
from hbmcp.cli import main
main()
"""


def attributes(of: Any) -> dict[str, str]:
    return {one.key: one.value.string_value for one in of.attributes}


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_call_over_http_is_a_span_of_the_client_s_trace(mode: str, tmp_path: Path, api: FaultyApi) -> None:
    api.always = Reply.json(["master_account"])
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with Collector() as collector:
        env = connected(api.url, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **SOON)
        with http_server(env, tmp_path) as url:
            async with Client(url, mode=mode) as client:
                meta: Any = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
                await client.call_tool("get_accounts", {}, meta=meta)
        calls = [one for one in collector.spans if one.name == "tools/call get_accounts"]
    (call,) = calls
    assert (call.trace_id.hex(), call.parent_span_id.hex()) == (trace, "00f067aa0ba902b7")
    assert attributes(call).items() >= {
        ("mcp.method.name", "tools/call"),
        ("gen_ai.tool.name", "get_accounts"),
    }
    told = attributes(collector.resources[0].resource)
    assert told["service.name"] == "hbmcp"


def test_nothing_that_a_client_made_up_leaves_nor_any_secret(tmp_path: Path, api: FaultyApi) -> None:
    """What came as an argument, as a tool's or a method's name, or as an id; what an error quotes; a key."""
    api.always = Reply.json({"detail": f"no account {SECRET}"}, status=400)
    with Collector() as collector:
        env = connected(
            api.url,
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.url}/v1/traces",
            OTEL_EXPORTER_OTLP_HEADERS="x-key=of-the-collector,spoilt of-the-collector",
            OTEL_SERVICE_NAME="the desk's",
            LOG_LEVEL="DEBUG",
            **SOON,
        )
        with StdioServer(env=env, cwd=tmp_path) as server:
            called = {"name": "get_ticker", "arguments": {"connector_name": SECRET, "trading_pair": SECRET}}
            failed = server.request("tools/call", called)
            server.answer(server.start("tools/call", {"name": SECRET, "arguments": {}}))
            server.answer(server.start(SECRET, {}))
            server.write(f'{{"jsonrpc": "2.0", "id": "{SECRET}", "method": "ping", "params": {{}}}}')
            server.notify(f"notifications/{SECRET}", {})
            server.request("ping", {})
            collector.wait(lambda: [one.name for one in collector.spans].count("ping") == 2)
        sent = b"".join(collector.bodies)
    assert failed["isError"]
    assert SECRET.encode() not in sent
    assert PASSWORD.encode() not in sent
    assert {one.name for one in collector.spans} == {
        "initialize", "notifications/initialized", "tools/call get_ticker", "tools/call", "other", "ping",
    }  # fmt: skip
    assert not [event for one in collector.spans for event in one.events]
    assert not [one for one in collector.spans if one.status.message]
    assert attributes(collector.resources[0].resource)["service.name"] == "the desk's"
    assert collector.headers[0]["x-key"] == "of-the-collector"
    assert "of-the-collector" not in "".join(server.log)


def test_the_client_s_tracestate_stays() -> None:
    sent: list[ReadableSpan] = []

    class Collected(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            sent.extend(spans)
            return SpanExportResult.SUCCESS

    state = TraceState([("vendor", SECRET)])
    own, caller = (SpanContext(1, id_, True, TraceFlags(1), state) for id_ in (2, 3))
    _Reduced(Collected(), ()).export([ReadableSpan("a", own, caller), ReadableSpan("b", own)])
    assert SECRET not in repr([(one.context, one.parent) for one in sent])
    bare, parent = (SpanContext(1, id_, True, TraceFlags(1)) for id_ in (2, 3))
    assert [(one.context, one.parent) for one in sent] == [(bare, parent), (bare, None)]


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "True"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_EXPORTER": "none"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, None),
        ({"OTEL_TRACES_EXPORTER": "console"}, "hbmcp sends spans by otlp, and not by console."),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "wants grpc. All else works."),
    ],
)
def test_what_is_not_asked_for_or_not_spoken_is_not_begun(
    variables: dict[str, str], told: str | None, tmp_path: Path, api: FaultyApi
) -> None:
    api.always = Reply.json(["master_account"])
    with StdioServer(env=connected(api.url, **variables), cwd=tmp_path) as server:
        assert "master_account" in str(server.request("tools/call", {"name": "get_accounts", "arguments": {}}))
        server.close()
    said = [line for line in server.log if "hbmcp.server.tracing" in line or "opentelemetry" in line]
    assert [line.strip()[-len(told) :] for line in said] == ([] if told is None else [told])  # type: ignore[arg-type]


def test_an_absent_package_is_said_at_the_start_and_nothing_else_fails(tmp_path: Path, api: FaultyApi) -> None:
    api.always = Reply.json(["master_account"])
    env = connected(api.url, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    with StdioServer(env=env, cwd=tmp_path, command=[sys.executable, "-c", WITHOUT]) as server:
        assert "master_account" in str(server.request("tools/call", {"name": "get_accounts", "arguments": {}}))
        server.close()
    (said,) = [line for line in server.log if "OTEL_" in line]
    assert install("telemetry") in said


def test_a_collector_that_refuses_is_said_once_and_holds_up_nothing(tmp_path: Path, api: FaultyApi) -> None:
    api.always = Reply.json(["master_account"])
    with Collector(status=403) as collector:
        env = connected(api.url, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **SOON)
        with StdioServer(env=env, cwd=tmp_path) as server:
            for _ in range(3):
                arrived = len(collector.bodies)
                assert "master_account" in str(server.request("tools/call", {"name": "get_accounts", "arguments": {}}))
                collector.wait(lambda arrived=arrived: len(collector.bodies) > arrived)  # type: ignore[misc]
            server.close()
    assert len([line for line in server.log if "spans" in line]) == 1
