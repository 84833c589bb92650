"""What it costs to watch triggers: requests a minute, and the share of a core, by triggers and markets.

In turn with no pause between rounds, each of which the watcher makes every EVERY seconds; nothing fires.
"""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pydantic import SecretStr

from bench.latency import slow_paper
from bench.report import OURS, Row
from hbmcp.bridge import Bridge
from hbmcp.catalog import Catalog
from hbmcp.installation.triggers.condition import Condition
from hbmcp.installation.triggers.readings import EVERY
from hbmcp.installation.triggers.trigger import Spec, new
from hbmcp.settings import Settings
from hbmcp.times import now
from hbmcp.watch.watcher import Watcher

COUNTS = (10, 1_000, 10_000)
MARKETS = (5, 50)
AT_ONCE = 1_000  # triggers kept in one transaction
ROUNDS = 30  # a minute
EXCHANGES = ("binance", "kucoin", "binance_perpetual", "bybit_perpetual", "hyperliquid_perpetual")
TOKENS = ("BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "AVAX", "LINK", "DOT", "LTC")


def rows() -> list[Row]:
    """A row a number of triggers and of markets."""
    return asyncio.run(_rows())


async def _rows() -> list[Row]:
    found = []
    for markets in MARKETS:
        for count in COUNTS:
            asked, share = await _measured(
                count, [(one, f"{token}-USDT") for one in EXCHANGES for token in TOKENS][:: 50 // markets]
            )
            cell = f"{asked.total():,} requests a minute, {share:.1%} of a core"
            found.append(Row(f"watching {count:,} triggers on {markets} markets", {OURS: cell}))
    return found


async def _measured(count: int, markets: Sequence[tuple[str, str]]) -> tuple[Counter[str], float]:
    offer = Catalog.load().choose(tools=("all",))
    with tempfile.TemporaryDirectory() as folder, slow_paper(0) as address:
        settings = Settings.model_construct(
            api_url=address,
            api_username="paper",
            api_password=SecretStr("paper"),
            state_url=SecretStr(f"sqlite:///{folder}/state.sqlite"),
        )
        bridge = Bridge(offer, settings)
        asked: Counter[str] = Counter()

        def counted(tool: str, _: object, answer: Any) -> Any:
            asked[tool] += 1
            return answer

        watcher = Watcher(bridge, "bench")
        watcher._installation = watcher._installation.answering(counted)
        specs = [_far(*markets[place % len(markets)], place) for place in range(count)]
        for at in range(0, count, AT_ONCE):
            await bridge.store.add_triggers([new(one, now(), None, None) for one in specs[at : at + AT_ONCE]], "bench")
        await watcher.round()  # imports, connects, reads all
        asked.clear()
        begun = time.process_time()
        for _ in range(ROUNDS):
            await watcher.round()
        used = time.process_time() - begun
        await watcher.leave()
        await bridge.aclose()
    return asked, used / (ROUNDS * EVERY)


def _far(connector: str, pair: str, place: int) -> Spec:
    """One of a level of its own that no price comes to."""
    level = Decimal(place + 1) / 1_000_000
    return Spec(when=Condition(goes="below", level=level, connector_name=connector, trading_pair=pair))
