"""Prices, candles and funding of the paper exchange: pure functions of the market's seed and of time.

A coin follows the market as a whole (`Coin.beta`) and a path of its own; path.py says how a path is made. Within a
minute coins move independently, as they do where trades are far between. What an exchange asks for a coin differs from
the coin's index by a slow, bounded process: an exchange's offset, a perpetual's basis.

The price of a pair is its mid. It changes on a grid of 1.875 s (a 32nd of a minute, counted from the whole minute) and
holds in between. Everything else is made from these prices and agrees with them to the last digit:

- A stretch of time holds its beginning and not its end: start <= t < end. Its first price is the one at `start`, even
  where that began earlier.
- A candle's open is the price at its beginning, its close the last price before its end, high and low are the extremes;
  so an hour's candle is made of its sixty minutes', and the next one may open elsewhere than this one closes.
- Volume belongs to steps of the grid, and adds up.

Nothing here knows what time it is: who asks for the future gets it.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, partial
from itertools import groupby, repeat
from math import ceil, floor, fsum, sqrt
from operator import eq, mul
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, overload

from attrs import evolve

from hbmcp.paper.errors import BadValue, NotPerpetual, UnknownExchange, UnknownPair
from hbmcp.paper.market.listings import COINS, EXCHANGES, HOUR, Coin, Exchange, Pair
from hbmcp.paper.market.random_path import (
    MINUTE,
    STEP,
    STEPS,
    Path,
    Ripples,
    fixed,
    key,
    knots,
    minute_of,
    power,
    time_of,
    uniform,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers: TypeAlias = NDArray[np.int64]
    Floats: TypeAlias = NDArray[np.float64]

_MARKET_VOLATILITY: Final = 0.4  # a year
_MARKET_REACH: Final = 0.25  # how far the market as a whole may be from its level, every two years
_COIN_REACH: Final = 0.2  # the same of a coin's own path
_SLOW: Final = 11  # a basis' knots: 2**11 minutes are 34 hours
_QUICK: Final = 6
_USUAL_RATE: Final = 0.0001  # of eight hours
_DAMPING: Final = 0.0002
_RATE_STEP: Final = Decimal("1E-8")
_MONDAY: Final = 4 * 24 * HOUR  # 1970-01-05
_PER_NAT: Final = 1.4426950408889634
_BUSIEST: Final = -minute_of(150 * MINUTE) % 1440  # brings half past two in the afternoon to noon
_FEW: Final = 64  # steps, or minutes, that are reckoned one by one rather than with numpy
_BLOCK: Final = 1 << 16  # steps, 34 hours: what is reckoned at once, and kept
_KEPT: Final = 16
_PIECE: Final = 8192  # minutes: as many as fit into a processor's cache

INTERVALS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "1s": 1000,
        **{f"{n}m": n * MINUTE for n in (1, 3, 5, 15, 30)},
        **{f"{n}h": n * HOUR for n in (1, 2, 4, 6, 8, 12)},
        **{f"{n}d": n * 24 * HOUR for n in (1, 3)},
        "1w": 7 * 24 * HOUR,
    }
)
"""Milliseconds of each. Candles begin at multiples of them since the epoch; weeks on Mondays."""


MONTH: Final = "1M"  # a calendar month, so of no one length: see `monthly`


class Candle(NamedTuple):
    at: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


def month_of(at: int) -> tuple[int, int]:
    """Year and month, in UTC."""
    day = datetime.fromtimestamp(at / 1000, UTC)
    return day.year, day.month


def monthly(days: Iterable[Candle]) -> list[Candle]:
    """Candles of a day, oldest first, as those of calendar months; one that lacks its first day isn't among them."""
    months = [list(found) for _, found in groupby(days, key=lambda day: month_of(day.at))]
    return [
        Candle(
            found[0].at,
            found[0].open,
            max(day.high for day in found),
            min(day.low for day in found),
            found[-1].close,
            sum((day.volume for day in found), Decimal(0)),
        )
        for found in months
        if month_of(found[0].at - 1) != month_of(found[0].at)
    ]


_MAKE: Final = partial(tuple.__new__, Candle)  # what Candle._make does, but for its checks


class Candles(Sequence[Candle]):
    """Like a list of candles, but made of whole numbers until they are looked at: a year of minutes costs no Decimals.

    `columns` are open, high, low and close in ticks and volume in lots; `begins` is when each candle begins.
    """

    def __init__(
        self, begins: range, tick: Decimal, lot: Decimal, columns: "Sequence[Sequence[int] | Integers]"
    ) -> None:
        self.begins = begins
        self.tick, self.lot = tick, lot
        self.columns = columns

    def __len__(self) -> int:
        return len(self.begins)

    @overload
    def __getitem__(self, index: int) -> Candle: ...
    @overload
    def __getitem__(self, index: slice) -> "Candles": ...
    def __getitem__(self, index: int | slice) -> "Candle | Candles":
        if isinstance(index, slice):
            return Candles(self.begins[index], self.tick, self.lot, [column[index] for column in self.columns])
        begin = self.begins[index]  # IndexError
        return next(self._made(range(begin, begin + 1), [[int(column[index])] for column in self.columns]))

    def __iter__(self) -> Iterator[Candle]:
        return self._made(self.begins, self.columns)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    def __repr__(self) -> str:
        return repr(list(self))

    def _made(self, begins: range, columns: "Sequence[Sequence[int] | Integers]") -> Iterator[Candle]:
        units = (self.tick, self.tick, self.tick, self.tick, self.lot)
        made = (
            map(mul, map(Decimal, _listed(column)), repeat(unit)) for column, unit in zip(columns, units, strict=True)
        )
        return map(_MAKE, zip(begins, *made, strict=True))


class Market:
    """Times are milliseconds, prices multiples of the pair's tick. Methods raise UnknownExchange and UnknownPair."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._whole = Path(seed, "market", _MARKET_VOLATILITY, _MARKET_REACH)
        self._coins: dict[str, tuple[Path, Ripples]] = {}
        self._lines: dict[tuple[str, str], _Line] = {}

    def price(self, exchange: str, pair: str, at: int) -> Decimal:
        """The mid at a time, in milliseconds."""
        line = self._line(exchange, pair)
        return line.ticks(_step_of(at)) * line.tick

    def extremes(self, exchange: str, pair: str, start: int, end: int) -> tuple[Decimal, Decimal]:
        """The lowest and the highest price of start <= t < end. ValueError where that is no time at all."""
        if start >= end:
            raise ValueError(f"No time lies between {start} and {end}.")
        line = self._line(exchange, pair)
        low, high = _extremes(run for _, run in line.runs(_step_of(start), _step_of(end - 1)))
        return low * line.tick, high * line.tick

    def first_touch(self, exchange: str, pair: str, start: int, end: int, level: Decimal, upward: bool) -> int | None:
        """When, of start <= t < end, the price is first at or beyond a level: a time of the grid, or `start` itself.

        Upward: at the level or above it; else at it or below. None: never, or no time at all.
        """
        line = self._line(exchange, pair)
        if start >= end:
            return None
        goal = line.goal(level, upward)
        for first, run in line.runs(_step_of(start), _step_of(end - 1)):
            index = _first(run, goal, upward)
            if index is not None:
                return max(start, _time_of_step(first + index))
        return None

    def candles(self, exchange: str, pair: str, interval: str, start: int, end: int) -> Candles:
        """The candles that begin at start <= t < end, oldest first; the last one holds only what is before `end`.

        So `end = now + 1` gives the running candle last, as it stands. BadValue for an unknown interval.
        """
        line = self._line(exchange, pair)
        if interval not in INTERVALS:
            raise BadValue("interval", interval, f"one of {', '.join(INTERVALS)}")
        length = INTERVALS[interval]
        shift = _MONDAY if interval == "1w" else 0
        first = -((shift - start) // length) * length + shift
        return line.candles(range(first, end, length), end)

    def mark(self, exchange: str, pair: str, at: int) -> Decimal:
        """The price that positions are valued and liquidated at: the pair's own. NotPerpetual."""
        self._perpetual(exchange)
        return self.price(exchange, pair, at)

    def index(self, pair: str, at: int) -> Decimal:
        """What the coin costs without any exchange's basis or offset, to a tenth of the finest tick. UnknownPair."""
        line = self._line_at(_INDEX, pair)
        return line.ticks(_step_of(at)) * line.tick

    def funding_rate(self, exchange: str, pair: str, at: int) -> Decimal:
        """The rate of the running interval: what longs pay to shorts at its end (shorts to longs if it is negative).

        The average premium of the interval before, drawn towards the usual 0.01 % of eight hours, within the exchange's
        cap. NotPerpetual for a spot exchange.
        """
        place = self._perpetual(exchange)
        line = self._line(exchange, pair)
        began = self.next_funding(exchange, at) - place.funding_interval
        samples = 16
        minutes = [minute_of(began - place.funding_interval * n // samples) for n in range(1, samples + 1)]
        premium = fsum(line.basis(minute) for minute in minutes) / samples
        drawn = premium + min(max(_USUAL_RATE - premium, -_DAMPING), _DAMPING)
        rate: Decimal = round(drawn * (place.funding_interval / (8 * HOUR)) * 10**8) * _RATE_STEP
        return min(max(rate, -place.funding_cap), place.funding_cap)

    def next_funding(self, exchange: str, at: int) -> int:
        """When funding is next paid, after `at`. NotPerpetual."""
        interval = self._perpetual(exchange).funding_interval
        return (at // interval + 1) * interval

    def _perpetual(self, exchange: str) -> Exchange:
        place = _exchange(exchange)
        if not place.perpetual:
            raise NotPerpetual(exchange)
        return place

    def _line(self, exchange: str, pair: str) -> "_Line":
        return self._line_at(_exchange(exchange), pair)

    def _line_at(self, place: Exchange, pair: str) -> "_Line":
        line = self._lines.get((place.name, pair))
        if line is None:
            if pair not in place.pairs:
                raise UnknownPair(place.name, pair, place.pairs)
            rules = place.pairs[pair]
            coin = COINS[rules.base]
            if coin.name not in self._coins:
                self._coins[coin.name] = (
                    Path(self.seed, coin.name, coin.wildness, _COIN_REACH),
                    Ripples(self.seed, coin.name),
                )
            line = self._lines[place.name, pair] = _Line(
                self.seed, place, rules, coin, self._whole, *self._coins[coin.name]
            )
        return line


class _Line:
    """One pair of one exchange. Prices are counted in ticks, amounts in lots, time in steps of the grid."""

    def __init__(
        self, seed: int, exchange: Exchange, pair: Pair, coin: Coin, whole: Path, own: Path, ripples: Ripples
    ) -> None:
        self.tick = pair.tick
        self._lot = pair.lot
        self._whole, self._own, self._ripples = whole, own, ripples
        self._beta = coin.beta
        self._middle, self._wander = exchange.basis, exchange.wander
        self._slow, self._quick, self._trades = (
            key(seed, exchange.name, coin.name, part) for part in ("slow", "quick", "trades")
        )
        self._level = coin.price / float(pair.tick)
        self._sigma = sqrt(self._variance(whole.sigma, own.sigma))
        self._volume = coin.turnover * exchange.share / 1440 / coin.price / float(pair.lot)
        self._minute = lru_cache(512)(self._find_minute)
        self._blocks: OrderedDict[int, Integers] = OrderedDict()

    def basis(self, minute: Any) -> Any:
        """What this exchange's price is above the index, relative."""
        return self._middle + self._wander * (
            0.7 * knots(self._slow, minute, _SLOW) + 0.3 * knots(self._quick, minute, _QUICK)
        )

    def _height(self, minute: Any, whole: Any, own: Any) -> Any:
        return whole * self._beta + own + self.basis(minute) * _PER_NAT

    def _variance(self, whole: Any, own: Any) -> Any:
        return (whole * self._beta) * (whole * self._beta) + own * own

    def _find_minute(self, minute: int) -> tuple[float, float, float]:
        whole, own = self._whole.minute(minute), self._own.minute(minute)
        return (
            self._height(minute, whole[0], own[0]),
            self._height(minute + 1, whole[1], own[1]),
            sqrt(self._variance(whole[2], own[2])),
        )

    def _minutes(self, first: int, count: int) -> tuple["Floats", "Floats"]:
        import numpy as np

        (whole, whole_sigma), (own, own_sigma) = self._whole.minutes(first, count), self._own.minutes(first, count)
        numbers = np.arange(first, first + count + 1, dtype=np.uint64)
        return self._height(numbers, whole, own), np.sqrt(self._variance(whole_sigma, own_sigma))

    def _priced(self, height: Any) -> Any:
        """Fixed heights in ticks."""
        return power(height) * self._level + 0.5

    def ticks(self, step: int) -> int:
        minute, within = divmod(step, STEPS)
        height = self._ripples.at(minute, within, *self._minute(minute))
        return max(1, int(self._priced(fixed(height))))

    def _all_ticks(self, heights: "Integers") -> "Integers":
        import numpy as np

        ticks: Integers = np.maximum(self._priced(heights).astype(np.int64), 1)
        return ticks

    def runs(self, first: int, last: int) -> "Iterator[tuple[int, Sequence[int] | Integers]]":
        """The prices from step `first` to `last`, in runs, each with the step it begins at."""
        if last - first < _FEW:
            yield first, [self.ticks(step) for step in range(first, last + 1)]
            return
        for block in range(first // _BLOCK, last // _BLOCK + 1):
            begin = max(first, block * _BLOCK)
            yield begin, self._block(block)[begin - block * _BLOCK : last + 1 - block * _BLOCK]

    def _block(self, block: int) -> "Integers":
        if block in self._blocks:
            self._blocks.move_to_end(block)
        else:
            count = _BLOCK // STEPS
            heights, sigmas = self._minutes(block * count, count)
            steps = self._ripples.all(block * count, heights, sigmas)
            self._blocks[block] = self._all_ticks(fixed(steps.T.ravel()))
            if len(self._blocks) > _KEPT:
                self._blocks.popitem(last=False)
        return self._blocks[block]

    def goal(self, level: Decimal, upward: bool) -> int:
        """The first tick at or beyond a level."""
        ticks = Fraction(level) / Fraction(self.tick)
        return min(max(ceil(ticks) if upward else floor(ticks), 0), 1 << 62)

    def candles(self, begins: range, end: int) -> Candles:
        """Those that begin then, on whole candles; the last one ends at `end` if that is earlier."""
        length = begins.step
        whole = max(0, (end - begins.start) // length) if length >= MINUTE else 0
        columns: Any = self._whole_candles(begins.start, length // MINUTE, whole) if whole else ((),) * 5
        single = [self._candle(at, min(at + length, end)) for at in begins[whole:]]
        if single:
            columns = [
                [*_listed(column), *more] for column, more in zip(columns, zip(*single, strict=True), strict=True)
            ]
        return Candles(begins, self.tick, self._lot, columns)

    def _candle(self, start: int, end: int) -> tuple[int, int, int, int, int]:
        runs = [run for _, run in self.runs(_step_of(start), _step_of(end - 1))]
        begun = _step_of(start - 1) + 1  # the first step that begins here; `start` may lie within an earlier one
        lots = self._traded(begun, _step_of(end - 1))
        low, high = _extremes(runs)
        return int(runs[0][0]), high, low, int(runs[-1][-1]), lots

    def _whole_candles(self, start: int, each: int, count: int) -> "list[Integers]":
        """`count` candles of `each` minutes."""
        import numpy as np

        first, total = minute_of(start), count * each
        heights, sigmas = self._minutes(first, total)
        lots = self._all_lots(first, sigmas)
        opens, highs, lows, closes = (np.empty(total) for _ in range(4))
        for piece in range(0, total, _PIECE):
            part = slice(piece, piece + _PIECE)
            steps = self._ripples.all(first + piece, heights[piece : piece + _PIECE + 1], sigmas[part])
            opens[part], closes[part] = steps[0], steps[-1]
            steps.max(0, out=highs[part])
            steps.min(0, out=lows[part])
        prices = (
            opens[::each],
            highs.reshape(-1, each).max(1),
            lows.reshape(-1, each).min(1),
            closes[each - 1 :: each],
        )
        return [*(self._all_ticks(fixed(heights)) for heights in prices), lots.reshape(-1, each).sum(1)]

    def _lots(self, minute: Any, sigma: Any) -> Any:
        """What is traded in a minute: more in the afternoon (UTC), and more when prices move."""
        daytime = 1.3 - abs((minute + _BUSIEST) % 1440 * (1 / 720) - 1.0) * 0.6
        activity = 0.3 + sigma * (0.7 / self._sigma)
        return self._volume * daytime * activity * (1.0 + 0.6 * uniform(self._trades, minute))

    def _all_lots(self, first: int, sigmas: "Floats") -> "Integers":
        import numpy as np

        lots: Integers = self._lots(np.arange(first, first + len(sigmas), dtype=np.uint64), sigmas).astype(np.int64)
        return lots

    def _traded(self, first: int, last: int) -> int:
        """Lots from step `first` to `last`. A minute's are spread over its steps as evenly as whole lots can be."""
        if last < first:
            return 0
        begin, finish = first // STEPS, last // STEPS
        if finish - begin < _FEW:
            lots = [int(self._lots(minute, self._minute(minute)[2])) for minute in range(begin, finish + 1)]
        else:
            lots = self._all_lots(begin, self._minutes(begin, finish + 1 - begin)[1]).tolist()
        before, after = lots[0] * (first % STEPS) // STEPS, lots[-1] - lots[-1] * (last % STEPS + 1) // STEPS
        return sum(lots) - before - after


def grid_time(at: int) -> int:
    """When the prices of this time began."""
    return at - at % STEP


def _exchange(name: str) -> Exchange:
    if name not in EXCHANGES:
        raise UnknownExchange(name)
    return EXCHANGES[name]


def _index() -> Exchange:
    """An exchange without a basis, whose ticks are a tenth of the finest of the others'."""
    pairs: dict[str, Pair] = {}
    for pair in (pair for exchange in EXCHANGES.values() for pair in exchange.pairs.values()):
        known = pairs.get(pair.name, pair)
        pairs[pair.name] = evolve(pair, tick=min(known.tick, pair.tick / 10))
    none = Decimal(0)
    return Exchange("index", False, none, none, pairs, spread=none, share=0.0, basis=0.0, wander=0.0)


def _step_of(at: int) -> int:
    return minute_of(at) * STEPS + at % MINUTE // STEP


def _time_of_step(step: int) -> int:
    return time_of(step // STEPS) + step % STEPS * STEP


def _extremes(runs: "Iterable[Sequence[int] | Integers]") -> tuple[int, int]:
    ends = [(min(run), max(run)) if isinstance(run, Sequence) else (int(run.min()), int(run.max())) for run in runs]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _listed(column: "Sequence[int] | Integers") -> Sequence[int]:
    if isinstance(column, Sequence):
        return column
    numbers: list[int] = column.tolist()
    return numbers


def _first(run: "Sequence[int] | Integers", goal: int, upward: bool) -> int | None:
    """Where the first price at or beyond the goal is."""
    if isinstance(run, list):
        return next((i for i, ticks in enumerate(run) if (ticks >= goal if upward else ticks <= goal)), None)
    beyond: Any = run >= goal if upward else run <= goal  # type: ignore[operator]
    index = int(beyond.argmax())
    return index if beyond[index] else None


_INDEX: Final = _index()
