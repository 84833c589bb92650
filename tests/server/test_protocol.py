"""What each message would cost, and doesn't."""

import pytest
from opentelemetry.sdk.trace import TracerProvider

from hbmcp.catalog import Catalog
from hbmcp.server import protocol
from hbmcp.server.line import Line
from hbmcp.server.protocol import build
from hbmcp.server.switchboard import Switchboard
from hbmcp.settings import Settings


@pytest.fixture
def board() -> Switchboard:
    told = Settings()
    return Switchboard([Line(Catalog.load().offer(told), told, None, "tests")])


def test_no_span_is_made_that_nobody_takes(board: Switchboard, monkeypatch: pytest.MonkeyPatch) -> None:
    assert build(board).middleware == []
    monkeypatch.setattr(protocol, "get_tracer_provider", TracerProvider)
    assert len(build(board).middleware) == 1


def test_what_a_server_is_is_put_together_once(board: Switchboard) -> None:
    server = build(board)
    assert server.server_info_stamp["title"] == "Hummingbot"
    assert server.server_info_stamp is server.server_info_stamp
