"""Deploy a bot of a saved script configuration, once it is there."""

from hbmcp.did_you_mean import suggestion
from hbmcp.errors import Refused
from hbmcp.installation.answer_fields import Fields, array, text
from hbmcp.installation.bots.deployment import Deployment, account_for, configs_named, deployment_plan
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.text import named
from hbmcp_tools import bots, scripts


async def deploy_script_bot(
    installation: Installation,
    *,
    instance_name: str,
    account_name: str | None = None,
    script_config: str,
    image: str | None = None,
) -> Plan:
    """Its `script`, its `configs`, one row each, and once it is deployed its `unique_instance_name`. Raises Refused for
    a configuration that isn't there."""
    config_name = script_config.removesuffix(".yml")
    saved = await installation.read(array(Fields), scripts.list_script_configs)
    found = {name: one for one in saved if (name := one.known("config_name", text))}
    if config_name not in found:
        raise Refused(
            f"There is no script config {named(config_name)}{suggestion(config_name, found) or '.'}",
            "Nothing was sent.",
            "list_script_configs has their names.",
        )
    file = found[config_name].known("script_file_name", text)
    if not file:
        raise Refused(
            f"The config {named(config_name)} names no script, so it can't run.",
            "Nothing was sent.",
            "Save it anew with save_script_config.",
        )
    names = found[config_name].known("controllers_config", array(text)) or []
    configs = await configs_named(installation, names) if names else []
    account = await account_for(installation, configs, account_name)
    request = PlannedRequest.of(
        "runs_code",
        "",
        Stake(),
        bots.submit_script_bot,
        instance_name=instance_name,
        account_name=account,
        script_config=f"{config_name}.yml",
        script=file,
        image=image,
    )
    return await deployment_plan(
        installation, Deployment(instance_name, account, configs, file.removesuffix(".py"), image), request
    )
