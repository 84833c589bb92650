"""What all controllers are told. Only these fields: a name that is unknown is refused."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict


class ControllerConfigBase(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    controller_name: str
    controller_type: str
    total_amount_quote: Decimal = Decimal("100")
    manual_kill_switch: bool = False
    connector_name: str = "binance_perpetual"
    trading_pair: str = "BTC-USDT"
    leverage: int = 20
