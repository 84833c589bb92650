"""The file that `hbmcp policy init` writes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

BEGINNING = """\
# What assistants may do through hbmcp. It is read when hbmcp starts; `hbmcp policy check` looks for mistakes,
# `hbmcp policy show` says what holds, and `hbmcp policy test place_order ...` what would become of a call.
# A hbmcp.toml in the folder where hbmcp starts can only tighten this.
# Whatever only reduces, cancels or stops is never refused, as long as its tool is offered.

currency = "USDT"                       # of all amounts below
"""

ALLOW = """
# Names may have * and ?, and letter case doesn't matter. A list that isn't there allows all.
# An order whose account, exchange or pair isn't known is refused where that is restricted.
[allow]
{exchanges}
{pairs}
# accounts = ["master_account"]
# executors = ["grid_executor", "dca_executor"]
# tools = ["place_order", "close_*", "cancel_*"]     # reads are allowed anyway; these and the next add up
# toolsets = ["executors"]
# No limit can bound what code does: a bot is deployed, started or changed only with controllers and scripts that are
# named here by their own names (start_bot: that of its configuration too); or where its tool is asked for by name.
# Under limits a script of one's own is deployed only if it is named here: what it trades can't be counted.
# controllers = ["pmm_simple"]
# scripts = ["v2_with_controllers"]
"""

DENY = """
# The same lists; what is denied is denied, whatever is allowed.
[deny]
# pairs = ["DOGE-*"]
# tools = ["close_positions"]
"""

LIMITS = """
# What isn't set here isn't limited.
[limits]
{order}
{day}
{day_loss}
# hour = 20000                          # sent to open within an hour
# orders_a_minute = 10
# open_orders = 20
# position = 20000                      # of one pair, on one account
# pair = 30000                          # of one pair, on all accounts
# account = 100000                      # all positions of an account
# leverage = 5
# order_percent = 10                    # one order, of the portfolio
# distance_percent = 20                 # of a limit price from the market
"""

CONFIRM = """
# A person is asked before it is sent, and sees the plan; of several tables that ask the strictest decides.
# Without effects it is about whatever isn't reduces, cancels or stops.
# [[confirm]]
# when = "over 500"                     # or "always", "never"; in the currency, all of a plan together
# effects = ["opens", "moves"]          # also unprotects, configures, reprices, runs_code, secret; and the three above
# pairs = ["BTC-*"]                     # all lists that are there must match
# accounts = ["master_account"]
# exchanges = ["binance*"]
# tools = ["place_*"]
# ask = "client"                        # which says what its user said; "telegram": the bot's chat, a button;
                                        # "terminal": hbmcp approvals, with a passphrase
# cant_ask = "refuse"                   # where nobody can be asked that way; "rely" on the client's own approval
# tolerance_percent = 1                 # so far prices and amounts may move until the answer
# minutes = 5                           # for an answer: 5 for a client, else 60
"""

BUDGETS = """
# So much may be opened at an account, in a time, and outside of that nothing; closing doesn't refill it.
# [budgets.trial]
# account = "master_account"
# amount = 5000
# starts = 2027-01-01T00:00:00Z
# ends = 2027-02-01T00:00:00Z
"""

PROFILES = """
# What holds besides for who shows an access token that was made with --profile bot. Its hour, day, orders_a_minute and
# budgets count what that token did, and those above what everybody does; what is open, or lost, is everybody's.
# [profiles.bot]
# limits = { order = 100, day = 1000 }
# allow = { pairs = ["BTC-USDT"] }
"""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person said: no amount is no limit, an empty list of names is all."""

    order: Decimal | None
    day: Decimal | None
    exchanges: Sequence[str]
    pairs: Sequence[str]
    day_loss: Decimal | None


def written(answers: Answers) -> str:
    """The file, with all that can be set in it."""
    allow = ALLOW.format(
        exchanges=_names("exchanges", answers.exchanges, "binance*"), pairs=_names("pairs", answers.pairs, "BTC-*")
    )
    limits = LIMITS.format(
        order=_amount("order", answers.order, "one order, or all that an executor can come to"),
        day=_amount("day", answers.day, "sent to open within a day, which begins at 00:00 UTC"),
        day_loss=_amount("day_loss", answers.day_loss, "realised and open, since 00:00 UTC; then only reducing"),
    )
    return "".join((BEGINNING, allow, DENY, limits, CONFIRM, BUDGETS, PROFILES))


def _names(kind: str, globs: Sequence[str], example: str) -> str:
    line = f"{kind} = {json.dumps(list(globs) or [example], ensure_ascii=False)}"
    return line if globs else f"# {line}"


def _amount(name: str, value: Decimal | None, meaning: str) -> str:
    line = f"{name} = {1000 if value is None else f'{value:f}'}"
    return f"{'# ' if value is None else ''}{line}".ljust(40) + f"# {meaning}"
