"""Access tokens as the store has them, and what holds while it doesn't answer."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.access import tokens as room
from hbmcp.access.holder import ISSUED, Holder
from hbmcp.access.tokens import (
    FRESH,
    KNOWN_FOR,
    TRIED_AGAIN_AFTER,
    EveryTokens,
    Tokens,
    digest,
    key_of,
    new_token,
    stands,
)
from hbmcp.errors import StoreError
from hbmcp.store import TokenRow

pytestmark = pytest.mark.anyio


class Rows:
    """A store that gives these rows, or fails, and counts how often it was asked."""

    def __init__(self, *rows: TokenRow) -> None:
        self.rows = list(rows)
        self.fails = False
        self.asked = 0

    async def tokens(self) -> list[TokenRow]:
        self.asked += 1
        await asyncio.sleep(0)
        if self.fails:
            raise StoreError("The store is away.")
        return list(self.rows)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the time."""
    now = [1000.0]
    monkeypatch.setattr(room, "ticking", lambda: now[0])

    def later(seconds: float) -> None:
        now[0] += seconds

    return later


def row(token: str, **changed: Any) -> TokenRow:
    told = {"name": "desk", "toolsets": (), "read_only": False, "profile": None, "created": 0, **changed}
    return TokenRow(digest=digest(token), **told)


def of(*stores: Any) -> EveryTokens:
    """The tokens of installations with these stores."""
    return EveryTokens({str(number): Tokens(store) for number, store in enumerate(stores)})


def at_once(question: Coroutine[Any, Any, Holder | None]) -> Holder | None:
    """Its answer, for which the event loop isn't needed."""
    with pytest.raises(StopIteration) as answered:
        question.send(None)
    answer: Holder | None = answered.value.value
    return answer


async def test_what_a_holder_showed_stands_until_it_is_revoked() -> None:
    one, other = new_token(), new_token()
    store: Any = Rows(row(one), row(other, name="other", revoked=1))
    holder = await of(store).holder(one)
    assert holder is not None
    assert await stands(holder.key, store)
    for key in (key_of(row(other)), key_of(row(new_token())), "", "desk"):
        assert not await stands(key, store)
    assert await stands(f"{ISSUED}0", store), "what an issuer gave ends by itself"


async def test_one_question_serves_all_who_came_before_it(clock: Callable[[float], None]) -> None:
    token = new_token()
    store: Any = Rows(row(token))
    tokens = of(store)
    held = await asyncio.gather(*(tokens.holder(token) for _ in range(50)))
    assert {one and one.name for one in held} == {"desk"}
    assert store.asked == 1
    store.rows = [row(token, revoked=1)]
    clock(FRESH + 0.01)
    assert await tokens.holder(token) is None
    assert store.asked == 2


async def test_what_is_known_is_told_at_once(clock: Callable[[float], None]) -> None:
    token = new_token()
    stores = [Rows(row(token)), Rows(), Rows(row(token))]
    tokens = of(*stores)
    assert await tokens.holder(token)
    holder = at_once(tokens.holder(token))
    assert holder is not None
    assert holder.installations == {"0", "2"}
    assert [store.asked for store in stores] == [1, 1, 1]
    stores[2].rows = []
    clock(FRESH + 0.01)
    holder = await tokens.holder(token)
    assert holder is not None
    assert holder.installations == {"0"}
    assert [store.asked for store in stores] == [2, 2, 2]


async def test_what_was_known_counts_while_the_store_is_away_and_not_for_ever(clock: Callable[[float], None]) -> None:
    token = new_token()
    store: Any = Rows(row(token))
    tokens = of(store)
    assert await tokens.holder(token)
    store.fails = True
    clock(1)
    assert await tokens.holder(token)
    assert await tokens.holder(new_token()) is None
    asked = store.asked
    assert await tokens.holder(token)
    assert store.asked == asked  # it is let alone for a moment
    clock(TRIED_AGAIN_AFTER + 0.1)
    assert await tokens.holder(token)
    assert store.asked == asked + 1
    clock(KNOWN_FOR)
    with pytest.raises(StoreError, match="can't be looked up"):
        await tokens.holder(token)
    store.fails = False
    clock(TRIED_AGAIN_AFTER + 0.1)
    assert await tokens.holder(token)


async def test_who_was_never_known_is_not_let_in_while_the_store_is_away() -> None:
    store: Any = Rows()
    store.fails = True
    with pytest.raises(StoreError):
        await of(store).holder(new_token())


async def test_what_is_no_token_is_not_even_looked_up() -> None:
    store: Any = Rows()
    for text in ("", "hbmcp_", "x" * 1000, new_token() + "\n", " " + new_token()):
        assert await of(store).holder(text) is None
    assert store.asked == 0


TOKEN = new_token()


@given(st.integers(0, len(TOKEN) - 1), st.characters())
async def test_each_character_counts(place: int, character: str) -> None:
    other = TOKEN[:place] + character + TOKEN[place + 1 :]
    store: Any = Rows(row(TOKEN))
    assert ((await of(store).holder(other)) is not None) is (other == TOKEN)
