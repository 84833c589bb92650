"""Sending an order, once, and knowing afterwards what was sent."""

import asyncio
import logging
from contextlib import suppress
from decimal import Decimal
from typing import Protocol

from attrs import evolve, frozen

from hbmcp.cancellation import unsent
from hbmcp.errors import (
    BadArguments,
    CallError,
    NotConfigured,
    Refused,
    UnknownOperation,
    Unreachable,
    UnreadableAnswer,
    WrongCredentials,
)
from hbmcp.installation.answer_fields import text, under
from hbmcp.installation.fresh_checks import FRESH, Stale
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.unknown_outcome import KnownIds, unknown_outcome
from hbmcp.installation.orders.view import describe_order
from hbmcp.installation.planned_request import PlannedRequest, Stake, Uncovered
from hbmcp.installation.reduce_only import only_reduces
from hbmcp.store import TO_REDUCE, AlreadyReplaced, SentOrder, StoreError
from hbmcp.text import named
from hbmcp.times import now, ticking
from hbmcp_tools import trading

logger = logging.getLogger(__name__)

LOOK = 3.0  # seconds for which an order without an answer is looked for, at least
UNREMEMBERED = "This order couldn't be remembered: get_order_history will know less of it."

# The API took no order. Whatever else goes wrong while it is asked to may have come after it did.
NOT_PLACED = (BadArguments, NotConfigured, Refused, UnknownOperation, Unreachable, WrongCredentials)


@frozen
class Submission:
    """What was sent, with the id that the API gave it, and sentences about what of it couldn't be remembered."""

    order: SentOrder
    order_id: str
    notes: tuple[str, ...] = ()


class Companion(Protocol):
    """What is kept with an order, from before it is sent, so that no crash leaves the order without."""

    async def begin(self, order: SentOrder, key: int) -> None:
        """Keep it, for the order that is remembered under that key. Raises CallError: then the order isn't sent."""

    async def name(self, order_id: str) -> None:
        """The order has this id. Raises nothing."""

    async def end(self) -> None:
        """The order wasn't placed. Raises nothing."""


@frozen
class PlannedOrder:
    """An order, and the request that sends it. `known` are the ids of the orders there before."""

    order: SentOrder
    request: PlannedRequest
    known: KnownIds


def planned_order(
    order: SentOrder,
    known: KnownIds,
    *,
    reduces: bool,
    value: Decimal | None = None,
    market: Decimal | None = None,
    uncovered: Uncovered | None = None,
) -> PlannedOrder:
    """The order with the request that places it; see order_request."""
    request = order_request(order, reduces=reduces, value=value, market=market)
    return PlannedOrder(order, evolve(request, uncovered=uncovered if reduces else None), known)


def order_request(
    order: SentOrder, *, reduces: bool, value: Decimal | None = None, market: Decimal | None = None
) -> PlannedRequest:
    """The request that places an order worth `value` in quote, held against the price `market`. It `reduces` only a
    position that was read, by no more than its size, or what is had by then."""
    stake = Stake(
        account=order.account,
        exchange=order.connector,
        pair=order.pair,
        side=order.side,
        amount=order.amount,
        price=order.price,
        value=value,
        market=market,
    )
    planned = PlannedRequest.of(
        "reduces" if reduces else "opens",
        describe_order(order),
        stake,
        trading.submit_order,
        account_name=order.account,
        connector_name=order.connector,
        trading_pair=order.pair,
        side=order.side,  # type: ignore[arg-type]
        amount=order.amount,
        order_type=order.type,  # type: ignore[arg-type]
        price=order.price,
        position_action=order.action,  # type: ignore[arg-type]
    )
    planned = evolve(planned, replaces=order.replaces)
    if order.action != "CLOSE":
        return planned
    return evolve(planned, closes="now" if order.type == "MARKET" else "once it fills")


async def send_order(
    installation: Installation,
    planned: PlannedOrder,
    wait: float = 0,
    *,
    began: float | None = None,
    companion: Companion | None = None,
) -> Submission:
    """Remember the order, send it once, and keep its id. What became of it is another question: see wait_for_outcome.

    Raises a CallError that says that nothing was placed, Stale among them; or OutcomeUnknown, once it was looked for
    (for `wait` seconds, and at least three), saying what was sent and what was found. One that adds risk and can't be
    remembered is refused, and one whose checks `began` too long ago, if that is told: a grant holds only what adds
    risk to it. Cancelled, it is remembered only if it was sent. The workflow uses submit_order and search_orders.
    """
    memory = _Memory(installation)
    order = evolve(planned.order, time=now())
    await memory.remember(order, reduces=planned.request.effect == "reduces")
    try:
        if began is not None and ticking() - began > FRESH:
            raise Stale
        if companion is not None and memory.key is not None:
            await companion.begin(order, memory.key)
        order_id = await installation.send(planned.request, under("order_id", text))
        if not order_id:
            raise UnreadableAnswer("The Hummingbot API took the order and gave it no id.")
    except NOT_PLACED:
        await _never_was(memory, companion)
        raise
    except asyncio.CancelledError as error:
        if unsent(error):
            await _never_was(memory, companion)
        raise
    except CallError as error:
        raise await unknown_outcome(installation, order, error, planned.known, max(wait, LOOK)) from None
    await memory.name(order_id)
    if companion is not None:
        await companion.name(order_id)
    return Submission(evolve(order, order_id=order_id), order_id, tuple(memory.notes))


async def _never_was(memory: "_Memory", companion: Companion | None) -> None:
    await memory.forget()
    if companion is not None:
        await companion.end()


class _Memory:
    """What the store keeps of one order. Where it fails, what only reduces is sent all the same, and `notes` say so.

    A write that has begun goes on, whoever is cancelled; the store takes back an order whose key it couldn't give.
    """

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self.key: int | None = None
        self.notes: list[str] = []

    async def remember(self, order: SentOrder, *, reduces: bool) -> None:
        """Raises Refused for an order that adds risk: were its answer lost, nobody could find it; and for one in whose
        place another call has put one."""
        reduces = reduces or only_reduces(order.connector, order.side, order.action)
        try:
            async with asyncio.timeout(TO_REDUCE if reduces else None):
                self.key = await self._installation.store.remember_order(order)
        except AlreadyReplaced as other:
            by = "Another call is putting one" if other.by is None else f"{named(other.by)} is"
            raise Refused(f"{by} in the place of {named(order.replaces)}.", "Nothing was sent.") from None
        except TimeoutError:
            self.notes.append(f"{UNREMEMBERED} hbmcp's store doesn't answer.")
        except StoreError as error:
            if not reduces:
                raise Refused(
                    f"The order can't be remembered, and was it sent and its answer lost, nobody could find it: "
                    f"{error.happened}",
                    "Nothing was sent.",
                    f"{error.advice} What only reduces is sent all the same.".lstrip(),
                ) from None
            self.notes.append(f"{UNREMEMBERED} {error}")

    async def name(self, order_id: str) -> None:
        """Where the store doesn't take the id, the log keeps it: nobody may be there any more to be answered."""
        if self.key is None:
            logger.warning("Order %s was placed, and isn't remembered", named(order_id))
            return
        try:
            await self._installation.store.name_order(self.key, order_id)
        except StoreError as error:
            logger.warning("Order %s was placed, and its id couldn't be remembered", named(order_id))
            self.notes.append(f"This order's id couldn't be remembered: get_order_history will list it twice. {error}")
        except asyncio.CancelledError:
            logger.warning("Cancelled after order %s was placed: its id may not be remembered", named(order_id))
            raise

    async def forget(self) -> None:
        if self.key is None:
            return
        with suppress(StoreError):  # it would only be listed as one whose outcome nobody knows
            await self._installation.store.forget_order(self.key)
