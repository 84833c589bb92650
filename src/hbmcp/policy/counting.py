"""What a plan comes to is held against the limits, and reserved, before any of it is sent.

One transaction of the store reads what was granted before, judges, and reserves: two calls at once, in whatever
processes, don't both pass where only one may. A process that dies between reserving and settling leaves its
reservation, which counts.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import chain

from attrs import evolve, frozen

from hbmcp.caller import Caller
from hbmcp.errors import AnswerVoid, CallError, LimitReached, NotCounted, StoreError
from hbmcp.installation.installation import Installation, all_of, answer_within
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy import closing_together, doubts, exposure, valuation
from hbmcp.policy.call import Call
from hbmcp.policy.grant import Outcomes
from hbmcp.policy.limits import held_to, since, used_up, uses
from hbmcp.policy.model import Limits, Policy
from hbmcp.policy.said_twice import Said, check_key
from hbmcp.policy.seen import Seen
from hbmcp.policy.use import Use, refuse_exceeded
from hbmcp.policy.worth import Worth, adds_risk, asked_of
from hbmcp.store import TO_REDUCE, LedgerRow, OnceOnly, Settling, Store
from hbmcp.text import NAMED, cut, one_line
from hbmcp.times import DAY, now, ticking

SETTLING = 600_000  # milliseconds after the first look of a day, which may have shown too little
PATIENCE = 10.0  # seconds for the prices

LOOKS = Caller("hbmcp's policy", "trading", frozenset((*exposure.READS, *valuation.READS, *doubts.READS)), "policy")

logger = logging.getLogger(__name__)


@frozen
class Counted:
    """What the store keeps of a plan: the place in it of each row, with its key."""

    _store: Store
    _rows: Sequence[tuple[int, int]]

    def settling(self, outcomes: Outcomes) -> Settling:
        """What became of it, for the store."""
        settled = {key: what for place, key in self._rows if (what := outcomes[place]) is not None}
        return Settling(settled, [key for place, key in self._rows if outcomes[place] is None])

    async def settle(self, settling: Settling) -> None:
        """A store that fails keeps them as reserved, which counts."""
        try:
            async with asyncio.timeout(TO_REDUCE):
                await self._store.settle(settling)
        except (StoreError, TimeoutError) as error:
            logger.warning("What became of a call couldn't be settled, and counts as it was reserved: %s", _why(error))


@frozen
class Reserved:
    """What was counted in, None where nothing is, of what was `checked` at that moment, by hbmcp.times.ticking; and the
    limits of which hardly anything is left then, `at` that time."""

    counted: Counted | None = None
    checked: float = 0
    at: int = 0
    nearly: tuple[Use, ...] = ()


NOTHING = Reserved()
UNTOLD = "How far the policy's limits are used up can't be told:"


@frozen
class _Judged:
    """What was worked out before the store is asked: requests with their values, and what is open."""

    asks: list[Worth]
    seen: Seen


class Counting:
    """The numbers of a policy, for one installation. `installation` gives what a caller may ask."""

    def __init__(self, policy: Policy, installation: Callable[[Caller], Installation], store: Store) -> None:
        self._policy = policy
        self._installation = installation
        self._store = store

    def prices(self) -> valuation.Prices:
        """Those of this moment, of which nothing is read yet."""
        return valuation.Prices(self._installation(LOOKS))

    async def reserve(
        self, call: Call, plan: Plan, prices: valuation.Prices, once_only: OnceOnly | None = None, upto: int = -1
    ) -> Reserved:
        """Count the plan in, and an answer, which is used up with it. Up to that key of the ledger, who answered could
        know of what was said before.

        Raises LimitReached, NotCounted, SaidTwice, SentBefore, BadArguments for a key that stands for another call,
        AnswerVoid for an answer that was used, or Refused for what would open together with what is under way: nothing
        was sent. What only reduces is refused by none but the last five, and not by a store that fails, unless an
        answer is to be used up.
        """
        adds = once_only is not None or any(map(adds_risk, plan.requests))
        said = Said.of(call, plan)
        by_trigger = call.caller.kind == "trigger"
        closes = any(one.uncovered is not None or (one.closes and not by_trigger) for one in plan.requests)
        if not (asked_of(plan.requests) or call.key is not None or said.once or once_only or closes):
            return NOTHING
        judged = await self._judged(plan, prices)
        moment, checked = now(), ticking()
        counted = [
            (place, ask)
            for place, planned in enumerate(plan.requests)
            for ask in [one for one in judged.asks if one.planned is planned] or [Worth(planned)]
        ]
        rows = [
            LedgerRow(
                time=moment,
                caller=call.caller.kind,
                client=cut(one_line(call.caller.client), NAMED),
                tool=call.caller.name,
                digest=said.digest,
                words=one_line(ask.planned.words),
                effect=ask.planned.effect,
                account=ask.stake.account,
                exchange=ask.stake.exchange,
                pair=ask.stake.pair,
                opened=ask.opened,
                currency=self._policy.currency,
                idempotency_key=call.key,
                holder=call.caller.holder,
                sent=said.sent or "",
                side=ask.stake.side,
                amount=ask.stake.amount,
                replaces=ask.planned.replaces,
                orders=ask.stake.orders,
            )
            for _, ask in counted
        ]

        used: list[Use] = []

        def judge(granted: Sequence[LedgerRow]) -> None:
            said.refuse(granted, moment, upto)
            # A stop isn't held back, but for what closes the same at this moment.
            closing = [one for one in plan.requests if not by_trigger or one.closes == "now"]
            closing_together.refuse(closing, granted, moment)
            used[:] = uses(self._policy, judged.asks, granted, judged.seen, moment)
            refuse_exceeded(used)

        async def reserve() -> list[int] | None:
            async with asyncio.timeout(None if adds else TO_REDUCE):
                begin = min(
                    since(self._policy, moment), said.since(moment), closing_together.since(plan.requests, moment)
                )
                return await self._store.reserve(rows, begin, judge, once_only)

        try:
            try:
                keys = await reserve()
            except LimitReached:
                if not await self._less_doubtful(used):
                    raise
                keys = await reserve()
            except closing_together.TooMuch as error:
                if not (error.doubtful and await doubts.look(self._installation(LOOKS))):
                    raise
                keys = await reserve()
        except (StoreError, TimeoutError) as error:
            if adds:
                raise _unremembered(error) from None
            refuse_exceeded(uses(self._policy, judged.asks, (), judged.seen, moment))
            logger.warning("%s goes on without being counted: %s", call.caller.name, _why(error))
            return NOTHING
        if keys is None:
            raise AnswerVoid(
                "The answer to this question was used already.",
                "Nothing was sent this time.",
                "Look what became of it; if it is wanted once more, call it again, and the person is asked anew.",
            )
        kept = Counted(self._store, [(place, key) for (place, _), key in zip(counted, keys, strict=True)])
        return Reserved(kept, checked, moment, tuple(one for one in used if one.nearly))

    async def worths(self, requests: Sequence[PlannedRequest], prices: valuation.Prices) -> list[list[Worth]]:
        """The parts of each with their market price and value, as far as they are known."""
        parts = [asked_of([one]) or [Worth(one)] for one in requests]
        asks = list(chain.from_iterable(parts))
        found = await answer_within(valuation.valued(prices, asks, self._policy.currency), PATIENCE)
        if isinstance(found, CallError):
            return parts
        rest = iter(found)
        return [[next(rest) for _ in those] for those in parts]

    async def sent_before(self, call: Call) -> None:
        """Raises SentBefore for a call whose idempotency key stands for what was sent already, before anything is
        planned; BadArguments where that was another call, or it is no key. A store that fails is left to `reserve`."""
        if call.key is None:
            return
        check_key(call.key)
        await self.said_before(Said.of(call))

    async def said_before(self, said: Said) -> None:
        """Raises SentBefore, SaidTwice, and BadArguments, before a person is asked. A store that fails is left to
        `reserve`."""
        moment = now()
        try:
            async with asyncio.timeout(TO_REDUCE):
                granted = await self._store.granted(said.since(moment))
        except (StoreError, TimeoutError):
            return
        said.refuse(granted, moment)

    async def used(self, plan: Plan, prices: valuation.Prices, unasked: Decimal | None = None) -> str:
        """A sentence on how far the limits would be used, for who only looks; "" where none holds. Raises as `reserve`
        does; what would pass isn't worth more than `unasked`."""
        if not asked_of(plan.requests):
            return ""
        judged = await self._judged(plan, prices)
        moment = now()
        adds = any(map(adds_risk, plan.requests))

        async def used() -> list[Use]:
            granted: Sequence[LedgerRow] = ()
            try:
                async with asyncio.timeout(None if adds else TO_REDUCE):
                    granted = await self._store.granted(since(self._policy, moment))
            except (StoreError, TimeoutError) as error:
                if adds:
                    raise _unremembered(error) from None
            return uses(self._policy, judged.asks, granted, judged.seen, moment)

        found = await used()
        if await self._less_doubtful(found):
            found = await used()
        refuse_exceeded(found, unasked)
        at = " at the market's price" if any(map(_waits_below, judged.asks)) else ""
        return f"Limits, with this{at}: {listed}." if (listed := _listed(found)) else ""

    async def today(self) -> str:
        """A sentence on how far the limits are used up that hold for all, "" where there are none, and on what can't be
        told of it. Raises nothing."""
        limits = self._policy.limits
        of_all = Limits(open_orders=limits.open_orders, day_loss=limits.day_loss)
        try:
            seen = await self._seen(of_all, [], self.prices())
        except NotCounted as error:
            return f"{UNTOLD} {error.happened}"
        return await spent(self._store, self._policy, seen)

    async def _less_doubtful(self, found: Sequence[Use]) -> bool:
        """Look what became of what was never answered, where a limit would refuse for that; whether anything was
        found."""
        refused = any(one.exceeded and one.doubtful for one in found)
        return refused and await doubts.look(self._installation(LOOKS))

    async def _judged(self, plan: Plan, prices: valuation.Prices) -> _Judged:
        asks = asked_of(plan.requests)
        adding = [ask for ask in asks if ask.adds]
        limits = held_to(self._policy.limits, asks)
        if not adding and limits == Limits():
            return _Judged(asks, Seen(now()))
        priced, seen = await all_of(
            answer_within(self._valued(prices, asks), PATIENCE), self._seen(limits, adding, prices)
        )
        return _Judged(asks if isinstance(priced, CallError) else priced, seen)

    async def _seen(self, limits: Limits, adding: Sequence[Worth], prices: valuation.Prices) -> Seen:
        """What the limits need of what is open, with the day's loss. Raises NotCounted."""
        currency = self._policy.currency
        seen = await exposure.look(self._installation(LOOKS), prices, limits, adding, currency)
        if limits.day_loss is None or seen.equity is None:
            return seen
        try:
            began = await self._store.day_start(seen.at - seen.at % DAY, currency, seen.equity, seen.at, SETTLING)
        except StoreError as error:
            raise _unremembered(error) from None
        return evolve(seen, loss=max(began - seen.equity, Decimal(0)))

    async def _valued(self, prices: valuation.Prices, asks: list[Worth]) -> list[Worth]:
        if self._policy.needs_value or self._policy.limits.distance_percent is not None:
            return await valuation.valued(prices, asks, self._policy.currency)
        return asks


async def spent(store: Store, policy: Policy, seen: Seen | None = None) -> str:
    """A sentence on how far those limits are used up that hold for all, "" where there are none; unless it is told what
    was `seen`, only of those that the store alone knows of. Raises nothing."""
    moment = now()
    if seen is None:
        seen = Seen(moment)
        of_all = policy.limits.model_copy(update={"open_orders": None, "day_loss": None})
        policy = policy.model_copy(update={"limits": of_all})
    try:
        async with asyncio.timeout(TO_REDUCE):
            granted = await store.granted(since(policy, moment))
    except (StoreError, TimeoutError) as error:
        return f"{UNTOLD} {_why(error)}"
    found = used_up(policy, granted, seen, moment)
    return f"Limits: {listed}." if (listed := _listed(found)) else ""


def _waits_below(ask: Worth) -> bool:
    """Whether it counts as more than its own price comes to: an order, which may wait for that."""
    stake, market = ask.stake, ask.market
    if ask.planned.effect != "opens" or stake.amount is None or stake.price is None or market is None:
        return False
    return stake.price < market


def _listed(found: Sequence[Use]) -> str:
    return "; ".join(dict.fromkeys(str(one) for one in found if not one.shared))


def _unremembered(error: Exception) -> NotCounted:
    return NotCounted(
        f"This can't be counted, and what can't be counted isn't sent: {_why(error)}",
        "Nothing was sent.",
        "What reduces, cancels or stops is sent all the same.",
    )


def _why(error: Exception) -> str:
    if isinstance(error, StoreError):
        return f"{error.happened} {error.advice}".rstrip()
    return "hbmcp's store doesn't answer."
