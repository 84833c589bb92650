"""Why what stands behind Gateway failed, where the API's error leaves that open."""

from hbmcp.errors import CallError, ServiceDown
from hbmcp.errors.gateway_answers import LOG
from hbmcp.installation.gateway import log
from hbmcp.installation.installation import Installation, answer_within
from hbmcp_tools import gateway


async def explained(installation: Installation, cause: str, error: CallError) -> CallError:
    """The same error with what `cause`, which the caller uses, tells of it: what Gateway's log says (get_gateway_logs),
    or that Gateway answers (list_networks). That it doesn't run is the error then."""
    if cause == LOG:
        return await log.explained(installation, error)
    networks = await answer_within(installation.ask(gateway.list_networks), log.PATIENCE)
    if isinstance(networks, ServiceDown):
        return networks
    unknown = isinstance(networks, CallError)
    told = "Whether Gateway runs couldn't be read." if unknown else "Gateway itself answers."
    return type(error)(f"{error.happened} {told}", error.undone, error.advice)
