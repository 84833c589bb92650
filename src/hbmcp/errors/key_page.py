"""Where nobody can be asked to type an exchange's keys."""

from hbmcp.errors.hierarchy import Refused
from hbmcp.text import named


def no_page(exchange: str, account: str, why: str) -> Refused:
    """No page for them can be opened, and why; the command that does the same."""
    return Refused(
        f"No page can be opened for the keys: {why}.",
        "Nothing was sent.",
        "Keys belong in no chat. The user types them in a terminal: "
        f"hbmcp connect {named(exchange)} --account {named(account)}",
    )
