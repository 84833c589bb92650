"""What a person sets of each type of executor: data, in words of our own.

Amounts in quote units are values of the position, not margin. Shares are fractions: 0.01 is 1 %.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

from attrs import evolve, frozen

Kind = Literal["number", "integer", "boolean", "string", "enum", "numbers", "object", "any_object"]
Needed = Literal["", "yes", "on_perpetuals"]

NOTHING: Mapping[str, Any] = MappingProxyType({})

SHARE = "0.01=1%"
QUOTE = "quote units"
BASE = "base units"
NOTIONAL = "position value in quote, not margin"
SECONDS = "seconds"
PRICE = "price"
POOL_PRICE = "price of the pool"
PERCENT = "percent, 1=1%"


@frozen(kw_only=True)
class Field:
    """One field. `names`: of an enum, its names -> what the API takes. `fields`: of an object.

    Bounds hold for a number, and for each of several numbers. `default` is the API's, by name where it is an enum.
    `rare`: few set it, and who doesn't ask is told its name alone.
    """

    name: str
    kind: Kind
    meaning: str
    example: Any
    unit: str = ""
    needed: Needed = ""
    default: Any = None
    above: Decimal | None = None
    least: Decimal | None = None
    below: Decimal | None = None
    most: Decimal | None = None
    names: Mapping[str, int | str] = NOTHING
    fields: tuple["Field", ...] = ()
    rare: bool = False


@frozen(kw_only=True)
class Type:
    """A type of executor. `example` is a whole configuration, as create_executor takes it."""

    fields: tuple[Field, ...]
    example: Mapping[str, Any]

    def leaves(self) -> Iterator[tuple[str, Field]]:
        """Every field that holds a value itself, by its dotted name."""
        return ((name, field) for name, field in _walked(self.fields, "") if not field.fields)

    def objects(self) -> Iterator[tuple[str, Field]]:
        """Every field that holds others, by its dotted name."""
        return ((name, field) for name, field in _walked(self.fields, "") if field.fields)


def _walked(fields: tuple[Field, ...], prefix: str) -> Iterator[tuple[str, Field]]:
    for field in fields:
        yield prefix + field.name, field
        yield from _walked(field.fields, f"{prefix}{field.name}.")


def _money(name: str, unit: str, example: str, meaning: str, needed: Needed = "yes", default: Any = None) -> Field:
    return Field(
        name=name,
        kind="number",
        unit=unit,
        example=example,
        meaning=meaning,
        needed=needed,
        default=default,
        above=Decimal(0),
    )


def _share(name: str, example: str, meaning: str, needed: Needed = "", default: Any = None) -> Field:
    """A share above 0 and below 1."""
    return Field(
        name=name,
        kind="number",
        unit=SHARE,
        example=example,
        meaning=meaning,
        needed=needed,
        default=default,
        above=Decimal(0),
        below=Decimal(1),
    )


def _from_zero(field: Field) -> Field:
    return evolve(field, above=None, least=Decimal(0))


def _whole(
    name: str, unit: str, example: int, meaning: str, needed: Needed = "", default: Any = None, least: int = 1
) -> Field:
    return Field(
        name=name,
        kind="integer",
        unit=unit,
        example=example,
        meaning=meaning,
        needed=needed,
        default=default,
        least=Decimal(least),
    )


def _choice(
    name: str, names: Mapping[str, int | str], example: str, meaning: str, needed: Needed = "", default: Any = None
) -> Field:
    return Field(name=name, kind="enum", names=names, example=example, meaning=meaning, needed=needed, default=default)


def _text(name: str, example: str, meaning: str, needed: Needed = "", default: Any = None) -> Field:
    return Field(name=name, kind="string", example=example, meaning=meaning, needed=needed, default=default)


def _flag(name: str, meaning: str) -> Field:
    return Field(name=name, kind="boolean", example=True, meaning=meaning, default=False)


def _rare(*fields: Field) -> tuple[Field, ...]:
    return tuple(evolve(field, rare=True) for field in fields)


def _same(*names: str) -> Mapping[str, int | str]:
    return {name: name for name in names}


SIDES = {"BUY": 1, "SELL": 2}
ORDER_TYPES = {"MARKET": 1, "LIMIT": 2, "LIMIT_MAKER": 3}
MODES = _same("MAKER", "TAKER")

CONNECTOR = _text("connector_name", "binance_perpetual", "Exchange to trade on", "yes")
PAIR = _text("trading_pair", "BTC-USDT", "Pair to trade", "yes")
SIDE = _choice("side", SIDES, "BUY", "Direction of the position", "yes")
MOST_LEVERAGE = Decimal(200)  # no exchange gives more
LEVERAGE = evolve(
    _whole("leverage", "times", 5, "Leverage; it is set for the pair. 1 on spot", "on_perpetuals"), most=MOST_LEVERAGE
)
MOST_LEVELS = Decimal(500)  # more than an exchange lets rest
LABELS = _rare(
    _text("controller_id", "main", "Group label, to list and sum executors by", default="main"),
    _text("level_id", "first", "Label of your own"),
)

TRAILING = Field(
    name="trailing_stop",
    kind="object",
    example={"activation_price": "0.02", "trailing_delta": "0.005"},
    meaning="Follows a gain and closes when it shrinks",
    fields=(
        _share("activation_price", "0.02", "Gain, a share and no price, from which on it follows", "yes"),
        _share(
            "trailing_delta",
            "0.005",
            "How far the gain may shrink from its best; both or neither",
            "yes",
        ),
    ),
)

TAKE_PROFIT = evolve(_share("take_profit", "0.02", "Gain on the entry at which it closes"), below=None, most=Decimal(1))
STOP_LOSS = _share("stop_loss", "0.03", "Loss on the entry at which it closes at market")
TIME_LIMIT = _whole("time_limit", SECONDS, 3600, "Age at which it closes at market")


def _barriers(*, grid: bool) -> Field:
    """The barriers of a position, or of a grid, whose levels are each closed at the take profit by a resting order."""
    if grid:
        take_profit = evolve(
            TAKE_PROFIT,
            example="0.005",
            meaning="How far beyond its own price each level is closed",
            needed="yes",
        )
        resting = {name: ORDER_TYPES[name] for name in ("LIMIT", "LIMIT_MAKER")}
        opening = _choice("open_order_type", resting, "LIMIT", "Orders that open", default="LIMIT")
        closing = _choice("take_profit_order_type", resting, "LIMIT", "Orders that close each level", "yes")
    else:
        take_profit = TAKE_PROFIT
        opening = _choice("open_order_type", ORDER_TYPES, "MARKET", "Order that opens", default="LIMIT")
        closing = _choice(
            "take_profit_order_type", ORDER_TYPES, "LIMIT", "Order of the take profit; LIMIT rests", default="MARKET"
        )
    only_market = {"MARKET": ORDER_TYPES["MARKET"]}
    fields = (
        STOP_LOSS,
        take_profit,
        TIME_LIMIT,
        TRAILING,
        opening,
        closing,
        _choice("stop_loss_order_type", only_market, "MARKET", "Only MARKET", default="MARKET"),
        _choice("time_limit_order_type", only_market, "MARKET", "Only MARKET", default="MARKET"),
    )
    return Field(
        name="triple_barrier_config",
        kind="object",
        example={"take_profit": "0.005", "take_profit_order_type": "LIMIT"} if grid else {"stop_loss": "0.03"},
        meaning="What closes it",
        needed="yes" if grid else "",
        fields=fields,
    )


def _bounds(example: list[str], meaning: str) -> Field:
    return Field(
        name="activation_bounds",
        kind="numbers",
        unit=SHARE,
        example=example,
        meaning=meaning,
        least=Decimal(0),
        below=Decimal(1),
    )


POSITION = Type(
    fields=(
        CONNECTOR,
        PAIR,
        SIDE,
        _money("amount", BASE, "0.01", "Size of the position"),
        LEVERAGE,
        _money("entry_price", PRICE, "60000", "Where it opens; without it, at the price when it starts", ""),
        _barriers(grid=False),
        _bounds(["0.01"], "Opens only while the price is no further than this from entry_price"),
        *LABELS,
    ),
    example={
        "connector_name": "binance_perpetual",
        "trading_pair": "BTC-USDT",
        "side": "BUY",
        "amount": "0.01",
        "leverage": 5,
        "triple_barrier_config": {
            "stop_loss": "0.03",
            "take_profit": "0.02",
            "time_limit": 86400,
            "open_order_type": "MARKET",
        },
    },
)

GRID = Type(
    fields=(
        CONNECTOR,
        PAIR,
        evolve(SIDE, needed="", default="BUY"),
        _money(
            "start_price",
            PRICE,
            "58000",
            "Lower end of the grid. To SELL the price must be above it, or the grid ends at once",
        ),
        _money(
            "end_price",
            PRICE,
            "62000",
            "Upper end of the grid. To BUY the price must be below it, or the grid ends at once; for buys all below "
            "the price take dca_executor or LIMIT orders",
        ),
        _money(
            "limit_price",
            PRICE,
            "56000",
            "Stop of the whole grid: below start_price to BUY, above end_price to SELL; so far off that the range "
            "can be left for a while, so near that the loss there (a preview tells it) is one you accept",
        ),
        _money("total_amount_quote", NOTIONAL, "1000", "Sum of all levels"),
        LEVERAGE,
        _barriers(grid=True),
        _share("min_spread_between_orders", "0.001", "Levels are at least this far apart", default="0.0005"),
        evolve(
            _whole("levels", "", 10, "How many, instead of min_order_amount_quote, which is worked out from it"),
            most=MOST_LEVELS,
        ),
        _money("min_order_amount_quote", QUOTE, "20", "Smallest order; fewer levels where it is larger", "", "5"),
        _whole("max_open_orders", "", 5, "While so many rest, no more are placed", default=5),
        _whole("max_orders_per_batch", "", 2, "Orders placed at a time; without it all levels at once"),
        _flag("keep_position", "At limit_price the position stays open instead of being sold"),
        *_rare(
            _whole("order_frequency", SECONDS, 10, "Between two batches", default=0, least=0),
            _from_zero(_share("activation_bounds", "0.02", "Only levels this near the price rest in the book")),
            _from_zero(
                _share(
                    "safe_extra_spread", "0.0002", "How far beside the price a passed level is placed", default="0.0001"
                )
            ),
            _flag("coerce_tp_to_step", "Each level closes no nearer than the next level"),
            _flag("deduct_base_fees", "Spot: a level sells less the fee that was taken in base"),
        ),
        *LABELS,
    ),
    example={
        "connector_name": "binance_perpetual",
        "trading_pair": "BTC-USDT",
        "side": "BUY",
        "start_price": "58000",
        "end_price": "62000",
        "limit_price": "56000",
        "total_amount_quote": "3000",
        "min_order_amount_quote": "200",
        "max_open_orders": 5,
        "max_orders_per_batch": 5,
        "leverage": 5,
        "triple_barrier_config": {
            "take_profit": "0.005",
            "open_order_type": "LIMIT_MAKER",
            "take_profit_order_type": "LIMIT_MAKER",
        },
    },
)

DCA = Type(
    fields=(
        CONNECTOR,
        PAIR,
        SIDE,
        Field(
            name="prices",
            kind="numbers",
            unit=PRICE,
            example=["60000", "58000"],
            needed="yes",
            above=Decimal(0),
            meaning="Price of each level, in the order they are to be placed",
        ),
        Field(
            name="amounts_quote",
            kind="numbers",
            unit=NOTIONAL,
            example=["300", "600"],
            needed="yes",
            above=Decimal(0),
            meaning="Value of each level, one for each price",
        ),
        LEVERAGE,
        evolve(TAKE_PROFIT, meaning="Gain on the average entry at which all is closed at market"),
        evolve(STOP_LOSS, meaning="Loss on the average entry at which all is closed; as MAKER only once all is filled"),
        TRAILING,
        TIME_LIMIT,
        _choice("mode", MODES, "MAKER", "MAKER rests orders, TAKER buys when the price is there", default="MAKER"),
        _bounds(["0.01"], "MAKER: a level rests only this near the price; TAKER: two, below and above its price"),
        *LABELS,
    ),
    example={
        "connector_name": "binance_perpetual",
        "trading_pair": "BTC-USDT",
        "side": "BUY",
        "prices": ["60000", "58000"],
        "amounts_quote": ["300", "600"],
        "leverage": 5,
        "take_profit": "0.02",
        "stop_loss": "0.05",
    },
)

TWAP = Type(
    fields=(
        CONNECTOR,
        PAIR,
        SIDE,
        _money("total_amount_quote", NOTIONAL, "6000", "Sum of all orders; this or total_amount_base", ""),
        _money("total_amount_base", BASE, "0.1", "Instead; it is turned into quote at the price when it starts", ""),
        _whole("total_duration", SECONDS, 3600, "From the first order to the last", "yes"),
        _whole("order_interval", SECONDS, 300, "Between two orders", "yes"),
        LEVERAGE,
        _choice("mode", MODES, "TAKER", "TAKER sends market orders, MAKER limit orders", default="TAKER"),
        _from_zero(_share("limit_order_buffer", "0.001", "MAKER: how far from the price its orders rest")),
        _whole("order_resubmission_time", SECONDS, 60, "MAKER: age at which an unfilled order is moved"),
        LABELS[0],
    ),
    example={
        "connector_name": "binance_perpetual",
        "trading_pair": "BTC-USDT",
        "side": "BUY",
        "total_amount_quote": "6000",
        "total_duration": 3600,
        "order_interval": 300,
        "leverage": 5,
    },
)

_SLIPPAGE = (
    _money("slippage_pct", PERCENT, "0.05", "Swaps: slippage allowed at first", "", "0.05"),
    evolve(
        _money("slippage_multiplier", "times", "5", "Swaps: how much it widens at each retry", "", "5"),
        above=Decimal(1),
    ),
    _money("max_slippage_pct", PERCENT, "5", "Swaps: never wider than this", "", "5"),
)

ORDER = Type(
    fields=(
        CONNECTOR,
        PAIR,
        SIDE,
        _money("amount", BASE, "0.01", "Size of the order"),
        _choice(
            "execution_strategy",
            _same("MARKET", "LIMIT", "LIMIT_MAKER", "LIMIT_CHASER"),
            "LIMIT",
            "Kind of order; LIMIT_CHASER moves after the price",
            "yes",
        ),
        _money("price", PRICE, "60000", "Of LIMIT and LIMIT_MAKER", ""),
        LEVERAGE,
        _choice("position_action", _same("OPEN", "CLOSE"), "OPEN", "CLOSE reduces a position", default="OPEN"),
        Field(
            name="chaser_config",
            kind="object",
            example={"distance": "0.001", "refresh_threshold": "0.002"},
            meaning="Of LIMIT_CHASER",
            fields=(
                _share("distance", "0.001", "How far from the price it rests", "yes"),
                _share("refresh_threshold", "0.002", "Price move after which it is placed anew", "yes"),
            ),
        ),
        *_SLIPPAGE,
        *LABELS,
    ),
    example={
        "connector_name": "binance_perpetual",
        "trading_pair": "BTC-USDT",
        "side": "BUY",
        "amount": "0.01",
        "execution_strategy": "LIMIT",
        "price": "60000",
        "leverage": 5,
    },
)


def _market(name: str, connector: str, meaning: str) -> Field:
    return Field(
        name=name,
        kind="object",
        needed="yes",
        example={"connector_name": connector, "trading_pair": "BTC-USDT"},
        meaning=meaning,
        fields=(evolve(CONNECTOR, example=connector, meaning=meaning), PAIR),
    )


MARKETS = (
    _market("buying_market", "binance", "Where it buys"),
    _market("selling_market", "kucoin", "Where it sells"),
)
_EXAMPLE_MARKETS = {
    "buying_market": {"connector_name": "binance", "trading_pair": "BTC-USDT"},
    "selling_market": {"connector_name": "kucoin", "trading_pair": "BTC-USDT"},
}

ARBITRAGE = Type(
    fields=(
        *MARKETS,
        _money("order_amount", BASE, "0.01", "Bought on one side and sold on the other"),
        _share("min_profitability", "0.002", "Gain after fees from which on it trades", "yes"),
        _money("gas_conversion_price", QUOTE, "3000", "Of the gas token in quote, where one side is on a chain", ""),
        LABELS[0],
    ),
    example={**_EXAMPLE_MARKETS, "order_amount": "0.01", "min_profitability": "0.002"},
)

XEMM = Type(
    fields=(
        *MARKETS,
        _choice("maker_side", SIDES, "BUY", "Which side rests orders; the other hedges at market", "yes"),
        _money("order_amount", BASE, "0.01", "Size of each order"),
        _share("min_profitability", "0.001", "Below it the order is moved", "yes"),
        _share("target_profitability", "0.002", "Gain after fees that the order is placed for", "yes"),
        _share("max_profitability", "0.004", "Above it the order is moved", "yes"),
        LABELS[0],
    ),
    example={
        **_EXAMPLE_MARKETS,
        "maker_side": "BUY",
        "order_amount": "0.01",
        "min_profitability": "0.001",
        "target_profitability": "0.002",
        "max_profitability": "0.004",
    },
)

LP = Type(
    fields=(
        evolve(CONNECTOR, example="solana-mainnet-beta", meaning="Network of the pool"),
        PAIR,
        _choice("side", {**SIDES, "RANGE": 3}, "RANGE", "Tokens put in: BUY quote, SELL base, RANGE both", "yes"),
        _text("lp_provider", "meteora/clmm", "Exchange of the pool and its kind", "yes"),
        _text("pool_address", "POOL_ADDRESS", "Pool", "yes"),
        _money("lower_price", POOL_PRICE, "140", "Lower end of the range"),
        _money("upper_price", POOL_PRICE, "160", "Upper end of the range"),
        _from_zero(_money("base_amount", BASE, "1", "Put in", "", "0")),
        _from_zero(_money("quote_amount", QUOTE, "150", "Put in", "", "0")),
        _money("lower_limit_price", POOL_PRICE, "130", "Closes at or below it", ""),
        _money("upper_limit_price", POOL_PRICE, "170", "Closes at or above it", ""),
        _flag("keep_position", "At its limit prices it keeps what it holds instead of swapping back"),
        _text("swap_provider", "jupiter/router", "Who swaps at the end; without it the network's own"),
        _money("position_refresh_interval", SECONDS, "1", "Between two looks", "", "1"),
        *_SLIPPAGE,
        Field(name="extra_params", kind="any_object", example={"strategyType": 0}, meaning="Of the pool's exchange"),
        LABELS[0],
    ),
    example={
        "connector_name": "solana-mainnet-beta",
        "trading_pair": "SOL-USDC",
        "side": "RANGE",
        "lp_provider": "meteora/clmm",
        "pool_address": "POOL_ADDRESS",
        "lower_price": "140",
        "upper_price": "160",
        "base_amount": "1",
        "quote_amount": "150",
    },
)

#: Fields that Hummingbot doesn't have -> its own, which is worked out from it.
OWN: Mapping[str, str] = MappingProxyType(
    {"levels": "min_order_amount_quote", "total_amount_base": "total_amount_quote"}
)

KEEPING = ("twap_executor", "order_executor")  # they keep what they trade, with neither a stop nor a target

TYPES: Mapping[str, Type] = MappingProxyType(
    {
        "position_executor": POSITION,
        "grid_executor": GRID,
        "dca_executor": DCA,
        "twap_executor": TWAP,
        "order_executor": ORDER,
        "arbitrage_executor": ARBITRAGE,
        "xemm_executor": XEMM,
        "lp_executor": LP,
    }
)
