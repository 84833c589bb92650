"""Requests as plans have them, and policies as people write them."""

from decimal import Decimal
from typing import Any

from attrs import evolve

from hbmcp.catalog import Effect
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.policy.model import Policy
from hbmcp.policy.worth import Worth
from hbmcp.store import LedgerRow
from hbmcp_tools import trading

NOW = 1_795_337_003_445  # 2026-11-22 08:43:23 UTC
DAY = 86_400_000
STAKE = Stake(account="master_account", exchange="binance_perpetual", pair="BTC-USDT", side="BUY")
ROW = LedgerRow(
    NOW, "client", "", "place_order", "d", "BUY", "opens", STAKE.account, STAKE.exchange, STAKE.pair, Decimal(0), "USDT"
)


def policy(budgets: dict[str, Any] | None = None, currency: str = "USDT", **limits: Any) -> Policy:
    return Policy.model_validate({"currency": currency, "limits": limits, "budgets": budgets or {}})


def request(effect: Effect = "opens", **stake: Any) -> PlannedRequest:
    """An order of the stake on a perpetual exchange, unless that is another."""
    return PlannedRequest.of(
        effect,
        "BUY 1 BTC-USDT",
        evolve(STAKE, **stake),
        trading.submit_order,
        account_name="master_account",
        connector_name="binance_perpetual",
        trading_pair="BTC-USDT",
        side="BUY",
        amount=Decimal(1),
    )


def ask(value: Any = None, market: Any = None, effect: Effect = "opens", **stake: Any) -> Worth:
    return Worth(
        request(effect, **stake),
        None if value is None else Decimal(value),
        None if market is None else Decimal(market),
    )


def row(opened: Any = 0, time: int = NOW, **other: Any) -> LedgerRow:
    return evolve(ROW, opened=Decimal(opened), time=time, **other)
