"""What a person says to a question, and the way to them."""

from collections.abc import Mapping
from typing import Literal, Protocol, Self

from attrs import define, field, frozen

from hbmcp.errors import NOTHING_SENT, AnswerVoid, CantAsk, Declined, NotConfirmed, Unanswered
from hbmcp.policy.confirmation.demand import WAYS, Demand
from hbmcp.policy.confirmation.question import Question
from hbmcp.policy.confirmation.quoted import Quoted
from hbmcp.store import OnceOnly
from hbmcp.text import NAMED, cut, one_line
from hbmcp.times import machine

# A client's word; a button pressed in the chat; a passphrase at a terminal; a key pressed at the terminal that called;
# "relied" on the client's own approval: nobody was asked.
CameBy = Literal["client", "telegram", "terminal", "keyboard", "relied"]
Reply = Literal["yes", "no", "dismissed", "none", "gone", "unreadable", "wrong", "void"]

_NO_YES: Mapping[Reply, tuple[type[NotConfirmed], str]] = {
    "no": (Declined, "The person who was asked said no."),
    "dismissed": (Declined, "The person who was asked dismissed the question."),
    "none": (Unanswered, "Nobody answered the question in time."),
    "gone": (Unanswered, "The question couldn't be put: the client failed at it, or has gone."),
    "unreadable": (Unanswered, "The client's answer to the question is neither a yes nor a no."),
    "wrong": (Unanswered, "The passphrase that approves wasn't typed."),
    "void": (AnswerVoid, "This answer was changed, or is to a question of another call, client or installation."),
}


@define
class Answered:
    """An answer to a question: a `reply`, which way it came, by whom. One that could come again is held to be used
    `once`: the store keeps which answers were, or it carries out an approval that stands there. What was said before
    the question, `upto` that key of the ledger, isn't held against it."""

    question: Question
    reply: Reply
    way: CameBy
    by: str
    once: OnceOnly | None = None
    upto: int = -1

    @classmethod
    def carried(cls, question: Question, reply: Reply, by: str) -> Self:
        """One that a client brings with the question that it was given, and could bring again."""
        return cls(question, reply, "client", by, OnceOnly("answer", question.id))

    @property
    def line(self) -> dict[str, str]:
        """For the audit."""
        return {"question": self.question.id, "way": self.way, "by": cut(one_line(self.by), NAMED)}

    def check(self, now: Quoted, demand: Demand | None) -> None:
        """Raises NotConfirmed unless it is a yes that holds for this plan, as a policy wants it asked for now."""
        self.check_yes()
        if demand is not None and not self._proves(demand):
            raise AnswerVoid("The policy wants this asked in another way now.", NOTHING_SENT, _AGAIN)
        if self.way == "relied":
            return
        tolerance = min(self.question.demand.tolerance, *(() if demand is None else (demand.tolerance,)))
        if change := self.question.quoted.change(now, tolerance):
            raise AnswerVoid(f"{change}: the answer doesn't hold for that.", NOTHING_SENT, _AGAIN)

    @property
    def out_of_band(self) -> bool:
        """Whether who answered isn't behind the client that called."""
        return self.way in ("telegram", "terminal")

    def _proves(self, demand: Demand) -> bool:
        """Whether it came as the policy wants, or in a way that proves more."""
        if self.way == "relied":
            return demand.relies
        return demand.way == "client" or (self.out_of_band and WAYS.index(self.way) >= WAYS.index(demand.way))

    def check_yes(self) -> None:
        """Raises NotConfirmed unless it is a yes in time."""
        if self.reply != "yes":
            error, happened = _NO_YES[self.reply]
            raise error(happened, NOTHING_SENT, "Tell the user; don't call it again unless they ask for it.")
        if machine() > self.question.until:
            raise Unanswered("The answer came too late: the question's time was over.", NOTHING_SENT, _AGAIN)


_AGAIN = "Look how things are; if it is still wanted, call it again, and the person is asked anew."


class Ask(Protocol):
    """The way to the person behind a call."""

    @property
    def answered(self) -> Answered | None:
        """An answer that came with the call, to a question of before."""

    @property
    def at_terminal(self) -> bool:
        """Whether it is a terminal, where a passphrase can be typed."""

    @property
    def cant(self) -> str:
        """Why nobody can be asked this way; "" where somebody can."""

    async def __call__(self, question: Question) -> Answered:
        """Ask, and wait for the answer; nothing is held meanwhile. Raises AskedFirst where it comes with another
        call."""

    async def type_keys(self, exchange: str, account: str) -> str:
        """Have the person type an exchange's keys where no model sees them; what to say of it. Raises CallError where
        that can't be, and AskedFirst."""


@frozen
class Visit:
    """A page that a person is asked to go to, in `words`; its address is for nobody else."""

    words: str
    address: str = field(repr=False)
    id: str


class AskedFirst(Exception):
    """The call ends here, and comes again with the answer to its question."""

    def __init__(self, question: Question | Visit) -> None:
        super().__init__(question.id)
        self.question = question


def cant_ask(why: str, over: str = "", upto: str = "", *, at_terminal: bool = False) -> CantAsk:
    """Where nobody can be asked, and the policy doesn't rely on the client then. `over` is the worth above which it
    asks this way, `upto` that up to which it asks nobody; `at_terminal` is whether it could ask there instead."""
    terminal = ', or set ask = "terminal" there and approve it with `hbmcp approvals`' if at_terminal else ""
    return CantAsk(
        f"The policy wants a person asked before this is sent{f' (over {over})' if over else ''}, and nobody can be: "
        f"{why}.",
        NOTHING_SENT,
        "A person set this in the policy ([[confirm]]): tell the user. They can take a client that asks"
        f"{terminal}.{f' Up to {upto} nobody is asked.' if upto else ''}",
    )
