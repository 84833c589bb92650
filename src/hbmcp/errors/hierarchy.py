"""Everything that hbmcp reports as an error, in one hierarchy.

    HbmcpError
      SettingsError       a setting or flag is wrong; hbmcp doesn't start
      StoreError          what hbmcp remembers can't be opened, read or written; calls go on without it
      CallError           a tool call without a good answer
        NotConfigured     the API's username or password, a proxy or a certificate is missing or wrong; nothing was sent
        UnknownTool       no such tool here; nothing was sent
        BadArguments      the arguments don't fit the tool; nothing was sent
        Unreachable       no connection to the API; nothing was sent
        ConnectionLost    a read lost its connection
        ReadTimedOut      a read took too long
        OutcomeUnknown    something other than a read was sent, and nobody knows what became of it
        WrongCredentials  the API doesn't accept username and password
        UnknownOperation  this version of the API has no such operation
          AbsentOperation   so its contract says, and it wasn't asked
          ChangedOperation  it has, and takes another request than hbmcp makes; nothing was sent
        Refused           the API said no, and why; or hbmcp did, before anything was sent
          NotAllowed      the policy said no, by which of its rules; nothing was sent
          Halted          a person halted hbmcp
          NotAudited      it adds risk, and couldn't be written down before
          LimitReached    a limit of the policy is reached
          NotCounted      what adds risk can't be priced, counted or remembered
          SaidTwice       the same was done a moment ago
          NotConfirmed    a person was to be asked, and there is no yes that holds
            Declined      they said no, or dismissed the question
            Unanswered    no answer came, or none that could be read
            CantAsk       nobody can be asked
            AnswerVoid    the answer was for another plan or another price, too late, or used before
        ServiceDown       the API runs, but Gateway, Docker or the message broker behind it doesn't
        GatewayFailed     Gateway, behind the API, failed; why may stand in its log alone
        ApiFailed         the API answered 5xx
        UnreadableAnswer  what answered isn't the API, or its answer is damaged
        Failed            the API answered 200, and the answer says that it failed
          Rejected        the exchange refused what the API had taken, and nothing of it was done
        PluginFailed      a plugin's function raised something of its own, before anything was sent

An error is three things: what happened, what was not done (or may have been), and what to do next. str() is all of
them. No message holds a URL, a password or a header.
"""

from decimal import Decimal
from typing import ClassVar

# What did not happen, in many of them.
NOTHING_DONE = "Nothing was done."
NOTHING_SENT = "Nothing was sent."


class HbmcpError(Exception):
    """What happened, what wasn't done, what to do next; `kind` names it for logs and tests."""

    kind: ClassVar[str] = "error"

    def __init__(self, happened: str, undone: str = "", advice: str = "") -> None:
        self.happened = happened
        self.undone = undone
        self.advice = advice
        message = happened
        for part in (undone, advice):
            if part:
                message += part if message.endswith("\n") else f" {part}"
        super().__init__(message)


class SettingsError(HbmcpError):
    """A setting or a flag is wrong; the message names it."""

    kind = "settings"


class StoreError(HbmcpError):
    """What hbmcp remembers can't be opened, read or written. What was asked of it wasn't done; all else works."""

    kind = "store"


class CallError(HbmcpError):
    """A tool call that has no good answer. A client sees the message in a result with isError."""

    kind = "call"

    @property
    def nothing_done(self) -> bool:
        """Whether it says for certain that nothing was."""
        return self.undone in (NOTHING_DONE, NOTHING_SENT)


class NotConfigured(CallError):
    """What leads to the API isn't set or can't be right: its username or password, a proxy, certificates."""

    kind = "not_configured"


class UnknownTool(CallError):
    """No tool of this name is offered; the message has the nearest names, or how to switch the tool on."""

    kind = "unknown_tool"


class BadArguments(CallError):
    """The arguments don't fit the tool. One line per problem."""

    kind = "bad_arguments"


class Unreachable(CallError):
    """There was no connection to the API, so nothing was sent."""

    kind = "unreachable"


class ConnectionLost(CallError):
    """The connection broke while a read was under way."""

    kind = "connection_lost"


class ReadTimedOut(CallError):
    """A read took longer than its tool allows."""

    kind = "timeout"


class OutcomeUnknown(CallError):
    """Something that isn't a read was sent and not answered: it may have been done, and must not be repeated."""

    kind = "outcome_unknown"


class WrongCredentials(CallError):
    """The API answered 401 or 403."""

    kind = "wrong_credentials"


class UnknownOperation(CallError):
    """The API has no such path or method: its version isn't the one that the tools were made from."""

    kind = "unknown_operation"


class AbsentOperation(UnknownOperation):
    """The API's own contract, or the one that hbmcp was made from, hasn't it: it wasn't asked."""


class ChangedOperation(UnknownOperation):
    """The API has it, and takes another request than hbmcp makes. Nothing was sent."""


class Refused(CallError):
    """The API answered 4xx and gave its reason."""

    kind = "refused"


class NotAllowed(Refused):
    """A rule of the policy refuses it, so nothing was sent."""

    kind = "not_allowed"


class Halted(Refused):
    """A person halted hbmcp, and this isn't sent until it is resumed; unless it is `for_person`, who can be asked."""

    kind = "halted"

    def __init__(self, happened: str, undone: str = "", advice: str = "", *, for_person: bool = False) -> None:
        super().__init__(happened, undone, advice)
        self.for_person = for_person


class NotAudited(Refused):
    """What adds risk is written down before it is sent, and this couldn't be."""

    kind = "not_audited"


class LimitReached(Refused):
    """A limit that a person set is reached: which, its value, what is used, what was asked, what would pass. `limit` is
    its name in the policy, "budget" for any of these; `passes` in the policy's currency, None for one of another."""

    kind = "limit_reached"

    def __init__(
        self, happened: str, undone: str = "", advice: str = "", *, limit: str = "", passes: Decimal | None = None
    ) -> None:
        super().__init__(happened, undone, advice)
        self.limit = limit
        self.passes = passes


class NotCounted(Refused):
    """What adds risk can't be priced, counted or remembered, so it isn't sent."""

    kind = "not_counted"


class SaidTwice(Refused):
    """The same was done within the last minute, and may be meant once."""

    kind = "said_twice"


class NotConfirmed(Refused):
    """A person was to be asked before this is sent, and there is no yes that holds; nothing was sent."""

    kind = "not_confirmed"


class Declined(NotConfirmed):
    """They said no, or dismissed the question."""

    kind = "declined"


class Unanswered(NotConfirmed):
    """No answer came in time, or none that could be read."""

    kind = "unanswered"


class CantAsk(NotConfirmed):
    """There is no way to a person."""

    kind = "cant_ask"


class AnswerVoid(NotConfirmed):
    """The answer was for another plan or another price, too late, or used before."""

    kind = "answer_void"


class ServiceDown(CallError):
    """Gateway, Docker or the message broker, which the API needs for this, doesn't run."""

    kind = "service_down"


class GatewayFailed(CallError):
    """Gateway was asked and failed. The API mostly hides why: Gateway's log has it."""

    kind = "gateway_failed"


class ApiFailed(CallError):
    """The API answered 5xx, which this API does for bad requests too."""

    kind = "api_failed"


class UnreadableAnswer(CallError):
    """A redirect, an HTML page, broken JSON: not an answer of the API."""

    kind = "unreadable_answer"


class Failed(CallError):
    """HTTP said 200, the answer says that it failed."""

    kind = "failed"


class Rejected(Failed):
    """The API took it, the exchange refused it, and nothing of it was done."""

    kind = "rejected"


class PluginFailed(CallError):
    """A plugin's function raised something of its own; nothing was sent by then."""

    kind = "plugin_failed"
