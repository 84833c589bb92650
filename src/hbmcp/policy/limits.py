"""How far a plan would use each limit: arithmetic, and nothing else.

What counts is what was granted, whether it was sent, or is under way, or nobody knows: only what surely wasn't done has
left the ledger. All requests of a plan are counted together.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import chain

from attrs import evolve, frozen

from hbmcp.catalog import ADDING
from hbmcp.errors import NotCounted
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.planned_request import Stake
from hbmcp.policy.model import Budget, Limits, Policy, Rules, in_utc
from hbmcp.policy.seen import Seen
from hbmcp.policy.use import NONE, SUMS, Use, total
from hbmcp.policy.worth import Worth
from hbmcp.store import LedgerRow
from hbmcp.text import named
from hbmcp.times import DAY, HOUR, MINUTE

IN_SIGHT_AFTER = 3_000  # until what was sent stands among the orders or the positions


def held_to(limits: Limits, asks: Sequence[Worth]) -> Limits:
    """Those that hold for these: a sale on a spot exchange is free of what limits exposure and loss, and what starts
    code of which no amounts are known stands under that of the day's loss alone."""
    if any(ask.opens for ask in asks):
        return limits
    free = {"hour", "day", "position", "pair", "account", "leverage", "day_loss"}
    if not any(ask.adds for ask in asks):
        free = set(Limits.model_fields)
    if any(_runs_code(ask) for ask in asks):
        free -= {"day_loss"}
    return limits.model_copy(update=dict.fromkeys(free))


def since(policy: Policy, now: int) -> int:
    """From when on what was granted counts against a limit."""
    of, theirs = policy.limits, policy.theirs or Rules()
    of_the_day = (of.day, of.position, of.pair, of.account, of.leverage, of.open_orders, theirs.limits.day)
    begins = [now - MINUTE]
    begins += [] if of.hour is None and theirs.limits.hour is None else [now - HOUR]
    begins += [now - now % DAY] if any(one is not None for one in of_the_day) else []
    budgets = [one for budgets in (*policy.budget_lists, theirs.budgets) for one in budgets.values()]
    begins += [0 if one.starts is None else _milliseconds(one.starts) for one in budgets]
    return min(begins)


def uses(policy: Policy, asks: Sequence[Worth], granted: Iterable[LedgerRow], seen: Seen, now: int) -> list[Use]:
    """How far each limit that holds against these is used. Raises NotCounted for what can't be held to one."""
    rows = [one for one in granted if one.currency == policy.currency]
    counting = _Counting(policy.limits, policy.currency, [one for one in asks if one.adds], rows, seen, now)
    theirs = _theirs(policy, counting)
    of_all = [
        *counting.of_times(),
        *counting.of_numbers(),
        *counting.of_positions(),
        *counting.of_leverage(asks),
        *counting.of_the_day(asks),
        *chain.from_iterable(_budgets(budgets, counting) for budgets in policy.budget_lists),
    ]
    return [
        *counting.of_sizes(),
        *_as_told(policy, of_all),
        *map(_by_them, (*theirs.of_times(), *theirs.of_numbers(), *_budgets(_their_budgets(policy), theirs))),
    ]


def used_up(policy: Policy, granted: Iterable[LedgerRow], seen: Seen, now: int) -> list[Use]:
    """How far those limits are used that time uses up, before anything is asked. Raises NotCounted as `uses`."""
    rows = [one for one in granted if one.currency == policy.currency]
    counting = _Counting(policy.limits, policy.currency, [], rows, seen, now)
    budgets = chain.from_iterable(_spent(budgets, counting) for budgets in policy.budget_lists)
    theirs = _theirs(policy, counting)
    by_them = (*theirs.spent(), *theirs.of_a_minute(), *_spent(_their_budgets(policy), theirs))
    ours = (*counting.spent(), *counting.of_a_minute(), *counting.resting(), *counting.lost(), *budgets)
    return [*_as_told(policy, ours), *map(_by_them, by_them)]


def _theirs(policy: Policy, counting: "_Counting") -> "_Counting":
    """What of a profile its token's holder alone uses up. What was granted before it was kept by whom counts."""
    rows = [row for row in counting.rows if row.holder in (policy.holder, None)]
    return evolve(counting, limits=(policy.theirs or Rules()).limits, rows=rows)


def _their_budgets(policy: Policy) -> Mapping[str, Budget]:
    return {} if policy.theirs is None else policy.theirs.budgets


def _as_told(policy: Policy, of_all: Iterable[Use]) -> Iterator[Use]:
    """Who has limits of its own that time uses up, or budgets, is told how far those are used up, and not what others
    did."""
    theirs = policy.theirs
    own = theirs is not None and (theirs.limits != Limits() or bool(theirs.budgets))
    return (evolve(one, shared=own and (one.name != "leverage" or bool(one.used))) for one in of_all)


def _by_them(use: Use) -> Use:
    return evolve(use, short=f"{use.short} with this access token")


@frozen
class _Counting:
    """The limits held against those requests that add something."""

    limits: Limits
    currency: str
    asks: list[Worth]
    rows: list[LedgerRow]
    seen: Seen
    now: int

    def of_sizes(self) -> Iterator[Use]:
        """Each request on its own, with all its parts."""
        whole: dict[int, list[Worth]] = {}
        for ask in self.asks:
            whole.setdefault(id(ask.planned), []).append(ask)
        for parts in whole.values():
            if self.limits.order is not None:
                yield self.in_currency("order", self.limits.order, _values(parts), "an order")
            if self.limits.order_percent is not None:
                if not self.seen.equity or self.seen.equity < 0:
                    raise _uncounted("order_percent", "the portfolio's worth isn't known, or nothing")
                share = SUMS.divide(SUMS.multiply(_values(parts), Decimal(100)), self.seen.equity)
                yield Use("order_percent", self.limits.order_percent, NONE, share, " %", "of the portfolio an order")
        for ask in self.asks:
            if self.limits.distance_percent is not None and ask.stake.price is not None:
                if not ask.market:
                    raise _uncounted("distance_percent", f"no market price is known for {ask.planned.words}")
                off = SUMS.subtract(_nearest(ask.stake, ask.market), ask.market).copy_abs()
                away = SUMS.divide(SUMS.multiply(off, Decimal(100)), ask.market)
                yield Use("distance_percent", self.limits.distance_percent, NONE, away, " %", "from the market")

    def of_times(self) -> Iterator[Use]:
        """What is sent to open within an hour and a day."""
        opening = [ask for ask in self.asks if ask.opens]
        for one in self.spent() if opening else ():
            yield evolve(one, asked=_values(opening))

    def spent(self) -> Iterator[Use]:
        """What was sent to open within an hour and a day."""
        for name, most, begin, short in (
            ("hour", self.limits.hour, self.now - HOUR, "sent to open within an hour"),
            ("day", self.limits.day, self.now - self.now % DAY, "sent to open today"),
        ):
            if most is not None:
                rows = [row for row in self.rows if row.time >= begin]
                yield self.in_currency(name, most, NONE, short, rows)

    def of_numbers(self) -> Iterator[Use]:
        """Orders a minute, and orders that rest."""
        asked = [ask for ask in self.asks if ask.planned.effect in ADDING]
        for one in self.of_a_minute() if asked else ():
            yield evolve(one, asked=Decimal(len(asked)))
        orders = [ask for ask in self.asks if ask.planned.effect == "opens"]
        for one in self.resting() if orders else ():
            yield evolve(one, asked=Decimal(sum(ask.stake.orders for ask in orders)))

    def of_a_minute(self) -> Iterator[Use]:
        """Orders of the last minute."""
        if (most := self.limits.orders_a_minute) is not None:
            used = sum(row.time >= self.now - MINUTE and row.effect in ADDING for row in self.rows)
            yield Use("orders_a_minute", Decimal(most), Decimal(used), NONE, "", "orders a minute")

    def resting(self) -> Iterator[Use]:
        """Orders that rest."""
        if (most := self.limits.open_orders) is not None:
            if self.seen.resting is None:
                raise _uncounted("open_orders", "how many orders rest isn't known")
            unseen = [row for row in self._unseen() if row.effect == "opens"]
            used = self.seen.resting + sum(row.orders for row in unseen)
            doubtful = sum(row.orders for row in unseen if row.in_doubt(self.now))
            yield Use("open_orders", Decimal(most), Decimal(used), NONE, "", "open orders", Decimal(doubtful))

    def of_positions(self) -> Iterator[Use]:
        """What is held, what rests, what was granted and can't be seen yet, and what is asked."""
        kinds: tuple[tuple[str, Decimal | None, Callable[[Worth], tuple[str | None, ...]]], ...] = (
            ("position", self.limits.position, lambda ask: (ask.stake.pair, ask.stake.account)),
            ("pair", self.limits.pair, lambda ask: (ask.stake.pair,)),
            ("account", self.limits.account, lambda ask: (ask.stake.account,)),
        )
        opening = [ask for ask in self.asks if ask.opens and ask.planned.effect != "moves"]
        for name, most, key in kinds:
            groups: dict[tuple[str | None, ...], list[Worth]] = {}
            for ask in opening if most is not None else ():
                if None in key(ask):
                    raise _uncounted(name, f"pair and account aren't known of {ask.planned.words}")
                groups.setdefault(key(ask), []).append(ask)
            for those in groups.values():
                assert most is not None
                held, granted = total(self._held(name, those[0])), list(self._granted(name, those[0]))
                where = " at ".join(named(str(one)) for one in key(those[0]))
                short = f"open {'at' if name == 'account' else 'in'} {where}"
                yield self.in_currency(name, most, _values(those), short, granted, held)

    def of_leverage(self, asks: Iterable[Worth]) -> Iterator[Use]:
        """What a request says, what the pair's position shows, and what all that is open there would come to."""
        if (most := self.limits.leverage) is None:
            return
        for ask in asks:
            stake = ask.stake
            if _runs_code(ask) and ask.part and stake.leverage is None and is_perpetual(stake.exchange or "_perpetual"):
                raise _uncounted(
                    "leverage", f"a configuration of {ask.planned.words} names none, and its controller has its own"
                )
            if stake.leverage is not None:
                yield Use("leverage", most, NONE, stake.leverage, "x", "leverage")
            if not ask.opens or not is_perpetual(stake.exchange or "_perpetual"):
                continue
            place = ask.place
            equity = self.seen.equity_at.get(place)
            if equity is None or equity <= 0:
                raise _uncounted("leverage", f"the equity isn't known of the account of {ask.planned.words}")
            there = [one for one in self.seen.held if (one.account, one.exchange) == place]
            for one in there:
                if one.is_of(ask) and one.leverage is not None:
                    yield Use("leverage", most, NONE, one.leverage, "x", "leverage, as the pair's position has it")
            unseen = [row for row in self._unseen() if (row.account, row.exchange) == place]
            open_there = total((*(one.value for one in there), *(row.opened for row in unseen)))
            together = _values(one for one in self.asks if one.place == place)
            used, asked = SUMS.divide(open_there, equity), SUMS.divide(together, equity)
            doubtful = SUMS.divide(self._doubtful(unseen), equity)
            yield Use("leverage", most, used, asked, "x", "all that is open there to its equity", doubtful)

    def of_the_day(self, asks: Iterable[Worth]) -> Iterator[Use]:
        """What was lost today, where something may be lost by these."""
        return self.lost() if any(ask.opens or _runs_code(ask) for ask in asks) else iter(())

    def lost(self) -> Iterator[Use]:
        """What was lost today."""
        if self.limits.day_loss is not None:
            if self.seen.loss is None:
                raise _uncounted("day_loss", "what was lost today isn't known")
            yield self.in_currency("day_loss", self.limits.day_loss, NONE, "lost today", held=self.seen.loss)

    def _held(self, name: str, ask: Worth) -> Iterator[Decimal]:
        account = ask.stake.account
        for one in self.seen.held:
            if (name == "pair" or one.account == account) and (name == "account" or one.is_of(ask)):
                yield one.value

    def _granted(self, name: str, ask: Worth) -> Iterator[LedgerRow]:
        stake = ask.stake
        for row in self._unseen():
            if (name == "pair" or row.account == stake.account) and (name == "account" or row.pair == stake.pair):
                yield row

    def _unseen(self) -> list[LedgerRow]:
        """What was granted and may not be among what was read: sent just before or since, or never heard of again. Of
        an order of which something is filled, that may be among the positions or not yet."""
        return [
            row
            for row in self.rows
            if (row.time >= self.seen.at - IN_SIGHT_AFTER or row.state != "sent")
            and row.reference not in self.seen.unfilled
            and row.reference not in self.seen.running
        ]

    def _doubtful(self, rows: Iterable[LedgerRow]) -> Decimal:
        return total(row.opened for row in rows if row.in_doubt(self.now))

    def in_currency(
        self,
        name: str,
        most: Decimal,
        asked: Decimal,
        short: str,
        rows: Sequence[LedgerRow] = (),
        held: Decimal = NONE,
    ) -> Use:
        """Used by what is `held`, and by `rows` that were granted."""
        used = total((held, *(row.opened for row in rows)))
        return Use(name, most, used, asked, f" {self.currency}", short, self._doubtful(rows))


def _budgets(budgets: Mapping[str, Budget], counting: _Counting) -> Iterator[Use]:
    """What was opened at an account since a budget began, and until it ends. An account that has budgets has nothing
    outside of their times."""
    opening = [ask for ask in counting.asks if ask.opens and ask.planned.effect != "moves"]
    for account in dict.fromkeys(one.account for one in budgets.values()):
        mine = [ask for ask in opening if ask.stake.account in (account, None)]
        if not mine:
            continue
        if any(ask.stake.account is None for ask in mine):
            raise _uncounted("budgets", "for which account it is isn't known")
        there = {name: one for name, one in budgets.items() if one.account == account}
        if not any(_lasts(one, counting.now) for one in there.values()):
            yield counting.in_currency(f"budget {next(iter(there))}", NONE, _values(mine), "outside of its time")
        for use in _spent(there, counting):
            yield evolve(use, asked=_values(mine))


def _spent(budgets: Mapping[str, Budget], counting: _Counting) -> Iterator[Use]:
    """Of those that last."""
    for name, one in budgets.items():
        if _lasts(one, counting.now):
            begin = 0 if one.starts is None else _milliseconds(one.starts)
            rows = [row for row in counting.rows if row.account == one.account and row.time >= begin]
            yield counting.in_currency(
                f"budget {name}", one.amount, NONE, f"sent to open at {named(one.account)}", rows
            )


def _runs_code(ask: Worth) -> bool:
    return ask.planned.effect == "runs_code"


def _lasts(budget: Budget, now: int) -> bool:
    begun = budget.starts is None or _milliseconds(budget.starts) <= now
    return begun and (budget.ends is None or now < _milliseconds(budget.ends))


def _milliseconds(moment: datetime) -> int:
    return int(in_utc(moment).timestamp() * 1000)


def _nearest(stake: Stake, market: Decimal) -> Decimal:
    """Its own price that is nearest to the market's: in a range that is around it, that itself."""
    assert stake.price is not None
    low, high = sorted((stake.price, stake.price if stake.until is None else stake.until))
    return min(max(market, low), high)


def _value(ask: Worth) -> Decimal:
    if ask.value is None or not ask.value.is_finite() or ask.value <= 0:
        raise NotCounted(
            f"What this is worth isn't known, so it can't be held to the policy's limits: {ask.planned.words}.",
            "Nothing was sent.",
            "What can't be priced isn't sent. What reduces, cancels or stops is never limited.",
        )
    return ask.value


def _values(asks: Iterable[Worth]) -> Decimal:
    return total(_value(ask) for ask in asks)


def _uncounted(name: str, why: str) -> NotCounted:
    return NotCounted(
        f"The policy has a limit {name}, and whether this passes it can't be told: {why}.",
        "Nothing was sent.",
        "What can't be counted isn't sent. What reduces, cancels or stops is never limited.",
    )
