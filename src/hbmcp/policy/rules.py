"""Who may act where: what the policy's names refuse of a plan.

What reduces, cancels or stops is refused only where its tool or toolset is denied: you may always get out.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from hbmcp.catalog import PLUGINS, REDUCING
from hbmcp.errors import NotAllowed
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.call import Call
from hbmcp.policy.model import Policy
from hbmcp.policy.names import WRITES, has_tool, listed, lists_code, lists_tools, matches
from hbmcp.text import named, one_line

# The arguments that name code, and what is run with a configuration where the plan doesn't say which code that is.
CONTROLLERS, CONTROLLER_CONFIGS = ("controller_name", "config.controller_name"), ("config_names", "config_name")
SCRIPTS, SCRIPT_CONFIGS = ("script_name", "script", "config.script_file_name"), ("script_config",)

# What a policy has lists of, where a stake has it, and what it is called among arguments, however deep: an executor
# can have several exchanges.
WHERE = {
    "accounts": ("account", ("account_name",)),
    "exchanges": ("exchange", ("connector_name", "connector")),
    "pairs": ("pair", ("trading_pair",)),
}


def refuse(policy: Policy, call: Call, plan: Plan, asked: Collection[str] = ()) -> None:
    """Nothing, where the policy lets a plan be carried out. Raises NotAllowed, which names the rule.

    `asked` are the tools that the settings ask for by name, or by that of their toolset.
    """
    for request in plan.requests:
        why = next(_reasons(policy, call, request, asked), None)
        if why is not None:
            raise NotAllowed(
                f"The policy refuses {one_line(request.words)}: {why}.",
                "Nothing was sent.",
                "A person set this in the policy.",
            )


def _reasons(policy: Policy, call: Call, request: PlannedRequest, asked: Collection[str]) -> Iterator[str]:
    tool, toolset = call.caller.name, call.caller.toolset
    # What denies a plain order doesn't take away the tool that closes with one.
    for one in dict.fromkeys((tool, *request.by, *(() if request.effect in REDUCING else (request.tool,)))):
        if matches(one, policy.deny.tools):
            yield f"it denies the tool {one}"
    if matches(toolset, policy.deny.toolsets):
        yield f"it denies the toolset {toolset}"
    if request.effect in REDUCING:
        return
    for names in policy.allows:
        if lists_tools(names) and not has_tool(names, toolset, tool):
            yield f"it doesn't allow the tool {tool}"
    for kind, values in is_about(call, request).items():
        needed = _must_be_known(kind, call, request)
        yield from _outside(policy, kind, values, unknown=needed and _is_unknown(kind, values, request))
    if request.effect == "runs_code":
        yield from _unnamed_code(policy, call, request, asked)


def is_about(call: Call, request: PlannedRequest) -> dict[str, tuple[str, ...]]:
    """What a request is about, by the policy's words; nothing where that isn't known."""
    about = {}
    for kind, (field, keys) in WHERE.items():
        # What is tried on the past trades nothing.
        sent = (call.arguments, request.request.json)  # saved defaults are in this alone
        deep = () if call.caller.toolset == "backtesting" else _anywhere(sent, keys)
        stakes = (request.stake, *(request.trades or ()))
        about[kind] = tuple(dict.fromkeys((*_texts([getattr(one, field) for one in stakes]), *deep)))
    if request.effect == "opens":
        about["executors"] = _texts(request.stake.type)
    return about | _code(call, request)


def _must_be_known(kind: str, call: Call, request: PlannedRequest) -> bool:
    """Whether a request that can't be judged in this isn't sent."""
    if kind == "executors":
        return call.caller.toolset == "executors"
    return kind in WHERE and (request.effect in ("opens", "moves") or bool(request.trades))


def _is_unknown(kind: str, values: tuple[str, ...], request: PlannedRequest) -> bool:
    parts = (request.trades or ()) if kind in WHERE else ()
    return not values or any(getattr(one, WHERE[kind][0]) is None for one in parts)


def _outside(policy: Policy, kind: str, values: tuple[str, ...], unknown: bool) -> Iterator[str]:
    what = kind.removesuffix("s")
    denied: tuple[str, ...] = getattr(policy.deny, kind) or ()
    for value in values:
        if matches(value, denied):
            yield f"it denies the {what} {named(value)}"
    restricted = bool(denied)
    for names in policy.allows:
        allowed: tuple[str, ...] | None = getattr(names, kind)
        if allowed is None:
            continue
        restricted = True
        for value in values:
            if not matches(value, allowed):
                yield f"the {what} {named(value)} isn't among the {kind} that it allows ({listed(allowed) or 'none'})"
    if unknown and restricted:
        yield f"it restricts {kind}, and which {what} this is about isn't known"


def _code(call: Call, request: PlannedRequest) -> dict[str, tuple[str, ...]]:
    """The controllers and scripts that a request is about; those that are run by their configurations' names, where
    no other is known."""
    toolset, runs = call.caller.toolset, request.effect == "runs_code"
    if toolset == "bots" and (request.trades or request.stake.type):  # the plan has read what would run
        types = tuple(dict.fromkeys(one.type for one in request.trades or () if one.type))
        return {"controllers": types, "scripts": _texts(request.stake.type)}
    controllers: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    if toolset in ("controllers", "bots"):
        controllers = _named_in(call.arguments, CONTROLLERS) or _texts(request.stake.type)
        if runs and not controllers:
            controllers = _named_in(call.arguments, CONTROLLER_CONFIGS)
    if toolset in ("scripts", "bots"):
        scripts = _named_in(call.arguments, (*SCRIPTS, *(SCRIPT_CONFIGS if runs else ())))
    return {"controllers": controllers, "scripts": scripts}


def _unnamed_code(policy: Policy, call: Call, request: PlannedRequest, asked: Collection[str]) -> Iterator[str]:
    """Amounts can't bound what code does, so a person has to name it. A plugin's own is named with the plugin, and no
    list of controllers and scripts is about it."""
    tool, toolset, code = call.caller.name, call.caller.toolset, _code(call, request)
    by_plugin, of_plugin = toolset == PLUGINS, toolset == PLUGINS and request.tool == tool
    known = of_plugin or any(code.values())
    for names in policy.allows:
        if not known and lists_code(names) and not has_tool(names, toolset, tool):
            yield "it allows some controllers or scripts, and which ones this is about isn't known"
    if by_plugin and not known and lists_code(policy.deny):
        yield "it denies some controllers or scripts, and which ones this is about isn't known"
    theirs = policy.allow
    if request.trades == () and policy.needs_value:
        code_of = request.stake.type
        if code_of is None:
            yield "what it trades isn't read before, so it can't be held to the limits"
        elif not matches(code_of, theirs.scripts):
            yield f"no limit can bound what {named(code_of)} trades, and the policy doesn't name it among its scripts"
    if tool in asked or has_tool(theirs, toolset, tool):
        return
    if WRITES in call.arguments:
        yield "it writes code, and the policy doesn't name the tool: to name code is to trust what it says now"
    for kind, values in code.items():
        for value in values:
            if not matches(value, getattr(theirs, kind)):
                yield f"it runs code that no limit can bound, and the policy names no {kind} such as {named(value)}"
    if of_plugin or not known:
        yield "it runs code that no limit can bound, and the policy doesn't name it"


def _named_in(arguments: Mapping[str, Any], places: Iterable[str]) -> tuple[str, ...]:
    found: list[str] = []
    for place in places:
        value: Any = arguments
        for key in place.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        found += _texts(value)
    return tuple(dict.fromkeys(found))


def _anywhere(value: Any, keys: Collection[str]) -> Iterator[str]:
    """The texts under these keys, at any depth."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from (*(_texts(one) if key in keys else ()), *_anywhere(one, keys))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _anywhere(one, keys)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(one for one in value if isinstance(one, str) and one) if isinstance(value, list | tuple) else ()
