"""What doesn't change in the paper exchange's world: coins, exchanges, their pairs and rules, accounts, first balances.

Price levels are what the coins might cost in late 2026; the market moves around them. Fees are shares of the value
traded.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from attrs import frozen

HOUR: Final = 3_600_000  # milliseconds


@frozen
class Coin:
    """`beta`: how strongly it follows the market as a whole. `wildness`: its own volatility, a year.

    `turnover`: what is traded of it in a day, in quote units.
    """

    name: str
    price: float
    beta: float
    wildness: float
    turnover: float


@frozen
class Pair:
    """Prices are multiples of `tick`, amounts of `lot`; `min_size` is in base units, `min_notional` in quote units."""

    name: str
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    min_size: Decimal
    min_notional: Decimal


@frozen
class Exchange:
    """`spread`: half the distance between bid and ask, relative. `share`: of a coin's turnover.

    How its prices differ from the index: `basis` on average and `wander` to either side, both relative.
    Perpetuals only: `funding_interval` in milliseconds, `funding_cap` the largest rate of one interval, `max_leverage`;
    `reports_equity` where the balances it tells contain the unrealized P&L of its positions.
    """

    name: str
    perpetual: bool
    maker_fee: Decimal
    taker_fee: Decimal
    pairs: Mapping[str, Pair]
    spread: Decimal
    share: float
    basis: float
    wander: float
    max_leverage: int = 1
    funding_interval: int = 8 * HOUR
    funding_cap: Decimal = Decimal(0)
    reports_equity: bool = False


COINS: Final[Mapping[str, Coin]] = MappingProxyType(
    {
        coin.name: coin
        for coin in (
            Coin("BTC", 64_000, 1.0, 0.15, 2.4e9),
            Coin("ETH", 3_100, 1.2, 0.30, 1.5e9),
            Coin("SOL", 150, 1.4, 0.50, 6e8),
            Coin("BNB", 640, 0.9, 0.30, 2.5e8),
            Coin("XRP", 1.9, 1.1, 0.55, 4e8),
            Coin("DOGE", 0.16, 1.5, 0.60, 2e8),
            Coin("ADA", 0.52, 1.3, 0.50, 1e8),
            Coin("AVAX", 21, 1.5, 0.55, 9e7),
            Coin("LINK", 15.5, 1.3, 0.50, 8e7),
            Coin("LTC", 92, 1.0, 0.40, 7e7),
            Coin("DOT", 4.3, 1.3, 0.50, 5e7),
            Coin("TRX", 0.29, 0.6, 0.30, 6e7),
        )
    }
)

# Base, tick and lot on spot, then tick, lot and smallest value of an order on perpetuals.
_RULES: Final = """
BTC   0.01    0.00001  0.1     0.001  100
ETH   0.01    0.0001   0.01    0.001  20
SOL   0.01    0.001    0.01    0.01   5
BNB   0.01    0.001    0.01    0.01   5
XRP   0.0001  0.1      0.0001  0.1    5
DOGE  0.00001 1        0.00001 1      5
ADA   0.0001  0.1      0.0001  1      5
AVAX  0.01    0.01     0.001   0.1    5
LINK  0.001   0.01     0.001   0.01   5
LTC   0.01    0.001    0.01    0.001  5
DOT   0.001   0.01     0.001   0.1    5
TRX   0.0001  0.1      0.00001 1      5
"""


def _pairs(quote: str, *, perpetual: bool, min_notional: Decimal | None = None) -> Mapping[str, Pair]:
    pairs = {}
    for base, *rules in map(str.split, _RULES.strip().splitlines()):
        spot_tick, spot_lot, tick, lot, notional = map(Decimal, rules)
        name = f"{base}-{quote}"
        if perpetual:
            pairs[name] = Pair(name, base, quote, tick, lot, lot, notional if min_notional is None else min_notional)
        else:
            pairs[name] = Pair(name, base, quote, spot_tick, spot_lot, spot_lot, min_notional or Decimal(5))
    return MappingProxyType(pairs)


EXCHANGES: Final[Mapping[str, Exchange]] = MappingProxyType(
    {
        exchange.name: exchange
        for exchange in (
            Exchange(
                "binance",
                perpetual=False,
                maker_fee=Decimal("0.001"),
                taker_fee=Decimal("0.001"),
                pairs=_pairs("USDT", perpetual=False),
                spread=Decimal("0.00004"),
                share=0.30,
                basis=0.0,
                wander=0.00002,
            ),
            Exchange(
                "kucoin",
                perpetual=False,
                maker_fee=Decimal("0.001"),
                taker_fee=Decimal("0.001"),
                pairs=_pairs("USDT", perpetual=False, min_notional=Decimal(1)),
                spread=Decimal("0.0001"),
                share=0.06,
                basis=0.00002,
                wander=0.00025,
            ),
            Exchange(
                "binance_perpetual",
                perpetual=True,
                maker_fee=Decimal("0.0002"),
                taker_fee=Decimal("0.0005"),
                pairs=_pairs("USDT", perpetual=True),
                spread=Decimal("0.00003"),
                share=1.0,
                basis=0.0001,
                wander=0.0006,
                max_leverage=125,
                funding_cap=Decimal("0.003"),
            ),
            Exchange(
                "bybit_perpetual",
                perpetual=True,
                maker_fee=Decimal("0.0002"),
                taker_fee=Decimal("0.00055"),
                pairs=_pairs("USDT", perpetual=True, min_notional=Decimal(5)),
                spread=Decimal("0.00005"),
                share=0.5,
                basis=0.0002,
                wander=0.0009,
                max_leverage=100,
                funding_cap=Decimal("0.005"),
                reports_equity=True,
            ),
            Exchange(
                "hyperliquid_perpetual",
                perpetual=True,
                maker_fee=Decimal("0.00015"),
                taker_fee=Decimal("0.00045"),
                pairs=_pairs("USD", perpetual=True, min_notional=Decimal(10)),
                spread=Decimal("0.00008"),
                share=0.2,
                basis=0.0003,
                wander=0.0012,
                max_leverage=40,
                funding_interval=HOUR,
                funding_cap=Decimal("0.01"),
                reports_equity=True,
            ),
        )
    }
)

ACCOUNTS: Final = ("master_account", "second_account")

START_BALANCES: Final[Mapping[tuple[str, str], Mapping[str, Decimal]]] = MappingProxyType(
    {
        ("master_account", "binance"): {"USDT": Decimal(100_000), "BTC": Decimal(1), "ETH": Decimal(10)},
        ("master_account", "kucoin"): {"USDT": Decimal(25_000), "SOL": Decimal(100)},
        ("master_account", "binance_perpetual"): {"USDT": Decimal(50_000)},
        ("master_account", "bybit_perpetual"): {"USDT": Decimal(25_000)},
        ("master_account", "hyperliquid_perpetual"): {"USD": Decimal(25_000)},
        ("second_account", "binance"): {"USDT": Decimal(20_000), "ETH": Decimal(5)},
        ("second_account", "bybit_perpetual"): {"USDT": Decimal(10_000)},
    }
)


def deposited(balances: Mapping[tuple[str, str], Mapping[str, Decimal]]) -> str:
    """What accounts begin with, in a text that is the same for the same."""
    held = (
        f"{account} {exchange} {token} {amount.normalize():f}"
        for (account, exchange), tokens in balances.items()
        for token, amount in tokens.items()
    )
    return "\n".join(sorted(held))
