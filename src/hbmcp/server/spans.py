"""The SDK's spans, on their way to a collector: of each, what is known to hold nothing that a client made up.

A span of the SDK has the tool's name as it was called, the method's, and what an error says: a client could have put
anything there, an argument or a key.
"""

import logging
import os
import re
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from mcp_types.methods import SPEC_CLIENT_METHODS, SPEC_CLIENT_NOTIFICATION_METHODS
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, Status

from hbmcp import __version__
from hbmcp.redaction import hide

HEADERS = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")
TOOL, METHOD = "gen_ai.tool.name", "mcp.method.name"
METHODS = SPEC_CLIENT_METHODS | SPEC_CLIENT_NOTIFICATION_METHODS
_VERSION = re.compile(r"\d{4}-\d\d-\d\d")
_CODE = re.compile(r"-?\d{1,6}|[A-Za-z_]{1,40}")  # of JSON-RPC; or the name of a class
_NUMBER = re.compile(r"\d{1,19}")

logger = logging.getLogger("opentelemetry")


def begin(tools: Container[str]) -> None:
    """Let spans leave from now on, as the variables say; what is left at the end leaves then."""
    for name in HEADERS:  # which hold keys
        hide(part.partition("=")[2].strip() for part in os.environ.get(name, "").split(","))
    provider = TracerProvider(resource=_resource())
    provider.add_span_processor(BatchSpanProcessor(_Reduced(OTLPSpanExporter(), tools)))
    trace.set_tracer_provider(provider)


def _resource() -> Resource:
    told = Resource.create({SERVICE_VERSION: __version__})
    if not str(told.attributes[SERVICE_NAME]).startswith("unknown_service"):
        return told
    return told.merge(Resource({SERVICE_NAME: "hbmcp"}))


class _Reduced(SpanExporter):
    """Sends spans without what isn't known."""

    def __init__(self, exporter: SpanExporter, tools: Container[str]) -> None:
        self._exporter = exporter
        self._level = logger.level
        self._known: Mapping[str, Callable[[str], object]] = {
            METHOD: METHODS.__contains__,
            TOOL: tools.__contains__,
            "mcp.protocol.version": _VERSION.fullmatch,
            "jsonrpc.request.id": _NUMBER.fullmatch,
            "gen_ai.operation.name": "execute_tool".__eq__,
            "error.type": _CODE.fullmatch,
            "rpc.response.status_code": _CODE.fullmatch,
        }

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export([self._reduced(one) for one in spans])
        # The library says why at every batch that doesn't arrive: once is enough.
        logger.setLevel(self._level if result is SpanExportResult.SUCCESS else logging.CRITICAL)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def _reduced(self, span: ReadableSpan) -> ReadableSpan:
        said: dict[str, Any] = dict(span.attributes or {})
        kept = {name: said[name] for name, is_known in self._known.items() if name in said and is_known(said[name])}
        return ReadableSpan(
            name=" ".join((str(kept.get(METHOD, "other")), *([str(kept[TOOL])] if TOOL in kept else []))),
            context=_without_state(span.context),
            parent=_without_state(span.parent),
            resource=span.resource,
            attributes=kept,
            kind=span.kind,
            status=Status(span.status.status_code),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )


def _without_state(context: SpanContext | None) -> SpanContext | None:
    """Which span of which trace, without the tracestate, which is the client's to fill."""
    if context is None:
        return None
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)
