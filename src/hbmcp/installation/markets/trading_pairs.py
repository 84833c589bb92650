"""Which pair of an exchange is meant: they name the same market differently, BTC-USDT here and BTC-USD there."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from attrs import frozen

from hbmcp.errors import BadArguments, CallError, Refused
from hbmcp.installation.answer_fields import record
from hbmcp.installation.installation import Installation, together
from hbmcp.pairs import DOLLARS, base_of, quote_of, whole_pair
from hbmcp.text import named
from hbmcp_tools import trading

_IN_DOLLARS = tuple(f"-{dollar}" for dollar in DOLLARS)


def is_stable(token: str) -> bool:
    """Whether it is the dollar, or a coin known to be worth one: a name that only looks like it says nothing."""
    return token in DOLLARS


def only_sounds_stable(token: str) -> bool:
    """Whether the API counts it as exactly one dollar for what it is called, and what it is worth isn't known."""
    return "USD" in token and not is_stable(token)


MAJORS = ("BTC", "ETH", "SOL", "XRP", "BNB", "DOGE", "ADA", "LINK", "AVAX", "LTC")  # where not all can be shown
_LIKE = 3  # so many other pairs of a base are named


class Market(NamedTuple):
    """One pair of one exchange."""

    connector: str
    pair: str

    @property
    def base(self) -> str:
        """BTC of BTC-USDT."""
        return base_of(self.pair)

    @property
    def quote(self) -> str:
        """USDT of BTC-USDT."""
        return quote_of(self.pair)


@frozen
class Markets:
    """`asked`: what was asked for -> the markets that it means. `problems`: what is nowhere, or couldn't be looked
    up, in sentences; `stand_ins`: for which pairs others stand."""

    asked: dict[str, list[Market]]
    problems: tuple[str, ...]
    stand_ins: tuple[str, ...] = ()

    @property
    def all(self) -> list[Market]:
        """Each market once."""
        return list(dict.fromkeys(market for found in self.asked.values() for market in found))


async def find_markets(installation: Installation, connectors: Sequence[str], asked: Sequence[str]) -> Markets:
    """What these pairs, or bases alone (BTC), are on these exchanges. The workflow uses get_trading_rules. Raises
    nothing.

    Where an exchange doesn't tell its pairs, the name counts as it is; one that the API doesn't know has none.
    """
    wanted = list(dict.fromkeys(name.strip() for name in asked))
    known, problems = await _pairs(installation, connectors)
    found: dict[str, list[Market]] = {}
    stand_ins = []
    for name in wanted:
        here = {connector: name if pairs is None else find_pair(name, pairs) for connector, pairs in known.items()}
        found[name] = [Market(connector, pair) for connector, pair in here.items() if pair and "-" in pair]
        if missing := [connector for connector, pair in here.items() if pair is None]:
            like = pairs_of_base(name, [pair for connector in missing for pair in known[connector] or ()])
            instead = f" Of the same base: {', '.join(map(named, like))}." if like else ""
            problems.append(f"{named(name)} isn't on {_where(missing, known)}.{instead}")
        others = {on: pair for on, pair in here.items() if "-" in name and pair and pair.upper() != name.upper()}
        if others:
            pairs = list(dict.fromkeys(map(named, others.values())))
            stand = f"{' and '.join(pairs)} stand{'' if len(pairs) > 1 else 's'} for it"
            stand_ins.append(f"{named(name)} isn't on {_where(others, known)}: {stand}.")
    return Markets(found, tuple(problems), tuple(stand_ins))


def _where(some: Collection[str], known: Collection[str]) -> str:
    return "any of these exchanges" if len(some) == len(known) > 1 else ", ".join(map(named, some))


async def pair_if_asked(installation: Installation, connector: str | None, asked: str | None) -> str | None:
    """The pair of a read's filter; None where none is asked for. As `pairs_if_asked`."""
    return None if asked is None else (await pairs_if_asked(installation, connector, [asked]))[0]


async def pairs_if_asked(installation: Installation, connector: str | None, asked: Sequence[str]) -> list[str]:
    """Those of a read's filter. As `pair_on`; raises BadArguments for a base alone where no exchange is named."""
    bases = [one for one in asked if not whole_pair(one)]
    if bases and connector is None:
        raise BadArguments(
            f"{named(bases[0])} is no pair.", "Nothing was sent.", "Name the whole pair, or connector_name with it."
        )
    return await _pairs_on(installation, connector, asked) if connector is not None and bases else list(asked)


async def pair_on(installation: Installation, connector: str, asked: str) -> str:
    """The pair; where only its base is asked for, that which the exchange quotes in dollars. The workflow uses
    get_trading_rules. Raises Refused where it has none, or doesn't tell."""
    return asked if whole_pair(asked) else (await _pairs_on(installation, connector, [asked]))[0]


async def _pairs_on(installation: Installation, connector: str, asked: Sequence[str]) -> list[str]:
    known, problems = await _pairs(installation, [connector])
    if connector not in known:
        raise Refused(" ".join(problems), "Nothing was sent.", "Correct connector_name.")
    pairs = known[connector]
    if pairs is None:
        raise Refused(
            f"The pairs of {named(connector)} can't be read.",
            "Nothing was sent.",
            "Name the whole pair.",
        )
    return [one if whole_pair(one) else _pair_among(pairs, connector, one) for one in asked]


def _pair_among(pairs: Collection[str], connector: str, base: str) -> str:
    if (found := find_pair(base, pairs)) is not None:
        return found
    like = [one for one in pairs if one.replace("-", "") == base.upper()] or pairs_of_base(base, pairs)
    raise Refused(
        f"{named(base)} isn't on {named(connector)}.",
        "Nothing was sent.",
        f"Did you mean {' or '.join(map(named, like))}?" if like else "get_trading_rules lists its pairs.",
    )


async def shared_markets(installation: Installation, connectors: Sequence[str], most: int) -> Markets:
    """The dollar markets of at most so many bases that all of these exchanges have, the majors first, and a sentence on
    how many there are. An exchange that doesn't tell its pairs has no say. The workflow uses get_trading_rules. Raises
    nothing."""
    known, problems = await _pairs(installation, connectors)
    pairs = {connector: frozenset(listed) for connector, listed in known.items() if listed}
    bases = [{base_of(pair) for pair in listed if pair.endswith(_IN_DOLLARS)} for listed in pairs.values()]
    shared = sorted(set.intersection(*bases) if bases else (), key=lambda base: (_rank(base), base))
    chosen = {
        base: [Market(connector, pair) for connector, listed in pairs.items() if (pair := find_pair(base, listed))]
        for base in shared[:most]
    }
    if untold := [connector for connector, listed in known.items() if not listed]:
        problems.append(f"Not asked, as they don't tell their pairs: {', '.join(map(named, untold))}.")
    if len(shared) > most:
        coins = f"{most} of the {len(shared)} coins that all these exchanges have against dollars"
        problems.append(f"Shown are {coins}; trading_pairs names others.")
    return Markets(chosen, tuple(problems))


async def _pairs(
    installation: Installation, connectors: Sequence[str]
) -> tuple[dict[str, Collection[str] | None], list[str]]:
    """The pairs of each exchange, None where it doesn't tell; and which the API doesn't know, in sentences."""
    names = list(dict.fromkeys(connectors))
    answers = await together(
        installation.read(record, trading.get_trading_rules, connector_name=name) for name in names
    )
    known: dict[str, Collection[str] | None] = {}
    problems: list[str] = []
    for connector, answer in zip(names, answers, strict=True):
        if isinstance(answer, Refused):
            problems.append(_absent(connector, answer))
        else:
            known[connector] = None if isinstance(answer, CallError) else list(answer) or None
    return known, problems


def _rank(base: str) -> int:
    return MAJORS.index(base) if base in MAJORS else len(MAJORS)


def find_pair(asked: str, pairs: Collection[str]) -> str | None:
    """The pair itself, or where it is quoted in dollars, or is a base alone, the same base in other dollars; in the
    exchange's letter case."""
    if asked in pairs:
        return asked
    spelled = {pair.upper(): pair for pair in pairs}
    base, _, quote = asked.upper().partition("-")
    dollars = () if quote and quote not in DOLLARS else DOLLARS
    wanted = (f"{base}-{quote}", *(f"{base}-{dollar}" for dollar in dollars))
    return next((spelled[pair] for pair in wanted if pair in spelled), None)


def _absent(connector: str, refused: Refused) -> str:
    if "not found" in refused.happened:
        return f"No exchange is called {named(connector)}: get_connectors lists them."
    return f"{named(connector)}: {refused.happened}"


def pairs_of_base(asked: str, pairs: Collection[str]) -> list[str]:
    """Some other pairs of the same base."""
    base = base_of(asked).upper()
    return sorted({pair for pair in pairs if base_of(pair).upper() == base})[:_LIKE]
