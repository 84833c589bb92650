"""A controller configuration, held to its controller before it is saved, sent to a bot or only looked at."""

from collections.abc import Awaitable, Mapping
from typing import Any

from attrs import frozen

from hbmcp.did_you_mean import suggestion
from hbmcp.errors import BadArguments, CallError, Refused
from hbmcp.installation.answer_fields import array, mapping, record, text, under
from hbmcp.installation.controllers.config_class import config_class
from hbmcp.installation.installation import Installation, together
from hbmcp.text import named
from hbmcp_tools import controllers

EXAMPLE = (
    'e.g. {"controller_type": "market_making", "controller_name": "pmm_simple", "connector_name": '
    '"binance_perpetual", "trading_pair": "BTC-USDT", "total_amount_quote": 1000, "leverage": 5, …}'
)


@frozen
class Validated:
    """The template of a controller that takes a configuration; a sentence: who checked what of it, what nobody did."""

    template: Mapping[str, Any]
    note: str


async def validate_for_saving(installation: Installation, config_name: str, config: Mapping[str, Any]) -> Validated:
    """A configuration that is to be saved under that name.

    The workflow uses list_controllers and what `validate` uses. Raises BadArguments for a controller that isn't there,
    Refused for a configuration that doesn't fit.
    """
    kind, name = config.get("controller_type"), config.get("controller_name")
    known = await installation.read(mapping(array(text)), controllers.list_controllers)
    if not isinstance(kind, str) or not isinstance(name, str) or name not in known.get(kind, []):
        homes = [other for other, names in known.items() if name in names]
        every = [one for names in known.values() for one in names]
        raise BadArguments(
            f"config says controller_type {named(kind)} and controller_name {named(name)}, and there is no such "
            "controller.",
            "Nothing was saved.",
            f"{named(name)} is {named(homes[0])}." if homes else f"Give both, {EXAMPLE}{suggestion(str(name), every)}",
        )
    if config.get("id", config_name) != config_name:
        raise BadArguments(
            f"config has the id {named(config['id'])}, but is to be saved as {named(config_name)}.",
            "Nothing was saved.",
            "Leave id out, or make both the same.",
        )
    return await validate(installation, kind, name, {**config, "id": config_name})


async def validate(installation: Installation, kind: str, name: str, config: Mapping[str, Any]) -> Validated:
    """A configuration with its id. What is empty is asked about too: its refusal names the class that checks.

    Where that isn't the controller's own, a configuration that it refuses is taken if it takes the rest of it without
    the fields that only the controller declares.

    The workflow uses check_controller_config, read_controller_template and read_controller_code. Raises Refused for a
    configuration that doesn't fit.
    """
    named: Any = {"controller_type": kind, "controller_name": name}  # one of those that the API lists

    def checked(fields: Mapping[str, Any]) -> Awaitable[Any]:
        return installation.ask(controllers.check_controller_config, **named, config=dict(fields))

    questions: list[Awaitable[Any]] = [
        checked(config),
        checked({}),
        installation.read(under("content", text), controllers.read_controller_code, **named),
        installation.read(mapping(record), controllers.read_controller_template, **named),
    ]
    whole, nothing, code, template = await together(questions)
    if isinstance(template, CallError):
        raise template
    said = nothing.happened if isinstance(nothing, CallError) else ""
    checker = config_class(said, None if isinstance(code, CallError) else code)
    unchecked: list[str] = []
    if isinstance(whole, CallError):
        unchecked = sorted(checker.declared & config.keys() - template.keys())
        if checker.own is not False or not unchecked or not isinstance(whole, Refused):
            raise whole
        await checked({field: value for field, value in config.items() if field not in unchecked})
    return Validated(template, checker.note(unchecked))
