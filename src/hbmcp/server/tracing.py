"""Whether spans leave for a collector of OpenTelemetry, by its usual variables, which are the environment's alone."""

import logging
import os
from collections.abc import Container

from hbmcp import extras

logger = logging.getLogger(__name__)

COLLECTORS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SPOKEN = "http/protobuf"


def trace(tools: Container[str]) -> None:
    """Let the SDK's spans leave, where that is asked for; of tools they name these alone. Where they can't, it is said,
    and all else goes on."""
    if not _asked_for():
        return
    protocol = next(filter(None, map(_said, PROTOCOLS)), SPOKEN)
    if protocol != SPOKEN:
        _none_leave(f"hbmcp speaks {SPOKEN}, and OTEL_EXPORTER_OTLP_PROTOCOL wants {protocol}")
        return
    try:
        from hbmcp.server.spans import begin

        begin(tools)
    except ImportError:
        _none_leave(f"opentelemetry isn't installed ({extras.install('telemetry')})")
    except Exception as error:  # whatever it raises of a variable that it can't read; the message may quote that
        _none_leave(f"opentelemetry can't begin ({type(error).__name__})")


def _asked_for() -> bool:
    if _said("OTEL_SDK_DISABLED").lower() == "true":
        return False
    exporters = [one.strip() for one in _said("OTEL_TRACES_EXPORTER").split(",") if one.strip()]
    if not exporters:
        return any(map(_said, COLLECTORS))
    if others := [one for one in exporters if one not in ("otlp", "none")]:
        logger.warning("OTEL_TRACES_EXPORTER: hbmcp sends spans by otlp, and not by %s.", ", ".join(others))
    return "otlp" in exporters


def _none_leave(why: str) -> None:
    logger.warning("No spans leave, although OTEL_… asks for them: %s. All else works.", why)


def _said(name: str) -> str:
    return os.environ.get(name, "").strip()
