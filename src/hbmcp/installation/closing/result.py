"""What the closing of a position came to, in figures and in words."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.errors import CallError, Failed, OutcomeUnknown
from hbmcp.figures import money, plain, times
from hbmcp.installation.closing.plan import ClosePlan
from hbmcp.installation.closing.reduction import smallest
from hbmcp.installation.orders.order import UNKNOWN, Order
from hbmcp.installation.positions.position import opposite
from hbmcp.text import named


@frozen
class Closing:
    """A plan that was carried out. `left` of the position and `against` it are what was read afterwards, None where
    that couldn't be read; `notes` is what the sender couldn't remember."""

    plan: ClosePlan
    order: Order
    left: Decimal | None
    against: Decimal | None
    notes: tuple[str, ...] = ()

    @property
    def opened(self) -> bool:
        """Whether its order opened the other side, and left the position as it was: the API didn't take it as asked."""
        before, filled = self.plan, self.order.filled
        if not filled or self.left is None or self.against is None:
            return False
        return self.left >= before.position.amount and self.against >= before.against + filled

    @property
    def expected(self) -> Decimal:
        """What the fills would leave of the position."""
        return self.plan.position.amount - self.order.filled


def realized_pnl(closing: Closing) -> Decimal | None:
    """The realized P&L in quote, without fees: sum of (exit - entry) * amount over the fills, the other way round for a
    short. None where the entry price or the fills aren't known."""
    order, entry = closing.order, closing.plan.position.entry
    value = order.quote_total
    if entry is None or value is None or not order.filled:
        return None
    return (value - times(order.filled, entry)) * closing.plan.position.direction


def net_pnl(closing: Closing) -> Decimal | None:
    """The realized P&L less the closing order's fee. None where either isn't known, or a fee isn't in quote."""
    pnl, fees = realized_pnl(closing), closing.order.fees
    if pnl is None or fees.keys() != {closing.plan.position.quote}:
        return None
    return pnl - sum(fees.values())


def net_pnl_note(done: Iterable[Closing]) -> str:
    """What net_pnl leaves out; "" where none is told."""
    if all(net_pnl(one) is None for one in done):
        return ""
    return (
        "net_pnl leaves out opening fees and funding: get_position_history counts them, funding where it is recorded."
    )


def closing_error(closing: Closing, wait: float) -> CallError | None:
    """Why a closing isn't one: the exchange refused it, or nobody knows what became of it."""
    position, order = closing.plan.position, closing.order
    if closing.opened:
        return Failed(
            f"Order {named(order.order_id)}, which was to close {position}, opened {opposite(position.side)} "
            f"{order.filled:f} beside it: this API doesn't take it as one that closes.",
            "Nothing was closed.",
            "Close nothing more before a person has looked: get_positions shows both, get_status tells whether the API "
            "is of another version than hbmcp.",
        )
    if order.filled:
        return None
    if order.status == "FAILED":
        why = f'"{order.reason}"' if order.reason else "it gave no reason"
        return Failed(
            f"{named(position.connector)} refused order {named(order.order_id)}, which was to close {position}: {why}.",
            f"That order closed nothing. {_now(closing)}",
            "Look with get_positions before you try again.",
        )
    if wait and order.status in ("SUBMITTED", UNKNOWN):
        return OutcomeUnknown(
            f"Outcome unknown: order {named(order.order_id)}, which is to close {position}, was sent, and nothing was "
            "seen of "
            f"it within {wait:g} s.{''.join(f' {one}' for one in order.doubts)}",
            f"It may still close the position. {_now(closing)}",
            "Don't repeat it before get_order tells what became of it.",
        )
    return None


def closing_row(closing: Closing) -> dict[str, Any]:
    """What was closed: `closed` and `left` in base units, prices, realized_pnl (before fees) and net_pnl in quote."""
    position, order, pnl, rest = closing.plan.position, closing.order, realized_pnl(closing), net_pnl(closing)
    (currency, fee), *others = order.fees.items() or [(None, None)]
    return {
        "account_name": position.account,
        "connector_name": position.connector,
        "trading_pair": position.pair,
        "side": position.side,
        "status": order.status,
        "closed": order.filled,
        "left": closing.left if closing.left or not closing.expected else None,
        "entry_price": position.entry,
        "average_price": order.average_price,
        "realized_pnl": None if pnl is None else money(pnl),
        "fee": {str(name): each for name, each in order.fees.items()} if others else fee,
        "fee_currency": None if others else currency,
        "net_pnl": None if rest is None else money(rest),
        "order_id": order.order_id,
    }


def closing_notes(closing: Closing) -> list[str]:
    """What an assistant must know of a closing beside its figures."""
    plan, order, said = closing.plan, closing.order, []
    base = plan.position.base
    if order.missing:
        said.append(
            f"Fills of {order.missing:f} {named(base)} aren't recorded yet: average price, fee and P&L are without "
            "them."
        )
    if not order.ended:
        said.append("The order hasn't ended as far as the API knows: get_order tells more.")
    if order.status == "CANCELLED":
        why = f': "{order.reason}"' if order.reason else ""
        said.append(f"The exchange cancelled the rest of the order{why}.")
    if closing.left is None:
        return [*said, *order.doubts]
    if closing.left != closing.expected and not order.missing:
        said.append(
            f"{plan.position.amount:f} less {order.filled:f} would leave {closing.expected:f} {named(base)}, the "
            "exchange "
            f"lists {closing.left:f}: it doesn't answer, or the position changed meanwhile. get_positions tells."
        )
    if turned := _turned(closing):
        said.append(turned)
    if Decimal(0) < closing.left < smallest(plan.rule):
        said.append(f"{closing.left:f} {named(base)} is left, less than the smallest order: no order can close it.")
    elif closing.left and plan.position.mark and times(closing.left, plan.position.mark) < plan.rule.min_notional:
        said.append(
            f"{closing.left:f} {named(base)} is left, worth less than the smallest order, "
            f"{plain(plan.rule.min_notional):f} "
            f"{named(plan.position.quote)}: an order that closes it may be refused."
        )
    return [*said, *order.doubts]


def _turned(closing: Closing) -> str | None:
    """What to say where the other side is larger than it was: somebody opened it, for a closing order can't."""
    before, position = closing.plan.against, closing.plan.position
    if closing.against is None or closing.against <= before:
        return None
    return (
        f"The exchange lists {opposite(position.side)} {closing.against:f} {named(position.base)} now, before it was "
        f"{before:f}: somebody else traded meanwhile. Look with get_positions before anything else."
    )


def _now(closing: Closing) -> str:
    """What the exchange lists of the position after an order that closed nothing."""
    left, base = closing.left, closing.plan.position.base
    if left is None:
        return "What is left couldn't be read."
    if turned := _turned(closing):
        return turned
    if not left:
        return "The exchange lists no such position now, which is no proof."
    return f"The exchange lists {left:f} {named(base)} of it now."
