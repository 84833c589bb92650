"""Which tools a policy leaves in the list.

What deletes, overwrites or runs code is offered only where a person asks for it: the settings by its name or that of
its toolset ("all" is neither), or the policy, which can also name the code.
"""

from hbmcp.catalog import ONLY_A_PERSON, REDUCING, Catalog, Off, Offer, Tool
from hbmcp.errors import SettingsError
from hbmcp.policy.model import Policy
from hbmcp.policy.names import WRITES, has_tool, in_todays_names, lists_code, lists_tools
from hbmcp.settings import Settings

ITS_WORD = "A person set this in the policy."


def offered(catalog: Catalog, settings: Settings, policy: Policy) -> Offer:
    """What settings and policy leave. Raises SettingsError as Catalog.offer does, and where the policy leaves none."""
    offer = narrowed(catalog.offer(settings), policy)
    if not offer.tools:
        raise SettingsError("The policy leaves no tool to offer.", advice="Allow some in it, or choose others.")
    return offer


def narrowed(offer: Offer, policy: Policy) -> Offer:
    """What of an offer a policy leaves."""
    policy = in_todays_names(policy, offer.catalog)
    off = {tool.name: why for tool in offer.tools if (why := _forbidden(tool, policy) or _off(tool, offer, policy))}
    for tool in offer.catalog.tools.values():
        only = offer.off(tool.name)
        if only is not None and only.toolset and (why := _forbidden(tool, policy)):
            off[tool.name] = why  # its toolset alone would not bring it
    return offer.without(off) if off else offer


def _forbidden(tool: Tool, policy: Policy) -> Off | None:
    if has_tool(policy.deny, tool.toolset, tool.name):
        return Off("the policy denies it", ITS_WORD)
    if not tool.reads and not all(
        has_tool(names, tool.toolset, tool.name) for names in policy.allows if lists_tools(names)
    ):
        return Off("the policy doesn't allow it", ITS_WORD)
    return None


def _off(tool: Tool, offer: Offer, policy: Policy) -> Off | None:
    if tool.reads:
        return None
    runs_code = _runs_code(tool, offer.catalog)
    if not runs_code and (tool.risk != "destructive" or tool.effect.get("is") in REDUCING):
        return None
    if tool.name in offer.asked or has_tool(policy.allow, tool.toolset, tool.name):
        return None
    if runs_code and lists_code(policy.allow) and WRITES not in tool.schema["properties"]:
        return None
    does = "runs code that no limit can bound" if runs_code else "deletes or overwrites"
    return Off(f"it {does}", ONLY_A_PERSON, tool.toolset)


def _runs_code(tool: Tool, catalog: Catalog) -> bool:
    parts = [tool, *(catalog.tools[name] for name in tool.uses)]
    return any(part.effect.get("is") == "runs_code" for part in parts)
