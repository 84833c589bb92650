"""The running bots that trade with an account's keys."""

from typing import Any

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.installation.installation import Installation, together
from hbmcp_tools import bots, docker

_PAGE = 1000


@frozen
class Bots:
    """Names of running bots, and why there may be more, a sentence each."""

    running: tuple[str, ...]
    unread: tuple[str, ...] = ()


async def bots_of(installation: Installation, account: str) -> Bots:
    """The running bots that were deployed with this account's keys. The workflow uses list_bots, list_bot_runs and
    list_active_containers.

    The record of a deployment has the account, and keeps saying DEPLOYED. What runs is heard by the message broker;
    a bot that isn't heard runs if its container does. Raises CallError where records or broker can't be read.
    """
    answers: list[Any] = await together(
        [installation.ask(bots.list_bots), installation.ask(bots.list_bot_runs, limit=_PAGE)]
    )
    for answer in answers:
        if isinstance(answer, CallError):
            raise answer
    heard, runs = (answer["data"] for answer in answers)
    account_of = {run["bot_name"]: run["account_name"] for run in runs}
    unread = []
    if strangers := [name for name in heard if name not in account_of]:
        unread.append(f"Which account these running bots use isn't recorded: {', '.join(strangers)}.")
    running = [name for name in heard if account_of.get(name) == account]
    silent = [
        run["bot_name"]
        for run in runs
        if run["account_name"] == account
        and run["bot_name"] not in heard
        and run["deployment_status"] == "DEPLOYED"
        and run["stopped_at"] is None
    ]
    if silent:
        try:
            containers = await installation.ask(docker.list_active_containers)
            running += [one["name"] for one in containers if one["name"] in silent]
        except CallError as error:
            unread.append(
                f"Bots that may run, unheard and with Docker not telling: {', '.join(silent)}. {error.happened}"
            )
    return Bots(tuple(running), tuple(unread))
