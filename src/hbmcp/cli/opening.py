"""What a command says on stderr before it does anything: on what it acts, and what is wrong with its settings."""

import logging
from collections.abc import Iterator, Mapping
from itertools import chain
from urllib.parse import urlsplit

from hbmcp import __version__
from hbmcp.catalog import Offer
from hbmcp.policy.file import InForce
from hbmcp.policy.model import Policy, Way
from hbmcp.policy.words import summary
from hbmcp.settings import FLAGS, VARIABLES, Settings

_WAYS: Mapping[Way, str] = {"telegram": "in Telegram", "terminal": "at a terminal"}

logger = logging.getLogger("hbmcp")


def introduce(told: Settings, offer: Offer) -> None:
    """The first line: the installation, real or paper, what is offered, and where the settings come from."""
    logger.info(
        "hbmcp %s, %s: %d tools%s%s. Settings: %s.",
        __version__,
        where(told),
        len(offer.listed),
        f", {beyond} more within reach" if (beyond := len(offer.tools) - len(offer.listed)) else "",
        ", read-only" if told.read_only else "",
        "; ".join(_origins(told)) or "none, all defaults",
    )


def where(told: Settings) -> str:
    """Real or paper, and which."""
    name = f"{told.name}, " if told.name else ""
    if told.on_paper:
        return f"{name}PAPER (simulated, no real money)"
    return f"{name}LIVE on the Hummingbot API at {urlsplit(told.api_url).netloc}"


def warn(told: Settings, held: InForce | None = None) -> None:
    """What a person must be told of the settings, of the paper exchange that they name, and of the policy. Raises
    SettingsError, also where nobody could be told of what is unusual."""
    if told.notify:
        from hbmcp.policy.notify.addresses import addresses

        addresses(told)
    policys = of_policy(told, held) if held else ()
    for remark in (*told.remarks, *(_of_paper(told) if told.on_paper else ()), *policys):
        logger.warning("%s", remark)


def of_policy(told: Settings, held: InForce) -> list[str]:
    """What a person must be told of the policy that holds."""
    return [*held.remarks, *unapproved(told, held.policy)]


def unapproved(told: Settings, policy: Policy) -> list[str]:
    """That nobody can approve anything, where the policy asks at a terminal or in a chat."""
    profiles = (profile.confirm for profile in policy.profiles.values())
    asking = [rule for rules in chain(policy.confirm_lists, profiles) for rule in rules if rule.ask != "client"]
    if not asking:
        return []
    import anyio

    from hbmcp.policy.confirmation.approvals import nobody

    said = []
    for way, where in _WAYS.items():
        rules = [rule for rule in asking if rule.ask == way]
        if rules and (why := nobody(told, way)):
            relying = [rule for rule in rules if rule.cant_ask == "rely"]
            refused = "refused" if not relying else 'refused, but where cant_ask is "rely"'
            became = "sent without asking" if len(relying) == len(rules) else refused
            said.append(f"The policy asks {where}, and nobody can be: {why}. What it asks for so is {became}.")
        elif rules and way == "terminal":
            said += anyio.run(_without_passphrase, told)
    return said


async def _without_passphrase(told: Settings) -> list[str]:
    from hbmcp.cli.store import store_of
    from hbmcp.errors import StoreError
    from hbmcp.identity import Identity
    from hbmcp.policy.confirmation.passphrase import KEY
    from hbmcp.store.place import Place

    if Place.of(told, Identity.of(told)).exists:
        try:
            async with store_of(told) as store:
                if await store.key(KEY) is not None:
                    return []
        except StoreError:  # which is told when it is needed
            return []
    return [
        "The policy asks at a terminal, and no passphrase is set, without which nobody approves anything: "
        "`hbmcp approvals passphrase` sets it."
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
