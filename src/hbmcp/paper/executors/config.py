"""What an executor can be told: one model per type, read as the real API reads it, and described to whoever asks.

The models are pydantic's because the real ones are: the same leniency, and the same words for what is wrong.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from hbmcp.paper.errors import PaperError


class BadConfig(PaperError):
    """A configuration that no executor can be made of; its text is what the API answers with status 400."""


class TradeType(Enum):
    BUY = 1
    SELL = 2
    RANGE = 3


class OrderType(Enum):
    MARKET = 1
    LIMIT = 2
    LIMIT_MAKER = 3
    AMM_SWAP = 4
    AMM_ADD = 5
    AMM_REMOVE = 6


class PositionAction(Enum):
    OPEN = "OPEN"
    CLOSE = "CLOSE"
    NIL = "NIL"


class ExecutionStrategy(Enum):
    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"
    MARKET = "MARKET"
    LIMIT_CHASER = "LIMIT_CHASER"


class DCAMode(Enum):
    MAKER = "MAKER"
    TAKER = "TAKER"


class TWAPMode(Enum):
    MAKER = "MAKER"
    TAKER = "TAKER"


class TrailingStop(BaseModel):
    """Both are shares of the entry: the gain at which it starts to follow, and how far behind the best it stays."""

    activation_price: Decimal
    trailing_delta: Decimal


class TripleBarrierConfig(BaseModel):
    """Shares of the entry (0.03 is 3 %), and seconds."""

    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    time_limit: int | None = None
    trailing_stop: TrailingStop | None = None
    open_order_type: OrderType = OrderType.LIMIT
    take_profit_order_type: OrderType = OrderType.MARKET
    stop_loss_order_type: OrderType = OrderType.MARKET
    time_limit_order_type: OrderType = OrderType.MARKET


class LimitChaserConfig(BaseModel):
    """Shares of the price: how far from it the order rests, and how far it may drift before the order follows."""

    distance: Decimal
    refresh_threshold: Decimal


class ConnectorPair(BaseModel):
    connector_name: str
    trading_pair: str


class ExecutorConfig(BaseModel):
    """What every type has."""

    model_config = ConfigDict(validate_default=False)
    description: ClassVar[str]
    use_case: ClassVar[str]

    id: str | None = None
    type: str
    timestamp: float | None = None
    controller_id: str = "main"


class PositionExecutorConfig(ExecutorConfig):
    description = "One position, closed by a stop loss, a take profit, a trailing stop or a time limit"
    use_case = "A directional trade whose risk is set when it is opened"

    type: str = "position_executor"
    trading_pair: str
    connector_name: str
    side: TradeType
    entry_price: Decimal | None = None
    amount: Decimal
    triple_barrier_config: TripleBarrierConfig = TripleBarrierConfig()
    leverage: int = 1
    activation_bounds: list[Decimal] | None = None
    level_id: str | None = None


class GridExecutorConfig(ExecutorConfig):
    description = "Orders spread evenly over a range of prices, each closed a little further on"
    use_case = "A market that moves sideways"

    type: str = "grid_executor"
    connector_name: str
    trading_pair: str
    start_price: Decimal
    end_price: Decimal
    limit_price: Decimal
    side: TradeType = TradeType.BUY
    total_amount_quote: Decimal
    min_spread_between_orders: Decimal | None = Decimal("0.0005")
    min_order_amount_quote: Decimal | None = Decimal("5")
    max_open_orders: int = 5
    max_orders_per_batch: int | None = None
    order_frequency: int = 0
    activation_bounds: Decimal | None = None
    safe_extra_spread: Decimal = Decimal("0.0001")
    triple_barrier_config: TripleBarrierConfig
    leverage: int = 20
    level_id: str | None = None
    deduct_base_fees: bool = False
    keep_position: bool = False
    coerce_tp_to_step: bool = False


class DCAExecutorConfig(ExecutorConfig):
    description = "A position built at several prices, closed as a whole"
    use_case = "Buying into a fall, or selling into a rise, step by step"

    type: str = "dca_executor"
    connector_name: str
    trading_pair: str
    side: TradeType
    leverage: int = 1
    amounts_quote: list[Decimal]
    prices: list[Decimal]
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    trailing_stop: TrailingStop | None = None
    time_limit: int | None = None
    mode: DCAMode = DCAMode.MAKER
    activation_bounds: list[Decimal] | None = None
    level_id: str | None = None


class TWAPExecutorConfig(ExecutorConfig):
    description = "A large order cut into equal slices over a time"
    use_case = "Trading more than the book holds without moving the price"

    type: str = "twap_executor"
    connector_name: str
    trading_pair: str
    side: TradeType
    leverage: int = 1
    total_amount_quote: Decimal
    total_duration: int
    order_interval: int
    mode: TWAPMode = TWAPMode.TAKER
    limit_order_buffer: Decimal | None = None
    order_resubmission_time: int | None = None


class ArbitrageExecutorConfig(ExecutorConfig):
    description = "The same coin bought on one exchange and sold on another"
    use_case = "A difference in price that is larger than the fees"

    type: str = "arbitrage_executor"
    buying_market: ConnectorPair
    selling_market: ConnectorPair
    order_amount: Decimal
    min_profitability: Decimal
    gas_conversion_price: Decimal | None = None


class XEMMExecutorConfig(ExecutorConfig):
    description = "Orders made on one exchange, hedged on another when they are taken"
    use_case = "Making a market where it is thin, with a deep one behind"

    type: str = "xemm_executor"
    buying_market: ConnectorPair
    selling_market: ConnectorPair
    maker_side: TradeType
    order_amount: Decimal
    min_profitability: Decimal
    target_profitability: Decimal
    max_profitability: Decimal


class OrderExecutorConfig(ExecutorConfig):
    description = "One order, placed again when it fails, or moved after the price"
    use_case = "Getting one order placed"

    type: str = "order_executor"
    trading_pair: str
    connector_name: str
    side: TradeType
    amount: Decimal
    position_action: PositionAction = PositionAction.OPEN
    price: Decimal | None = None
    chaser_config: LimitChaserConfig | None = None
    execution_strategy: ExecutionStrategy
    leverage: int = 1
    level_id: str | None = None
    slippage_pct: Decimal = Decimal("0.05")
    slippage_multiplier: Decimal = Decimal("5")
    max_slippage_pct: Decimal = Decimal("5")


class LPExecutorConfig(ExecutorConfig):
    description = "Liquidity in a pool with a range of prices, watched until it leaves the range"
    use_case = "Earning a pool's fees through the Gateway"

    type: str = "lp_executor"
    connector_name: str
    lp_provider: str
    swap_provider: str | None = None
    pool_address: str
    trading_pair: str
    lower_price: Decimal
    upper_price: Decimal
    base_amount: Decimal = Decimal("0")
    quote_amount: Decimal = Decimal("0")
    position_refresh_interval: float = 1.0
    side: TradeType
    upper_limit_price: Decimal | None = None
    lower_limit_price: Decimal | None = None
    slippage_pct: Decimal = Decimal("0.05")
    slippage_multiplier: Decimal = Decimal("5")
    max_slippage_pct: Decimal = Decimal("5")
    extra_params: dict[str, Any] | None = None
    keep_position: bool = False


# In the order in which the API names them when a type is unknown.
TYPES: Mapping[str, type[ExecutorConfig]] = {
    model.model_fields["type"].default: model
    for model in (
        PositionExecutorConfig,
        GridExecutorConfig,
        DCAExecutorConfig,
        ArbitrageExecutorConfig,
        TWAPExecutorConfig,
        XEMMExecutorConfig,
        OrderExecutorConfig,
        LPExecutorConfig,
    )
}


def parse(raw: Mapping[str, Any], timestamp: float) -> ExecutorConfig:
    """The configuration as its type's model. `timestamp`: when it was given, seconds. Raises BadConfig."""
    kind = raw.get("type")
    if kind is None:
        raise BadConfig("executor_config must include 'type' field")
    if not isinstance(kind, str) or kind not in TYPES:
        raise BadConfig(f"Invalid executor type '{kind}'. Valid types: {list(TYPES)}")
    try:
        config = TYPES[kind].model_validate({**raw, "timestamp": timestamp})
    except ValidationError as error:
        raise BadConfig(f"Invalid executor config: {error}") from None
    for value in (raw, config.model_dump()):
        if (number := _unreal(value)) is not None:
            raise BadConfig(f"Invalid executor config: {number} is no number that can be meant")
    return config


def _unreal(value: Any) -> str | None:
    """A number in it that isn't one in JSON, or is too long, too large or too small to reckon with."""
    match value:
        case dict() | list():
            inner = value.values() if isinstance(value, dict) else value
            return next((found for item in inner if (found := _unreal(item)) is not None), None)
        case float() if not isfinite(value):
            return str(value)
        case Decimal() if len(value.as_tuple().digits) > 30 or (value and abs(value.adjusted()) > 15):
            return f"{value:.3e}"
        case int() if abs(value) > 10**12:
            return f"a whole number of {len(str(value)) if abs(value) < 10**4000 else 'thousands of'} digits"
    return None


def plain(value: Any) -> Any:
    """A configuration as a running executor shows it: enums by name, decimals as numbers."""
    match value:
        case BaseModel():
            return {name: plain(getattr(value, name)) for name in type(value).model_fields}
        case Enum():
            return value.name
        case Decimal():
            return float(value)
        case list():
            return [plain(item) for item in value]
        case _:
            return value


def describe(kind: str) -> dict[str, Any]:
    """The fields of a type, and the types of its fields, as the API lists them. Raises KeyError."""
    model = TYPES[kind]
    schema = model.model_json_schema()
    nested = schema.get("$defs", {})
    return {
        "executor_type": kind,
        "config_class": model.__name__,
        "description": model.__name__,
        "fields": _fields(schema, nested),
        "nested_types": {
            name: {"type": "enum", "values": nested[name]["enum"], "description": name}
            if "enum" in nested[name]
            else {"description": name, "fields": _fields(nested[name], nested)}
            for name in sorted(nested)
        },
    }


def _fields(schema: Mapping[str, Any], nested: Mapping[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", [])
    return [
        {"name": name, "required": name in required}
        | _kind(field, nested)
        | ({} if name in required else {"default": field.get("default")})
        for name, field in schema["properties"].items()
    ]


def _kind(field: Mapping[str, Any], nested: Mapping[str, Any]) -> dict[str, Any]:
    """The type of a field as the API words it: a decimal is a union, a nested model that may lack has its name."""
    if reference := field.get("$ref"):
        name = reference.rpartition("/")[2]
        if "enum" in nested[name]:
            return {"type": "enum", "enum_values": nested[name]["enum"], "description": name}
        return {"type": "object", "description": name}
    options = [option for option in field.get("anyOf", [field]) if option.get("type") != "null"]
    if reference := options[0].get("$ref"):
        return {"type": reference.rpartition("/")[2]}
    kinds = [option["type"] for option in options]
    kind = kinds[0] if len(kinds) == 1 else f"Union[{', '.join(kinds)}]"
    return {"type": kind, "description": field["title"]}
