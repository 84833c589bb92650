"""How far a limit is used, in words, and the refusal of what is beyond."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

from attrs import frozen

from hbmcp.errors import LimitReached
from hbmcp.figures import plain
from hbmcp.times import DAY, HOUR, MINUTE

BY_ITSELF = ("order", "order_percent", "distance_percent", "leverage")  # which hold for each request alone
SHOWN = 3  # of those that are exceeded at once
NEARLY = Decimal(80)  # percent of a limit, from which on a person should know
NEVER_ANSWERED = (
    " Whether what was never answered is open after all, get_order_history, list_executors or the exchange itself may "
    "tell: a person who knows can say so with `hbmcp policy settle`."
)

NONE = Decimal(0)
SUMS = Context(prec=150, rounding=ROUND_CEILING)  # against who is held to a limit

_OTHER_UNITS = ("", " %", "x")


@frozen
class Use:
    """How far a limit is used: so much of it `used` already, so much `asked`. `short` are the few words after the
    figures of a preview. `doubtful` is how much is used by what nobody knows the outcome of. Of one that is `shared`
    with others who asks isn't told how far it is used."""

    name: str
    most: Decimal
    used: Decimal
    asked: Decimal
    unit: str
    short: str
    doubtful: Decimal = NONE
    shared: bool = False

    @property
    def exceeded(self) -> bool:
        """A loss that has reached its limit asks for nothing."""
        return total((self.used, self.asked)) > self.most or (self.name == "day_loss" and self.used >= self.most)

    @property
    def nearly(self) -> bool:
        """Whether hardly anything is left of it."""
        return SUMS.multiply(total((self.used, self.asked)), Decimal(100)) >= SUMS.multiply(self.most, NEARLY)

    @property
    def limit(self) -> str:
        """Which one it is, without figures: of a pair, at an account."""
        return f"{self.name} {self.short}"

    def window(self, now: int) -> int:
        """Since when it is the same limit, for who is told once that little of it is left: an hour, a minute, a day."""
        length = {"hour": HOUR, "orders_a_minute": MINUTE}.get(self.name, DAY)
        return now - now % length

    @property
    def passes(self) -> Decimal:
        """What would pass yet."""
        return max(SUMS.subtract(self.most, self.used), NONE)

    @property
    def of_value(self) -> bool:
        """Whether it is in the policy's currency."""
        return self.unit not in _OTHER_UNITS

    @property
    def words(self) -> str:
        """Which limit, its value, what is used, what was asked; of one that is shared only that."""
        if self.shared:
            left = f"doesn't leave the {_shown(self.asked)}{self.unit} asked"
            return f"limit {self.name}, which others use up too, {'is reached' if self.name == 'day_loss' else left}"
        limit = f"limit {self.name} is {_shown(self.most)}{self.unit}"
        if self.name == "day_loss":
            return f"{limit}, and {_shown(self.used)} were lost today, realised and unrealised"
        if self.name in BY_ITSELF and not self.used:
            return f"{limit} {self.short}, and this is {_shown(self.asked)}"
        doubtful = f" ({_shown(self.doubtful)} of it sent and never answered)" if self.doubtful else ""
        return f"{limit} {self.short}: {_shown(self.used)} used already{doubtful}, {_shown(self.asked)} asked"

    def __str__(self) -> str:
        """ "4,500 of at most 10,000 USDT an order" """
        return f"{_shown(total((self.used, self.asked)))} of at most {_shown(self.most)}{self.unit} {self.short}"


def refuse_exceeded(found: Iterable[Use], unasked: Decimal | None = None) -> None:
    """Raises LimitReached for those limits that are, with what would pass of all. Worth more than `unasked`, something
    would have to be asked for, and nobody can be."""
    exceeded = _worst(found)
    if not exceeded:
        return
    told = [one.words for one in exceeded[:SHOWN]]
    more = f"; {len(exceeded) - SHOWN} more" if len(exceeded) > SHOWN else ""
    colon = len(exceeded) == 1 and (exceeded[0].shared or exceeded[0].name in (*BY_ITSELF, "day_loss"))
    settle = NEVER_ANSWERED if any(one.doubtful and not one.shared for one in exceeded) else ""
    raise LimitReached(
        f"The policy's {'; its '.join(told)}{more}{':' if colon else ';'} {_passing(exceeded, unasked)}.",
        "Nothing was sent.",
        f"A person set {'this limit' if len(exceeded) == 1 else 'these limits'}: tell the user.{settle} What reduces, "
        "cancels or stops is never limited.",
        limit=exceeded[0].name.partition(" ")[0],
        passes=min((one.passes for one in exceeded if one.of_value), default=None),
    )


def _worst(found: Iterable[Use]) -> list[Use]:
    """The limits that are exceeded, each by the most that is asked of it."""
    worst: dict[str, Use] = {}
    for one in found:
        if one.exceeded and (one.limit not in worst or one.asked > worst[one.limit].asked):
            worst[one.limit] = one
    return list(worst.values())


def _passing(exceeded: Sequence[Use], unasked: Decimal | None) -> str:
    """What would pass of all of them, as far as they ask the same."""
    if any(one.name == "day_loss" for one in exceeded):
        return "nothing more is opened"
    least: dict[tuple[str, Decimal], tuple[Decimal, str]] = {}
    for one in exceeded:
        passes = one.passes if unasked is None or not one.of_value else min(one.passes, unasked)
        asked = one.unit, one.asked
        if asked not in least or passes < least[asked][0]:
            least[asked] = passes, f"{one.unit} {one.short}"
    each = [(_shown(passes, ROUND_FLOOR), unit) for passes, unit in least.values()]
    return f"{each[0][0] if len(each) == 1 else ' and '.join(map(''.join, each))} would pass"


def total(values: Iterable[Decimal]) -> Decimal:
    found = NONE
    for one in values:
        found = SUMS.add(found, one)
    return found


def _shown(value: Decimal, rounding: str = ROUND_HALF_EVEN) -> str:
    """To the cent, and smaller figures with two digits."""
    place = min(Decimal("0.01"), Decimal(1).scaleb(value.adjusted() - 1)) if value else Decimal(1)
    return f"{plain(value.quantize(place, rounding, SUMS)):,f}"
