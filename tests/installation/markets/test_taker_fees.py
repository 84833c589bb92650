"""What fills tell of a fee."""

from decimal import Decimal

from hbmcp.installation.fills.fills import Fill
from hbmcp.installation.markets.taker_fees import RECENT, TakerFee, assumed_fee, fee_paid


def fill(fee: str, currency: str | None = "USDT", connector: str = "binance") -> Fill:
    """Of 2 BTC for 200 USDT."""
    amount, price = Decimal(2), Decimal(100)
    return Fill("1", "master_account", connector, "BTC-USDT", "BUY", amount, price, Decimal(fee), currency, 0)


def told(*fills: Fill) -> Decimal | None:
    found = fee_paid(fills, "binance")
    assert found is None or not found.assumed
    return None if found is None else found.rate


def test_the_highest_rate_is_the_takers() -> None:
    assert told(fill("0.04"), fill("0.2"), fill("0.04")) == Decimal("0.001")
    assert told(fill("0.002", "BTC")) == Decimal("0.001")


def test_long_ago_doesnt_count() -> None:
    assert told(fill("0.2"), *[fill("0.1")] * RECENT) == Decimal("0.0005")


def test_what_tells_nothing() -> None:
    assert told() is None
    assert told(fill("0.001", "BNB"), fill("0", None), fill("-0.02"), fill("0.2", connector="kucoin")) is None


def test_the_usual_fees() -> None:
    assert assumed_fee("hyperliquid_perpetual") == TakerFee(Decimal("0.00045"), assumed=True)
    assert (assumed_fee("kraken").percent, assumed_fee("bitget_perpetual").percent) == (Decimal("0.1"), Decimal("0.06"))
