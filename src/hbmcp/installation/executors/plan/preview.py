"""A prepared executor as it is shown before it is started: pure."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from hbmcp.errors import CallError
from hbmcp.figures import money, percent, plain, ratio, times, worth
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.config.fields import KEEPING
from hbmcp.installation.executors.plan.exit_prices import exit_prices, worst_stop
from hbmcp.installation.executors.plan.grid_notes import grid_remarks
from hbmcp.installation.executors.plan.needs import needs
from hbmcp.installation.executors.plan.plan import MarketPrices, Order, Plan, far_end
from hbmcp.installation.executors.plan.preparation import Forecast, Prepared
from hbmcp.installation.markets.taker_fees import assumed_fee, usual_maker_fee
from hbmcp.installation.markets.trading_rules import Rule
from hbmcp.pairs import quote_of
from hbmcp.results.answer import Answer, without_nulls
from hbmcp.text import named

SHOWN = 20  # orders; more are alike
DCA_STOP = "In mode MAKER Hummingbot minds stop_loss only once all levels are filled"
MEANT = "Before fees, with all orders filled."


def preview(
    prepared: Prepared,
    forecast: Forecast,
    balances: Mapping[str, Decimal] | CallError,
    share: Mapping[str, Decimal | None],
) -> Answer:
    """What it comes to, and its orders. `balances`: what is available by token, or why that isn't known; `share`: how
    much of the account's equity it is."""
    config, plan, market = prepared.config, forecast.plan, forecast.market
    token = needs(config, plan).token
    unread = f"The balance couldn't be read: {balances}" if isinstance(balances, CallError) else ""
    balance = None if isinstance(balances, CallError) else balances.get(token, Decimal(0))
    value = summary(config, plan, market, balance)
    said = (*fee_remarks(config, plan, forecast.connector), *remarks(config, plan, market, forecast.rule, balance))
    value |= share
    value["orders"] = rows(config, plan)
    return Answer(value, (*forecast.notes, *said, unread, *prepared.notes, MEANT))


def summary(config: Config, plan: Plan, market: MarketPrices, balance: Decimal | None) -> dict[str, Any]:
    """What it comes to. Amounts in base units, prices and all else in quote; `needs` and `available` in `token`."""
    needed = needs(config, plan)
    quote, found = quote_of(config.markets[0][1]), exit_prices(config, plan)
    last = worst_stop(found, plan)
    loss = -min(last.pnl, Decimal(0)) if last else None
    return without_nulls(
        {
            "side": plan.side,
            "leverage": config.get("leverage") if config.perpetual else None,
            "price_now": plain(market.mid),
            "order_count": len(plan.orders),
            "placed_at_once": min(plan.batch or len(plan.orders), len(plan.orders)) if not plan.timed else 1,
            "total_amount": plain(plan.amount),
            "total_quote": worth(plan.quote, quote),
            "average_price": None if plan.average is None else money(plan.average),
            "token": needed.token,
            "needs": money(needed.units),
            "available": balance,
            **{f"{one.name.removesuffix('_price')}_price": money(one.price) for one in found},
            "ends_beyond_price": config.get(far_end(plan.side)) if config.kind == "grid_executor" else None,
            "take_profit_gain_quote": next((worth(one.pnl, quote) for one in found if one.name == "take_profit"), None),
            "worst_loss_quote": None if loss is None else worth(loss, quote),
            "worst_loss_percent_of_needs": None if loss is None else percent(loss, needed.quote),
        }
    )


def rows(config: Config, plan: Plan) -> list[dict[str, Any]]:
    """Its orders, those first that are placed first; those of a grid by price, the first batch marked."""
    quote, shown = quote_of(config.markets[0][1]), plan.orders[:SHOWN]
    if config.kind != "grid_executor":
        return [_row(order, quote, timed=plan.timed) for order in shown]
    batch = plan.batch or len(plan.orders)
    first = {order.level for order in shown[:batch]} if batch < len(plan.orders) else set()
    return [
        {**_row(order, quote), "first_batch": True if order.level in first else None}
        for order in sorted(shown, key=lambda one: one.level)
    ]


def _row(order: Order, quote: str, *, timed: bool = False) -> dict[str, Any]:
    own = order.own_price if order.own_price != order.price else None
    return {
        "level": order.level,
        "order_type": order.type,
        "price": plain(order.price),
        "limit_price": None if order.limit is None else plain(order.limit),
        "level_price": None if own is None else plain(own),
        "amount": plain(order.amount),
        "quote": worth(order.quote, quote),
        "take_profit_price": None if order.target is None else plain(order.target),
        "after_seconds": order.after if timed else None,
    }


def remarks(config: Config, plan: Plan, market: MarketPrices, rule: Rule, balance: Decimal | None) -> Iterator[str]:
    """What the figures alone don't say."""
    needed = needs(config, plan)
    if balance is not None and balance < needed.units:
        short = f"{money(needed.units - balance):f} {named(needed.token)}"
        yield f"Not enough: {short} are missing, so it would end at once (INSUFFICIENT_BALANCE)."
    elif balance is not None and balance < needed.units + needed.fees:
        yield "Barely enough: fees come on top, and can make it end at once (INSUFFICIENT_BALANCE)."
    if (total := config.get("total_amount_quote")) is not None and times(plan.amount, market.mid) > total:
        yield "The smallest order the exchange takes is larger than total_amount_quote."
    if any(order.type == "MARKET" for order in plan.orders):
        yield "Market orders are reckoned at the best price; estimate_trade tells the slippage."
    if config.kind == "grid_executor":
        yield from grid_remarks(config, plan, market, rule)
    yield from _of_dca(config, plan)
    yield from _of_stop(config, plan)
    if len(plan.orders) > SHOWN:
        which = "first" if plan.timed or config.kind != "grid_executor" else "nearest"
        yield f"The {which} {SHOWN} of {len(plan.orders)} orders are shown."


def fee_remarks(config: Config, plan: Plan, connector: str) -> Iterator[str]:
    """That its take profit pays no more than the fees of opening and closing."""
    prefix = "" if config.kind == "dca_executor" else "triple_barrier_config."
    gain = config.get(f"{prefix}take_profit")
    if gain is None or not plan.orders or config.get("coerce_tp_to_step"):
        return
    makes, takes = usual_maker_fee(connector), assumed_fee(connector).rate
    rests = ("LIMIT", "LIMIT_MAKER")
    opened = makes if plan.orders[-1].type in rests and plan.orders[-1].limit is None else takes
    closed = makes if prefix and config.get(f"{prefix}take_profit_order_type") in rests else takes
    if gain <= opened + closed:
        each = "every level" if config.kind == "grid_executor" else "it"
        yield (
            f"take_profit {plain(100 * gain):f} % is no more than the usual fees of opening and closing, "
            f"{plain(100 * (opened + closed)):f} %: {each} would lose where it is to gain."
        )


def _of_dca(config: Config, plan: Plan) -> Iterator[str]:
    if config.kind != "dca_executor" or config.get("mode") != "MAKER":
        return
    if config.get("stop_loss") is not None and len(plan.orders) > 1:
        yield f"{DCA_STOP}. mode TAKER minds it from the first on; or protect_position guards what is open until then."


def _of_stop(config: Config, plan: Plan) -> Iterator[str]:
    last = worst_stop(exit_prices(config, plan), plan)
    average = plan.average
    if last is None:
        yield (
            "It keeps what it trades: no stop, no take profit."
            if config.kind in KEEPING
            else "Nothing limits its loss: set stop_loss."
        )
    elif config.perpetual and average:
        leverage = Decimal(config.get("leverage"))
        if times(ratio(abs(last.price - average), average), leverage) >= 1:
            move = money(ratio(Decimal(100), leverage))
            yield f"At {leverage}x a move of {move:f} % uses up its own margin: liquidation can come before the stop."
