"""What the accounts of a new paper exchange hold."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from hbmcp.errors import SettingsError
from hbmcp.paper.market.listings import EXCHANGES, START_BALANCES, Exchange


def start_balances(
    wanted: Iterable[tuple[str, Decimal]],
) -> Mapping[tuple[str, str], Mapping[str, Decimal]]:
    """What accounts start with; a wanted token replaces the usual amount on every exchange that takes it."""
    balances = {key: dict(usual) for key, usual in START_BALANCES.items()}
    for token, amount in wanted:
        takers = [key for key in balances if token in _tokens(EXCHANGES[key[1]])]
        if not takers:
            known = sorted({token for exchange in EXCHANGES.values() for token in _tokens(exchange)})
            raise SettingsError(
                f"HBMCP_PAPER_BALANCE (--paper-balance): no paper exchange takes {token}.",
                advice=f"There are: {', '.join(known)}.",
            )
        for key in takers:
            balances[key][token] = amount
    return balances


def _tokens(exchange: Exchange) -> set[str]:
    """What can lie on an exchange: on a perpetual one only the collateral."""
    bases = set() if exchange.perpetual else {pair.base for pair in exchange.pairs.values()}
    return bases | {pair.quote for pair in exchange.pairs.values()}
