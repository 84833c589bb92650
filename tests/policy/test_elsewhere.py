"""What went wrong in programs like this one, by public reports, and may not here: one test each.

Every tool against every guard is in test_every_guard.py; the arithmetic of limits, and orders at once against one, in
test_limits.py and test_counting.py; halts of real processes in test_halt.py.
"""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.bridge import Bridge
from hbmcp.policy.model import Limits, Policy
from tests.paper.spot_account import BUY, SELL
from tests.policy.every_tool import ACTING, ALL, World, effect_of, sends

pytestmark = pytest.mark.anyio

PLACES = {"POST /trading/orders"}
MARKET = {**BUY, "amount": "0.01", "order_type": "MARKET"}


def limited(**limits: Any) -> Policy:
    return Policy(limits=Limits.model_validate(limits))


async def called(there: World, bridge: Bridge, tool: str, arguments: dict[str, Any]) -> tuple[set[str], str]:
    """The operations that a call reached which aren't reads, and what it said."""
    sent, outcome = await there.call_with(bridge, tool, arguments)
    return sent, outcome.text


async def test_a_confirmation_that_only_logged_a_warning_and_sent_the_order_all_the_same(there: World) -> None:
    """Whatever word stands for looking, and whatever is refused, sends nothing; the log is no guard."""
    async with there.bridge(Policy()) as bridge:
        for word in ({"preview": True}, {"dry_run": True}, {"confirm": False}, {"preview": "true"}):
            sent, text = await called(there, bridge, "place_order", {**MARKET, **word})
            assert sent == set(), word
            assert "The policy allows it." in text
    async with there.bridge(limited(order=100)) as bridge:
        sent, text = await called(there, bridge, "place_order", MARKET)
        assert sent == set()
        assert "Nothing was sent." in text


@pytest.mark.parametrize("tool", ["place_order", "submit_order"])
async def test_a_cap_at_the_market_s_price_while_the_order_s_own_limit_was_twice_as_high(
    there: World, tool: str
) -> None:
    price = 2 * there.price()
    order = {**SELL, "amount": "0.01", "order_type": "LIMIT"}
    async with there.bridge(limited(order=price * Decimal("0.015"))) as bridge:
        assert (await called(there, bridge, tool, {**order, "price": f"{price / 2 + 10:.2f}"}))[0] == PLACES
        assert (await called(there, bridge, tool, {**order, "price": f"{price:.2f}"}))[0] == PLACES
    async with there.bridge(limited(order=price * Decimal("0.0075"))) as bridge:
        assert (await called(there, bridge, tool, {**order, "price": f"{price / 2 + 20:.2f}"}))[0] == PLACES
        sent, text = await called(there, bridge, tool, {**order, "price": f"{price + 10:.2f}"})
        assert sent == set()
        assert "Nothing was sent." in text


async def test_caps_that_a_new_session_resets(there: World) -> None:
    cap = limited(day=there.price() * Decimal("0.015"))
    async with there.bridge(cap) as first:
        assert (await called(there, first, "place_order", MARKET))[0] == PLACES
    async with there.bridge(cap) as second:
        sent, text = await called(there, second, "place_order", {**MARKET, "amount": "0.0099"})
        assert sent == set()
        assert "Nothing was sent." in text


async def test_a_tool_that_tells_the_model_how_to_raise_its_cap(there: World) -> None:
    refusals = {}
    async with there.bridge(limited(order=1, day=1, leverage=1, open_orders=1, position=1, account=1)) as bridge:
        for tool in ACTING:
            if effect_of(tool) in ("opens", "moves", "unprotects"):
                sent, outcome = await there.call(bridge, tool)
                refusals |= {} if sent else {tool.name: outcome.text}
    assert {"place_order", "submit_order", "create_executor", "execute_swap", "set_leverage"} <= refusals.keys()
    for word in (".toml", "HBMCP_", "hbmcp policy", "--", "aise the limit", "max_value="):
        assert not [text for text in refusals.values() if word in text]


async def test_a_limit_that_blocks_the_exit(there: World) -> None:
    """Under every limit, a halt and with no audit at once."""
    (there.data / "halt").write_text("")
    (there.data / "paper-audit.jsonl").mkdir()
    tiny = limited(order=1, hour=1, day=1, orders_a_minute=1, open_orders=1, position=1, pair=1, account=1, day_loss=1)
    reduces = [tool for tool in ACTING if effect_of(tool) in ("reduces", "cancels", "stops")]
    assert {"close_position", "close_positions", "cancel_order", "stop_executor"} <= {tool.name for tool in reduces}
    async with there.bridge(tiny) as bridge:
        assert await there.tried(bridge, reduces, sends) == {}


async def test_prices_and_sizes_that_a_caller_may_supply(there: World) -> None:
    """What a model says of a price or a worth never makes an order smaller than the market does."""
    async with there.bridge(limited(order=100)) as bridge:
        for tool, more in (
            ("place_order", {"max_value": 1_000_000}),
            ("submit_order", {"price": "1"}),
            ("submit_order", {"order_type": "LIMIT", "price": "1"}),
        ):
            sent, text = await called(there, bridge, tool, {**MARKET, **more})
            assert sent == set(), (tool, more, text)


async def test_guards_in_the_tools_but_not_in_the_scripts_beside_them(there: World) -> None:
    """The terminal's calls, and the plain tools under the workflows, stand under the same policy."""
    async with there.bridge(limited(order=1)) as bridge:
        bridge._kind = "terminal"
        for tool in ("place_order", "submit_order", "create_executor", "start_executor"):
            sent, outcome = await there.call(bridge, ALL.find(tool))
            assert sent == set()
            assert outcome.is_error
