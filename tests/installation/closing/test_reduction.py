"""The order that reduces a position, whatever the position, the pair's rules and the fraction are."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.installation.closing.reduction import Reduction, TooSmall, reduction, smallest
from hbmcp.installation.markets.trading_rules import Rule
from hbmcp.installation.positions.position import Side

SIDES: list[Side] = ["LONG", "SHORT"]
sides = st.sampled_from(SIDES)
PLACES = 18  # no exchange's amounts have more
amounts = st.decimals("1e-9", "1e9", places=PLACES)
fractions = st.decimals("1e-6", 1, places=PLACES)
steps = st.one_of(
    st.sampled_from([Decimal(0), Decimal(1), Decimal("0.5"), Decimal("0.001"), Decimal("0.00001"), Decimal(10)]),
    st.decimals("1e-8", 100, allow_nan=False, allow_infinity=False),
)
rules = st.builds(Rule, min_amount=st.one_of(st.just(Decimal(0)), amounts), amount_step=steps)


@given(sides, amounts, rules, fractions)
def test_it_reduces_and_never_more(side: Side, size: Decimal, rule: Rule, fraction: Decimal) -> None:
    order = reduction(side, size, rule, fraction)
    if isinstance(order, TooSmall):
        return
    assert order.side == {"LONG": "SELL", "SHORT": "BUY"}[side]
    assert 0 < order.amount <= size
    assert Fraction(order.amount) <= Fraction(size) * Fraction(fraction)
    assert order.amount >= rule.min_amount
    assert Fraction(order.amount) + Fraction(order.rest) == Fraction(size)


@given(sides, amounts, rules, fractions)
def test_it_is_on_the_lot_step_and_the_largest_that_is(
    side: Side, size: Decimal, rule: Rule, fraction: Decimal
) -> None:
    wanted, step = Fraction(size) * Fraction(fraction), Fraction(rule.amount_step)
    order = reduction(side, size, rule, fraction)
    largest = wanted // step * step if step else wanted
    if isinstance(order, TooSmall):
        assert largest == 0 or largest < rule.min_amount
    elif step:
        assert Fraction(order.amount) == largest
    else:
        assert Fraction(order.amount) == pytest.approx(largest, rel=1e-30)


@given(sides, amounts, rules)
def test_all_of_it_leaves_less_than_a_step(side: Side, size: Decimal, rule: Rule) -> None:
    order = reduction(side, size, rule)
    if isinstance(order, Reduction):
        assert 0 <= order.rest < rule.amount_step or order.rest == 0


@given(rules)
def test_the_smallest_order_is_one(rule: Rule) -> None:
    least = smallest(rule)
    if least:
        assert reduction("LONG", least, rule) == Reduction("SELL", least, Decimal(0))


@pytest.mark.parametrize(
    ("size", "fraction", "amount", "rest"),
    [
        ("0.05", "1", "0.05", "0"),
        ("0.05", "0.5", "0.025", "0.025"),
        ("0.0559", "1", "0.055", "0.0009"),
        ("0.05", "0.333", "0.016", "0.034"),
        ("0.001", "1", "0.001", "0"),
    ],
)
def test_by_hand(size: str, fraction: str, amount: str, rest: str) -> None:
    rule = Rule(min_amount=Decimal("0.001"), amount_step=Decimal("0.001"))
    expected = Reduction("BUY", Decimal(amount), Decimal(rest))
    assert reduction("SHORT", Decimal(size), rule, Decimal(fraction)) == expected


@pytest.mark.parametrize(("size", "fraction"), [("0.0009", "1"), ("0.05", "0.01"), ("0.009", "0.1")])
def test_too_small_says_what_is_the_smallest(size: str, fraction: str) -> None:
    rule = Rule(min_amount=Decimal("0.001"), amount_step=Decimal("0.001"))
    found = reduction("LONG", Decimal(size), rule, Decimal(fraction))
    assert isinstance(found, TooSmall)
    assert "smallest order, 0.001" in found.why
