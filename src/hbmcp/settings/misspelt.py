"""Names that were meant to be settings and aren't."""

import re

from hbmcp.did_you_mean import nearest
from hbmcp.settings.model import OAUTH, VARIABLES

# Who misspells one of these could have less protection than they think.
_GUARDS = ("read_only", "exclude_tools", "policy", "notify", "telegram_user", "tls_cert", "tls_key", *OAUTH)
_PROTECT = {VARIABLES[field] for field in _GUARDS}
_CHOOSE = {VARIABLES[field] for field in ("tools", "toolsets")}
_PAPER = VARIABLES["paper"]

_OURS = re.compile("(HBMCP|HUMMINGBOT)_")
_PREFIX = re.compile("(HBMCP|HUMMINGBOT|MCP_SERVER)_")
_BY_STEM = {_PREFIX.sub("", name): name for name in VARIABLES.values()}
_PREFIXED = [name for name in VARIABLES.values() if _OURS.match(name)]
_MISTYPED = 0.9  # likeness of a name whose beginning isn't ours: HUMMINBOT_API_URL


def meant(name: str) -> str | None:
    """The setting that a name in capitals was meant to be, "" for one that can't be guessed; None: it isn't ours."""
    if name in VARIABLES.values():
        return None
    if _OURS.match(name):
        stem = _PREFIX.sub("", name)
        near = nearest(stem, _BY_STEM)
        return _BY_STEM[near[0]] if near else ""
    near = nearest(name, _PREFIXED, likeness=_MISTYPED) if name.startswith("H") else []
    return near[0] if near else None


def danger(setting: str, on_paper: bool) -> str:
    """What going on without a setting could do that its misspeller believes to have ruled out; "" for nothing."""
    if setting in _PROTECT:
        return "It was to protect"
    if setting in _CHOOSE:
        return "Without it other tools would be offered than were chosen"
    if setting.startswith(_PAPER) and not on_paper:
        return "It is of the paper exchange, and this server would act on a real one"
    return ""
