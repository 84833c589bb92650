"""What a command says on stderr before it does anything: on what it acts, and what is wrong with its settings."""

import logging
from collections.abc import Iterator
from urllib.parse import urlsplit

from hbmcp import __version__
from hbmcp.policy.file import InForce
from hbmcp.policy.words import summary
from hbmcp.settings import FLAGS, VARIABLES, Settings

logger = logging.getLogger("hbmcp")


def introduce(told: Settings, tools: int) -> None:
    """The first line: the installation, real or paper, what is offered, and where the settings come from."""
    logger.info(
        "hbmcp %s, %s: %d tools%s. Settings: %s.",
        __version__,
        where(told),
        tools,
        ", read-only" if told.read_only else "",
        "; ".join(_origins(told)) or "none, all defaults",
    )


def where(told: Settings) -> str:
    """Real or paper, and which."""
    if told.on_paper:
        return "PAPER (simulated, no real money)"
    return f"LIVE on the Hummingbot API at {urlsplit(told.api_url).netloc}"


def warn(told: Settings, held: InForce | None = None) -> None:
    """What a person must be told of the settings, of the paper exchange that they name, and of the policy. Raises
    SettingsError, also where nobody could be told of what is unusual."""
    if told.notify:
        from hbmcp.policy.notify.addresses import addresses

        addresses(told)
    policys = (*held.remarks, *_unasked(told, held)) if held else ()
    for remark in (*told.remarks, *(_of_paper(told) if told.on_paper else ()), *policys):
        logger.warning("%s", remark)


def _unasked(told: Settings, held: InForce) -> list[str]:
    asks = any(rule.ask == "telegram" for rules in held.policy.confirm_lists for rule in rules)
    if not asks or told.telegram_token is not None:
        return []
    return [
        "The policy asks in Telegram, and no bot is set: what it asks for is refused. Set HBMCP_TELEGRAM_TOKEN and "
        "HBMCP_TELEGRAM_CHAT."
    ]


def tell_policy(held: InForce) -> None:
    """What holds, and where it is written."""
    logger.info("Policy, %s: %s.", held.origin, summary(held.policy))


def _of_paper(told: Settings) -> list[str]:
    from hbmcp.paper.preflight import preflight

    return preflight(told)


def _origins(told: Settings) -> Iterator[str]:
    for origin in dict.fromkeys(told.origins.values()):
        fields = [field for field, one in told.origins.items() if one == origin]
        names = [FLAGS.get(field, field) if origin == "flags" else VARIABLES[field] for field in fields]
        yield f"{', '.join(names)} from {origin}"
