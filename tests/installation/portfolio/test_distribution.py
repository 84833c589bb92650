"""However holdings are grouped, nothing of them is lost."""

from decimal import Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from hbmcp.installation.portfolio.distribution import DUST, split_dust, sum_holdings, token_rows, total_value
from hbmcp.installation.portfolio.holdings import Holding

amounts = st.decimals("0.000000001", "1000000000", places=9)


@st.composite
def holding(draw: st.DrawFn) -> Holding:
    """The API's price may be missing; its value is units times price."""
    units = draw(amounts)
    price = draw(st.none() | amounts)
    return Holding(
        draw(st.sampled_from(["a", "b"])),
        draw(st.sampled_from(["x", "y_perpetual"])),
        draw(st.sampled_from(["BTC", "ETH", "USDT", "DUST"])),
        units,
        draw(st.none() | st.just(units) | amounts.map(lambda part: min(part, units))),
        price,
        None if price is None else units * price,
    )


@given(st.lists(holding()))
def test_a_grouping_has_all_units_and_all_value(holdings: list[Holding]) -> None:
    total = total_value(holdings)
    sums = sum_holdings(holdings, lambda one: (one.token,))
    values = [one.value for one in sums]
    priced = [value for value in values if value is not None]
    assert values == [*sorted(priced, reverse=True), *[None] * (len(values) - len(priced))]
    with localcontext(prec=60):
        assert sum(priced, Decimal(0)) == total
        rows = token_rows(sums, ("token",), total)
        for shown in rows:
            ours = [held for held in holdings if held.token == shown["token"]]
            assert shown["units"] == sum(held.units for held in ours)
            if any(held.available is None for held in ours):
                assert shown["available"] is shown["held"] is None
            else:
                assert shown["available"] == sum(held.available or 0 for held in ours)
                assert shown["held"] == shown["units"] - shown["available"]


@given(st.lists(holding()))
def test_only_dust_is_swept_and_only_when_there_is_enough(holdings: list[Holding]) -> None:
    sums = sum_holdings(holdings, lambda one: (one.account, one.connector, one.token))
    shown, dust = split_dust(sums)
    assert sorted([*shown, *dust], key=lambda one: one.names) == sorted(sums, key=lambda one: one.names)
    assert not dust or len(dust) >= 3
    for one in dust:
        assert one.value is not None
        assert one.value < DUST
        assert all(part.price is not None for part in one.parts)  # what has no price may be worth anything
