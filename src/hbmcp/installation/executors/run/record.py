"""An executor as the API records it. Running and ended ones differ in shape: here they are the same."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from attrs import frozen

from hbmcp.figures import money, plain, ratio, times
from hbmcp.installation.answer_fields import Fields, array, moment, number, optional, record, text
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.executors.config.fields import KEEPING, TYPES
from hbmcp.installation.place_filter import may_be_at
from hbmcp.pairs import quote_of
from hbmcp.text import named
from hummingbot_api.request import Json

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
    pnl: Decimal | None
    share: Decimal | None
    fees: Decimal | None
    filled: Decimal
    error: str | None
    controller: str | None
    config: Mapping[str, Any]
    info: Mapping[str, Any]

    @classmethod
    def from_row(cls, row: Json) -> "Executor":
        """Of GET /executors/{executor_id} or a row of the search."""
        fields = Fields(row)
        config, info = fields.given("config", record) or {}, fields.given("custom_info", record) or {}
        own, asked, says = fields, Fields(config), Fields(info)
        closed = own.known("close_timestamp", number)
        return cls(
            id=own.known("executor_id", text) or own.needed("id", text),
            kind=own.known("executor_type", text) or own.known("type", text) or asked.known("type", text) or "",
            account=own.known("account_name", text) or "",
            connector=own.known("connector_name", text) or asked.known("connector_name", text) or "",
            pair=own.known("trading_pair", text) or asked.known("trading_pair", text) or "",
            side=_side(row.get("side")) or _side(info.get("side")) or _side(config.get("side")),
            status=own.needed("status", text),
            close_type=own.known("close_type", text),
            created=own.known("created_at", moment),
            closed=None if closed is None else int(closed * 1000),
            pnl=own.known("net_pnl_quote", number),
            share=own.known("net_pnl_pct", number),
            fees=own.known("cum_fees_quote", number),
            filled=own.known("filled_amount_quote", number) or _executed(says, "executed_amount_quote"),
            error=_error_text(own.known("last_error", text)),
            controller=own.known("controller_id", text),
            config=config,
            info=info,
        )

    @property
    def markets(self) -> list[tuple[str, str]]:
        """Every (connector, pair) that it trades on."""
        asked = Fields(self.config)
        both = [one for name in ("buying_market", "selling_market") if (one := asked.known(name, Fields))]
        two = [(one.known("connector_name", text) or "", one.known("trading_pair", text) or "") for one in both]
        return two or [(self.connector, self.pair)]

    @property
    def ended(self) -> bool:
        return self.status == "TERMINATED"

    @property
    def ending(self) -> str | None:
        """How it ended, in plain words."""
        if self.ended and self.close_type == "POSITION_HOLD" and self.reduces:
            return "ended: what it traded has only reduced a position"
        only_trades = self.close_type == "POSITION_HOLD" and self.only_trades
        if self.ended and (cut := self._cut_short):
            held = ", and its position was left open" if self.close_type == "POSITION_HOLD" and not only_trades else ""
            return f"{'was stopped' if self.close_type == 'EARLY_STOP' else 'ended'} after {cut}{held}"
        if self.ended and only_trades:
            return "ended: what it traded stays"
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
    def keeps(self) -> bool:
        """Whether it keeps what it trades, without a stop or a target."""
        return self.kind in KEEPING

    @property
    def only_trades(self) -> bool:
        """Whether that is no position: coins that changed hands as they were told to."""
        return self.keeps and not is_perpetual(self.connector)

    @property
    def order_ids(self) -> frozenset[str]:
        """The orders that it names: none for a grid, whose orders nobody can tell."""
        info = Fields(self.info)
        held = [one.known("client_order_id", text) for one in _held(info)]
        named = [*(info.known("order_ids", array(optional(text))) or []), info.known("order_id", text), *held]
        return frozenset(one for one in named if one)

    def is_about(self, account: str | None, connector: str | None, pair: str | None) -> bool:
        """Whether it trades there, as far as it says where."""
        asked = account, connector, pair
        return any(may_be_at((self.account, on, traded), asked) for on, traded in self.markets)

    @property
    def quote(self) -> str:
        """The currency of its money; "" where its pair isn't known."""
        return quote_of(self.pair)

    @property
    def leverage(self) -> Decimal | None:
        """As its configuration says; None on spot."""
        return Fields(self.config).known("leverage", number) if is_perpetual(self.connector) else None

    @property
    def position_left(self) -> Decimal | None:
        """Base units of the position that it left open, below 0 for a short; None where it names none."""
        orders = _held(Fields(self.info))
        bought, sold = (
            sum((_amount(one, "executed_amount_base") for one in orders if _traded(one) == side), ZERO)
            for side in ("BUY", "SELL")
        )
        return bought - sold or None

    @property
    def _cut_short(self) -> str:
        """How far a TWAP came that ended before its last slice, which the API calls COMPLETED too; "" for any other."""
        whole, length, interval = (
            Fields(self.config).known(name, number)
            for name in ("total_amount_quote", "total_duration", "order_interval")
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
            f"{done} of {slices} slices: {money(filled):f} of {plain(whole):f} {named(self.quote)} {verb}, "
            f"{money(whole - filled):f} left"
        )

    @property
    def level_count(self) -> int:
        """Of a DCA."""
        return len(Fields(self.config).known("amounts_quote", array(number)) or [])

    @property
    def waits_with_its_stop(self) -> bool:
        """Whether its stop acts only once all levels are filled."""
        mode = str(self.config.get("mode") or "MAKER").rpartition(".")[2]
        return self.kind == "dca_executor" and mode == "MAKER" and self.barrier("stop_loss") is not None

    @property
    def rests_its_target(self) -> bool:
        """Whether its take profit is an order that rests."""
        barriers = Fields(self.config).known("triple_barrier_config", Fields)
        kind = None if barriers is None else barriers.known("take_profit_order_type", text)
        return str(kind).rpartition(".")[2] in ("LIMIT", "LIMIT_MAKER", "2", "3")

    @property
    def names_orders(self) -> bool:
        """Whether it is of a type whose orders are known by id."""
        return self.kind in ("position_executor", "dca_executor", "twap_executor", "order_executor")

    @property
    def has_placed_orders(self) -> bool:
        """Whether it has placed an order."""
        return bool(self.order_ids or self.figure("open_liquidity_placed") or self.filled)

    def figure(self, name: str) -> Decimal | None:
        """A figure that its type tells of itself; None where that is 0 or isn't there."""
        return Fields(self.info).known(name, number) or None

    def barrier(self, name: str) -> Decimal | None:
        """A barrier of its configuration: a share, or seconds."""
        config = Fields(self.config)
        return (config.known("triple_barrier_config", Fields) or config).known(name, number) or None


def _side(raw: Any) -> Side | None:
    said = str(raw).rpartition(".")[2]
    return "BUY" if said in ("BUY", "1") else "SELL" if said in ("SELL", "2") else None


def _held(info: Fields) -> list[Fields]:
    """The orders of a position that it left open."""
    return info.known("held_position_orders", array(Fields)) or []


def _executed(info: Fields, name: str) -> Decimal:
    """What these come to: it isn't counted as filled."""
    return sum((_amount(one, name) for one in _held(info)), ZERO)


def _traded(order: Fields) -> Side | None:
    return order.known("trade_type", _side)


def _amount(order: Fields, name: str) -> Decimal:
    return order.known(name, number) or ZERO


def _error_text(error: str | None) -> str | None:
    """Without the name of the module that logged it."""
    if not error:
        return None
    module, dash, text = error.partition(" - ")
    return text if dash and any(module.endswith(kind) for kind in TYPES) else error
