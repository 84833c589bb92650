"""What is shown of a number is that number, to the digits that are promised."""

from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.figures import in_percent, money, number, percent, plain, ratio, times

D = Decimal

sizes = st.builds(
    lambda digits, places, sign: D(digits).scaleb(-places, Context(prec=60)) * sign,
    st.integers(0, 10**30),
    st.integers(0, 30),
    st.sampled_from([1, -1]),
)
decimals = sizes | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**60), max_value=10**60)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (1, D(1)),
        (D("1.50"), D("1.50")),
        ("0.1", D("0.1")),
        ("1e-7", D("0.0000001")),
        (0, D(0)),
        (0.1, D("0.1")),
        (None, None),
        (True, None),
        ("", None),
        ("much", None),
        ("NaN", None),
        (float("inf"), None),
        ("-Infinity", None),
        ([1], None),
        ({}, None),
    ],
)
def test_numbers_as_the_api_sends_them(sent: Any, meant: Decimal | None) -> None:
    found = number(sent)
    assert found == meant
    assert str(found) == str(meant)


@pytest.mark.parametrize(
    ("computed", "shown"),
    [
        ("0", "0"),
        ("-0.00", "0"),
        ("64123.456789", "64123.457"),
        ("64123.4567", "64123.457"),
        ("123456789.126", "123456789.13"),
        ("1234567890123.126", "1234567890123.13"),
        ("0.000012345678912", "0.000012345679"),
        ("-1.5000", "-1.5"),
        ("100", "100"),
        ("99999.99999", "100000"),
        ("1e56", "1" + "0" * 56),
    ],
)
def test_money(computed: str, shown: str) -> None:
    assert f"{money(D(computed)):f}" == shown


@given(decimals)
def test_money_is_off_by_half_a_digit_at_most_and_by_half_a_cent(value: Decimal) -> None:
    off = abs(Fraction(money(value)) - Fraction(value))
    assert off <= Fraction(1, 200)
    assert off <= abs(Fraction(value)) / 2 / 10**7
    assert money(money(value)) == money(value)
    assert money(-value) == -money(value)


@given(decimals)
def test_plain_is_the_same_number_in_the_fewest_digits(value: Decimal) -> None:
    short = plain(value)
    assert short == value
    digits = f"{short:f}"
    assert "." not in digits or digits[-1] != "0"
    assert D(digits).as_tuple() == short.as_tuple()
    assert short or not short.is_signed()


@given(decimals, decimals)
def test_percent_is_two_places_of_the_exact_share(part: Decimal, whole: Decimal) -> None:
    found = percent(part, whole)
    if not whole:
        assert found is None
        return
    assert found is not None
    exact = 100 * Fraction(part) / abs(Fraction(whole))
    assert abs(Fraction(found) - exact) <= max(Fraction(1, 199), abs(exact) / 10**45)
    if abs(exact) < 10**40:
        assert -2 <= found.as_tuple().exponent <= 0  # type: ignore[operator]
    assert found == found.to_integral_value() or not str(found).endswith("0")
    assert found or not found.is_signed()


@given(decimals, decimals)
def test_ratio_and_times_are_exact_to_50_digits(one: Decimal, other: Decimal) -> None:
    product = Fraction(one) * Fraction(other)
    assert abs(Fraction(times(one, other)) - product) <= abs(product) / 10**49
    if other:
        share = Fraction(one) / Fraction(other)
        assert abs(Fraction(ratio(one, other)) - share) <= abs(share) / 10**49
    else:
        with pytest.raises(ArithmeticError):
            ratio(one, other)


@given(decimals, decimals)
def test_the_caller_s_precision_means_nothing(one: Decimal, other: Decimal) -> None:
    there = (money(one), percent(one, other), plain(one), times(one, other))
    with localcontext(Context(prec=3)):
        here = (money(one), percent(one, other), plain(one), times(one, other))
    assert list(map(str, here)) == list(map(str, there))


@pytest.mark.parametrize(
    ("fraction", "places", "shown"), [("0.123456", 2, "12.35"), ("0.00015", 4, "0.015"), ("-0.000001", 2, "0")]
)
def test_a_fraction_in_percent(fraction: str, places: int, shown: str) -> None:
    assert str(in_percent(D(fraction), places)) == shown


def test_no_factors_are_one() -> None:
    assert times() == 1
