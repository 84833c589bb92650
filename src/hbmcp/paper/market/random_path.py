"""A random path that is a pure function of seed and time: Brownian motion in multifractal trading time.

The model is Mandelbrot, Fisher and Calvet's (A Multifractal Model of Asset Returns, Cowles Foundation, 1997; as a
switching of volatility regimes: Calvet and Fisher, Journal of Financial Econometrics, 2004). Time is cut in halves,
again and again, and each half gets a random share of the variance that its whole had: some weeks, hours and minutes are
calm, others stormy. A Brownian bridge (Lévy's midpoint displacement) puts the value in the middle. Two additions:

- regimes of drift: at the scale of a fortnight, the middle is moved further than the variance says, which tilts both
  halves;
- jumps: now and then a span of 17 hours throws nine tenths of its variance into one half, and that into one of its
  halves, down to a single minute.

Blocks of 2**20 minutes (two years) begin and end at bounded random heights, so that a path wanders but never runs away.

Every number comes from a hash (splitmix64's finaliser) of seed, level and index: there is no state, and a value doesn't
depend on what was asked before. The arithmetic is IEEE doubles with +, -, * and sqrt only, whose results the standard
fixes to the last bit; no exp or log of the platform's. The same functions take Python's numbers and numpy's arrays.

Time here is a minute's number; `minute_of` makes it from milliseconds. Heights are binary logarithms.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from math import floor, ldexp, sqrt
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Indices: TypeAlias = NDArray[np.uint64]

MINUTE: Final = 60_000  # milliseconds
STEPS: Final = 32  # of a minute
STEP: Final = MINUTE // STEPS  # 1875 ms: the path's grid
LEVELS: Final = 20  # a block is 2**20 minutes
BLOCK: Final = 1 << LEVELS

_ORIGIN: Final = 1_793_491_200_000  # 2026-11-01: here every path is at height 0
_SHIFT: Final = (
    1 << 32
) - _ORIGIN // MINUTE  # keeps the numbers of minutes positive, and the origin at a block's beginning
_ORIGIN_BLOCK: Final = 1 << (32 - LEVELS)

_MASK: Final = (1 << 64) - 1
_GAMMA: Final = 0x9E3779B97F4A7C15
_JUMP_LEVEL: Final = 10  # 2**10 minutes are 17 hours
_JUMP_ODDS: Final = 12  # of 128
_TREND_LEVELS: Final = (14, 15)  # 11 and 23 days
_TREND: Final = 1.3

_YEAR: Final = 525_960  # minutes
_NATS: Final = 0.6931471805599453  # ln 2
_PER_NAT: Final = 1.4426950408889634  # 1 / ln 2
_SQRT_HALF: Final = sqrt(0.5)
_RIPPLE: Final = sqrt(3.0) * 0.5


def minute_of(at: int) -> int:
    """The number of the minute that this time, in milliseconds, lies in."""
    return at // MINUTE + _SHIFT


def time_of(minute: int) -> int:
    """The beginning of a minute, in milliseconds."""
    return (minute - _SHIFT) * MINUTE


def key(*names: object) -> int:
    """64 bits that stand for these names: the start of a sequence of hashes."""
    return int.from_bytes(blake2b("\0".join(map(str, names)).encode(), digest_size=8).digest())


def draw(start: int, index: Any) -> Any:
    """64 random bits for an index, or for each of an array of uint64."""
    z = (start + index * _GAMMA) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def uniform(start: int, index: Any) -> Any:
    """Between -1 and 1."""
    return (draw(start, index) >> 11) * 2.0**-52 - 1.0


def knots(start: int, minute: Any, width: int) -> Any:
    """Between -1 and 1, straight from one random height to the next, which are 2**width minutes apart."""
    index = minute >> width
    left, right = uniform(start, index), uniform(start, index + 1)
    return left + (right - left) * ((minute & ((1 << width) - 1)) * 2.0**-width)


def _normal(bits: Any) -> Any:
    """Of the lower 48 bits: nearly normal (a sum of three uniforms), within 3 of 0."""
    return ((bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) - 98302.5) * 2.0**-15


class _Shares:
    """How a span may share its variance: for each of 256 ways, and for a jump to the left and to the right."""

    def __init__(self, swing: float, trend: float = 1.0) -> None:
        left = [0.5 + swing * ((2 * way - 255) / 512) for way in range(256)] + [0.9, 0.1]
        self.middle = left
        self.left = [sqrt(share) for share in left]
        self.right = [sqrt(1 - share) for share in left]
        self.spread = [sqrt(share * (1 - share)) * trend for share in left]

    def arrays(self) -> "_Shares":
        import numpy as np

        shares = object.__new__(_Shares)
        for name, values in vars(self).items():
            setattr(shares, name, np.array(values))
        return shares


_MINUTES, _DAYS, _FORTNIGHTS = _Shares(0.35), _Shares(0.55), _Shares(0.55, _TREND)
_SHARES: Final = [
    _FORTNIGHTS if level in _TREND_LEVELS else _DAYS if level >= _JUMP_LEVEL else _MINUTES
    for level in range(LEVELS + 1)
]


@lru_cache(1)
def _share_arrays() -> Sequence[_Shares]:
    return [shares.arrays() for shares in _SHARES]


def _halve(level: int, bits: Any, shares: _Shares, a: Any, b: Any, sigma: Any, jump: Any) -> Any:
    """The middle of spans of 2**level minutes, and each half's own sigma and jump (0 or 1).

    `a` and `b` are the heights at the span's ends, `sigma` the standard deviation of what happens in between.
    """
    if level == _JUMP_LEVEL:
        jump = jump | ((bits >> 56 & 127) < _JUMP_ODDS)
    side = bits >> 63
    way = (bits >> 48 & 255) * (1 - jump) + (256 + side) * jump
    middle = a + (b - a) * shares.middle[way] + sigma * shares.spread[way] * _normal(bits)
    return middle, sigma * shares.left[way], sigma * shares.right[way], jump * (1 - side), jump * side


class Path:
    """One path. `yearly` is its volatility, `reach` how far from 0 blocks begin and end; both in natural logarithms."""

    def __init__(self, seed: int, name: str, yearly: float, reach: float) -> None:
        self._corners = key(seed, name, "corner")
        self._keys = [key(seed, name, level) for level in range(LEVELS + 1)]
        self._reach = reach * _PER_NAT
        self._sigma = yearly * sqrt(BLOCK / _YEAR) * _PER_NAT
        self.sigma = self._sigma / sqrt(BLOCK)  # of a minute, on average
        self._span = lru_cache(2048)(self._find)

    def _corner(self, block: Any) -> Any:
        return uniform(self._corners, block) * self._reach * (block != _ORIGIN_BLOCK)

    def _find(self, level: int, index: int) -> tuple[float, float, float, int]:
        if level == LEVELS:
            return self._corner(index), self._corner(index + 1), self._sigma, 0
        a, b, sigma, jump = self._span(level + 1, index >> 1)
        level += 1
        middle, *halves = _halve(level, draw(self._keys[level], index >> 1), _SHARES[level], a, b, sigma, jump)
        return (middle, b, *halves[1::2]) if index & 1 else (a, middle, *halves[0::2])

    def minute(self, minute: int) -> tuple[float, float, float]:
        """The heights at its beginning and at its end, and the standard deviation in between."""
        return self._span(0, minute)[:3]

    def minutes(self, first: int, count: int) -> tuple["Floats", "Floats"]:
        """The heights at `count` minutes' beginnings and at the last one's end; the standard deviations in between."""
        import numpy as np

        last = first + count - 1
        low, high = first >> LEVELS, last >> LEVELS
        heights = self._corner(np.arange(low, high + 2, dtype=np.uint64))
        sigmas = np.full(high + 1 - low, self._sigma)
        jumps = np.zeros(high + 1 - low, dtype=np.uint64)
        for level in range(LEVELS, 0, -1):
            index = np.arange(low, high + 1, dtype=np.uint64)
            halved = _halve(
                level, draw(self._keys[level], index), _share_arrays()[level], heights[:-1], heights[1:], sigmas, jumps
            )
            skip = (first >> (level - 1)) - 2 * low
            low, high = first >> (level - 1), last >> (level - 1)
            keep = slice(skip, skip + high + 1 - low)
            heights = _woven(heights, halved[0])[skip : skip + high + 2 - low]
            sigmas = _woven(halved[1], halved[2])[keep]
            jumps = _woven(halved[3], halved[4])[keep]
        return heights, sigmas


def _woven(even: "NDArray[Any]", odd: "NDArray[Any]") -> "NDArray[Any]":
    import numpy as np

    woven = np.empty(len(even) + len(odd), dtype=even.dtype)
    woven[0::2] = even
    woven[1::2] = odd
    return woven


class Ripples:
    """What happens within minutes: bridges of 32 steps. One hash gives four uniform numbers."""

    def __init__(self, seed: int, name: str) -> None:
        self._keys = [key(seed, name, "ripple", word) for word in range(STEPS // 4)]

    def at(self, minute: int, step: int, a: float, b: float, sigma: float) -> float:
        """The height at one step (0 to 31) of a minute from `a` to `b`."""
        low, high, node, size = 0, STEPS, 1, sigma * _RIPPLE
        while step != low:
            middle = (low + high) // 2
            height = (a + b) * 0.5 + size * _lane(draw(self._keys[node >> 2], minute), node)
            size *= _SQRT_HALF
            if step < middle:
                high, b, node = middle, height, 2 * node
            else:
                low, a, node = middle, height, 2 * node + 1
        return a

    def all(self, first: int, heights: "Floats", sigmas: "Floats") -> "Floats":
        """The heights at every step of minutes from number `first`, in shape (32, minutes).

        `heights` are those at the minutes' beginnings and at the last one's end, so one more than `sigmas`.
        """
        import numpy as np

        minutes = np.arange(first, first + len(sigmas), dtype=np.uint64)
        steps = np.empty((STEPS + 1, len(sigmas)))
        steps[0], steps[STEPS] = heights[:-1], heights[1:]
        size = sigmas * _RIPPLE
        width = STEPS
        words: dict[int, Any] = {}
        for node in range(1, STEPS):
            if node & (node - 1) == 0 and node > 1:
                size = size * _SQRT_HALF
                width //= 2
            if node >> 2 not in words:
                words = {node >> 2: draw(self._keys[node >> 2], minutes)}
            low = (node * width) % STEPS
            middle = (steps[low] + steps[low + width]) * 0.5
            steps[low + width // 2] = middle + size * _lane(words[node >> 2], node)
        return steps[:STEPS]


def _lane(bits: Any, node: int) -> Any:
    """Between -1 and 1."""
    return ((bits >> (node & 3) * 16 & 0xFFFF) - 32767.5) * 2.0**-15


def fixed(height: Any) -> Any:
    """A height in units of 2**-40: the precision that prices are made from."""
    scaled = height * 2.0**40
    if isinstance(scaled, float):
        return floor(scaled)
    import numpy as np

    return np.floor(scaled).astype(np.int64)


def power(height: Any) -> Any:
    """Two to the power of a fixed height, a double.

    Never falls as the height rises: neighbouring heights differ by 6e-13, this function's errors are below 1e-14.
    """
    whole, part = height >> 40, height & ((1 << 40) - 1)
    y = (part & ((1 << 32) - 1)) * (2.0**-40 * _NATS)
    root: Any
    if isinstance(height, int):
        root, scale = _ROOTS[part >> 32], ldexp(1.0, whole)
    else:
        import numpy as np

        root, scale = _root_array()[part >> 32], np.ldexp(1.0, whole)
    series = 1.0 + y * (1.0 + y * (1 / 2 + y * (1 / 6 + y * (1 / 24 + y * (1 / 120)))))
    return root * series * scale


def _roots() -> list[float]:
    """2**(i/256), from square roots alone."""
    roots = [1.0]
    factor = 2.0
    for _ in range(8):
        factor = sqrt(factor)
        roots = [value for root in roots for value in (root, root * factor)]
    return roots


_ROOTS: Final = _roots()


@lru_cache(1)
def _root_array() -> "Floats":
    import numpy as np

    return np.array(_ROOTS)
