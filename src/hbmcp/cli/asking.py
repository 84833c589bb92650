"""Asking at a terminal: who calls from one, before a call is sent; and who approves what another called."""

import sys
from getpass import getuser
from platform import node

import typer
from attrs import frozen

from hbmcp.policy.confirmation import Answered, Question, Reply


def person() -> str:
    """Who sits here, as the audit says it."""
    return f"{getuser()} at {node()}"


class AtTheKeyboard:
    """Asks who called."""

    answered: Answered | None = None

    @property
    def cant(self) -> str:
        """Where nobody can type."""
        return "" if sys.stdin.isatty() else "this isn't a terminal"

    async def __call__(self, question: Question) -> Answered:
        """Waits for a key, and holds the process meanwhile."""
        typer.echo(question.words, err=True)
        reply: Reply
        try:
            reply = "yes" if typer.confirm("Send it?", default=False, err=True) else "no"
        except typer.Abort:
            reply = "dismissed"
        return Answered(question, reply, "keyboard", person())


@frozen
class Approved:
    """Who approves was asked before."""

    answered: Answered
    cant: str = "it was approved already, for what it was then"

    async def __call__(self, question: Question) -> Answered:
        """Not once more."""
        raise NotImplementedError
