"""The executors of a paper exchange: made, run through the time that has passed, stopped, found again.

Nothing runs in the background. Before anything is answered, `catch_up` goes through what has happened since it was last
called, in the order in which it happened: to each time at which an executor has something to do, first the exchange is
brought, and then the executor looks. So it makes no difference how often that is called, or whether the process lived.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from secrets import randbelow
from typing import Any

from hbmcp.paper.errors import PaperError, UnknownAccount
from hbmcp.paper.exchange.database import Store
from hbmcp.paper.exchange.engine import Engine
from hbmcp.paper.exchange.records import RESTING
from hbmcp.paper.executors.base import Executor
from hbmcp.paper.executors.config import BadConfig, ExecutorConfig, parse
from hbmcp.paper.executors.dca import DCAExecutor
from hbmcp.paper.executors.grid import GridExecutor
from hbmcp.paper.executors.order import OrderExecutor
from hbmcp.paper.executors.position import PositionExecutor
from hbmcp.paper.executors.record import Record
from hbmcp.paper.executors.storage import Shelf
from hbmcp.paper.executors.trader import Trader, when
from hbmcp.paper.executors.twap import TWAPExecutor
from hbmcp.paper.market.listings import EXCHANGES
from hbmcp.paper.market.market import Market

CLASSES: Mapping[str, type[Executor[Any]]] = {
    "position_executor": PositionExecutor,
    "grid_executor": GridExecutor,
    "dca_executor": DCAExecutor,
    "twap_executor": TWAPExecutor,
    "order_executor": OrderExecutor,
}

_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"  # base 58


class NotCreated(PaperError):
    """No executor was made; its text is what the API answers with status 500."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Error creating executor: {reason}")


class UnknownExecutor(PaperError):
    def __init__(self, executor_id: str) -> None:
        super().__init__(f"Executor {executor_id} not found")


class AlreadyClosed(PaperError):
    def __init__(self, executor_id: str) -> None:
        super().__init__(f"Executor {executor_id} is already closed")


class _Moment:
    """A clock that can be held at a time that has passed, while the world is brought there."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.held: int | None = None

    def now(self) -> int:
        return self._engine.now() if self.held is None else self.held


class Executors:
    """`engine` is the exchange's own; executors use another on the same store, which can be at a passed time."""

    def __init__(self, engine: Engine, market: Market, store: Store) -> None:
        self.market = market
        self.shelf = Shelf.beside(store)
        self._moment = _Moment(engine)
        self._quiet: dict[str, tuple[int, int]] = {}  # executor -> when it looked last, until when nothing concerns it
        self.engine = Engine(market, self.shelf, self._moment)

    @contextmanager
    def at(self, time: int) -> Iterator[None]:
        """One transaction at a time: the clock's, or one since which nothing has happened."""
        self._moment.held = time
        try:
            with self.shelf.transaction():
                yield
        finally:
            self._moment.held = None

    def catch_up(self) -> int:
        """Brings exchange and executors to the clock's now, and answers now."""
        until = self.engine.now()
        active = {record.id: record for record in self.shelf.active()}
        due = {key: self._due(record, until) for key, record in active.items()}
        while active:
            times = [at for at in due.values() if at is not None]
            now = min(times, default=until)
            concerned = [key for key, at in due.items() if at == now] or self._robbed(active, now)
            if not concerned and not times:
                break
            while concerned:
                for key in concerned:
                    record = active[key] = self._step(key, now, active[key].seen)
                    due[key] = self._due(record, until) if record.active else None
                concerned = self._robbed(active, now)
        return until

    def _robbed(self, active: Mapping[str, Record], now: int) -> list[str]:
        """Brings the exchange to a time, and says whose orders rest no more without anybody having filled them."""
        with self.at(now):
            resting = {order.id for order in self.engine.orders(statuses=RESTING)}
        return [
            key
            for key, record in active.items()
            if record.active
            and record.seen < now
            and any(leg.rests and leg.order_id not in resting for leg in record.legs)
        ]

    def create(self, account: str, controller: str, raw: Mapping[str, Any]) -> Record:
        """Raises BadConfig, NotCreated."""
        now = self.catch_up()
        config = parse(raw, now / 1000)
        with self.at(now):
            record = self._record(account, controller, raw, config, now)
            executor, trader = self.load(record, now)
            try:
                executor.check()
            except PaperError as error:
                raise BadConfig(f"Invalid executor config: {error}") from None
            try:
                self._lever(executor)
            except PaperError as error:
                raise NotCreated(str(error)) from None
            executor.start(trader)
            self.shelf.add(record)
        return record

    def stop(self, executor_id: str, *, keep: bool) -> Record:
        """Cancels its orders and, unless `keep`, closes what it holds; it ends a little later.

        Raises UnknownExecutor, AlreadyClosed.
        """
        now = self.catch_up()
        with self.at(now):
            record = self.get(executor_id)
            if not record.active:
                raise AlreadyClosed(executor_id)
            if record.status == "RUNNING":
                executor, trader = self.load(record, now)
                executor.close(trader, "EARLY_STOP", keep=keep)
                executor.step(trader)
                self.shelf.put(record)
        return record

    def get(self, executor_id: str) -> Record:
        """Raises UnknownExecutor."""
        record = self.shelf.get(executor_id)
        if record is None:
            raise UnknownExecutor(executor_id)
        return record

    def load(self, record: Record, now: int) -> tuple[Executor[Any], Trader]:
        """An executor as it was left, and what it sees now."""
        exchange = EXCHANGES[record.exchange]
        config = parse(record.raw, record.created / 1000)
        trader = Trader(self.engine, self.market, record.account, exchange, exchange.pairs[record.pair], now)
        return CLASSES[record.kind](record, config), trader

    def release(self, records: list[Record]) -> None:
        """Forgets that the positions of these ended executors are held; they stay on the exchange."""
        with self.shelf.transaction():
            for record in records:
                record.held = False
                self.shelf.put(record)

    def _record(
        self, account: str, controller: str, raw: Mapping[str, Any], config: ExecutorConfig, now: int
    ) -> Record:
        kind = config.type
        if kind not in CLASSES:
            raise BadConfig(f"the paper exchange doesn't run {kind}, only {', '.join(CLASSES)}")
        exchange, pair = getattr(config, "connector_name", ""), getattr(config, "trading_pair", "")
        try:
            connected = self.engine.connectors(account)
        except UnknownAccount:
            raise NotCreated(f"Directory 'credentials/{account}/connectors' not found") from None
        if exchange not in EXCHANGES:
            raise NotCreated(
                f"Failed to get chain/network info: Invalid network format '{exchange}'. "
                "Use format like 'solana-mainnet-beta'"
            )
        if exchange not in connected:
            raise NotCreated(f"Account '{account}' has no credentials for {exchange}")
        if pair not in EXCHANGES[exchange].pairs:
            raise NotCreated(f"Failed to initialize order book for {exchange}/{pair}")
        if getattr(config, "side", None) is not None and config.side.name == "RANGE":  # type: ignore[attr-defined]
            raise BadConfig("Invalid executor config: side 3 (RANGE) is for liquidity pools. Give 1 (BUY) or 2 (SELL)")
        return Record(_new_id(), kind, account, exchange, pair, controller, dict(raw), now, seen=now)

    def _lever(self, executor: Executor[Any]) -> None:
        record = executor.record
        if not EXCHANGES[record.exchange].perpetual:
            return
        if self.engine.leverage(record.account, record.exchange, record.pair) != executor.leverage:
            self.engine.set_leverage(record.account, record.exchange, record.pair, executor.leverage)

    def _due(self, record: Record, until: int) -> int | None:
        """When it has to look next, not after `until`."""
        executor, trader = self.load(record, record.seen)
        seen, quiet = self._quiet.get(record.id, (0, 0))
        found = when(trader, executor.wakes(trader), quiet if seen == record.seen else record.seen, until)
        if found is None:
            self._quiet[record.id] = record.seen, until
        return found

    def _step(self, executor_id: str, now: int, seen: int) -> Record:
        """One look, unless another process has taken it in the meantime."""
        with self.at(now):
            now = self.engine.advance()
            record = self.get(executor_id)
            if record.active and record.seen == seen:
                executor, trader = self.load(record, now)
                executor.step(trader)
                self.shelf.put(record)
        return record


def _new_id() -> str:
    """As those of the real API look."""
    return "".join(_LETTERS[randbelow(58)] for _ in range(44))
