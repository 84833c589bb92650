"""The tokens of a network as Gateway lists them, where others name them by their addresses."""

from hbmcp.errors import ApiFailed, Failed, GatewayFailed, UnknownOperation, UnreadableAnswer
from hbmcp.installation.answer_fields import Fields, array, text, under
from hbmcp.installation.installation import Installation
from hbmcp_tools import gateway
from hummingbot_api.request import Json

# Something isn't known then, and could be sent yet.
UNTOLD = (ApiFailed, Failed, GatewayFailed, UnknownOperation, UnreadableAnswer)

SHORTEST = 32  # characters of an address; no symbol has so many


def same_address(one: str, other: str) -> bool:
    """Addresses of Ethereum mean the same in any case."""
    return _key(one) == _key(other)


async def symbols(installation: Installation, network_id: str) -> dict[str, str]:
    """Address -> symbol, for `pair_of`; nothing where Gateway's list can't be had. The workflow uses
    list_network_tokens. Raises CallError for what would keep everything else from being asked, too."""
    try:
        rows = await installation.read(
            under("tokens", array(_token)), gateway.list_network_tokens, network_id=network_id
        )
    except UNTOLD:
        return {}
    return {_key(address): symbol for address, symbol in rows if address and symbol}


def pair_of(base: str, quote: str, known: dict[str, str]) -> str:
    """The pair of two tokens, by their symbols where these are known."""
    return "-".join(known.get(_key(one), one) for one in (base, quote))


async def pair_by_symbols(installation: Installation, network_id: str, pair: str) -> str:
    """A pair in which an address may stand for a token. The workflow uses list_network_tokens, where one does."""
    base, _, quote = pair.rpartition("-")
    if max(len(base), len(quote)) < SHORTEST:
        return pair
    return pair_of(base, quote, await symbols(installation, network_id))


def _key(address: str) -> str:
    return address.lower() if address[:2].lower() == "0x" else address


def _token(row: Json) -> tuple[str | None, str | None]:
    fields = Fields(row)
    return fields.known("address", text), fields.known("symbol", text)
