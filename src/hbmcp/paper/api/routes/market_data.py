"""Prices, candles, order books and funding rates, and the feeds behind them."""

from decimal import Decimal

from attrs import Factory, define, frozen

from hbmcp.paper.api.routes.base import Call, Json, Paper, Refusal, Routes, moment
from hbmcp.paper.api.routes.credentials import class_name
from hbmcp.paper.market.listings import EXCHANGES, Exchange
from hbmcp.paper.market.market import INTERVALS, MONTH, Candle, monthly
from hbmcp.paper.market.order_book import DEPTH, Book, Side

CLEANUP = 300  # seconds between two cleanings of feeds
FEED_TIMEOUT = 600_000  # milliseconds without a question after which a feed ends
MOST_CANDLES = 1_000_000  # of one answer: nearly two years of minutes
DAWN = 1_483_228_800_000  # 2017-01-01: nobody traded here before

TASKS = (
    "_order_book_stream_listener_task",
    "_order_book_diff_listener_task",
    "_order_book_trade_listener_task",
    "_order_book_snapshot_listener_task",
    "_order_book_diff_router_task",
    "_order_book_snapshot_router_task",
    "_init_order_books_task",
    "_emit_trade_event_task",
)
MESSAGES = {"diffs": 0.0, "snapshots": 0.0, "trades": 0.0, "total": 0.0}
LATENCY = {
    "count": 0,
    "total_ms": 0.0,
    "min_ms": 0.0,
    "max_ms": 0.0,
    "avg_ms": 0.0,
    "recent_avg_ms": 0.0,
    "recent_samples_count": 0,
}
LATENCIES = {"diff_latency": LATENCY, "snapshot_latency": LATENCY, "trade_latency": LATENCY}


@frozen
class Feed:
    """The last question for candles of a pair."""

    connector: str
    pair: str
    interval: str
    records: int
    at: int


@define
class Watched:
    """What the API looks after until the process ends: candles by name; books by exchange and pair, since when."""

    feeds: dict[str, Feed] = Factory(dict)
    books: dict[str, dict[str, int]] = Factory(dict)


def watched(paper: Paper) -> Watched:
    return paper.part("watched", Watched)


# Prices and books


def prices(call: Call) -> Json:
    exchange, at = _exchange(call), call.engine.now()
    found = {pair: call.market.price(exchange.name, _known(exchange, pair), at) for pair in call.body["trading_pairs"]}
    return {"connector": exchange.name, "prices": found, "timestamp": at / 1000}


def order_book(call: Call) -> Json:
    book = _book(call, call.body["depth"])
    watched(call.paper).books.setdefault(call.body["connector_name"], {}).setdefault(
        call.body["trading_pair"], call.engine.now()
    )
    return {
        "trading_pair": call.body["trading_pair"],
        "bids": [{"price": level.price, "amount": level.amount} for level in book.bids],
        "asks": [{"price": level.price, "amount": level.amount} for level in book.asks],
        "timestamp": call.engine.now() / 1000,
    }


def funding_info(call: Call) -> Json:
    name, pair, at = call.body["connector_name"], call.body["trading_pair"], call.engine.now()
    if not name.endswith("_perpetual"):
        raise Refusal(400, "Funding info is only available for perpetual trading pairs.")
    _known(_exchange(call), pair)
    return {
        "trading_pair": pair,
        "funding_rate": call.market.funding_rate(name, pair, at),
        "next_funding_time": call.market.next_funding(name, at) / 1000,
        "mark_price": call.market.mark(name, pair, at),
        "index_price": call.market.index(pair, at),
    }


# Candles


_AT_MOST = {**INTERVALS, MONTH: 31 * INTERVALS["1d"]}  # milliseconds


def candles(call: Call) -> Json:
    """The latest, the last of them still forming."""
    wanted, at = call.body, call.engine.now()
    name, pair, interval = wanted["connector_name"], wanted["trading_pair"], wanted["interval"]
    exchange = _candle_exchange(name)
    if pair.count("-") != 1:
        raise Refusal(400, f"Invalid trading pair format '{pair}'. Expected format: BASE-QUOTE (e.g., BTC-USDT)")
    _candle_pair(exchange, pair)
    if interval not in _AT_MOST:
        raise Refusal(500, "Internal error fetching candles: No active exception to reraise")
    records = max(0, min(wanted["max_records"], MOST_CANDLES))
    feeds = watched(call.paper).feeds
    feeds[f"candles_{name}_{pair}_{interval}"] = Feed(name, pair, interval, wanted["max_records"], at)
    start = max(at + 1 - records * _AT_MOST[interval], DAWN)
    found = _candles(call, name, pair, interval, start, at + 1)
    return [_candle(one) for one in found[-records:]] if records else []


def _candles(call: Call, name: str, pair: str, interval: str, start: int, end: int) -> list[Candle]:
    if interval == MONTH:
        return monthly(call.market.candles(name, pair, "1d", start, end))
    return list(call.market.candles(name, pair, interval, start, end))


def historical_candles(call: Call) -> Json:
    wanted, now = call.body, call.engine.now()
    name, pair, interval = wanted["connector_name"], wanted["trading_pair"], wanted["interval"]
    _candle_pair(_candle_exchange(name), pair)
    if interval not in _AT_MOST:
        raise Refusal(500, "Internal error fetching historical candles: No active exception to reraise")
    start, end = (moment(wanted[time] * 1000) or 0 for time in ("start_time", "end_time"))
    if start > end:
        raise Refusal(500, "Internal error fetching historical candles: 'timestamp'")
    length = _AT_MOST[interval]
    first = max(start, min(end, now) - MOST_CANDLES * length, DAWN)
    # All that begin up to `end`, and those whole, as far as there is a whole yet.
    known = _candles(call, name, pair, interval, first, min(end + length, now + 1)) if first <= now else []
    found = [candle for candle in known if candle.at <= end]
    if not found:
        raise Refusal(404, "No historical data available")
    return [_candle(one) for one in found]


def candle_connectors(_: Call) -> Json:
    return list(EXCHANGES)


# Sizes against the book


# The last two fail in the real API. Here they answer, in the fields that its answer has for it.


def price_for_volume(call: Call) -> Json:
    walk = _book(call).price_for_volume(_side(call), _exact(call, "volume"))
    return _result(call, result_price=walk.price if walk.complete else None, result_volume=walk.amount)


def volume_for_price(call: Call) -> Json:
    walk = _book(call).volume_for_price(_side(call), _exact(call, "price"))
    return _result(call, result_price=walk.price, result_volume=walk.amount or None)


def vwap_for_volume(call: Call) -> Json:
    walk = _book(call).vwap_for_volume(_side(call), _exact(call, "volume"))
    return _result(call, result_volume=walk.amount, average_price=walk.average if walk.complete else None)


def price_for_quote_volume(call: Call) -> Json:
    walk = _book(call).price_for_quote_volume(_side(call), _exact(call, "quote_volume"))
    price = walk.price if walk.complete else None
    return _result(call, result_price=price, result_volume=walk.amount, result_quote_volume=walk.quote)


def quote_volume_for_price(call: Call) -> Json:
    walk = _book(call).quote_volume_for_price(_side(call), _exact(call, "price"))
    found = {"result_volume": walk.amount, "result_quote_volume": walk.quote} if walk.amount else {}
    return _result(call, result_price=walk.price, **found)


# Feeds


def active_feeds(call: Call) -> Json:
    now, feeds = call.engine.now(), watched(call.paper).feeds
    for name in [name for name, feed in feeds.items() if now - feed.at > FEED_TIMEOUT]:
        del feeds[name]
    return {
        name: {
            "feed_type": "candles",
            "last_access_time": feed.at / 1000,
            "seconds_since_access": (now - feed.at) / 1000,
            "will_expire_in": (feed.at + FEED_TIMEOUT - now) / 1000,
            "config": f"connector={feed.connector!r} trading_pair={feed.pair!r} interval={feed.interval!r} "
            f"max_records={feed.records}",
        }
        for name, feed in feeds.items()
    }


def settings(_: Call) -> Json:
    return {
        "cleanup_interval": CLEANUP,
        "feed_timeout": FEED_TIMEOUT // 1000,
        "description": "Both in seconds: how often unused feeds are looked for, and after how long without a question "
        "a feed counts as unused",
    }


def add_pair(call: Call) -> Json:
    name, pair = call.body["connector_name"], call.body["trading_pair"]
    if name not in EXCHANGES:
        raise Refusal(500, f"Error initializing order book: Connector {name} not found")
    if pair not in EXCHANGES[name].pairs:
        raise Refusal(500, f"Failed to initialize order book for {pair}")
    watched(call.paper).books.setdefault(name, {}).setdefault(pair, call.engine.now())
    return _pair_answer(call, f"Order book initialized for {pair}")


def remove_pair(call: Call) -> Json:
    """Says success whether it was watched or not, as the real API does."""
    pair = call.body["trading_pair"]
    watched(call.paper).books.get(call.body["connector_name"], {}).pop(pair, None)
    return _pair_answer(call, f"Trading pair {pair} removed")


def restart(call: Call) -> Json:
    name = call.path["connector_name"]
    if name not in EXCHANGES:
        raise Refusal(500, f"Error restarting order book tracker: Connector {name} not found")
    books = watched(call.paper).books.get(name, {})
    for pair in books:
        books[pair] = call.engine.now()
    return {"success": True, "message": f"Order book tracker restarted for {name}", "trading_pairs": list(books)}


def diagnostics(call: Call) -> Json:
    """Books are computed and not streamed, so there are no messages to count; but it is told when they changed."""
    name, now = call.path["connector_name"], call.engine.now()
    if name not in EXCHANGES:
        raise Refusal(500, f"Error getting diagnostics: Connector {name} not found")
    since = watched(call.paper).books.get(name, {})
    books = {pair: Book.snapshot(call.market, name, pair, now) for pair in since}
    started = min(since.values(), default=now)
    return {
        "connector_type": class_name(name),
        "connector_name": name,
        "has_order_book_tracker": True,
        "tracker_ready": bool(since),
        "tasks": {
            task: {"exists": True, "done": task.startswith("_init"), "cancelled": False, "exception": None}
            for task in TASKS
        },
        "trading_pairs": list(since),
        "order_books": {
            pair: {
                "best_bid": book.bids[0].price,
                "best_ask": book.asks[0].price,
                "bid_count": len(book.bids),
                "ask_count": len(book.asks),
                "snapshot_uid": book.at,
                "last_diff_uid": book.at,
            }
            for pair, book in books.items()
        },
        "metrics": {
            **{
                f"total_{what}": 0
                for what in (
                    "diffs_processed",
                    "diffs_rejected",
                    "diffs_queued",
                    "snapshots_processed",
                    "snapshots_rejected",
                    "trades_processed",
                    "trades_rejected",
                )
            },
            "tracker_start_time": started / 1000,
            "uptime_seconds": (now - started) / 1000,
            "messages_per_minute": MESSAGES,
            **LATENCIES,
            "per_pair_metrics": {pair: _pair_metrics(pair, at, books[pair].at) for pair, at in since.items()},
        },
        "websocket_status": "connected",
    }


def _pair_metrics(pair: str, since: int, changed: int) -> Json:
    return {
        "trading_pair": pair,
        **dict.fromkeys(
            ("diffs_processed", "diffs_rejected", "snapshots_processed", "trades_processed", "trades_rejected"), 0
        ),
        "last_diff_timestamp": changed / 1000,
        **dict.fromkeys(("last_snapshot_timestamp", "last_trade_timestamp"), 0.0),
        "tracking_start_time": since / 1000,
        "messages_per_minute": MESSAGES,
        **LATENCIES,
    }


def _pair_answer(call: Call, message: str) -> Json:
    names = {name: call.body[name] for name in ("connector_name", "trading_pair")}
    return {"success": True, **names, "message": message}


def _exchange(call: Call) -> Exchange:
    name = call.body["connector_name"]
    if name not in EXCHANGES:
        raise Refusal(500, f"Connector {name} not found")
    return EXCHANGES[name]


def _book(call: Call, depth: int = DEPTH) -> Book:
    exchange = _exchange(call)
    pair = _known(exchange, call.body["trading_pair"])
    return Book.snapshot(call.market, exchange.name, pair, call.engine.now(), depth)


def _side(call: Call) -> Side:
    return "BUY" if call.body["is_buy"] else "SELL"


def _exact(call: Call, name: str) -> Decimal:
    return Decimal(str(call.body[name]))


def _result(call: Call, **found: Decimal | None) -> Json:
    wanted = call.body
    return {
        "trading_pair": wanted["trading_pair"],
        "is_buy": wanted["is_buy"],
        "query_volume": wanted.get("volume"),
        "query_price": wanted.get("price"),
        "result_price": None,
        "result_volume": None,
        "result_quote_volume": None,
        "average_price": None,
        "timestamp": call.engine.now() / 1000,
        **found,
    }


def _known(exchange: Exchange, pair: str) -> str:
    """The pair, if there is one. The real API fails at an unknown one with the words of a KeyError."""
    if pair not in exchange.pairs:
        raise Refusal(500, repr(pair))
    return pair


def _candle_exchange(name: str) -> Exchange:
    if name not in EXCHANGES:
        raise Refusal(400, f"Unsupported connector '{name}'. Available connectors: {list(EXCHANGES)}")
    return EXCHANGES[name]


def _candle_pair(exchange: Exchange, pair: str) -> None:
    if pair not in exchange.pairs:
        raise Refusal(
            400,
            f"Trading pair '{pair}' appears to be invalid on '{exchange.name}': "
            f"Error executing request GET https://{exchange.name}.paper.invalid/klines. "
            'HTTP status is 400. Error: {"code": -1121, "msg": "Invalid symbol."}',
        )


def _candle(candle: Candle) -> Json:
    """With what the market doesn't tell, estimated: the value at the middle price, and more buyers when it rose.

    In floats, which an answer has anyway: there may be a million.
    """
    start, high, low, end, volume = map(float, candle[1:])
    bought = 0.5 + ((end - start) / (high - low) / 4 if high > low else 0)
    value = volume * (start + high + low + end) / 4
    return {
        "timestamp": candle.at / 1000,
        "open": start,
        "high": high,
        "low": low,
        "close": end,
        "volume": volume,
        "quote_asset_volume": round(value, 4),
        "n_trades": float(round(value / 2000)),
        "taker_buy_base_volume": round(volume * bought, 5),
        "taker_buy_quote_volume": round(value * bought, 4),
    }


ROUTES: Routes = {
    "POST /market-data/prices": prices,
    "POST /market-data/order-book": order_book,
    "POST /market-data/funding-info": funding_info,
    "POST /market-data/candles": candles,
    "POST /market-data/historical-candles": historical_candles,
    "GET /market-data/available-candle-connectors": candle_connectors,
    "POST /market-data/order-book/price-for-volume": price_for_volume,
    "POST /market-data/order-book/volume-for-price": volume_for_price,
    "POST /market-data/order-book/vwap-for-volume": vwap_for_volume,
    "POST /market-data/order-book/price-for-quote-volume": price_for_quote_volume,
    "POST /market-data/order-book/quote-volume-for-price": quote_volume_for_price,
    "GET /market-data/active-feeds": active_feeds,
    "GET /market-data/settings": settings,
    "POST /market-data/trading-pair/add": add_pair,
    "POST /market-data/trading-pair/remove": remove_pair,
    "POST /market-data/order-book/restart/{connector_name}": restart,
    "GET /market-data/order-book/diagnostics/{connector_name}": diagnostics,
}
