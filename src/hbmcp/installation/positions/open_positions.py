"""The open positions of all connected perpetual exchanges, and the exchanges whose positions nobody could read."""

from collections.abc import Awaitable
from contextlib import AsyncExitStack
from decimal import Decimal

from attrs import frozen

from hbmcp.errors import CallError, Refused
from hbmcp.installation.answer_fields import Fields, data, number
from hbmcp.installation.connections import Connections, connections, is_perpetual
from hbmcp.installation.fills.fills import fills
from hbmcp.installation.installation import Installation, meanwhile, together
from hbmcp.installation.positions.empty_list import doubt_by_fills, sign_of_life
from hbmcp.installation.positions.position import Position, Side
from hbmcp.pairs import is_of, whole_pair
from hbmcp.text import named
from hbmcp_tools import market_data, trading
from hummingbot_api.request import Json


@frozen
class UnreadPositions:
    """Positions that nobody could read: of all exchanges of an account where `connector` is None."""

    account: str
    connector: str | None
    why: str

    def __str__(self) -> str:
        where = f"{named(self.connector)} ({named(self.account)})" if self.connector else named(self.account)
        return f"{where}: {self.why}"


@frozen
class OpenPositions:
    """`rows` by account and exchange; `asked` every (account, perpetual exchange) that was asked; `remarks` are short
    sentences on how rows were completed."""

    rows: tuple[Position, ...]
    unread: tuple[UnreadPositions, ...]
    asked: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What to say under an answer that rests on these positions."""
        return (*(f"Positions not read: {one}" for one in self.unread), *self.remarks)


def refuse_spot(connector_name: str | None) -> None:
    """Raises Refused for an exchange that has no positions."""
    if connector_name is not None and not is_perpetual(connector_name):
        raise Refused(
            f"{named(connector_name)} is no perpetual exchange, and only those have positions.",
            "Nothing was done.",
            "get_account_balance shows them; place_order with side SELL sells.",
        )


async def open_positions(
    installation: Installation,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
) -> OpenPositions:
    """The open positions of all connected perpetual exchanges, or of those that are named; of a pair, or of all that
    have the base that is named alone. The workflow uses list_accounts, get_connected_exchanges, list_positions,
    get_trades, get_prices and get_funding_info.

    Raises Refused for an account that isn't there or isn't connected to that exchange, and CallError where not even
    the accounts can be read. An exchange that fails is named in `unread`, and hides no other.
    """
    return await positions_at(installation, await connections(installation, account_name, connector_name), trading_pair)


async def positions_at(
    installation: Installation, found: Connections, trading_pair: str | None = None
) -> OpenPositions:
    """As `open_positions`, of connections that are known. Raises nothing."""
    pairs = [one for one in found.pairs if is_perpetual(one[1])]
    unread = [UnreadPositions(account, None, error.happened) for account, error in found.unread.items()]
    rows: list[Position] = []
    doubted = []
    async with AsyncExitStack() as stack:
        signs = {
            one: await stack.enter_async_context(meanwhile(sign_of_life(installation, one)))
            for one in dict.fromkeys(connector for _, connector in pairs)
        }
        whole = whole_pair(trading_pair)
        listed = await together(_listed_or_doubt(installation, *one, signs[one[1]], whole) for one in pairs)
    for (account, connector), answer in zip(pairs, listed, strict=True):
        if isinstance(answer, CallError):
            unread.append(UnreadPositions(account, connector, answer.happened))
            continue
        open_there, doubt = answer
        rows += [row for row in open_there if is_of(row.pair, trading_pair)]
        if doubt is not None:
            doubted.append(UnreadPositions(account, connector, doubt))
    unread += doubted
    rows, remarks = await _completed(installation, rows)
    return OpenPositions(tuple(rows), tuple(unread), tuple(pairs), tuple(remarks))


async def listed_positions(installation: Installation, account_name: str, connector_name: str) -> list[Position]:
    """What one exchange lists, as it is: an empty list is no proof. Uses list_positions. Raises CallError."""
    found = await installation.read(
        data(Position.from_row), trading.list_positions, account_name=account_name, connector_name=connector_name
    )
    listed: dict[tuple[str, str], Position] = {}
    for one in found:
        if one.amount and (one.account, one.connector) == (account_name, connector_name):
            listed.setdefault((one.pair, one.side), one)  # what is listed twice would be closed twice
    return list(listed.values())


async def positions_or_doubt(
    installation: Installation, account_name: str, connector_name: str, trading_pair: str | None = None
) -> tuple[list[Position], str | None]:
    """What one exchange lists, and of an empty list why it isn't to be believed, in respect of this pair or all. Uses
    list_positions, get_trades and get_prices. Raises CallError where it can't be listed."""
    async with meanwhile(sign_of_life(installation, connector_name)) as sign:
        return await _listed_or_doubt(installation, account_name, connector_name, sign, trading_pair)


async def surely_gone(
    installation: Installation, account_name: str, connector_name: str, trading_pair: str, side: Side | None
) -> bool:
    """Whether certainly no position of that pair and side is open, of either where it is None. Uses what
    positions_or_doubt does. Raises nothing."""
    try:
        listed, doubt = await positions_or_doubt(installation, account_name, connector_name, trading_pair)
    except CallError:
        return False
    return doubt is None and not any(one.pair == trading_pair and side in (None, one.side) for one in listed)


async def _listed_or_doubt(
    installation: Installation,
    account_name: str,
    connector_name: str,
    sign: Awaitable[Decimal | CallError],
    trading_pair: str | None,
) -> tuple[list[Position], str | None]:
    # The API has the fills itself, and answers before the exchange does.
    async with meanwhile(fills(installation, account_name=account_name, connector_name=connector_name)) as recorded:
        listed = await listed_positions(installation, account_name, connector_name)
        if listed:
            return listed, None
        return [], await doubt_by_fills(installation, connector_name, recorded, await sign, trading_pair)


async def _completed(installation: Installation, rows: list[Position]) -> tuple[list[Position], list[str]]:
    """With the mark price of funding info where the exchange told no P&L to work it out from."""
    bare = sorted({(row.connector, row.pair) for row in rows if row.mark is None})
    found = await together(
        installation.read(_mark, market_data.get_funding_info, connector_name=connector, trading_pair=pair)
        for connector, pair in bare
    )
    marks: dict[tuple[str, str], Decimal] = {}
    remarks = []
    for (connector, pair), answer in zip(bare, found, strict=True):
        if isinstance(answer, Decimal) and answer:
            marks[connector, pair] = answer
            remarks.append(
                f"{named(connector)} told no P&L of {named(pair)}: it is worked out from the mark price of funding "
                "info."
            )
        else:
            remarks.append(f"{named(connector)} told neither P&L nor a mark price of {named(pair)}.")
    completed = [
        row.marked(marks[row.connector, row.pair]) if row.mark is None and (row.connector, row.pair) in marks else row
        for row in rows
    ]
    return completed, remarks


def _mark(info: Json) -> Decimal | None:
    return Fields(info).known("mark_price", number)
