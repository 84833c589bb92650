"""The resources there are, and which of them an address means."""

import re
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any, Literal
from urllib.parse import unquote

from attrs import evolve, field, frozen

SCHEME = "hummingbot://"
MIME_TYPE = "text/plain"

_VARIABLE = re.compile(r"\{(\w+)\}")


@frozen(slots=False)
class Resource:
    """What stands at an address, or with {variables} in it at many. It is read by a `tool`, whose arguments the
    variables are, or is hbmcp's `own`. One of a `list` argument is a list of one.

    Who subscribes to it hears when it differs: looked at `every` so many seconds, less what is `passing` in it.
    """

    path: str
    title: str
    description: str
    tool: str = ""
    own: Literal["", "policy", "audit"] = ""
    list_of: Mapping[str, str] = field(factory=dict)
    every: float = 0
    passing: Collection[str] = ()

    def at(self, installation: str) -> "Resource":
        """The same of one of several, which has a name."""
        if not installation:
            return self
        return evolve(self, path=f"{installation}/{self.path}", title=f"{self.title}, {installation}")

    @property
    def uri(self) -> str:
        """Its address, or the template of its addresses."""
        return SCHEME + self.path

    @cached_property
    def variables(self) -> list[str]:
        """Those of its address."""
        return _VARIABLE.findall(self.path)

    @property
    def definition(self) -> dict[str, Any]:
        """What its list sends."""
        return {
            "uriTemplate" if self.variables else "uri": self.uri,
            "name": self.path,
            "title": self.title,
            "description": self.description,
            "mimeType": MIME_TYPE,
            "annotations": {"audience": ["user", "assistant"]},
        }

    def arguments(self, uri: str) -> dict[str, Any] | None:
        """The tool's arguments at an address; None where it isn't one of this."""
        found = self._pattern.fullmatch(uri)
        if found is None:
            return None
        given = {name: unquote(value) for name, value in found.groupdict().items()}
        return {self.list_of.get(name, name): [one] if name in self.list_of else one for name, one in given.items()}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        texts = map(re.escape, _VARIABLE.sub("\n", self.uri).split("\n"))
        groups = [f"(?P<{name}>[^/?#]+)" for name in self.variables]
        return re.compile("".join(map("".join, zip(texts, [*groups, ""], strict=True))))


RESOURCES = (
    Resource("accounts", "Accounts", "Accounts with the exchanges that they are connected to.", "get_accounts"),
    Resource(
        "portfolio",
        "Portfolio",
        "What all is worth, by token and by exchange.",
        "get_portfolio_balances",
        every=30,
    ),
    Resource("positions", "Positions", "Open perpetual positions with P&L, and totals.", "get_positions", every=10),
    Resource("orders", "Open orders", "The orders that rest.", "get_open_orders", every=10, passing=("age",)),
    Resource(
        "triggers",
        "Triggers",
        "Triggers that wait, and who watches them.",
        "list_triggers",
        every=5,
        passing=("last", "as_of", "level", "distance_percent", "distance_points", "in"),
    ),
    Resource("bots", "Bots", "The bots that are connected.", "list_bots"),
    Resource("policy", "Policy", "What assistants may do: limits, and how far they are used up.", own="policy"),
    Resource("audit", "Audit", "The latest calls that weren't reads, and what became of them.", own="audit"),
    Resource(
        "accounts/{account_name}/balances",
        "Balances of an account",
        "What is available and held, with its value.",
        "get_account_balance",
    ),
    Resource("accounts/{account_name}/positions", "Positions of an account", "Those that are open.", "get_positions"),
    Resource("accounts/{account_name}/orders", "Open orders of an account", "Those that rest.", "get_open_orders"),
    Resource(
        "connectors/{connector_name}/trading-rules",
        "Trading rules",
        "Smallest order, price and amount steps of an exchange's pairs.",
        "get_trading_rules",
    ),
    Resource(
        "connectors/{connector_name}/trading-rules/{trading_pair}",
        "Trading rules of a pair",
        "Smallest order, price and amount steps.",
        "get_trading_rules",
        list_of={"trading_pair": "trading_pairs"},
    ),
    Resource(
        "executors/{executor_type}",
        "Executor guide",
        "The fields of an executor type with units and meaning, and an example.",
        "get_executor_fields",
    ),
)
