"""The coins that triggers protect: they end when these are sold otherwise, and are for fewer when some are."""

from collections.abc import Collection
from decimal import Decimal

from hbmcp.errors import CallError
from hbmcp.figures import plain
from hbmcp.installation.balances import NEARLY, Balance, Coins, balances, units_of
from hbmcp.installation.installation import Installation, answer_within, together
from hbmcp.installation.markets.trading_rules import Rule, rule
from hbmcp.installation.triggers.coins import (
    coins_of,
    left_of_each,
    of_coins,
    protected_amount,
    protecting_coins,
)
from hbmcp.installation.triggers.trigger import Protected, Spec, Trigger
from hbmcp.pairs import base_of
from hbmcp.text import named
from hbmcp.watch.found import LOOKS, PATIENCE, Found

MANY = 50  # what of coins is left is held to the smallest order once it is no more than a part in so many


class AttachedCoins:
    """Looked at now and then, the balances of each exchange once for all that hang on them."""

    def __init__(self) -> None:
        self._seen: set[Protected] = set()
        self._gone: dict[Protected, int] = {}
        self._whole: dict[Coins, set[int]] = {}  # which triggers protected them when all of these were there
        self._short: dict[Coins, int] = {}

    async def look(self, installation: Installation, triggers: Collection[Trigger]) -> dict[int, Found]:
        """By trigger, of those that protect coins. Raises nothing."""
        protecting = {one.key: (coins, one.spec) for one in triggers if (coins := _coins(one)) is not None}
        protected = {coins for coins, _ in protecting.values()}
        self._seen &= protected
        self._gone = {one: count for one, count in self._gone.items() if one in self._seen}
        where = list(dict.fromkeys((one.account_name, one.connector_name) for one in protected))
        told = await together(answer_within(balances(installation, *one), PATIENCE) for one in where)
        by_exchange = dict(zip(where, told, strict=True))
        sold = {
            one: await self._is_sold(installation, one, by_exchange[one.account_name, one.connector_name])
            for one in protected
        }
        less: dict[int, Decimal] = {}
        for place in {coins_of(spec) for _, spec in protecting.values()} - {None}:
            assert place is not None
            less |= await self._left(installation, place, triggers, by_exchange[place[:2]])
        return {
            key: _fewer(spec, less[key]) if key in less and not sold[protects].over else sold[protects]
            for key, (protects, spec) in protecting.items()
        }

    async def _left(
        self,
        installation: Installation,
        coins: Coins,
        triggers: Collection[Trigger],
        answer: list[Balance] | CallError,
    ) -> dict[int, Decimal]:
        """As left_of_each, once it is sure that some were sold: there were as many as are protected, and that was so at
        none of the last looks."""
        units = None if isinstance(answer, CallError) else units_of(answer, coins[2])
        if units is None:
            return {}
        protecting = protecting_coins(triggers, coins)
        keys = {one.key for one in protecting}
        if units >= protected_amount(protecting) * NEARLY:
            self._whole[coins], self._short[coins] = keys, 0
            return {}
        if not keys <= self._whole.get(coins, set()):
            return {}
        self._short[coins] += 1
        if self._short[coins] < LOOKS:
            return {}
        pair = next(one.spec.protects.trading_pair for one in protecting if one.spec.protects is not None)
        rules = await answer_within(rule(installation, coins[1], pair), PATIENCE)
        known = Rule() if isinstance(rules, CallError) else rules
        return left_of_each(protecting, units, known.too_few)

    async def _is_sold(
        self, installation: Installation, protects: Protected, answer: list[Balance] | CallError
    ) -> Found:
        """Only what was there can be sold: the API's figures can be older than the purchase. That they can't be read is
        no news of coins that are sold when it fires."""
        units = None if isinstance(answer, CallError) else units_of(answer, base_of(protects.trading_pair))
        if units is None:
            return Found()
        if not await _is_dust(installation, protects, units):
            self._seen.add(protects)
            self._gone[protects] = 0
        elif protects in self._seen:
            self._gone[protects] = self._gone.get(protects, 0) + 1
        if self._gone.get(protects, 0) < LOOKS:
            return Found()
        coin, there = named(base_of(protects.trading_pair)), named(protects.connector_name)
        left = f": {plain(units):f} are left, too few to sell" if units else ""
        return Found(over=f"the {coin} that it protects is gone from {there}{left}")


def _fewer(spec: Spec, left: Decimal) -> Found:
    coin = named(base_of(spec.protects.trading_pair)) if spec.protects is not None else ""
    if not left:
        return Found(over=f"the {coin} that it protects was sold otherwise")
    return Found(spec=of_coins(spec, left), why=f"some of its coins were sold otherwise: it is for {left:f} {coin} now")


async def _is_dust(installation: Installation, protects: Protected, units: Decimal) -> bool:
    """Whether of the coins so little is left that no order can sell it."""
    if not units or protects.amount is None or units * MANY > protects.amount:
        return not units
    pair = protects.trading_pair
    rules = await answer_within(rule(installation, protects.connector_name, pair), PATIENCE)
    return not isinstance(rules, CallError) and rules.too_few(units)


def _coins(one: Trigger) -> Protected | None:
    """The coins that it ends with."""
    protects = one.spec.protects
    return protects if protects is not None and protects.amount is not None and one.spec.after is None else None
