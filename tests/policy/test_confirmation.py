"""A person is asked before anything is sent, where the policy says so; without a yes that holds, nothing is."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.bridge import Outcome
from hbmcp.caller import Caller
from hbmcp.catalog import EFFECTS, REDUCING
from hbmcp.errors import AnswerVoid, NotAllowed
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import Later
from hbmcp.policy.call import Call
from hbmcp.policy.confirmation.answer import Answered, Reply
from hbmcp.policy.confirmation.demand import WAYS, Demand, demanded
from hbmcp.policy.confirmation.question import Question
from hbmcp.policy.confirmation.quoted import Quoted
from hbmcp.policy.model import Confirm, Policy, Written, tightened
from hbmcp.policy.rules import refuse
from hbmcp.policy.worth import Worth
from hbmcp.results.answer import Answer
from tests.paper.assistant import Assistant, assistant
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import open_position
from tests.paper.spot_account import BUY, PLACE, orders
from tests.policy.planning import request

pytestmark = pytest.mark.anyio

MARKET = {**BUY, "order_type": "MARKET", "amount": 0.01}  # some 681 USDT
TRIGGER = {"watch": "time", "above": "1h", "then": "place_order", "arguments": MARKET}
CALL = Call(Caller("place_order", "trading", frozenset(), "client", "tests"), {"amount": Decimal(1)})
DEMAND = Demand("client", relies=True, tolerance=Decimal(1), patience=5)

WEEK = 7 * 86_400_000

Opened = Callable[..., AbstractAsyncContextManager[Assistant]]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[PaperApi]:
    with PaperApi(tmp_path / "files") as exchange:
        yield exchange


@pytest.fixture
def talk(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> Opened:
    def opened(told: Policy) -> AbstractAsyncContextManager[Assistant]:
        return assistant(api, monkeypatch, policy=told)

    return opened


def confirming(*rules: Any, **limits: Any) -> Policy:
    return Policy.model_validate({"confirm": rules, "limits": limits})


@define
class Person:
    """Answers; `meanwhile` happens before."""

    reply: Reply = "yes"
    meanwhile: Callable[[], object] = lambda: None
    cant: str = ""
    at_terminal: bool = False
    answered: Answered | None = None
    asked: list[Question] = field(factory=list)

    async def __call__(self, question: Question) -> Answered:
        self.asked.append(question)
        self.meanwhile()
        return Answered(question, self.reply, "client", "tests")

    async def type_keys(self, exchange: str, account: str) -> str:
        raise NotImplementedError


async def place(call: Assistant, person: Person | None, **changed: Any) -> Outcome:
    return await call.bridge.call("place_order", {**MARKET, **changed}, client="tests", ask=person)


async def test_a_yes_sends_it_once_and_the_question_says_what(talk: Opened, api: PaperApi) -> None:
    person = Person()
    async with talk(confirming({"when": "always"}, order=1000)) as call:
        outcome = await place(call, person)
    assert not outcome.is_error, outcome.text
    assert len(orders(api)) == 1
    (question,) = person.asked
    assert question.words == (
        "place_order on the PAPER exchange, called by tests:\n"
        '"BUY 0.01 BTC-USDT MARKET on binance, account master_account": opens, or adds to what is open, worth '
        "681.13 USDT\n"
        "Limits, with this: 681.13 of at most 1,000 USDT an order.\n"
        "Without a yes within 5 min nothing is sent, nor when a price or an amount has moved by more than 1 % by then."
    )


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("no", "The person who was asked said no. Nothing was sent."),
        ("dismissed", "dismissed the question. Nothing was sent."),
        ("none", "Nobody answered the question in time. Nothing was sent."),
        ("gone", "The question couldn't be put"),
        ("unreadable", "neither a yes nor a no. Nothing was sent."),
    ],
)
async def test_without_a_yes_nothing_is_sent(talk: Opened, api: PaperApi, reply: Reply, said: str) -> None:
    async with talk(confirming({"when": "always"})) as call:
        outcome = await place(call, Person(reply))
        assert outcome.is_error
        assert said in outcome.text
        assert PLACE not in call.asked
        assert await call.bridge.store.granted(0) == []
    assert orders(api) == []


async def test_nobody_to_ask_is_no_yes(talk: Opened, api: PaperApi) -> None:
    async with talk(confirming({"when": "always"})) as call:
        for person in (None, Person(cant="this client can't ask")):
            outcome = await place(call, person)
            assert outcome.is_error
            assert "The policy wants a person asked before this is sent, and nobody can be" in outcome.text
        assert PLACE not in call.asked
    async with talk(confirming({"when": "always", "cant_ask": "rely"})) as call:
        assert not (await place(call, Person(cant="this client can't ask"))).is_error
    assert len(orders(api)) == 1


async def test_a_price_that_moved_meanwhile_isn_t_sent(talk: Opened, api: PaperApi) -> None:
    async with talk(confirming({"when": "always", "tolerance_percent": 1})) as call:
        for _ in range(50):  # until the simulated price is another
            moved = Person(meanwhile=lambda: api.clock.advance(WEEK))
            outcome = await place(call, moved, again=True, amount=0.001)
            if outcome.is_error:
                break
        assert "when it was asked for, and is" in outcome.text
        assert "Nothing was sent" in outcome.text
        assert call.asked.count(PLACE) == len(orders(api))
        still = await place(call, Person(), again=True)
        assert not still.is_error


async def test_while_a_person_thinks_nothing_is_held_and_a_cancelled_call_leaves_nothing(
    talk: Opened, api: PaperApi
) -> None:
    thinks, forever = asyncio.Event(), asyncio.Event()

    @define
    class Slow(Person):
        async def __call__(self, question: Question) -> Answered:  # noqa: ARG002
            thinks.set()
            await forever.wait()
            raise AssertionError

    async with talk(confirming({"when": "always"})) as call:
        task = asyncio.create_task(place(call, Slow()))
        await thinks.wait()
        assert await call.bridge.store.granted(0) == []
        assert not (await place(call, Person(), amount=0.02)).is_error
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(await call.bridge.store.granted(0)) == 1
    assert len(orders(api)) == 1


async def test_what_would_be_refused_isn_t_asked_for(talk: Opened) -> None:
    person = Person()
    async with talk(confirming({"when": "always"}, order=100)) as call:
        outcome = await place(call, person)
        assert "limit order is 100 USDT" in outcome.text
        assert not person.asked


async def test_a_preview_asks_nobody_and_says_that_a_person_is_asked(talk: Opened) -> None:
    person = Person()
    async with talk(confirming({"when": "over 500"})) as call:
        assert (await place(call, person, preview=True)).text.endswith("A person is asked first.")
        assert "is asked first" not in (await place(call, person, preview=True, amount=0.001)).text
        assert not person.asked


@pytest.mark.parametrize("ways", [{}, {"ask": "telegram"}])
async def test_where_nobody_can_be_asked_a_look_says_that_it_would_be_refused(talk: Opened, ways: Any) -> None:
    """As the call then is, with what the policy asks for."""
    nobody = Person(cant="this client can't ask")
    looks = [
        ("place_order", {**MARKET, "preview": True}),
        ("place_orders", {"orders": [{**MARKET, "amount": 0.005}] * 2, "preview": True}),
        ("create_trigger", {**TRIGGER, "preview": True}),
        ("estimate_trade", {name: MARKET[name] for name in ("connector_name", "trading_pair", "side", "amount")}),
    ]
    async with talk(confirming({"when": "over 500", **ways})) as call:
        refusal = (await place(call, nobody)).text
        assert "wants a person asked before this is sent (over 500 USDT), and nobody can be: " in refusal
        for tool, arguments in looks:
            said = (await call.bridge.call(tool, arguments, ask=nobody)).text
            assert f"It would be refused: {refusal.partition(' Nothing was sent.')[0]}" in said, tool
            assert "is asked first" not in said
    async with talk(confirming({"when": "over 500", "cant_ask": "rely", **ways})) as call:
        assert (await place(call, nobody, preview=True)).text.endswith("The policy allows it.")


async def test_what_would_pass_a_limit_and_be_asked_for_then_isn_t_said_to_pass_where_nobody_can_be(
    talk: Opened,
) -> None:
    nobody = Person(cant="this client can't ask")
    async with talk(confirming({"when": "over 300"}, order=600, day=650)) as call:
        for preview in (True, False):
            said = (await place(call, nobody, preview=preview)).text
            assert "600 would pass" not in said
            assert (
                "The policy's limit order is 600 USDT an order, and this is 681.13; its limit day is 650 USDT sent to "
                "open today: 0 used already, 681.13 asked; 300 would pass. Besides: The policy wants a person asked "
                "before this is sent (over 300 USDT), and nobody can be: this client can't ask." in said
            )
        for preview in (True, False):
            said = (await place(call, Person(), preview=preview)).text
            assert "681.13 asked; 600 would pass. Over 300 USDT a person is asked first." in said


@pytest.mark.parametrize(
    ("rules", "upto"),
    [
        ([{"when": "over 500"}], "Up to 500 USDT nobody is asked."),
        ([{"when": "over 500"}, {"when": "over 100", "effects": ["opens"]}], "Up to 100 USDT nobody is asked."),
        ([{"when": "over 600", "ask": "telegram"}, {"when": "over 200"}], "Up to 200 USDT nobody is asked."),
        ([{"when": "always"}], ""),
    ],
)
async def test_where_nobody_can_be_asked_a_person_hears_what_to_do(
    talk: Opened, rules: list[dict[str, Any]], upto: str
) -> None:
    async with talk(confirming(*rules)) as call:
        said = (await place(call, Person(cant="this client can't ask"))).text
        assert "A person set this in the policy ([[confirm]]): tell the user. They can take a client that asks" in said
        assert said.endswith(upto or "asks.")


async def test_over_an_amount_all_orders_of_a_plan_count_together_in_one_question(talk: Opened, api: PaperApi) -> None:
    person = Person()
    five = [{**MARKET, "amount": 0.002} for _ in range(5)]
    async with talk(confirming({"when": "over 500"})) as call:
        assert not (await place(call, person, amount=0.002)).is_error
        assert not person.asked
        told = await call.bridge.call("place_orders", {"orders": five}, ask=person)
        assert not told.is_error, told.text
    (question,) = person.asked
    assert question.words.count('"BUY 0.002 BTC-USDT MARKET') == 5
    assert "5 in all, worth 681.13 USDT." in question.words
    assert len(orders(api)) == 6


async def test_of_five_orders_none_goes_without_a_yes(talk: Opened, api: PaperApi) -> None:
    five = [{**MARKET, "amount": 0.002} for _ in range(5)]
    async with talk(confirming({"when": "over 500"})) as call:
        assert (await call.bridge.call("place_orders", {"orders": five}, ask=Person("no"))).is_error
    assert orders(api) == []


async def test_what_reduces_is_asked_for_only_by_its_effect(talk: Opened, api: PaperApi) -> None:
    open_position(api, "BUY", "0.01")
    close = {"trading_pair": "BTC-USDT", "preview": False}
    person = Person("no")
    async with talk(confirming({"when": "always", "effects": ["reduces"]})) as call:
        assert (await call.bridge.call("close_position", close, ask=person)).is_error
        assert len(person.asked) == 1
    async with talk(confirming({"when": "always"})) as call:
        assert not (await call.bridge.call("close_position", close, ask=person)).is_error
        assert len(person.asked) == 1


async def test_what_a_trigger_arms_is_asked_for_when_it_is_armed(talk: Opened) -> None:
    person = Person()
    where = {name: BUY[name] for name in ("account_name", "connector_name", "trading_pair")}
    then = {"then": "place_order", "arguments": {"side": "BUY", "amount": 0.1, "order_type": "MARKET"}}
    async with talk(confirming({"when": "over 500"})) as call:
        told = await call.bridge.call(
            "create_trigger",
            {**where, **then, "below": "45000"},
            ask=person,
        )
        assert not told.is_error, told.text
    (question,) = person.asked
    assert 'later: "BUY 0.1 BTC-USDT MARKET' in question.words


async def test_what_is_asked_for_by_its_tool_is_when_a_trigger_is_armed_with_it(talk: Opened) -> None:
    then = {"then": "place_order", "arguments": MARKET}
    async with talk(confirming({"when": "always", "tools": ["place_order"], "ask": "terminal"})) as call:
        told = await call.bad("create_trigger", watch="time", above="1h", **then)
        assert "The policy wants a person asked" in told
    cancels = {"then": "cancel_orders", "arguments": {"all": True}}  # there is nothing to cancel yet
    async with talk(confirming({"when": "always", "tools": ["cancel_orders"], "effects": ["cancels"]})) as call:
        told = await call.bad("create_trigger", watch="time", above="1h", **cancels)
        assert "The policy wants a person asked" in told


@pytest.mark.parametrize(
    ("exchange", "tool", "way_out"),
    [
        ("binance_perpetual", "close_position", "close the LONG position BTC-USDT on binance_perpetual at market"),
        ("binance", "place_order", "SELL 0.01 BTC-USDT MARKET on binance, or what is there of it"),
    ],
)
async def test_the_stop_of_an_order_is_asked_for_as_what_it_calls(
    talk: Opened, exchange: str, tool: str, way_out: str
) -> None:
    """With the order, and when a trigger is armed that places it."""
    order = {**BUY, "connector_name": exchange, "amount": 0.01, "order_type": "MARKET", "stop_loss": "-5%"}
    armed = {"watch": "time", "above": "1h", "then": "place_order", "arguments": order}
    async with talk(confirming({"when": "always", "tools": [tool], "effects": ["reduces"]})) as call:
        for called, given in (("place_order", order), ("create_trigger", armed)):
            person = Person()
            told = await call.bridge.call(called, given, ask=person)
            assert not told.is_error, told.text
            (question,) = person.asked
            assert 'later: "when ' in question.words
            assert f'or less: {way_out}": reduces a position' in question.words


async def test_what_a_trigger_sends_is_asked_for_as_often_as_it_fires(talk: Opened) -> None:
    person = Person()
    where = {name: BUY[name] for name in ("account_name", "connector_name", "trading_pair")}
    then = {"then": "place_order", "arguments": {"side": "BUY", "amount": 0.01, "order_type": "MARKET"}}
    often = {**where, **then, "below": "45000", "every": 60, "times": 3}
    async with talk(confirming({"when": "over 1000"})) as call:
        for given in (often | {"total": 900}, where | then | {"below": "45000"}):
            told = await call.bridge.call("create_trigger", given, ask=person)
            assert not told.is_error, told.text
        assert not person.asked
        told = await call.bridge.call("create_trigger", often, ask=person)
        assert not told.is_error, told.text
        (question,) = person.asked
        assert 'later, up to 3 times: "BUY 0.01 BTC-USDT MARKET' in question.words
        assert "worth 1,350.06 USDT in all" in question.words


async def test_at_a_time_nobody_knows_what_an_amount_of_coins_is_worth(talk: Opened) -> None:
    timed = {"watch": "time", "above": "1h", "then": "place_order"}
    in_quote = {name: value for name, value in MARKET.items() if name != "amount"} | {"quote_amount": 600}
    async with talk(confirming({"when": "over 1000"})) as call:
        person = Person()
        told = await call.bridge.call("create_trigger", {**timed, "arguments": in_quote}, ask=person)
        assert not told.is_error, told.text
        assert not person.asked
        for rest in ({}, {"every": 60, "times": 3}):
            told = await call.bridge.call("create_trigger", {**timed, "arguments": MARKET, **rest}, ask=person)
            assert not told.is_error, told.text
            assert "worth nobody knows how much\n2 in all.\n" in person.asked.pop().words
        bounded = {**timed, "arguments": MARKET, "every": 60, "times": 3, "total": 900}
        assert not (await call.bridge.call("create_trigger", bounded, ask=person)).is_error
        assert not person.asked


@given(then=st.sampled_from(["place_order", "close_position"]), effect=st.sampled_from(EFFECTS))
def test_a_rule_for_a_tool_holds_for_what_a_trigger_sends_with_it(then: str, effect: Any) -> None:
    arms = evolve(CALL, caller=Caller("create_trigger", "triggers", frozenset()))
    later = Later.fired(request(effect), then)
    told = confirming({"when": "always", "tools": [then], "effects": [effect]})
    assert demanded(told, arms, [later], [None]) is not None
    assert demanded(told, arms, [request(effect)], [None]) is None
    denied = Policy.model_validate({"deny": {"tools": [then]}})
    with pytest.raises(NotAllowed, match=then):
        refuse(denied, arms, Plan(Answer(""), (later,)))


@pytest.mark.parametrize("effect", EFFECTS)
def test_without_effects_it_is_about_all_but_what_reduces(effect: Any) -> None:
    told = confirming({"when": "always"})
    assert (demanded(told, CALL, [request(effect)], [None]) is None) == (effect in REDUCING)


STEPS = [{"when": "over 500"}, {"when": "over 5000", "ask": "terminal"}, {"when": "over 1000", "ask": "telegram"}]


@given(rules=st.permutations(STEPS), value=st.none() | st.integers(0, 10_000).map(Decimal))
def test_the_strictest_that_asks_decides_in_whatever_order_they_stand(rules: list[Any], value: Decimal | None) -> None:
    demand = demanded(confirming(*rules), CALL, [request()], [value])
    worth = Decimal(10_000) if value is None else value
    ways = [rule.get("ask", "client") for rule in STEPS if worth > Decimal(rule["when"].removeprefix("over "))]
    assert (demand and demand.way) == max(ways, key=WAYS.index, default=None)
    assert demand is None or demand.patience == (5 if demand.way == "client" else 60)


def test_each_table_counts_all_of_a_plan_that_it_matches() -> None:
    told = confirming({"when": "always", "pairs": ["BTC-*"]}, {"when": "over 500", "ask": "terminal"})
    two = [request(pair="BTC-USDT"), request(pair="ETH-USDT")]
    assert (one := demanded(told, CALL, two, [Decimal(300), Decimal(300)])) is not None
    assert one.way == "terminal"
    assert (one := demanded(told, CALL, two, [Decimal(300), Decimal(200)])) is not None
    assert one.way == "client"


def test_what_never_matches_only_tables_above_it_ask_for() -> None:
    never: dict[str, Any] = {"when": "never", "pairs": ["USDC-*"]}
    large: dict[str, Any] = {"when": "over 5000", "ask": "terminal"}
    named = evolve(CALL, arguments={})
    sent = evolve(request(pair="USDC-USDT"), request=evolve(request().request, json={}))
    for rules, asked in (([never, large, {"when": "always"}], None), ([large, never, {"when": "always"}], "terminal")):
        demand = demanded(confirming(*rules), named, [sent], [Decimal(6000)])
        assert (demand and demand.way) == asked


def test_never_stands_above_the_others_and_what_isn_t_known_may_match() -> None:
    told = confirming({"when": "never", "pairs": ["USDC-*"]}, {"when": "always"})
    assert demanded(told, CALL, [request(pair="BTC-USDT")], [None]) is not None
    named = evolve(CALL, arguments={})
    sent = evolve(request(), request=evolve(request().request, json={}))
    assert demanded(told, named, [evolve(sent, stake=evolve(sent.stake, pair="USDC-USDT"))], [None]) is None
    assert demanded(told, named, [evolve(sent, stake=evolve(sent.stake, pair=None))], [None]) is not None
    only = confirming({"when": "always", "pairs": ["BTC-*"]})
    assert demanded(only, named, [evolve(sent, stake=evolve(sent.stake, pair=None))], [None]) is not None
    assert demanded(only, named, [evolve(sent, stake=evolve(sent.stake, pair="ETH-USDT"))], [None]) is None


def test_over_an_amount_what_is_worth_nobody_knows_how_much_is_asked_for() -> None:
    told = confirming({"when": "over 500"})
    for value, asked in ((Decimal(500), False), (Decimal("500.01"), True), (None, True)):
        assert (demanded(told, CALL, [request()], [value]) is not None) == asked
    assert demanded(told, CALL, [request("configures")], [None]) is None


RULES = st.builds(
    dict,
    when=st.sampled_from(["always", "never", "over 100", "over 500"]),
    effects=st.none() | st.sets(st.sampled_from(EFFECTS)).map(tuple),
    pairs=st.none() | st.just(("BTC-*",)) | st.just(("ETH-*",)),
    ask=st.sampled_from(["client", "terminal"]),
    cant_ask=st.sampled_from(["refuse", "rely"]),
    tolerance_percent=st.integers(1, 5),
    minutes=st.none() | st.integers(1, 60),
)


@given(
    theirs=st.lists(RULES, max_size=3),
    other=st.lists(RULES, max_size=3),
    effect=st.sampled_from(EFFECTS),
    value=st.none() | st.decimals(0, 1000, places=2),
)
def test_a_weaker_source_only_asks_more(theirs: list[Any], other: list[Any], effect: Any, value: Any) -> None:
    told = confirming(*theirs)
    both = tightened(told, Written.model_validate({"confirm": other}))
    before, after = (demanded(one, CALL, [request(effect)], [value]) for one in (told, both))
    if before is None:
        return
    assert after is not None
    assert before.way == "client" or after.way == "terminal"
    assert before.relies or not after.relies
    assert after.tolerance <= before.tolerance
    assert after.patience <= before.patience


AMOUNTS = st.decimals("0.0001", 10_000, places=4)


@given(before=AMOUNTS, after=AMOUNTS, tolerance=st.decimals("0.1", 10, places=1))
def test_an_answer_holds_within_the_tolerance_and_for_nothing_else(
    before: Decimal, after: Decimal, tolerance: Decimal
) -> None:
    def quoted(market: Decimal, **changed: Any) -> Quoted:
        one = request(**changed)
        return Quoted.of(CALL, [one], [[Worth(one, market, market)]])

    asked = Quoted.from_text(quoted(before).text)
    within = abs(after - before) * 100 <= before * tolerance
    assert (asked.change(quoted(after), tolerance) == "") == within
    for changed in ({"side": "SELL"}, {"pair": "ETH-USDT"}, {"account": "other"}, {"leverage": Decimal(2)}):
        assert asked.change(quoted(before, **changed), tolerance)
    more = Quoted.of(CALL, [request()] * 2, [[Worth(request(), before, before)]] * 2)
    assert asked.change(more, tolerance)
    other = Quoted.of(evolve(CALL, arguments={"amount": Decimal(2)}), [request()], [[Worth(request(), before, before)]])
    assert asked.change(other, tolerance)


@given(st.text(max_size=80))
def test_no_name_of_others_is_a_line_or_a_sentence_of_the_question(name: str) -> None:
    one = evolve(request(pair=name), words=f"BUY 1 {name}")
    call = evolve(CALL, caller=Caller("place_order", "trading", frozenset(), "client", name))
    demand = Demand("client", False, Decimal(1), 5)
    plan: Any = type("Plan", (), {"requests": (one,), "later": ()})
    words = Question.of(call, plan, [[Worth(one)]], demand, "USDT", "x", "").words
    _, second, _ = words.split("\n")
    assert second.startswith('"BUY 1 ')
    assert second.endswith('": opens, or adds to what is open, worth nobody knows how much')


def test_a_rule_reads_as_it_is_written() -> None:
    assert Written.model_validate({"confirm": "over 500"}).confirm == (Confirm(when="over 500"),)
    assert Confirm(when="always").patience == 5
    assert Confirm(when="always", ask="terminal").patience == 60


async def test_who_is_asked_costs_no_price_more(talk: Opened) -> None:
    prices, counts = "POST /market-data/prices", {}
    for rules in ([], [{"when": "over 1"}]):
        told = Policy.model_validate({"currency": "BTC", "confirm": rules, "limits": {"order": 1, "position": 5}})
        async with talk(told) as call:
            await call.good("place_order", **MARKET, preview=True)
            counts[len(rules)] = call.asked.count(prices)
    assert counts[0] == counts[1] > 1


@pytest.mark.parametrize("relies", [True, False])
def test_who_wasn_t_asked_is_relied_on_only_where_the_policy_does_now(relies: bool) -> None:
    """Between the question and what is granted a price moves, and another table asks."""
    quoted = Quoted("", {})
    answered = Answered(Question("", quoted, DEMAND, 2**62), "yes", "relied", "tests")
    now = evolve(DEMAND, relies=relies)
    answered.check(Quoted("other", {}), None)
    if relies:
        answered.check(Quoted("other", {}), now)
    else:
        with pytest.raises(AnswerVoid, match="Nothing was sent"):
            answered.check(quoted, now)
