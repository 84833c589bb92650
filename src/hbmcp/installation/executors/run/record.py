"""An executor as the API records it. Running and ended ones differ in shape: here they are the same."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from attrs import frozen

from hbmcp.figures import money, number, plain, ratio, times
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.executors.config.fields import TYPES
from hbmcp.installation.fills.fills import milliseconds

Side = Literal["BUY", "SELL"]
ZERO = Decimal(0)

#: How an executor has ended, and what that means for its position.
ENDINGS: Mapping[str, str] = {
    "TAKE_PROFIT": "took its profit and closed",
    "STOP_LOSS": "closed at its stop loss or limit price",
    "TRAILING_STOP": "closed at its trailing stop",
    "TIME_LIMIT": "closed at its time limit",
    "EXPIRED": "was too old to start",
    "EARLY_STOP": "was stopped",
    "COMPLETED": "finished: all its orders are traded",
    "POSITION_HOLD": "ended, and its position was left open",
    "INSUFFICIENT_BALANCE": "ended: the balance doesn't hold what it needs",
    "FAILED": "failed",
    "SYSTEM_CLEANUP": "was lost when the API restarted: what it had open stays open, and nothing guards it now",
}
_MAY_BE_CUT = ("COMPLETED", "EARLY_STOP", "POSITION_HOLD")
FAILURES = ("INSUFFICIENT_BALANCE", "FAILED", "EXPIRED")


@frozen
class Executor:
    """`pnl`, `fees` and `filled` in quote units, `share` of what was opened; `created` and
    `closed` in epoch milliseconds.

    `config` holds enums by name or number, numbers as such or as strings; `info` is what its type tells of itself.
    """

    id: str
    kind: str
    account: str
    connector: str
    pair: str
    side: Side | None
    status: str
    close_type: str | None
    created: int | None
    closed: int | None
    pnl: Decimal
    share: Decimal
    fees: Decimal
    filled: Decimal
    error: str | None
    controller: str | None
    config: Mapping[str, Any]
    info: Mapping[str, Any]

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Executor":
        """Of GET /executors/{executor_id} or a row of the search. Raises KeyError for what isn't one."""
        config, info = row.get("config") or {}, row.get("custom_info") or {}
        kind = row.get("executor_type") or row.get("type") or config.get("type") or ""
        created, closed = row.get("created_at"), number(row.get("close_timestamp"))
        return cls(
            id=row.get("executor_id") or row["id"],
            kind=kind,
            account=row.get("account_name") or "",
            connector=row.get("connector_name") or config.get("connector_name") or "",
            pair=row.get("trading_pair") or config.get("trading_pair") or "",
            side=_side(row.get("side")) or _side(info.get("side")) or _side(config.get("side")),
            status=row["status"],
            close_type=row.get("close_type"),
            created=milliseconds(created) if isinstance(created, str) else None,
            closed=None if closed is None else int(closed * 1000),
            pnl=number(row.get("net_pnl_quote")) or Decimal(0),
            share=number(row.get("net_pnl_pct")) or Decimal(0),
            fees=number(row.get("cum_fees_quote")) or Decimal(0),
            filled=number(row.get("filled_amount_quote")) or _executed(info, "executed_amount_quote"),
            error=_error_text(row.get("last_error")),
            controller=row.get("controller_id"),
            config=config,
            info=info,
        )

    @property
    def ended(self) -> bool:
        return self.status == "TERMINATED"

    @property
    def ending(self) -> str | None:
        """How it ended, in plain words."""
        if self.ended and self.close_type == "POSITION_HOLD" and self.reduces:
            return "ended: what it traded has only reduced a position"
        if self.ended and (cut := self._cut_short):
            held = ", and its position was left open" if self.close_type == "POSITION_HOLD" else ""
            return f"{'was stopped' if self.close_type == 'EARLY_STOP' else 'ended'} after {cut}{held}"
        return ENDINGS.get(self.close_type or "", self.close_type) if self.ended else None

    @property
    def abandoned(self) -> bool:
        """Whether the API restarted under it: it ended without closing anything."""
        return self.close_type == "SYSTEM_CLEANUP"

    @property
    def failed(self) -> bool:
        """Whether it ended without having done what it was made for."""
        return self.ended and self.close_type in FAILURES

    @property
    def reduces(self) -> bool:
        """Whether its orders may only reduce a position that is open: then it has none of its own."""
        return str(self.config.get("position_action")).rpartition(".")[2] == "CLOSE"

    @property
    def order_ids(self) -> frozenset[str]:
        """The orders that it names: none for a grid, whose orders nobody can tell."""
        held = [one.get("client_order_id") for one in self.info.get("held_position_orders") or []]
        named = [*(self.info.get("order_ids") or []), self.info.get("order_id"), *held]
        return frozenset(one for one in named if one)

    @property
    def quote(self) -> str:
        """The currency of its money; "" where its pair isn't known."""
        return self.pair.rpartition("-")[2]

    @property
    def leverage(self) -> Decimal | None:
        """As its configuration says; None on spot."""
        return number(self.config.get("leverage")) if is_perpetual(self.connector) else None

    @property
    def position_left(self) -> Decimal | None:
        """Base units of the position that it left open, below 0 for a short; None where it names none."""
        orders = self.info.get("held_position_orders") or []
        bought, sold = (
            sum((_amount(one, "executed_amount_base") for one in orders if _side(one.get("trade_type")) == side), ZERO)
            for side in ("BUY", "SELL")
        )
        return bought - sold or None

    @property
    def _cut_short(self) -> str:
        """How far a TWAP came that ended before its last slice, which the API calls COMPLETED too; "" for any other."""
        whole, length, interval = (
            number(self.config.get(name)) for name in ("total_amount_quote", "total_duration", "order_interval")
        )
        if self.kind != "twap_executor" or self.close_type not in _MAY_BE_CUT or not (whole and length and interval):
            return ""
        filled = self.figure("executed_amount_quote") or self.filled
        slices = int(length // interval) + 1
        done = round(ratio(times(filled, Decimal(slices)), whole))
        if done >= slices:
            return ""
        verb = {"BUY": "bought", "SELL": "sold"}.get(self.side or "", "traded")
        return (
            f"{done} of {slices} slices: {money(filled):f} of {plain(whole):f} {self.quote} {verb}, "
            f"{money(whole - filled):f} left"
        )

    @property
    def names_orders(self) -> bool:
        """Whether it is of a type whose orders are known by id."""
        return self.kind in ("position_executor", "dca_executor", "twap_executor", "order_executor")

    @property
    def has_placed_orders(self) -> bool:
        """Whether it has placed an order."""
        return bool(self.order_ids or number(self.info.get("open_liquidity_placed")) or self.filled)

    def figure(self, name: str) -> Decimal | None:
        """A figure that its type tells of itself; None where that is 0 or isn't there."""
        return number(self.info.get(name)) or None

    def barrier(self, name: str) -> Decimal | None:
        """A barrier of its configuration: a share, or seconds."""
        barriers = self.config.get("triple_barrier_config") or self.config
        return number(barriers.get(name)) or None


def _side(raw: Any) -> Side | None:
    said = str(raw).rpartition(".")[2]
    return "BUY" if said in ("BUY", "1") else "SELL" if said in ("SELL", "2") else None


def _executed(info: Mapping[str, Any], name: str) -> Decimal:
    """What the orders of a position that it left open come to: it isn't counted as filled."""
    return sum((_amount(one, name) for one in info.get("held_position_orders") or []), ZERO)


def _amount(row: Mapping[str, Any], name: str) -> Decimal:
    return number(row.get(name)) or ZERO


def _error_text(error: Any) -> str | None:
    """Without the name of the module that logged it."""
    if not isinstance(error, str) or not error:
        return None
    module, dash, text = error.partition(" - ")
    return text if dash and any(module.endswith(kind) for kind in TYPES) else error
