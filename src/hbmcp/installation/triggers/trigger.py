"""A trigger: when, what then, and for how long."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from attrs import evolve, frozen
from pydantic import BaseModel, ConfigDict

from hbmcp.caller import Access
from hbmcp.figures import plain, ratio
from hbmcp.installation.place_filter import Place, may_be_at
from hbmcp.installation.triggers.condition import IN_PERCENT, Condition, Goes, Memory, Of
from hbmcp.pairs import is_of
from hbmcp.store import TriggerRow, TriggerState
from hbmcp.text import named

Tool = Literal["place_order", "close_position", "close_positions", "cancel_orders", "cancel_order", "stop_executor"]

WAITING: tuple[TriggerState, ...] = ("waiting",)
FIRING: tuple[TriggerState, ...] = ("firing",)
LIVE = (*WAITING, *FIRING)
OVER: tuple[TriggerState, ...] = ("done", "expired", "cancelled", "failed", "unknown")
BOUNDED: tuple[Of, ...] = ("price", "spread", "portfolio")  # beyond whose level what opens isn't sent by more than slip


class Action(BaseModel):
    """The call of a tool. `reduces` is whether it can only lessen what is at risk, `sells` whether it sells coins that
    are held, which a policy judges as what opens; `words` say what it does: "close the LONG position ETH-USDT on
    binance_perpetual of master_account"."""

    model_config = ConfigDict(frozen=True)

    tool: Tool
    arguments: Mapping[str, Any]
    words: str
    reduces: bool
    sells: bool = False

    @property
    def opens(self) -> bool:
        """Whether there may be more at risk by it."""
        return not self.reduces and not self.sells

    @property
    def place(self) -> Place:
        """Where it acts, as far as it names that."""
        given = self.arguments
        return given.get("account_name"), given.get("connector_name"), given.get("trading_pair")


class Protected(BaseModel):
    """What a trigger protects: a position, or `amount` coins that were bought. It ends with that."""

    model_config = ConfigDict(frozen=True)

    account_name: str
    connector_name: str
    trading_pair: str
    side: Literal["LONG", "SHORT"]
    amount: Decimal | None = None

    @property
    def where(self) -> dict[str, str]:
        """As arguments of a tool."""
        names = ("account_name", "connector_name", "trading_pair")
        return {name: getattr(self, name) for name in names}

    @property
    def against(self) -> Goes:
        """Where the price goes when it loses."""
        return "below" if self.side == "LONG" else "above"

    @property
    def well(self) -> Goes:
        """Where the price goes when it gains."""
        return "above" if self.side == "LONG" else "below"


class Filled(BaseModel):
    """An order with whose fills a trigger begins to be watched, and `filled`, what they are so far, in base units. It
    is kept before the order is sent: until its id is known, it is the one that the store remembers as `sent`."""

    model_config = ConfigDict(frozen=True)

    account_name: str
    connector_name: str
    order_id: str | None = None
    sent: int | None = None
    filled: Decimal = Decimal(0)

    @property
    def words(self) -> str:
        """ "order 0x12", or "its order"."""
        return "its order" if self.order_id is None else f"order {named(self.order_id)}"


class Every(BaseModel):
    """Fires up to `count` times, `pause` seconds apart at least, while what it spends is at most `total` in quote."""

    model_config = ConfigDict(frozen=True)

    pause: int
    count: int
    total: Decimal | None = None


class Spec(BaseModel):
    """`then` is None where it only tells. `of_entry` is by how many percent its level is above the entry of the
    position that it protects, where it follows that. `expires` in epoch ms. What opens isn't sent more than `slip`
    percent beyond the level, of a spread points. `note` are the words of who made it. `switch` names the dead man's
    switch that it is of, `armed_with` is the access token with which it was armed."""

    model_config = ConfigDict(frozen=True)

    when: Condition
    then: Action | None = None
    expires: int | None = None
    every: Every | None = None
    protects: Protected | None = None
    of_entry: Decimal | None = None
    after: Filled | None = None
    slip: Decimal = Decimal(2)
    note: str = ""
    switch: str = ""
    armed_with: Access | None = None

    @property
    def reduces(self) -> bool:
        """Whether it can only lessen what is at risk; what only tells adds none."""
        return self.then is None or self.then.reduces

    @property
    def opens(self) -> bool:
        """Whether there may be more at risk by it."""
        return self.then is not None and self.then.opens

    def overshot(self, value: Decimal, level: Decimal | None) -> str:
        """That a value is further beyond the level than what opens is sent at; "" where it isn't."""
        if not self.opens or self.when.of not in BOUNDED or level is None:
            return ""
        in_points = self.when.of in IN_PERCENT
        away = abs(value - level)
        if (away if in_points or not level else ratio(away * 100, level)) <= self.slip:
            return ""
        unit = " points" if in_points else "%"
        return f"{self.when.what} is {plain(value):f}, more than {plain(self.slip):f}{unit} beyond the level"

    def is_about(self, account: str | None, connector: str | None, pair: str) -> bool:
        """Whether it waits for, protects or acts on this pair, or pairs of this base, as far as it names where."""
        when = self.when
        markets: list[Place] = [
            (when.account_name, when.connector_name, when.trading_pair),
            (when.account_name, when.other, when.trading_pair if when.other else None),
            *([self.then.place] if self.then else []),
        ]
        asked = account, connector, pair
        return any(is_of(told[2], pair) and may_be_at(told, asked) for told in markets)

    def acts_on(self, account: str | None, connector: str | None, pair: str | None) -> bool:
        """Whether it does something there, as far as that names where."""
        return self.then is not None and may_be_at(self.then.place, (account, connector, pair))

    @property
    def does(self) -> str:
        """What it does: of coins it never sells more than are there, of which a fee or somebody else may have taken."""
        if self.then is None:
            return "tell"
        of_coins = self.protects is not None and self.protects.amount is not None
        return f"{self.then.words}, or what is there of it" if of_coins else self.then.words

    @property
    def words(self) -> str:
        """The whole, in a sentence without its stop."""
        often = ""
        if self.every:
            total = f", {self.every.total} in all" if self.every.total is not None else ""
            often = f", up to {self.every.count} times, {self.every.pause} s apart{total}"
        return f"when {self.when.words}: {self.does}{often}"


@frozen
class Trigger:
    """A trigger: its row as it was read, what that says it is and remembers, and what came since."""

    row: TriggerRow
    spec: Spec
    memory: Memory

    @classmethod
    def of(cls, row: TriggerRow) -> "Trigger":
        """Raises ValueError where another version of hbmcp wrote what this one can't read."""
        return cls(row, Spec.model_validate_json(row.spec), Memory.model_validate_json(row.memory))

    @property
    def key(self) -> int:
        """Its number."""
        return self.row.key

    def remembering(self, memory: Memory) -> "Trigger":
        """With another memory."""
        return evolve(self, memory=memory)

    def meaning(self, spec: Spec) -> "Trigger":
        """With another spec."""
        return evolve(self, spec=spec)

    @property
    def written(self) -> TriggerRow:
        """The row as it is to be kept now."""
        return evolve(self.row, spec=written_spec(self.spec), memory=written_memory(self.memory))


def new(spec: Spec, now: int, bond: str | None, armed_with: Access | None, memory: Memory | None = None) -> TriggerRow:
    """The row of one that isn't kept yet. Triggers of one bond end with the first of them that is done."""
    spec = spec.model_copy(update={"armed_with": armed_with})
    return TriggerRow(
        written_spec(spec), created=now, changed=now, memory=written_memory(memory or Memory()), bond=bond
    )


def written_spec(spec: Spec) -> str:
    """As the store keeps it."""
    return spec.model_dump_json(exclude_defaults=True)


def written_memory(memory: Memory) -> str:
    """As the store keeps it."""
    return memory.model_dump_json(exclude_defaults=True)
