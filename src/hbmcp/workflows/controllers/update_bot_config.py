"""Change a running bot's copy of a controller configuration, once its controller takes the whole."""

from typing import Any

from attrs import evolve

from hbmcp.errors import BadArguments, CallError, OutcomeUnknown
from hbmcp.installation.controllers.config_fields import changed_fields
from hbmcp.installation.controllers.running_bots import bot_account, bot_config
from hbmcp.installation.controllers.stake import controller_stake, traded, traded_more
from hbmcp.installation.controllers.validation import validate_for_saving
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.results.answer import Answer
from hbmcp.text import named
from hbmcp_tools import controllers

APPLIED = (
    "Saved in the bot's own copy, and read back; the config in list_controller_configs is unchanged. The bot applies "
    "it within about a minute, and only fields that may change while it runs; the rest waits for a restart."
)
SWITCH = "manual_kill_switch"
STOP = {SWITCH: True}  # which every controller takes, so that nothing is asked before it


async def update_bot_config(
    installation: Installation, *, bot_name: str, config_name: str, updates: dict[str, Any]
) -> Plan:
    """The fields that would change or did, one row each: `field`, `before`, `after`."""
    config_name = config_name.removesuffix(".yml")
    before = await bot_config(installation, bot_name, config_name)
    if fixed := {"id", "controller_type", "controller_name"} & updates.keys():
        raise BadArguments(
            f"{', '.join(sorted(fixed))} of a running config can't change.", "Nothing was sent.", "Leave them out."
        )
    rows = changed_fields(before, {**before, **updates})
    if not rows:
        return Plan(Answer("Nothing to change, and nothing was sent: the bot's copy says all this already."))
    stops = updates == STOP
    whole = {key: value for key, value in before.items() if key != "_config_name"} | updates
    checked = "" if stops else (await validate_for_saving(installation, config_name, whole)).note
    account = await bot_account(installation, bot_name)
    request = PlannedRequest.of(
        "stops" if stops else "runs_code",
        f"change {', '.join(named(row['field']) for row in rows)} in {named(bot_name)}'s copy of {named(config_name)}",
        controller_stake(whole, account),
        controllers.write_bot_config,
        bot_name=bot_name,
        config_name=config_name,
        updates=updates,
    )
    if not stops:
        resumes = SWITCH in updates and updates[SWITCH] is not True  # which counts as deploying it does
        trades = traded(whole, account) if resumes else traded_more(before, whole, account)
        request = evolve(request, trades=trades)

    async def commit(installation: Installation) -> Answer:
        await installation.send(request)
        (now,) = await together([bot_config(installation, bot_name, config_name)])
        if isinstance(now, CallError):
            raise OutcomeUnknown(
                f"The API says that {named(bot_name)}'s copy of {named(config_name)} was changed.",
                f"It couldn't be read back: {now.happened}",
                "Look with list_bot_configs before you rely on it.",
            )
        return Answer(
            changed_fields(before, now) or "Nothing changed: the bot's copy says what it said before.",
            (APPLIED, checked),
        )

    return Plan(Answer(rows, (request.unsent, checked)), (request,), commit)
