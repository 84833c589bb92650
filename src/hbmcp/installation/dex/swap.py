"""A swap, as it is quoted before it is made."""

from decimal import Decimal
from typing import Any, Literal, cast

from attrs import frozen

from hbmcp.errors import Failed, GatewayFailed
from hbmcp.figures import money, times
from hbmcp.installation.answer_fields import Fields, anything, number
from hbmcp.installation.dex.tokens import pair_by_symbols
from hbmcp.installation.gateway.log import explained
from hbmcp.installation.installation import Installation, all_of
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.text import named
from hbmcp_tools import dex

SHOWN = ("price", "amount_in", "amount_out", "slippage_pct", "gas_estimate")  # of a quote


@frozen
class Swap:
    """The request that makes a swap, and what of its quote is `shown`."""

    request: PlannedRequest
    shown: dict[str, Any]


async def plan_swap(
    installation: Installation,
    *,
    connector: str,
    network_id: str,
    trading_pair: str,
    side: str,
    amount: Decimal,
    slippage_pct: Decimal,
    wallet_address: str | None,
) -> Swap:
    """Quote a swap; it is worth the quote's amount, at the worst price that the slippage lets pass. The workflow uses
    quote_swap, list_network_tokens and get_gateway_logs. Raises CallError where there is no quote: nothing was sent."""
    way = cast(Literal["BUY", "SELL"], side)
    asked = {"connector": connector, "network_id": network_id, "trading_pair": trading_pair}
    try:
        quote, pair = await all_of(
            installation.read(Fields, dex.quote_swap, **asked, side=way, amount=amount, slippage_pct=slippage_pct),
            pair_by_symbols(installation, network_id, trading_pair),
        )
    except (Failed, GatewayFailed) as error:
        raise await explained(
            installation, type(error)(error.happened, error.undone or "No swap was sent.", error.advice)
        ) from None
    price = quote.known("price", number)
    price = price if price is not None and price > 0 else None
    in_quote = quote.known("amount_in" if side == "BUY" else "amount_out", number)
    stake = Stake(
        exchange=connector,
        pair=pair,
        side=side,
        amount=amount,
        price=None if price is None else times(price, 1 + (slippage_pct if side == "BUY" else -slippage_pct) / 100),
        value=in_quote,
        market=price,
    )
    request = PlannedRequest.of(
        "moves",
        f"{side} {amount:f} {named(trading_pair)} on {named(connector)} ({named(network_id)})"
        + ("" if price is None else f" at about {money(price):f}"),
        stake,
        dex.submit_swap,
        **asked,
        side=way,
        amount=amount,
        slippage_pct=slippage_pct,
        wallet_address=wallet_address,
    )
    return Swap(request, {name: told for name in SHOWN if (told := quote.known(name, anything)) is not None})
