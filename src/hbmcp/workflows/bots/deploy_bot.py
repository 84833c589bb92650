"""Deploy a bot of saved controller configurations, once they are there."""

from decimal import Decimal

from hbmcp.installation.bots.deployment import Deployment, account_for, configs_named, deployment_plan
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp_tools import bots


async def deploy_bot(
    installation: Installation,
    *,
    instance_name: str,
    account_name: str | None = None,
    config_names: list[str],
    max_global_drawdown_quote: Decimal | None = None,
    max_controller_drawdown_quote: Decimal | None = None,
    image: str | None = None,
) -> Plan:
    """Its `configs`, one row each, and once it is deployed its `unique_instance_name`. Raises Refused for a
    configuration that isn't there."""
    configs = await configs_named(installation, config_names)
    account = await account_for(installation, configs, account_name)
    request = PlannedRequest.of(
        "runs_code",
        "",
        Stake(),
        bots.submit_bot,
        instance_name=instance_name,
        account_name=account,
        config_names=config_names,
        max_global_drawdown_quote=max_global_drawdown_quote,
        max_controller_drawdown_quote=max_controller_drawdown_quote,
        image=image,
    )
    return await deployment_plan(installation, Deployment(instance_name, account, configs, image=image), request)
