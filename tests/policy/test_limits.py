"""The arithmetic of limits: what is used, what was asked, what passes, and that nothing gets beyond."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.errors import LimitReached, NotCounted
from hbmcp.policy.limits import since, uses
from hbmcp.policy.model import Policy
from hbmcp.policy.seen import Held, Seen
from hbmcp.policy.use import Use, refuse_exceeded
from hbmcp.policy.worth import Worth
from hbmcp.store import LedgerRow
from tests.policy.planning import DAY, NOW, STAKE, ask, policy, request, row

HOUR = 3_600_000
SEEN = Seen(NOW, (), resting=0, equity=Decimal(1000), equity_at={("master_account", "binance_perpetual"): Decimal(500)})

amounts = st.decimals("0.00000001", "1e12", allow_nan=False, allow_infinity=False, places=8)


def one(found: list[Use], name: str) -> Use:
    (use,) = [use for use in found if use.name == name]
    return use


def judged(told: Policy, asks: list[Worth], rows: list[LedgerRow] = [], seen: Seen = SEEN, now: int = NOW) -> list[Use]:  # noqa: B006
    return uses(told, asks, rows, seen, now)


def refused(told: Policy, asks: list[Worth], rows: list[LedgerRow] = [], seen: Seen = SEEN) -> str:  # noqa: B006
    with pytest.raises(LimitReached) as error:
        refuse_exceeded(judged(told, asks, rows, seen))
    return str(error.value)


def test_a_refusal_says_which_limit_its_value_what_is_used_what_was_asked_and_what_would_pass() -> None:
    text = refused(policy(day=50_000), [ask(4500)], [row(48_000, state="sent")])
    assert text == (
        "The policy's limit day is 50,000 USDT sent to open today: 48,000 used already, 4,500 asked; 2,000 would pass. "
        "Nothing was sent. A person set this limit: tell the user. What reduces, cancels or stops is never limited."
    )


def test_no_refusal_tells_how_a_limit_is_changed() -> None:
    budgets = {"b": {"account": "master_account", "amount": 1}}
    tight = dict.fromkeys(("order", "hour", "day", "position", "pair", "account", "day_loss"), 1)
    for name, most in {**tight, "order_percent": 1, "leverage": 1, "distance_percent": 1, "open_orders": 1}.items():
        seen = Seen(NOW, (), 1, Decimal(1000), SEEN.equity_at, loss=Decimal(5))
        text = refused(policy(**{name: most}), [ask(4500, 100, price=Decimal(200))], [row(1)], seen).lower()
        assert not any(word in text for word in ("toml", "hbmcp_", "file", "raise", "edit", "config", "policy init"))
    assert "file" not in refused(policy(budgets), [ask(4500)])


@given(most=amounts, values=st.lists(st.tuples(amounts, st.integers(0, 2 * HOUR)), max_size=12))
def test_no_hour_and_no_day_ever_has_more_than_its_limit(most: Decimal, values: list[tuple[Decimal, int]]) -> None:
    told = policy(hour=most, day=most * 2)
    ledger: list[LedgerRow] = []
    now = NOW
    for value, later in values:
        now += later
        try:
            kept = [one for one in ledger if one.time >= since(told, now)]
            refuse_exceeded(judged(told, [ask(value)], kept, now=now))
        except LimitReached:
            continue
        ledger.append(row(value, now))
    for last in ledger:
        within = sum(one.opened for one in ledger if last.time - HOUR < one.time <= last.time)
        assert within <= most
        today = sum(one.opened for one in ledger if last.time - last.time % DAY <= one.time <= last.time)
        assert today <= most * 2


@given(most=amounts, used=amounts, tiny=amounts)
def test_what_would_pass_passes_and_nothing_above_it(most: Decimal, used: Decimal, tiny: Decimal) -> None:
    use = one(judged(policy(day=most), [ask(tiny)], [row(used)]), "day")
    assert use.exceeded == (used + tiny > most)
    if use.passes > 0:
        assert not one(judged(policy(day=most), [ask(use.passes)], [row(used)]), "day").exceeded
    assert one(judged(policy(day=most), [ask(use.passes + tiny)], [row(used)]), "day").exceeded


@given(values=st.lists(amounts, min_size=1, max_size=5))
def test_all_requests_of_a_plan_count_together(values: list[Decimal]) -> None:
    found = judged(policy(day=sum(values), order=max(values), account=sum(values)), [ask(value) for value in values])
    assert not any(use.exceeded for use in found)
    less = sum(values) - Decimal("0.00000001")
    if less > 0:
        assert one(judged(policy(day=less), [ask(value) for value in values]), "day").exceeded
        assert one(judged(policy(account=less), [ask(value) for value in values]), "account").exceeded


@pytest.mark.parametrize("value", [None, "NaN", "Infinity", "-Infinity", "0", "-1", "sNaN"])
@pytest.mark.parametrize("limit", ["order", "hour", "day", "position", "pair", "account", "order_percent", "leverage"])
def test_what_is_not_a_number_above_nothing_is_refused(value: str | None, limit: str) -> None:
    with pytest.raises(NotCounted, match="What this is worth isn't known"):
        judged(policy(**{limit: 1000}), [ask(value)])


@pytest.mark.parametrize("effect", ["reduces", "cancels", "stops"])
def test_what_reduces_is_held_to_nothing(effect: Any) -> None:
    everything = dict.fromkeys(("order", "hour", "day", "position", "pair", "account", "leverage", "day_loss"), 1)
    told = policy(**everything, open_orders=1, orders_a_minute=1)
    assert judged(told, [ask(effect=effect)], [row(99)], Seen(NOW)) == []


def test_a_spot_sale_is_free_of_exposure_and_loss_but_not_of_size() -> None:
    sale = ask(500, 100, exchange="binance", side="SELL", price=Decimal(90))
    free = policy(hour=1, day=1, position=1, pair=1, account=1, leverage=1, day_loss=1)
    assert judged(free, [sale], [row(99)], Seen(NOW)) == []
    for name, most in {"order": 499, "order_percent": 49, "distance_percent": 9}.items():
        assert f"limit {name}" in refused(policy(**{name: most}), [sale])
    short = ask(500, exchange="binance_perpetual", side="SELL")
    assert "limit day" in refused(policy(day=1), [short])


def test_unknown_and_reserved_count_like_what_was_sent() -> None:
    for state in ("reserved", "sent", "unknown"):
        assert "900 used already" in refused(policy(day=1000), [ask(200)], [row(900, state=state)])


@pytest.mark.parametrize("state", ["unknown", "reserved"])
def test_what_was_never_answered_counts_for_what_is_open_on_later_days_and_for_theirs_not(state: Any) -> None:
    rows = [row(900, NOW - 3 * DAY, state=state)]
    for name in ("position", "pair", "account"):
        text = refused(policy(**{name: 1000}), [ask(200)], rows)
        assert "900 used already (900 of it sent and never answered), 200 asked; 100 would pass" in text
        assert "a person who knows can say so with `hbmcp policy settle`" in text
    assert "1 of it sent and never answered" in refused(policy(open_orders=1), [ask()], rows)
    assert "1.8 of it sent and never" in refused(policy(leverage=2), [ask(200)], rows)
    assert not one(judged(policy(day=1000, hour=1000), [ask(200)], rows), "day").exceeded


def test_what_is_being_sent_is_no_doubt() -> None:
    assert "never answered" not in refused(policy(position=1000), [ask(200)], [row(900, state="reserved")])


def test_what_was_counted_in_another_currency_is_not_added() -> None:
    assert not one(judged(policy(day=1000), [ask(200)], [row(900, currency="BTC")]), "day").exceeded


def test_a_new_day_begins_at_midnight_utc() -> None:
    yesterday = NOW - NOW % DAY - 1
    assert not one(judged(policy(day=1000), [ask(200)], [row(900, yesterday)]), "day").exceeded
    assert one(judged(policy(day=1000), [ask(200)], [row(900, yesterday + 1)]), "day").exceeded


def test_orders_of_the_last_minute_are_numbered() -> None:
    rows = [row(time=NOW - 60_000), row(time=NOW - 1), row(time=NOW - 60_001), row(time=NOW, effect="reduces")]
    assert "2 used already, 1 asked; 0 would pass" in refused(policy(orders_a_minute=2), [ask()], rows)
    assert not any(use.exceeded for use in judged(policy(orders_a_minute=3), [ask()], rows))


def test_orders_that_rest_and_those_that_cannot_be_seen_yet_are_numbered() -> None:
    seen = Seen(NOW, resting=2)
    rows = [row(time=NOW - 60_000, state="sent"), row(time=NOW - 60_000, state="unknown"), row(time=NOW, state="sent")]
    assert "4 used already" in refused(policy(open_orders=4), [ask()], rows, seen)
    rows.append(row(time=NOW, state="sent", orders=3))
    assert "7 used already" in refused(policy(open_orders=7), [ask()], rows, seen)
    with pytest.raises(NotCounted, match="open_orders"):
        judged(policy(open_orders=9), [ask()], seen=Seen(NOW))


def test_an_order_that_is_seen_to_rest_counts_once_from_then_on() -> None:
    rests = held(100)
    seen = Seen(NOW, (rests,), resting=1, unfilled=frozenset({"X-1"}))
    new = [row(100, NOW - 1, state="sent", reference="X-1")]
    for reference, used in (("X-1", 100), ("X-2", 200), (None, 200)):
        rows = [evolve(one, reference=reference) for one in new]
        assert one(judged(policy(position=1000), [ask(1)], rows, seen), "position").used == used
    assert "1 used already, 1 asked" in refused(policy(open_orders=1), [ask()], new, seen)


def held(value: Any, account: str = "master_account", exchange: str = "binance_perpetual", **other: Any) -> Held:
    return Held(account, exchange, "BTC", other.get("pair", "BTC-USDT"), Decimal(value), other.get("leverage"))


def test_a_position_is_what_is_held_what_rests_and_what_was_granted_since() -> None:
    seen = Seen(NOW, (held(100), held(50), held(7, account="other"), held(3, pair="BTC-USDC")))
    rows = [row(20, NOW - 60_000, state="sent"), row(4, NOW - 60_000, state="unknown"), row(2, pair="ETH-USDT")]
    assert one(judged(policy(position=1000), [ask(1)], rows, seen), "position").used == 154
    assert one(judged(policy(pair=1000), [ask(1)], rows, seen), "pair").used == 161
    assert one(judged(policy(account=1000), [ask(1)], rows, seen), "account").used == 159


def test_what_a_spot_exchange_holds_is_a_position_of_what_is_bought_there() -> None:
    seen = Seen(NOW, (held(100, exchange="binance", pair=None),))
    assert one(judged(policy(position=1000), [ask(1, exchange="binance")], [], seen), "position").used == 100
    assert one(judged(policy(position=1000), [ask(1)], [], seen), "position").used == 0


@pytest.mark.parametrize("name", ["position", "pair", "account"])
def test_what_says_not_what_it_is_about_is_refused(name: str) -> None:
    with pytest.raises(NotCounted, match=name):
        judged(policy(**{name: 1000}), [ask(1, account=None, pair=None)])


def test_leverage_is_what_is_said_what_is_set_and_what_it_comes_to() -> None:
    assert "10x leverage" not in str(judged(policy(leverage=3), [ask(1)]))
    assert "this is 10" in refused(policy(leverage=3), [ask(1, leverage=Decimal(10))])
    assert "this is 5" in refused(policy(leverage=3), [ask(1)], [], _at(held(1, leverage=Decimal(5))))
    assert "2 used already, 2 asked" in refused(policy(leverage=3), [ask(1000)], [], _at(held(1000)))
    raised = ask(effect="unprotects", leverage=Decimal(20))
    assert "this is 20" in refused(policy(leverage=3), [raised], [], Seen(NOW))
    with pytest.raises(NotCounted, match="equity"):
        judged(policy(leverage=3), [ask(1)], seen=Seen(NOW))


def test_a_bot_s_leverage_that_nobody_names_is_no_small_one() -> None:
    bot = request("runs_code", pair=None)
    parts = [Worth(bot, Decimal(100), part=evolve(STAKE, exchange=one)) for one in ("binance", "binance_perpetual")]
    assert judged(policy(leverage=3), parts[:1], seen=_at()) == []
    with pytest.raises(NotCounted, match=r"leverage.*its controller has its own"):
        judged(policy(leverage=3), parts, seen=_at())


def _at(*several: Held) -> Seen:
    return Seen(NOW, several, 0, Decimal(500), SEEN.equity_at)


def test_the_distance_from_the_market_is_held_either_way() -> None:
    for price in ("94.9", "105.1"):
        assert "distance_percent is 5 %" in refused(policy(distance_percent=5), [ask(1, 100, price=Decimal(price))])
    assert not one(judged(policy(distance_percent=5), [ask(1, 100, price=Decimal(95))]), "distance_percent").exceeded
    with pytest.raises(NotCounted, match="distance_percent"):
        judged(policy(distance_percent=5), [ask(1, price=Decimal(95))])
    assert judged(policy(distance_percent=5), [ask(1, 100)]) == []


def test_a_range_of_prices_is_as_far_from_the_market_as_its_nearer_end() -> None:
    told = policy(distance_percent=5)
    for low, high, away in ((50, 200, 0), (104, 300, 4), (1, 96, 4), (106, 110, 6), (90, 94, 6)):
        use = one(judged(told, [ask(1, 100, price=Decimal(low), until=Decimal(high))]), "distance_percent")
        assert (use.asked, use.exceeded) == (away, away > 5)


def test_after_the_day_s_loss_nothing_is_opened() -> None:
    for loss, reached in ((99, False), (100, True), (101, True)):
        (use,) = judged(policy(day_loss=100), [ask(1)], seen=Seen(NOW, loss=Decimal(loss)))
        assert use.exceeded == reached
    with pytest.raises(NotCounted, match="day_loss"):
        judged(policy(day_loss=100), [ask(1)], seen=Seen(NOW))


def budget(amount: int, starts: int | None = None, ends: int | None = None) -> dict[str, Any]:
    def moment(days: int | None) -> datetime | None:
        return None if days is None else datetime.fromtimestamp((NOW + days * DAY) / 1000, UTC)

    return {"account": "master_account", "amount": amount, "starts": moment(starts), "ends": moment(ends)}


def test_a_budget_counts_what_was_opened_since_it_began_and_closing_refills_nothing() -> None:
    told = policy({"agent": budget(1000, -3, 3)})
    rows = [row(500, NOW - 2 * DAY), row(400, NOW - 4 * DAY), row(300, account="other"), row(0, effect="reduces")]
    assert since(told, NOW) == NOW - 3 * DAY
    use = one(judged(told, [ask(500)], rows), "budget agent")
    assert (use.used, use.exceeded) == (500, False)
    assert "500 would pass" in refused(told, [ask(501)], rows)
    assert judged(told, [ask(501, account="other")], rows) == []
    with pytest.raises(NotCounted, match="account"):
        judged(told, [ask(1, account=None)])


@pytest.mark.parametrize(("starts", "ends"), [(-3, -1), (1, 3)])
def test_outside_of_its_time_a_budget_allows_nothing(starts: int, ends: int) -> None:
    assert "outside of its time" in refused(policy({"agent": budget(1000, starts, ends)}), [ask(1)])
    assert judged(policy({"agent": budget(1000, starts, ends), "next": budget(1000, -1, 1)}), [ask(1)])[0].used == 0


@given(most=amounts, used=amounts)
def test_from_four_fifths_on_a_limit_is_nearly_used(most: Decimal, used: Decimal) -> None:
    assert one(judged(policy(day=(most + used) * Decimal("1.25")), [ask(most)], [row(used)]), "day").nearly
    assert not one(judged(policy(day=(most + used) * 2), [ask(most)], [row(used)]), "day").nearly


def test_a_limit_is_another_in_its_next_window() -> None:
    found = judged(policy(hour=100, day=100, orders_a_minute=5), [ask(1)])
    for name, length in (("hour", HOUR), ("day", DAY), ("orders_a_minute", 60_000)):
        use = one(found, name)
        begin = use.window(NOW)
        assert begin <= NOW < begin + length
        assert use.window(begin + length - 1) == begin
        assert use.window(begin + length) == begin + length
