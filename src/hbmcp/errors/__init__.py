"""What goes wrong, and what is said of it. Each module answers one question:

hierarchy       which errors are there, and what does each mean? (re-exported here)
http_answers    which error is an HTTP answer that isn't 2xx?
gateway_answers which error is it where Gateway is behind it?
service_answers which error is it where another service answered?
unknown_outcome what is said where nobody knows what became of a call?
reasons         what does the reason mean that the API, its framework or an exchange gave?
refusals        does it prove that nothing was done?
failed_answers  is an answer with status 200 a failure all the same?
failure_advice  and what is to be done about it?
"""

from hbmcp.errors.hierarchy import (
    NOTHING_DONE,
    NOTHING_SENT,
    AbsentOperation,
    AnswerVoid,
    ApiFailed,
    BadArguments,
    CallError,
    CantAsk,
    ChangedOperation,
    ConnectionLost,
    Declined,
    Failed,
    GatewayFailed,
    Halted,
    HbmcpError,
    LimitReached,
    NotAllowed,
    NotAudited,
    NotConfigured,
    NotConfirmed,
    NotCounted,
    OutcomeUnknown,
    PluginFailed,
    ReadTimedOut,
    Refused,
    Rejected,
    SaidTwice,
    ServiceDown,
    SettingsError,
    StoreError,
    Unanswered,
    UnknownOperation,
    UnknownTool,
    Unreachable,
    UnreadableAnswer,
    WrongCredentials,
)

__all__ = [
    "NOTHING_DONE",
    "NOTHING_SENT",
    "AbsentOperation",
    "AnswerVoid",
    "ApiFailed",
    "BadArguments",
    "CallError",
    "CantAsk",
    "ChangedOperation",
    "ConnectionLost",
    "Declined",
    "Failed",
    "GatewayFailed",
    "Halted",
    "HbmcpError",
    "LimitReached",
    "NotAllowed",
    "NotAudited",
    "NotConfigured",
    "NotConfirmed",
    "NotCounted",
    "OutcomeUnknown",
    "PluginFailed",
    "ReadTimedOut",
    "Refused",
    "Rejected",
    "SaidTwice",
    "ServiceDown",
    "SettingsError",
    "StoreError",
    "Unanswered",
    "UnknownOperation",
    "UnknownTool",
    "Unreachable",
    "UnreadableAnswer",
    "WrongCredentials",
]
