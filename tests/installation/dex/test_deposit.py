"""The most that goes into a liquidity position, of one token or of both."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.installation.dex.deposit import Range, deposit
from hbmcp.installation.dex.pool import Pool

positive = st.decimals("0.0001", "1e6", places=4)
POOL = Pool("SOL-USDC", Decimal(150))
NONE = Decimal(0)


@given(price=positive, base=positive, lower=st.decimals("0.1", "0.99"), upper=st.decimals("1.01", "10"))
def test_either_token_tells_the_other(price: Any, base: Any, lower: Any, upper: Any) -> None:
    pool, within = Pool("SOL-USDC", price), Range(price * lower, price * upper)
    by_base = deposit(pool, within, base, None, NONE)
    assert by_base.quote is not None
    by_quote = deposit(pool, within, None, by_base.quote, NONE)
    assert by_base.value is not None
    assert by_quote.base == pytest.approx(base)
    assert by_quote.value == pytest.approx(by_base.value)
    slipped = deposit(pool, within, base, None, Decimal(10))
    assert slipped.value == pytest.approx(by_base.value + by_base.quote / 10)


@given(base=positive, quote=positive)
def test_both_tokens_told_are_what_goes_in(base: Any, quote: Any) -> None:
    for within in (Range(Decimal(100), Decimal(200)), None):
        found = deposit(POOL, within, base, quote, Decimal(50))
        assert (found.base, found.quote, found.value) == (base, quote, base * 150 + quote)


def test_outside_of_its_range_a_position_has_one_token() -> None:
    assert deposit(POOL, Range(Decimal(160), Decimal(170)), Decimal(2), None, NONE).value == 300
    assert deposit(POOL, Range(Decimal(100), Decimal(120)), None, Decimal(7), NONE).value == 7


@pytest.mark.parametrize(
    ("pool", "within"),
    [
        (Pool(), Range(Decimal(100), Decimal(200))),
        (POOL, None),  # of a position whose range nobody knows
        (POOL, Range(Decimal(100), Decimal(f"150.{'0' * 40}1"))),  # nearer than the digits go
    ],
)
def test_what_cant_be_told_has_no_value(pool: Pool, within: Range | None) -> None:
    found = deposit(pool, within, Decimal(2), None, NONE)
    assert (found.base, found.quote, found.value) == (2, None, None)


def test_it_is_told_with_the_tokens_names() -> None:
    within = Range(Decimal(100), Decimal(200))
    assert str(deposit(POOL, within, Decimal(2), Decimal("0.5"), NONE)) == "2 SOL and 0.5 USDC"
    assert str(deposit(Pool(), within, None, Decimal(5), NONE)) == "5 quote"
