"""An account on a perpetual exchange on paper: its positions, opened and read without hbmcp's tools."""

from decimal import Decimal

from hbmcp.paper.exchange.records import Position
from tests.paper.paper_api import PaperApi

ACCOUNT = "master_account"
CONNECTOR = "binance_perpetual"
PAIR = "BTC-USDT"
POSITIONS = "POST /trading/positions"
PRICES = "POST /market-data/prices"
ORDERS = "POST /trading/orders"
MODE = "POST /trading/{account_name}/{connector_name}/position-mode"


def open_position(
    api: PaperApi,
    side: str,
    amount: str,
    pair: str = PAIR,
    connector: str = CONNECTOR,
    account: str = ACCOUNT,
    action: str = "OPEN",
) -> None:
    """By a market order."""
    order = api.paper.engine.place(account, connector, pair, side, Decimal(amount), action=action)  # type: ignore[arg-type]
    assert order.status == "FILLED", order


def held(api: PaperApi, connector: str = CONNECTOR, account: str = ACCOUNT) -> list[Position]:
    """The engine's own records."""
    return api.paper.engine.positions(account, connector)


def sizes(api: PaperApi, connector: str = CONNECTOR, account: str = ACCOUNT) -> dict[tuple[str, str], Decimal]:
    """Signed amounts by pair and side (BOTH, LONG, SHORT)."""
    return {(one.pair, one.side): one.amount for one in held(api, connector, account)}
