"""A bot before it is deployed: its configurations, what they come to, and its one request."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import evolve, frozen

from hbmcp.did_you_mean import suggestion
from hbmcp.errors import CallError, OutcomeUnknown, Refused, UnreadableAnswer
from hbmcp.figures import number, plain
from hbmcp.installation.answer_fields import array, record, text, under
from hbmcp.installation.connections import Connections, account_with, connections
from hbmcp.installation.controllers.stake import TOTAL, markets, traded
from hbmcp.installation.heard_bots import heard_bots
from hbmcp.installation.installation import Installation, all_of, together
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.results.answer import Answer
from hbmcp.text import named
from hbmcp_tools import controllers

Config = Mapping[str, Any]

SENT = (
    "From now on the bot's name is unique_instance_name. Check in a minute with get_bot_status that it runs, and with "
    "list_bot_configs that it has its configs."
)

CONTROLLERS_ONLY = "v2_with_controllers"  # Hummingbot's own script, which trades what its controllers do, and no more

PAPER_TRADE = "_paper_trade"  # ends the name of a connector that Hummingbot itself plays, without keys

_OWN_IMAGE = re.compile(r"hummingbot/hummingbot(:[\w.-]+)?", re.ASCII)


@frozen
class Deployment:
    """A bot of that name on an account. `configs` are those of its controllers. A `script` other than the one that only
    carries out what these say, and an image that isn't Hummingbot's, may trade whatever they like."""

    name: str
    account: str
    configs: Sequence[Config]
    script: str | None = None
    image: str | None = None

    @property
    def stake(self) -> Stake:
        """Its account, and the code that it runs beside its controllers."""
        return Stake(account=self.account, type=self._image or self.script)

    @property
    def trades(self) -> tuple[Stake, ...]:
        """What it is told to trade; nothing where it runs code that needn't heed that."""
        if self.unbounded is not None:
            return ()
        return tuple(stake for config in self.configs for stake in traded(config, self.account))

    @property
    def unbounded(self) -> str | None:
        """The code that needn't heed what its configurations say."""
        if self._image is None and self.script in (None, CONTROLLERS_ONLY) and self.configs:
            return None
        return self._image or self.script

    @property
    def _image(self) -> str | None:
        """Where it isn't Hummingbot's."""
        return None if self.image is None or _OWN_IMAGE.fullmatch(self.image) else self.image

    @property
    def words(self) -> str:
        """ "deploy bot mm on account master_account with a, 1000 USDT" """
        by_script = f" with script {named(self.script)}" if self.script else ""
        image = f" with image {named(self.image)}" if self.image else ""
        configs = f" with {', '.join(map(_in_words, self.configs))}" if self.configs else ""
        return f"deploy bot {named(self.name)} on account {named(self.account)}{by_script}{configs}{image}"

    def planned(self, request: PlannedRequest) -> PlannedRequest:
        """The request, with what it puts at stake."""
        return evolve(request, words=self.words, stake=self.stake, trades=self.trades)


async def configs_named(installation: Installation, names: Iterable[str]) -> list[Config]:
    """The saved controller configurations of these names. The workflow uses list_controller_configs. Raises Refused for
    one that isn't there, or names no controller: the API would deploy it."""
    saved = await installation.read(array(record), controllers.list_controller_configs)
    found = {name: one for one in saved if isinstance(name := one.get("id"), str)}
    wanted = [name.removesuffix(".yml") for name in names]
    if missing := [name for name in wanted if name not in found]:
        near = suggestion(missing[0], found)
        raise Refused(
            f"There is no controller config {', '.join(map(named, missing))}{near or '.'}",
            "Nothing was sent.",
            "list_controller_configs has their names.",
        )
    configs: list[Config] = [found[name] for name in wanted]
    if odd := [one["id"] for one in configs if not isinstance(one.get("controller_name"), str)]:
        raise Refused(
            f"The config {', '.join(map(named, odd))} names no controller, so it can't run.",
            "Nothing was sent.",
            "Save it anew with save_controller_config.",
        )
    return configs


async def account_for(installation: Installation, configs: Iterable[Config], account_name: str | None) -> str:
    """The account that is named, or the only one with the keys that these need. As account_with."""
    return await account_with(installation, _exchanges(configs), account_name)


async def deployment_plan(installation: Installation, deployment: Deployment, request: PlannedRequest) -> Plan:
    """A row per configuration, whether a bot of that name runs, and which exchange the account lacks. The workflow uses
    list_bots, list_accounts and get_connected_exchanges. Raises Refused for an account that isn't there."""
    connected, running = await all_of(
        connections(installation, deployment.account), _runs_already(installation, deployment.name)
    )
    planned = deployment.planned(request)
    value: dict[str, Any] = {"account": deployment.account}
    if deployment.script:
        value["script"] = deployment.script
    if deployment.configs:
        value["configs"] = [_row(config) for config in deployment.configs]
    told = (*_unknown(deployment), _not_connected(deployment, connected), running)

    async def commit(installation: Installation) -> Answer:
        try:
            name = await installation.send(planned, under("unique_instance_name", text))
        except UnreadableAnswer as error:
            raise OutcomeUnknown(
                f"The deployment of {named(deployment.name)} was sent, and the answer doesn't say under which name it "
                "runs.",
                error.happened,
                "Look with list_bots and list_bot_runs before you deploy it again.",
            ) from None
        return Answer({"unique_instance_name": name, **value}, (SENT, *told))

    return Plan(Answer(value, (planned.unsent, *told)), (planned,), commit)


async def _runs_already(installation: Installation, name: str) -> str:
    (found,) = await together([heard_bots(installation)])
    if isinstance(found, CallError):
        return f"Whether a bot of this name runs already isn't known: {found.happened}"
    mine = re.compile(rf"{re.escape(name)}(-\d{{8}}-\d{{6}})?")
    running = [bot for bot in found if mine.fullmatch(bot)]
    return f"Already there under this name: {', '.join(map(named, running))}." if running else ""


def _not_connected(deployment: Deployment, connected: Connections) -> str:
    account = deployment.account
    if (error := connected.unread.get(account)) is not None:
        return f"Which exchanges {named(account)} is connected to isn't known: {error.happened}"
    lacking = sorted(_exchanges(deployment.configs) - {*connected.by_account[account]})
    if not lacking:
        return ""
    return f"{named(account)} isn't connected to {', '.join(map(named, lacking))}, so it can't trade there."


def _exchanges(configs: Iterable[Config]) -> set[str]:
    """Those whose keys they need."""
    traded = {exchange for config in configs for exchange, _ in markets(config) if exchange}
    return {one for one in traded if not one.endswith(PAPER_TRADE)}


def _unknown(deployment: Deployment) -> list[str]:
    if deployment.unbounded is not None:
        return [f"What {named(deployment.unbounded)} trades isn't known: no limit can bound it."]
    without = [named(config["id"]) for config in deployment.configs if number(config.get(TOTAL)) is None]
    return [f"No {TOTAL} in {', '.join(without)}: what that trades isn't known."] if without else []


def _row(config: Config) -> dict[str, Any]:
    where = markets(config)
    return {
        "config": config["id"],
        "controller": config["controller_name"],
        "exchange": _joined(exchange for exchange, _ in where),
        "pair": _joined(pair for _, pair in where),
        TOTAL: config.get(TOTAL),
        "leverage": config.get("leverage"),
    }


def _joined(names: Iterable[str | None]) -> str | None:
    return ", ".join(dict.fromkeys(name for name in names if name)) or None


def _in_words(config: Config) -> str:
    total: Decimal | None = number(config.get(TOTAL))
    return named(config["id"]) + ("" if total is None else f" ({plain(total):f} in quote)")
