"""The tables as the migrations leave them."""

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, MetaData, Table, Text, TypeDecorator

metadata = MetaData()


class Exact(TypeDecorator[Decimal]):
    """A Decimal as text, which keeps every digit."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else str(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(value)


orders = Table(
    "hbmcp_orders",
    metadata,
    Column("key", BigInteger, primary_key=True),
    Column("installation", Text, nullable=False),
    Column("order_id", Text),
    Column("account", Text, nullable=False),
    Column("connector", Text, nullable=False),
    Column("pair", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("amount", Exact, nullable=False),
    Column("price", Exact),
    Column("action", Text),
    Column("time", BigInteger, nullable=False),
    Column("replaces", Text),
)

funding = Table(
    "hbmcp_funding",
    metadata,
    Column("installation", Text, primary_key=True),
    Column("connector", Text, primary_key=True),
    Column("pair", Text, primary_key=True),
    Column("time", BigInteger, primary_key=True),
    Column("rate", Exact, nullable=False),
    Column("interval_hours", Exact),
)

executor_defaults = Table(
    "hbmcp_executor_defaults",
    metadata,
    Column("installation", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("defaults", Text, nullable=False),
)

audit_heads = Table(
    "hbmcp_audit_heads",
    metadata,
    Column("log", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)

halts = Table(
    "hbmcp_halts",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("everything", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
)

ledger = Table(
    "hbmcp_ledger",
    metadata,
    Column("key", BigInteger, primary_key=True),
    Column("installation", Text, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("caller", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("idempotency_key", Text),
    Column("words", Text, nullable=False),
    Column("effect", Text, nullable=False),
    Column("account", Text),
    Column("exchange", Text),
    Column("pair", Text),
    Column("opened", Exact, nullable=False),
    Column("currency", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reference", Text),
    Column("holder", Text),
    Column("sent", Text, nullable=False),
    Column("side", Text),
    Column("amount", Exact),
    Column("settled", BigInteger),
    Column("replaces", Text),
    Column("orders", BigInteger, nullable=False),
)

triggers = Table(
    "hbmcp_triggers",
    metadata,
    Column("key", BigInteger, primary_key=True),
    Column("installation", Text, nullable=False),
    Column("spec", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("memory", Text, nullable=False),
    Column("bond", Text),
    Column("fired", BigInteger, nullable=False),
)

trigger_events = Table(
    "hbmcp_trigger_events",
    metadata,
    Column("key", BigInteger, primary_key=True),
    Column("installation", Text, nullable=False),
    Column("trigger", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("cause", Text, nullable=False),
)

heard = Table(
    "hbmcp_heard",
    metadata,
    Column("installation", Text, primary_key=True),
    Column("upto", BigInteger, nullable=False),
)

watches = Table(
    "hbmcp_watches",
    metadata,
    Column("installation", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("unwatched_from", BigInteger),
    Column("unwatched_to", BigInteger),
    Column("rank", BigInteger, nullable=False),
    Column("claimant", Text),
    Column("claimant_kind", Text),
    Column("claimed_until", BigInteger),
)

tokens = Table(
    "hbmcp_tokens",
    metadata,
    Column("installation", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("toolsets", Text, nullable=False),
    Column("read_only", BigInteger, nullable=False),
    Column("profile", Text),
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
)

day_starts = Table(
    "hbmcp_day_starts",
    metadata,
    Column("installation", Text, primary_key=True),
    Column("time", BigInteger, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("equity", Exact, nullable=False),
    Column("seen", BigInteger, nullable=False),
)

keys = Table(
    "hbmcp_keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

used_answers = Table(
    "hbmcp_used_answers",
    metadata,
    Column("installation", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("time", BigInteger, nullable=False),
)

approvals = Table(
    "hbmcp_approvals",
    metadata,
    Column("installation", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("client", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("quoted", Text, nullable=False),
    Column("tolerance", Exact, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("came", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("profile", Text),
    Column("told", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("message", BigInteger, nullable=False),
    Column("shown", BigInteger, nullable=False),
    Column("idempotency_key", Text),
    Column("digest", Text, nullable=False),
    Column("upto", BigInteger, nullable=False),
    Column("sent", Text, nullable=False),
)

chats = Table(
    "hbmcp_chats",
    metadata,
    Column("installation", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)
