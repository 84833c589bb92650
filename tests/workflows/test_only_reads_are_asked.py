"""The wall behind the table of tests/test_rooms.py: what isn't a read isn't sent by who only asks."""

import pytest

from hbmcp.caller import Caller
from hbmcp_tools import trading
from tests.conftest import operation_of
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi

pytestmark = pytest.mark.anyio


async def test_what_is_no_read_is_not_asked_for(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        installation = call.bridge.installation(
            Caller("get_order", "trading", frozenset({"submit_cancel", "list_positions"}))
        )
        with pytest.raises(RuntimeError, match="get_order was to ask for submit_cancel, which isn't a read"):
            await installation.ask(
                trading.submit_cancel, account_name="master_account", connector_name="binance", order_id="x"
            )
        await installation.ask(trading.list_positions)
        assert call.asked == [operation_of("list_positions")]
