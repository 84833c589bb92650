"""The executors that run, and what they may order yet."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate
from math import ceil
from typing import Any

from attrs import frozen

from hbmcp.errors import AbsentOperation, CallError, Refused
from hbmcp.figures import ratio, times
from hbmcp.installation.answer_fields import Fields, array, data, number
from hbmcp.installation.executors.plan.stake import LP, told_value
from hbmcp.installation.executors.run.record import ZERO, Executor
from hbmcp.installation.installation import Installation, answer_within
from hbmcp.installation.orders.order import Order
from hbmcp.installation.reduce_only import only_reduces
from hbmcp.store import TO_REDUCE
from hbmcp_tools import executors

MOST = 1000  # that a page of the API holds

UNREAD = "Whether executors still act couldn't be read"

PriceOf = Callable[[str, str], Awaitable[Decimal | None]]


@frozen
class Yet:
    """What an executor may order yet on one of its markets, in quote; None where that can't be told."""

    executor: Executor
    connector: str
    pair: str
    value: Decimal | None


async def running(installation: Installation) -> list[Executor]:
    """Those that run, of all accounts; none where the API's contract has no such operation: that it answers as if it
    had none proves nothing. Uses search_executors. Raises CallError, Refused where more run than a page holds."""
    try:
        found = await installation.read(
            data(Executor.from_row), executors.search_executors, status="RUNNING", limit=MOST
        )
    except AbsentOperation:
        return []
    if len(found) >= MOST:
        raise Refused(f"{MOST} executors run, or more.", "The others can't be read.", "Stop some.")
    return found


async def running_soon(installation: Installation) -> tuple[list[Executor], str]:
    """The same, and "" or why they aren't known. Raises nothing, and holds nothing back for long."""
    found = await answer_within(running(installation), TO_REDUCE)
    if isinstance(found, CallError):
        return [], f"{UNREAD}: {found.happened}"
    return found, ""


async def yet_to_order(found: Iterable[Executor], resting: Iterable[Order], price_of: PriceOf) -> list[Yet]:
    """What each was told to trade, at the worse of the market and its own price, less what it has, and what rests of
    it. Those are left out that surely open nothing on an order book: that only reduce a position or sell what is held,
    and that provide liquidity. What it closes of a position it may open again."""
    rests = {one.order_id: one for one in resting}
    return [
        Yet(one, connector, pair, await _left(one, connector, pair, rests, price_of))
        for one in found
        if one.kind != LP
        for connector, pair in one.markets
        if not only_reduces(connector, one.side, "CLOSE" if one.reduces else None)
    ]


async def _left(
    one: Executor, connector: str, pair: str, rests: Mapping[str | None, Order], price_of: PriceOf
) -> Decimal | None:
    config = Fields(one.config)

    def told(name: str) -> Any:
        return config.known(name, array(number)) or None if name == "amounts_quote" else config.known(name, number)

    on_each, amount = told("order_amount"), told("amount")
    price = await price_of(connector, pair) if on_each or amount else None
    resting = _own(one, rests)
    if on_each is not None:
        return None if price is None else times(on_each, price)
    if one.kind == "position_executor" and amount is not None and (resting or one.filled):
        return ZERO  # it is ordered in one, and never anew
    whole = told_value(told, price)
    if whole is None or whole < 0 or min(told("amounts_quote") or [ZERO]) < 0:
        return None
    if one.kind == "grid_executor":
        done = (one.figure("position_size_quote") or ZERO) + (one.figure("open_liquidity_placed") or ZERO)
    else:
        each = ratio(whole, amount) if amount else None  # what rests is no less than what it was told, at any price
        done = one.filled + sum((_value(order, each) for order in resting), ZERO)
    return max(whole - done, ZERO)


def orders_yet(found: Iterable[Executor], resting: Iterable[Order]) -> int:
    """How many orders they may come to have on order books beside those that rest, a grid no fewer than that."""
    rests = {one.order_id: one for one in resting}
    return sum(max(_at_once(one, own) - len(own), 0) for one in found for own in [_own(one, rests)])


def _at_once(one: Executor, resting: Sequence[Order]) -> int:
    """How many may rest at once, with those of its orders that are known to; of a grid, which doesn't name them, beside
    those that do."""
    levels = Fields(one.config).known("amounts_quote", array(number)) or []
    match one.kind:
        case "lp_executor":
            return 0
        case "dca_executor":
            filled = one.filled - sum((times(order.filled, order.price or ZERO) for order in resting), ZERO)
            reached = (whole - each / 2 for whole, each in zip(accumulate(levels), levels, strict=True))
            return sum(least > filled for least in reached)  # it buys for less than it was told, a little
        case "grid_executor":
            return _unplaced_levels(one)
        case "position_executor" if one.filled and not one.rests_its_target:
            return 0
    return len(one.markets)


def _unplaced_levels(grid: Executor) -> int:
    """At each level one order opens or closes: none of them is worth more than one at the price furthest on."""
    told = Fields(grid.info)
    prices, targets = (told.known(f"grid_{name}_prices", array(number)) or [ZERO] for name in ("level", "tp"))
    rests = sum((grid.figure(f"{way}_liquidity_placed") or ZERO for way in ("open", "close")), ZERO)
    whole = Fields(grid.config).known("total_amount_quote", number)
    if not (whole and min(prices)):
        return len(prices)
    most = times(ratio(whole, Decimal(len(prices))), ratio(max(*prices, *targets), min(prices)))
    return len(prices) - ceil(ratio(rests, most))


def _own(one: Executor, rests: Mapping[str | None, Order]) -> list[Order]:
    return [rests[order] for order in one.order_ids if order in rests]


def _value(order: Order, price: Decimal | None) -> Decimal:
    """At that price, or else its own."""
    return times((order.amount or ZERO) - order.filled, price or order.price or ZERO)
