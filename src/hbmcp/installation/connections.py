"""Which exchanges each account is connected to."""

from collections.abc import Collection

from attrs import frozen

from hbmcp.errors import CallError, Refused, UnknownOperation
from hbmcp.installation.answer_fields import array, text
from hbmcp.installation.installation import Installation, all_of, together
from hbmcp.text import named
from hbmcp_tools import accounts


def is_perpetual(connector_name: str) -> bool:
    """Whether an exchange can have positions."""
    return "_perpetual" in connector_name


@frozen
class Connections:
    """Account -> its connectors; and the accounts whose connectors couldn't be read, with the reason."""

    by_account: dict[str, list[str]]
    unread: dict[str, CallError]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every (account, connector)."""
        return [(account, connector) for account, found in self.by_account.items() for connector in found]

    def at(self, connector_name: str | None) -> "Connections":
        """Those to one exchange; all where it is None."""
        if connector_name is None:
            return self
        return Connections({account: [one] for account, one in self.pairs if one == connector_name}, self.unread)

    def raise_unread(self) -> None:
        """Raises CallError where the connectors of an account couldn't be read."""
        for error in self.unread.values():
            raise error


async def connections(
    installation: Installation, account_name: str | None = None, connector_name: str | None = None
) -> Connections:
    """The connections of all accounts, or of those that are named. The workflow uses list_accounts and
    get_connected_exchanges. Raises Refused for an account that isn't there, or is connected to no such exchange. An API
    that tells neither is taken at the word of who names both; who names none is refused by UnknownOperation."""
    if account_name is None:
        wanted = names = await _accounts_or_named(installation, None)
        found = await together(_connectors(installation, name) for name in names)
    else:
        wanted = [account_name]
        # An account that isn't there has no connectors, and asking for them leaves no trace of it.
        names, found = await all_of(
            _accounts_or_named(installation, account_name), together([_connectors(installation, account_name)])
        )
        if connector_name is not None and isinstance(found[0], UnknownOperation):
            found = [[connector_name]]
    if account_name is not None and account_name not in names:
        raise Refused(
            f"There is no account {named(account_name)}.",
            "Nothing was done.",
            f"There are: {', '.join(map(named, names)) or 'none'}.",
        )
    unread = {name: one for name, one in zip(wanted, found, strict=True) if isinstance(one, CallError)}
    connected = {name: one for name, one in zip(wanted, found, strict=True) if not isinstance(one, CallError)}
    if connector_name is not None:
        narrowed = {name: [connector_name] for name, one in connected.items() if connector_name in one}
        if not narrowed and not unread:
            have = sorted({one for several in connected.values() for one in several})
            raise Refused(
                f"{named(account_name) if account_name else 'No account'} is "
                f"{'not ' if account_name else ''}connected to {named(connector_name)}.",
                "Nothing was done.",
                f"Connected: {', '.join(map(named, have)) or 'none; connect_exchange connects an exchange'}.",
            )
        connected = narrowed
    return Connections(connected, unread)


async def _accounts(installation: Installation) -> list[str]:
    return _each_once(await installation.read(array(text), accounts.list_accounts))


async def _accounts_or_named(installation: Installation, account_name: str | None) -> list[str]:
    try:
        return await _accounts(installation)
    except UnknownOperation as error:
        if account_name is not None:
            return [account_name]
        raise UnknownOperation(error.happened, error.undone, "Name the account and the exchange.") from None


async def _connectors(installation: Installation, account_name: str) -> list[str]:
    found = await installation.read(array(text), accounts.get_connected_exchanges, account_name=account_name)
    return _each_once(found)


def _each_once(names: list[str]) -> list[str]:
    """What is listed twice would be acted upon twice."""
    return list(dict.fromkeys(names))


async def accounts_connected_to(
    installation: Installation, connector_name: str, account_name: str | None = None
) -> list[str]:
    """The account that is named, or those that are known to be connected. As `connections`, but without a name it
    raises nothing."""
    try:
        found = await connections(installation, account_name, connector_name)
    except CallError:
        if account_name is not None:
            raise
        return []
    return list(found.by_account)


async def account_at(installation: Installation, connector_name: str, account_name: str | None = None) -> str:
    """The account that is named, or the only one that is connected to that exchange. The workflow uses list_accounts
    and get_connected_exchanges. Raises Refused where that isn't one, and CallError where it can't be known."""
    if account_name is not None:
        return account_name
    found = await connections(installation, None, connector_name)
    found.raise_unread()
    if len(found.by_account) > 1:
        raise Refused(
            f"{len(found.by_account)} accounts are connected to {named(connector_name)}: "
            f"{', '.join(map(named, found.by_account))}.",
            "Nothing was done.",
            "Say which one as account_name.",
        )
    return next(iter(found.by_account))


async def account_with(installation: Installation, connectors: Collection[str], account_name: str | None = None) -> str:
    """The account that is named, or the only one that is connected to all of these exchanges; of none, the only one
    that there is. The workflow uses list_accounts, and where some are given get_connected_exchanges. Raises Refused
    where that isn't one, and CallError where it can't be known."""
    if account_name is not None:
        return account_name
    if len(connectors) == 1:
        return await account_at(installation, next(iter(connectors)))
    fitting = await _accounts(installation)
    if connectors:
        found = await connections(installation)
        found.raise_unread()
        fitting = [account for account, there in found.by_account.items() if set(connectors) <= {*there}]
    if len(fitting) == 1:
        return fitting[0]
    where = f" connected to {' and '.join(map(named, sorted(connectors)))}" if connectors else ""
    several = f"There are {len(fitting)} accounts{where}: {', '.join(map(named, fitting))}."
    raise Refused(
        several if fitting else f"There is no account{where}.", "Nothing was done.", "Say which one as account_name."
    )


async def connected_account(installation: Installation, connector_name: str, account_name: str | None) -> str:
    """The same, and one that is named is there and connected, as far as that can be read."""
    try:
        if account_name is not None:
            await connections(installation, account_name, connector_name)
    except Refused:
        raise
    except CallError:
        pass
    return await account_at(installation, connector_name, account_name)
