"""An executor as it is shown: its state, what it has traded, where it closes; never its configuration."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from hbmcp.errors import CallError
from hbmcp.figures import money, percent, plain, ratio, times
from hbmcp.installation.answer_fields import Fields, array, number
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.executors.plan.preview import DCA_STOP, SHOWN
from hbmcp.installation.executors.run.coins import missing_coins
from hbmcp.installation.executors.run.orders import CUT, NOT_NAMED, Orders, Traded, orders_of
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.order import Order
from hbmcp.pairs import base_of
from hbmcp.results.answer import Answer, without_nulls
from hbmcp.text import named
from hbmcp.times import utc

ROUNDING = Decimal("0.0001")  # of a price to its step, a share; levels are further apart
ABOUT = Decimal("0.1")  # by which what a level is worth differs from what it was planned at: steps, fees, a moved price
AFTER_FEES = "Net P&L is after fees"
HELD = (
    "What it kept is told as it was when it ended, and its gain since isn't in the P&L; it may be closed by now: "
    "{where} tells what is open now."
)
REST = (
    "It was closed but for what is too small for an order: up to one step of the amount of {base} a level stays in the "
    "balance (get_portfolio_balances). position_quote is what was paid less what that brought."
)


async def view(installation: Installation, executor: Executor, notes: tuple[str, ...] = ()) -> Answer:
    """The whole answer on one executor. The workflow uses search_orders, get_trades and get_portfolio_state."""
    try:
        found = await orders_of(installation, executor)
    except CallError as error:
        return Answer(state(executor), (*notes, f"Its orders couldn't be read: {error.happened}"))
    levels = [] if executor.ended else grid_levels(executor)  # an ended grid has none: its ends and their count tell
    shown = nearest_levels(levels, found)
    resting, others = placed(shown, found.open, executor.side, level_worth(executor, len(levels)))
    value = {
        **state(executor),
        **traded(executor, found),
        **({"levels": resting} if shown else {}),
        **({"open_orders": open_orders(others)} if others or not shown else {}),
    }
    remarks = [
        "" if found.own or not found.open else NOT_NAMED.format(pair=named(executor.pair)),
        "" if found.complete else CUT,
        f"The nearest {len(shown)} of {len(levels)} levels are shown." if len(shown) < len(levels) else "",
        f"{AFTER_FEES}{f', in {named(executor.quote)}' if executor.quote else ''}.",
        stop_note(executor, found),
        rest_note(executor),
        kept_note(executor),
        "" if executor.ended else await missing_coins(installation, executor, found),
        HELD.format(where=_holdings(executor)) if _keeps(executor) or "kept" in value else "",
    ]
    return Answer(value, (*notes, *remarks))


def state(executor: Executor) -> dict[str, Any]:
    """What it is and how it stands. P&L is after fees; that of a position left open isn't in it."""
    return without_nulls(
        {
            "executor_id": executor.id,
            "executor_type": executor.kind,
            "account_name": executor.account,
            "connector_name": executor.connector or None,  # one on two markets has none
            "trading_pair": executor.pair or None,
            "controller_id": executor.controller if executor.controller != "main" else None,
            "side": executor.side,
            "status": executor.status,
            "close_type": executor.close_type if executor.ended else None,
            "how_it_ended": executor.ending,
            "leverage": None if executor.leverage is None else plain(executor.leverage),
            "created_at": None if executor.created is None else utc(executor.created),
            "closed_at": None if executor.closed is None else utc(executor.closed),
            "net_pnl_quote": None if executor.pnl is None else plain(executor.pnl),
            "net_pnl_percent": None if executor.share is None else percent(executor.share, Decimal(1)),
            "fees_quote": None if executor.fees is None else plain(executor.fees),
            "filled_quote": plain(executor.filled) or None,
            "last_error": executor.error,
        }
    )


def traded(executor: Executor, found: Orders) -> dict[str, Any]:
    """What its fills come to, and where what is open closes; of a grid, what it tells of itself. What is `kept` was
    open when it ended, and need not be any more."""
    if executor.kind == "grid_executor":
        return grid(executor)
    if not found.own:
        return {}
    bought, sold = Traded.of(found.fills, "BUY"), Traded.of(found.fills, "SELL")
    opened = bought if executor.side == "BUY" else sold
    net = bought.amount - sold.amount
    left = "kept" if executor.ended else "still_open"
    return {
        **_one("bought", bought),
        **_one("sold", sold),
        **({left: open_text(executor, net)} if net and _counts(executor) else {}),
        **({} if executor.ended else barriers(executor, opened.average)),
    }


def rest_note(executor: Executor) -> str:
    """Of a grid that was closed on a spot exchange, what of it may be left there; "" for any other."""
    closed = executor.ended and executor.close_type not in ("POSITION_HOLD", "FAILED", "SYSTEM_CLEANUP")
    if executor.kind != "grid_executor" or not closed or is_perpetual(executor.connector):
        return ""
    return REST.format(base=named(base_of(executor.pair))) if executor.figure("position_size_quote") else ""


def position_text(net: Decimal, pair: str) -> str:
    """ "LONG 0.02 BTC" """
    return f"{'LONG' if net > 0 else 'SHORT'} {plain(abs(net)):f} {named(pair.partition('-')[0])}"


def open_text(executor: Executor, net: Decimal) -> str:
    """What its fills leave open: a position, or on spot "0.02 BTC sold and not bought again"."""
    if is_perpetual(executor.connector):
        return position_text(net, executor.pair)
    done = "bought and not sold again" if net > 0 else "sold and not bought again"
    return f"{plain(abs(net)):f} {named(base_of(executor.pair))} {done}"


def stop_note(executor: Executor, found: Orders) -> str:
    """That the stop of a DCA doesn't act yet; "" where it does, or there is none."""
    if executor.ended or not executor.waits_with_its_stop:
        return ""
    levels = executor.level_count
    filled = sum(order.side == executor.side and order.status == "FILLED" for order in found.rows)
    if filled >= levels:
        return ""
    return f"{DCA_STOP}: {filled} of {levels} are. protect_position guards what is open until then."


def kept_note(executor: Executor) -> str:
    """Of a grid that kept what it held, which of its figures count that; "" for any other."""
    if executor.kind != "grid_executor" or not _keeps(executor) or executor.figure("position_pnl_quote") is None:
        return ""
    return "net_pnl_quote doesn't count what it kept; position_pnl_quote is of that alone, as it was when it ended."


def _holdings(executor: Executor) -> str:
    """The tool that tells what is there now."""
    return "get_positions" if is_perpetual(executor.connector) else "get_portfolio_balances"


def _counts(executor: Executor) -> bool:
    """Whether what its fills leave open is its position: of what was closed, dust and fees may be left."""
    if executor.reduces or executor.only_trades:
        return False
    return not executor.ended or executor.close_type in ("POSITION_HOLD", "COMPLETED", "SYSTEM_CLEANUP")


def _keeps(executor: Executor) -> bool:
    """Whether it ended with a position of its own."""
    return executor.ended and executor.close_type == "POSITION_HOLD" and not (executor.reduces or executor.only_trades)


def _one(word: str, side: Traded) -> dict[str, Any]:
    if not side.amount or side.average is None:
        return {}
    return {f"{word}_amount": plain(side.amount), f"{word}_average": money(side.average)}


def barriers(executor: Executor, entry: Decimal | None) -> dict[str, Any]:
    """Its stops as prices, before fees, once it has an entry; the time when it gives up."""
    sign = 1 if executor.side == "BUY" else -1
    found: dict[str, Any] = {}
    if entry is not None:
        for name, way in (("stop_loss", -1), ("take_profit", 1)):
            share = executor.barrier(name)
            if share is not None:
                found[f"{name}_price"] = money(times(entry, 1 + sign * way * share))
    limit = executor.barrier("time_limit")
    if limit is not None and executor.created is not None:
        found["closes_at"] = utc(executor.created + int(limit * 1000))
    return found


def grid(executor: Executor) -> dict[str, Any]:
    """Where its levels lie, what rests on either side, what is open and what the finished round trips have made."""
    figure = executor.figure
    prices = Fields(executor.info).known("grid_level_prices", array(number)) or []
    return without_nulls(
        {
            "level_count": len(prices) or None,
            "lowest_level": min(prices, default=None),
            "highest_level": max(prices, default=None),
            "limit_price": figure("grid_limit_price"),
            "resting_to_open_quote": figure("open_liquidity_placed"),
            "resting_to_close_quote": figure("close_liquidity_placed"),
            "position_quote": figure("position_size_quote"),
            "position_average": figure("current_position_average_price") or figure("break_even_price"),
            "position_pnl_quote": figure("position_pnl_quote"),
            "realized_pnl_quote": figure("realized_pnl_quote"),
            **({} if executor.ended else barriers(executor, None)),
        }
    )


def grid_levels(executor: Executor) -> list[dict[str, Any]]:
    """Of a grid, where each level is opened and closed, as it says itself."""
    told = Fields(executor.info)
    prices, targets = (told.known(f"grid_{name}_prices", array(number)) or [] for name in ("level", "tp"))
    return [
        {"level": level, "price": money(price), "take_profit_price": None if target is None else money(target)}
        for level, (price, target) in enumerate(zip_longest(prices, targets))
        if price is not None
    ]


def nearest_levels(levels: list[dict[str, Any]], found: Orders) -> list[dict[str, Any]]:
    """As many as a preview shows, around the orders that rest."""
    if len(levels) <= SHOWN:
        return levels
    resting = sorted(order.price for order in found.open if order.price is not None)
    middle = resting[len(resting) // 2] if resting else levels[len(levels) // 2]["price"]
    nearest = sorted(levels, key=lambda one: abs(one["price"] - middle))[:SHOWN]
    return sorted(nearest, key=lambda one: one["level"])


def level_worth(executor: Executor, count: int) -> Decimal | None:
    """What one of so many levels was planned at, in quote."""
    whole = Fields(executor.config).known("total_amount_quote", number)
    return ratio(whole, Decimal(count)) if whole and count else None


def placed(
    levels: list[dict[str, Any]], resting: Sequence[Order], side: str | None, worth: Decimal | None
) -> tuple[list[dict[str, Any]], list[Order]]:
    """The levels with the order of each that rests, which opens it or closes it; and the orders that are of none of
    them. An order's price is that of its level, rounded to the pair's step; or, where the market had passed the level
    already, beside the market: those of about the `worth` of a level go to the nearest that they can be of."""
    left, rows = list(resting), [dict(level) for level in levels]
    for clipped in (False, True):
        near = sorted(
            (off, level, place)
            for level, row in enumerate(rows)
            for place, one in enumerate(left)
            if (off := _off(one, row, side, worth, clipped=clipped)) is not None
        )
        taken = set()
        for _, level, place in near:
            if place not in taken and "resting" not in rows[level]:
                taken.add(place)
                mine = left[place]
                rows[level] |= {"resting": mine.side, "amount": mine.amount, "order_id": mine.order_id}
                rows[level] |= {"resting_price": mine.price} if clipped else {}
        left = [one for place, one in enumerate(left) if place not in taken]
    return rows, left


def _off(
    order: Order, level: Mapping[str, Any], side: str | None, worth: Decimal | None, *, clipped: bool
) -> Decimal | None:
    """How far an order that nothing was filled of is from its price at a level; None where it isn't of that level. One
    that was `clipped` is below the price to buy at, or above the one to sell at."""
    price: Decimal | None = level["price" if order.side == side else "take_profit_price"]
    if price is None or order.price is None or order.filled:
        return None
    off = abs(order.price - price)
    if not clipped:
        return off if off <= times(price, ROUNDING) else None
    passed = order.price < price if order.side == "BUY" else order.price > price
    if not passed or worth is None or order.amount is None:
        return None
    return off if abs(times(order.price, order.amount) - worth) <= times(worth, ABOUT) else None


def open_orders(found: Sequence[Order]) -> list[dict[str, Any]]:
    return [
        {
            "order_id": order.order_id,
            "side": order.side,
            "order_type": order.type,
            "price": order.price,
            "amount": order.amount,
            "filled": plain(order.filled) if order.filled else None,
            "status": order.status,
        }
        for order in found
    ]
