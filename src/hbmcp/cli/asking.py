"""Asking at a terminal: who calls from one, before a call is sent; and for the passphrase of who approves."""

import sys
from getpass import getuser
from platform import node
from typing import TYPE_CHECKING

import typer
from attrs import frozen

from hbmcp.cli import typed
from hbmcp.errors import SettingsError, StoreError
from hbmcp.errors.key_page import no_page
from hbmcp.policy.confirmation.answer import Answered, Reply
from hbmcp.policy.confirmation.passphrase import KEY, is_it
from hbmcp.policy.confirmation.question import Question

if TYPE_CHECKING:
    from hbmcp.store import Store


async def knows_passphrase(store: "Store") -> bool:
    """Has who sits here type it. Raises SettingsError where none is set."""
    kept = await store.key(KEY)
    if kept is None:
        raise SettingsError("No passphrase is set.", "Nothing was approved.", "`hbmcp approvals passphrase` does.")
    return is_it(typed.secret("Passphrase"), kept)


def person() -> str:
    """Who sits here, as the audit says it."""
    return f"{getuser()} at {node()}"


@frozen
class AtTheKeyboard:
    """Asks who called, for the passphrase where the policy says so; `store` has what is known of that."""

    _store: "Store"
    answered: Answered | None = None

    @property
    def at_terminal(self) -> bool:
        """Whether somebody can type."""
        return sys.stdin.isatty()

    @property
    def cant(self) -> str:
        """Where nobody can."""
        return "" if self.at_terminal else "this isn't a terminal"

    async def __call__(self, question: Question) -> Answered:
        """Waits for a key, and holds the process meanwhile."""
        typer.echo(question.words, err=True)
        by_passphrase = question.demand.way == "terminal"
        reply: Reply
        try:
            if by_passphrase:
                reply = "yes" if await knows_passphrase(self._store) else "wrong"
            else:
                reply = "yes" if typer.confirm("Send it?", default=False, err=True) else "no"
        except typer.Abort:
            reply = "dismissed"
        except (SettingsError, StoreError) as error:
            typed.say(str(error))
            reply = "wrong"
        return Answered(question, reply, "terminal" if by_passphrase else "keyboard", person())

    async def type_keys(self, exchange: str, account: str) -> str:
        """Not here: another command does."""
        raise no_page(exchange, account, "this is a terminal")
