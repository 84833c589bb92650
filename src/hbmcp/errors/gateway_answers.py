"""What an error means that the API gives for Gateway, which it asks in its turn.

The API passes little of what Gateway says, and one sentence stands for many causes: Gateway's log has them. Whatever
was to be written on a chain may be on it when the answer is an error.
"""

import re
from collections.abc import Callable
from typing import Any

from hbmcp.catalog import CHOOSING, Offer, Tool
from hbmcp.errors.hierarchy import NOTHING_DONE, CallError, GatewayFailed, OutcomeUnknown, Refused, ServiceDown
from hbmcp.errors.reasons import tidy
from hbmcp.results.secrets_in_text import scrubbed
from hbmcp.text import named

ABSENT = "Gateway service is not available"
VERSION = "Gateway 2.13"
LOG = "get_gateway_logs"

_OPERATION = re.compile(r"\w+ /(accounts/)?gateway/")
_OWN = re.compile(r"\w+ /gateway/(start|stop|restart|status|logs)$")  # of the container: Docker answers for it
_NESTED_ERROR = re.compile(r"'error': '([^']*)'")  # what Gateway said, inside of what Pydantic says


def gateway_answer(status: int, detail: Any, tool: Tool, offer: Offer) -> CallError | None:
    """The error for an answer of 400 or more where Gateway is behind it; None where it isn't, or isn't to blame."""
    said = detail if isinstance(detail, str) else ""
    if status == 503 and said == ABSENT:
        return _absent(offer)
    if not _OPERATION.match(tool.operation) or _OWN.match(tool.operation):
        return None
    for pattern, meant in _REFUSALS:
        if found := pattern.fullmatch(said):
            return meant(status, found, tool)
    for pattern, meant in _READINGS:
        if found := pattern.search(said):
            return meant(status, found, tool)
    if tool.operation.endswith("/add-wallet") and said and not _OF_THE_CHAIN.search(said):
        return _no_new_wallet(status, said)
    if tool.risk == "trade" and (status == 500 or (status >= 500 and said) or _NO_ANSWER.match(said)):
        return _unknown(status, said, tool)
    return None


def _absent(offer: Offer) -> ServiceDown:
    start = offer.catalog.by_operation("POST /gateway/start")
    by = "A person must start it on the API's host"
    if start is not None:
        offered = f"Start it with {start.name}"
        by = offered if start in offer.tools else f"{by}, or have {start.name} offered ({CHOOSING})"
    return ServiceDown(
        "Gateway, which the Hummingbot API needs for this, isn't running or can't be reached (HTTP 503).",
        NOTHING_DONE,
        f"{by}; if it was started or restarted just now, wait some seconds. Or do without tools of wallets, pools and "
        "swaps.",
    )


def _unknown(status: int, said: str, tool: Tool) -> OutcomeUnknown:
    why = f': "{scrubbed(tidy(said))}"' if said else " and gave no reason"
    return OutcomeUnknown(
        f"Outcome unknown: {tool.name} was sent, and failed then (HTTP {status}){why}.",
        "It may be on the chain, or still get there.",
        f"Don't repeat it. First find out: look with {_shown_by(tool)}.",
    )


def _shown_by(tool: Tool) -> str:
    if tool.operation.endswith("/swap/execute"):
        return (
            f"get_portfolio_balances (the wallet's tokens, up to five minutes old) and {LOG}: no list of swaps has one "
            "without a transaction"
        )
    return "list_pool_positions, which reads the chain"


def no_such_operation(tool: str, seen: str) -> GatewayFailed:
    return GatewayFailed(
        f"{tool} doesn't work with this Gateway, {seen}.",
        NOTHING_DONE,
        f"{VERSION} has no such operation, so it stays so: open another position with open_clmm_position, or close "
        "this one with close_clmm_position.",
    )


def _no_transaction(status: int, _: re.Match[str], tool: Tool) -> CallError:
    if tool.operation.endswith(("/clmm/add", "/clmm/remove")):
        return no_such_operation(tool.name, f"which gave no transaction for it (HTTP {status})")
    return OutcomeUnknown(
        f"Outcome unknown: {tool.name} was handed to Gateway, which gave no transaction for it (HTTP {status}).",
        "Mostly nothing was sent then (slippage, no balance, no wallet, a node that is down, a bad pool).",
        f"Don't repeat it before you know the cause, and have looked with {_shown_by(tool)}.",
    )


def _no_position(status: int, _: re.Match[str], tool: Tool) -> CallError:
    return OutcomeUnknown(
        f"Outcome unknown: {tool.name} was sent to the chain, but Gateway didn't name the position (HTTP {status}).",
        "The position may be open already, or appear later.",
        f"Don't repeat it. First find out: list_pool_positions shows it once it is there; {LOG} has the transaction.",
    )


def _swap_without_answer(status: int, _: re.Match[str], tool: Tool) -> CallError:
    return OutcomeUnknown(
        f"Outcome unknown: {tool.name} was handed to Gateway, and no answer came back (HTTP {status}).",
        "The swap may have been sent, and will be in no list of swaps.",
        f"Don't repeat it. First find out: look with {_shown_by(tool)}.",
    )


def _no_pools(status: int, _: re.Match[str], tool: Tool) -> CallError:
    return GatewayFailed(
        f"{tool.name} failed (HTTP {status}): the API got no pools from Gateway.",
        "",
        f"Where Gateway runs this stays so, for the API can't list pools of {VERSION}: list_network_pools has the "
        "saved ones, and get_clmm_pool shows one by its address.",
    )


def _no_pool(status: int, found: re.Match[str], tool: Tool) -> CallError:
    nested = _NESTED_ERROR.search(found.string)
    said = scrubbed(tidy(nested[1] if nested else found[0]))
    if not tool.reads:
        return _unknown(status, said, tool)
    return GatewayFailed(
        f'Gateway failed at {tool.name} (HTTP {status}): "{said}".',
        "",
        "The pool, the connector or the network may be another's, or a node or a service be slow or down.",
    )


def _not_looked_up(status: int, found: re.Match[str], tool: Tool) -> CallError:
    return GatewayFailed(
        f'Gateway failed at {tool.name} (HTTP {status}): "{scrubbed(tidy(found.string))}".',
        NOTHING_DONE,
        "It doesn't know the address, or its service or node doesn't answer: add_network_token and add_network_pool "
        "take what it can't find.",
    )


def _wants_connector(status: int, _: re.Match[str], tool: Tool) -> CallError:
    return Refused(
        f"{tool.name} doesn't work with this Gateway (HTTP {status}): {VERSION} wants the pool's connector, which the "
        "Hummingbot API doesn't pass on.",
        NOTHING_DONE,
        "Leave the pool in the list, where it does no harm; a person can take it out of Gateway's own files.",
    )


def _no_wallet(status: int, found: re.Match[str], tool: Tool) -> CallError:
    return Refused(
        f"The Hummingbot API refused {tool.name} (HTTP {status}): Gateway has no wallet for {named(found[1])} that "
        "could be the default.",
        NOTHING_DONE,
        "list_wallets shows them: choose one with set_default_wallet, or have a person add one.",
    )


def _no_new_wallet(status: int, said: str) -> CallError:
    """Without Gateway's own words, which repeat how the key begins."""
    if status >= 500:
        return OutcomeUnknown(
            f"Outcome unknown: Gateway failed while it added the wallet (HTTP {status}).",
            "It may have been added.",
            "Don't repeat it. First find out: look with list_wallets.",
        )
    why = "makes no wallet of this private key" if _KEY.search(said) else "refused this wallet"
    return Refused(
        f"Gateway {why} (HTTP {status}).",
        NOTHING_DONE,
        f"A person must check that the key is one of this chain; {LOG} may have the cause.",
    )


def _not_recorded(status: int, _: re.Match[str], tool: Tool) -> CallError:
    return Refused(
        f"The Hummingbot API refused {tool.name} (HTTP {status}): it knows no position of this address.",
        NOTHING_DONE,
        "It can do this to those in list_clmm_positions alone.",
    )


def _no_swap(status: int, found: re.Match[str], tool: Tool) -> CallError:
    return Refused(
        f'The Hummingbot API refused {tool.name} (HTTP {status}): "{tidy(found.string)}".',
        "",
        "It knows the swaps that it answered with a transaction, which list_swaps has: one whose outcome is unknown is "
        f"in {LOG} alone, or on the chain.",
    )


_KEY = re.compile(r"\bkey\b|base58", re.IGNORECASE)
_OF_THE_CHAIN = re.compile(r"body/chain must be")
_NO_ANSWER = re.compile(r"Failed to (open|close|collect|add|remove)\b")  # so older versions say it, with status 404
_Reading = tuple[re.Pattern[str], Callable[[int, re.Match[str], Tool], CallError]]
# Nothing was done, where this is all that is said.
_REFUSALS: tuple[_Reading, ...] = (
    (
        re.compile(
            r"Failed to (?:add|save) (?:token|pool): (?:.*\bfrom GeckoTerminal"
            r"|Failed to process (?:token|pool) operation|Pool not found or unable to fetch pool info: \S+)"
        ),
        _not_looked_up,
    ),
    (re.compile(r"(?:Failed to delete pool: )?querystring must have required property 'connector'"), _wants_connector),
    (re.compile(r"No wallet configured for chain '?(\w+)'?\.?"), _no_wallet),
    (re.compile(r"Position \S+ not found in database\.(?: Pool address is required\.)?"), _not_recorded),
)
_READINGS: tuple[_Reading, ...] = (
    (re.compile(r"No transaction hash returned"), _no_transaction),
    (re.compile(r"No position address returned"), _no_position),
    (re.compile(r"not able to execute swap"), _swap_without_answer),
    (re.compile(r"Failed to fetch pools from Gateway"), _no_pools),
    (re.compile(r"validation errors? for (CLMM|Swap)|Failed to get pool info.*", re.DOTALL), _no_pool),
    (re.compile(r"Swap not found"), _no_swap),
)
