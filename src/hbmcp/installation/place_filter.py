"""Where something acts, held against where it is asked for."""

from hbmcp.pairs import is_of

Place = tuple[str | None, str | None, str | None]  # account, exchange, and a pair; asked for, its base alone may be


def may_be_at(told: Place, asked: Place) -> bool:
    """Whether it is there, as far as it says where, and as far as a place is asked for."""
    account, connector, pair = told
    wanted_account, wanted_connector, wanted_pair = asked
    return (
        wanted_account in (None, account or wanted_account)
        and wanted_connector in (None, connector or wanted_connector)
        and is_of(pair or wanted_pair, wanted_pair)
    )
