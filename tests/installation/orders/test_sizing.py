"""A size said in money, as a share or as a risk is never more than that, whatever book, fee and steps."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.errors import BadArguments, Refused
from hbmcp.installation import levels
from hbmcp.installation.balances import Balance
from hbmcp.installation.markets.order_book import Book, Level, Side
from hbmcp.installation.markets.trading_rules import Rule
from hbmcp.installation.orders.sizing import AskedSize, Offered, amount_of

D = Decimal
NONE = D(0)
figures = st.decimals("0.001", "100000", places=3)
fees = st.decimals("0", "0.01", places=5)
steps = st.sampled_from([D(0), D("0.00001"), D("0.01"), D(1)])


@st.composite
def books(draw: st.DrawFn) -> Book:
    """Up to five levels a side, each dearer than the one before."""

    def levels(sign: int, top: Decimal) -> tuple[Level, ...]:
        found = []
        for _ in range(draw(st.integers(1, 5))):
            found.append(Level(top, draw(st.decimals("0.0001", "50", places=4))))
            top = top * (1 + sign * draw(st.decimals("0.0001", "0.3", places=4)))
        return tuple(found)

    mid = draw(st.decimals("0.01", "90000", places=2))
    return Book(levels(-1, mid * D("0.9999")), levels(1, mid * D("1.0001")))


def offered(book: Book | None, side: str, fee: Decimal = NONE, **other: Any) -> Offered:
    """A market order on a spot exchange with 1,000 USDT and 2 BTC."""
    balances = [Balance("USDT", D(1500), D(1000)), Balance("BTC", D(2), None)]
    plain = Offered("BTC-USDT", side, False, False, None, None, book, balances, (), fee, None)
    return evolve(plain, **other)


def taken(book: Book, side: Side, amount: Decimal) -> Decimal:
    """What it comes to; beyond the book at its last price."""
    walk = book.walk(side, amount)
    return walk.quote + (amount - walk.filled) * (walk.worst or D(0))


@given(books(), figures, fees, steps)
def test_a_market_order_costs_no_more_than_was_said_with_its_fee(
    book: Book, most: Decimal, fee: Decimal, step: Decimal
) -> None:
    amount, _ = amount_of(AskedSize(quote_amount=most), offered(book, "BUY", fee))
    cost = taken(book, "BUY", Rule(amount_step=step).amount(amount)) * (1 + fee)
    assert cost <= most
    if book.walk("BUY", amount).complete and amount > D("1e-6"):
        assert taken(book, "BUY", amount) * (1 + fee) > most * D("0.6")  # and not needlessly less


@given(books(), figures, figures, fees, st.sampled_from(["BUY", "SELL"]))
def test_a_limit_order_is_worth_no_more_than_was_said(
    book: Book, most: Decimal, limit: Decimal, fee: Decimal, side: str
) -> None:
    amount, how = amount_of(AskedSize(quote_amount=most), offered(book, side, fee, limit=limit))
    assert amount * limit * (1 + fee if side == "BUY" else 1) <= most
    if side == "SELL":
        assert taken(book, "SELL", amount) <= most
    assert "USDT" in how


@given(figures, figures, st.decimals("0.01", "0.99", places=2), fees, st.booleans())
def test_a_stop_loses_no_more_than_was_risked(
    risk: Decimal, entry: Decimal, away: Decimal, fee: Decimal, buys: bool
) -> None:
    stop = entry * (1 - away if buys else 1 + away)
    asked = AskedSize(risk=f"{risk:f}", stop_loss=levels.Level(stop))
    side = "BUY" if buys else "SELL"
    amount, _ = amount_of(asked, offered(None, side, fee, limit=entry, perpetual=not buys))
    lost = amount * (abs(entry - stop) + fee * (entry + stop))
    assert risk * D("0.999999") <= lost <= risk


@given(books(), figures, fees, st.booleans())
def test_nor_one_behind_a_market_order(book: Book, risk: Decimal, fee: Decimal, buys: bool) -> None:
    side: Side = "BUY" if buys else "SELL"
    ends = [level.price for level in book.side(side)]
    stop = min(ends) / 2 if buys else max(ends) * 2
    asked = AskedSize(risk=f"{risk:f}", stop_loss=levels.Level(stop))
    amount, _ = amount_of(asked, offered(book, side, fee, perpetual=True))
    entry = taken(book, side, amount)
    lost = (entry - amount * stop if buys else amount * stop - entry) + fee * (entry + amount * stop)
    assert lost <= risk * D("1.000001")


@given(st.decimals("0.01", "100", places=2), books(), fees)
def test_a_share_is_of_what_is_available(share: Decimal, book: Book, fee: Decimal) -> None:
    amount, _ = amount_of(AskedSize(share=share), offered(book, "SELL", fee))
    assert amount == 2 * share / 100
    amount, _ = amount_of(AskedSize(share=share), offered(book, "BUY", fee))
    assert taken(book, "BUY", amount) * (1 + fee) <= 10 * share


@pytest.mark.parametrize("said", ["1%", "1 %", "1% of portfolio", "1% of my portfolio"])
def test_a_percent_of_the_portfolio(said: str) -> None:
    asked = AskedSize(risk=said, stop_loss=levels.Level(D(90)))
    amount, how = amount_of(asked, offered(None, "BUY", limit=D(100), portfolio=D(5000)))
    assert amount == 5
    assert how == "50 USDT, 1% of the 5000 in all accounts, is lost from 100 to 90, both fees included, with 5 BTC."
    with pytest.raises(Refused, match="What the portfolio is worth can't be read, nor what 1% of it is"):
        amount_of(asked, offered(None, "BUY", limit=D(100)))


@pytest.mark.parametrize(("text", "side", "stop"), [("5%", "BUY", 95), ("-5%", "BUY", 95), ("5%", "SELL", 105)])
def test_a_stop_in_percent_counts_from_the_entry(text: str, side: str, stop: int) -> None:
    asked = AskedSize(risk="50", stop_loss=levels.parse_level("stop_loss", text, ""))
    amount, how = amount_of(asked, offered(None, side, limit=D(100), perpetual=True))
    assert amount == 10
    assert f"from 100 to {stop}," in how


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({}, "No size is given: one of amount, quote_amount, share and risk says how much."),
        ({"amount": D(1), "share": D(5)}, "amount and share are given: one of "),
        ({"risk": "50"}, "risk is what is lost at stop_loss."),
        ({"risk": "all", "stop_loss": levels.Level(D(5))}, "all can't be risked"),
        ({"risk": "0%", "stop_loss": levels.Level(D(5))}, "can't be risked. Nothing was sent"),
    ],
)
def test_one_way_and_no_other(given_: dict[str, Any], said: str) -> None:
    with pytest.raises(BadArguments) as refused:
        AskedSize(**given_)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("side", "stop", "perpetual", "said"),
    [
        ("BUY", 100, False, "A stop_loss of 100 isn't below 100, the price of this BUY"),
        ("SELL", 99, True, "isn't above 100"),
        ("SELL", 120, False, "this order does neither"),
    ],
)
def test_a_stop_on_the_wrong_side_is_refused(side: str, stop: int, perpetual: bool, said: str) -> None:
    asked = AskedSize(risk="50", stop_loss=levels.Level(D(stop)))
    with pytest.raises(BadArguments) as refused:
        amount_of(asked, offered(None, side, limit=D(100), perpetual=perpetual))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("asked", "other", "said"),
    [
        (AskedSize(quote_amount=D(5)), {"book": None}, "No price of BTC-USDT can be read"),
        (AskedSize(share=D(5)), {"balances": []}, "How much USDT is available can't be read"),
        (AskedSize(share=D(5)), {"balances": [Balance("USDT", D(5), D(0))]}, "No USDT is available"),
        (AskedSize(share=D(5)), {"closing": True, "perpetual": True}, "No open SHORT of BTC-USDT is seen"),
    ],
)
def test_what_it_needs_and_can_t_be_read_refuses(asked: AskedSize, other: dict[str, Any], said: str) -> None:
    plain = offered(Book((), (Level(D(1), D(1)),)), "BUY")
    with pytest.raises(Refused) as refused:
        amount_of(asked, evolve(plain, **other))
    assert said in str(refused.value)
