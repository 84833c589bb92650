"""The running bots that trade with an account's keys."""

from typing import Any

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.installation.answer_fields import Fields, array, data, text, under
from hbmcp.installation.heard_bots import heard_bots
from hbmcp.installation.installation import Installation, together
from hbmcp.text import named
from hbmcp_tools import bots, docker
from hummingbot_api.request import Json

_PAGE = 1000


@frozen
class Bots:
    """Names of running bots, and why there may be more, a sentence each."""

    running: tuple[str, ...]
    unread: tuple[str, ...] = ()


@frozen
class _Run:
    """A deployment as it is recorded."""

    bot: str
    account: str
    may_run: bool

    @classmethod
    def from_row(cls, row: Json) -> "_Run":
        fields = Fields(row)
        deployed = fields.needed("deployment_status", text) == "DEPLOYED"
        runs = deployed and fields.given("stopped_at", text) is None
        return cls(fields.needed("bot_name", text), fields.needed("account_name", text), runs)


async def bots_of(installation: Installation, account: str) -> Bots:
    """The running bots that were deployed with this account's keys. The workflow uses list_bots, list_bot_runs and
    list_active_containers.

    The record of a deployment has the account, and keeps saying DEPLOYED. What runs is heard by the message broker;
    a bot that isn't heard runs if its container does. Raises CallError where records or broker can't be read.
    """
    answers: list[Any] = await together(
        [
            heard_bots(installation),
            installation.read(data(_Run.from_row), bots.list_bot_runs, limit=_PAGE),
        ]
    )
    for answer in answers:
        if isinstance(answer, CallError):
            raise answer
    heard, runs = answers
    account_of = {run.bot: run.account for run in runs}
    unread = []
    if strangers := [name for name in heard if name not in account_of]:
        unread.append(f"Which account these running bots use isn't recorded: {', '.join(map(named, strangers))}.")
    running = [name for name in heard if account_of.get(name) == account]
    silent = [run.bot for run in runs if run.account == account and run.bot not in heard and run.may_run]
    if silent:
        try:
            containers = await installation.read(array(under("name", text)), docker.list_active_containers)
            running += [name for name in containers if name in silent]
        except CallError as error:
            unread.append(
                f"Bots that may run, unheard and with Docker not telling: {', '.join(map(named, silent))}. "
                f"{error.happened}"
            )
    return Bots(tuple(running), tuple(unread))
