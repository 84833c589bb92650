"""What traders say finds the tool that does it."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.catalog import Catalog
from hbmcp.discovery.ranking import Ranking

CATALOG = Catalog.load()
RANKING = Ranking(CATALOG)
EVERY = CATALOG.choose(toolsets=tuple(CATALOG.toolsets)).tools  # the most that words can find
GONE = CATALOG.removed.keys() | CATALOG.absent.keys()
WRITTEN = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))
#: Those that are for a tool which there is: a contract may have lost some.
PHRASES = {
    part: {phrase: there for phrase, tools in said.items() if (there := set(tools) - GONE)}
    for part, said in WRITTEN.items()
}
FIRST = 3
HELD_OUT = {"held_out": 2, "held_out_since": 6, "held_out_lately": 6}  # that miss theirs, as when they were first tried


def found(phrase: str) -> list[str]:
    return [tool.name for tool in RANKING.best(phrase, EVERY)]


@pytest.mark.parametrize("phrase", PHRASES["tuned"])
def test_an_everyday_phrase_finds_its_tool(phrase: str) -> None:
    assert set(found(phrase)[:FIRST]) & PHRASES["tuned"][phrase]


@pytest.mark.parametrize("part", HELD_OUT)
def test_so_do_most_that_nothing_was_tuned_by(part: str) -> None:
    assert len(WRITTEN["tuned"]) >= 60
    assert len(WRITTEN[part]) >= 20
    missed = [phrase for phrase, tools in PHRASES[part].items() if not set(found(phrase)[:FIRST]) & tools]
    assert len(missed) <= HELD_OUT[part], missed


def test_the_phrases_name_tools_that_there_are() -> None:
    names = {tool.name for tool in EVERY}
    assert all(names.issuperset(tools) for part in PHRASES.values() for tools in part.values())


@given(st.lists(st.sampled_from(EVERY), min_size=1, max_size=5, unique_by=lambda tool: tool.name))
def test_names_said_exactly_come_first_and_alone_where_nothing_else_is_said(tools: list[object]) -> None:
    names = [tool.name for tool in tools]  # type: ignore[attr-defined]
    assert found(", ".join(names)) == names
    assert found(f"how do I buy with {' and '.join(names)}")[: len(names)] == names


def test_aliases_and_names_of_tools_that_went_lead_to_what_is_there() -> None:
    for old, removed in CATALOG.removed.items():
        assert not removed.by or found(old) == [removed.by]
    for tool in EVERY:
        assert all(found(alias) == [tool.name] for alias in tool.aliases)


def test_misspelt_words_are_taken_as_they_were_meant() -> None:
    assert found("libuidation price of my postion")[0] == found("liquidation price of my position")[0]


@given(st.text())
def test_whatever_is_said_the_same_is_found(phrase: str) -> None:
    assert found(phrase) == found(phrase)


def test_what_is_very_long_is_cut() -> None:
    assert found("libuidation " * 10**5) == found("libuidation " * 20)


def test_what_is_about_nothing_finds_nothing() -> None:
    assert found("what is it that I do with the") == []


FOREIGN = (
    *(
        "send an email",
        "book a flight",
        "deposit by bank transfer",
        "weather in paris",
        "recipe for soup",
        "play music",
    ),
    *("translate to german", "write a poem", "order a pizza", "post on twitter", "search the web", "resize an image"),
    *(
        "buy apple stock",
        "create a google sheet",
        "mint an nft",
        "pay an invoice",
        "borrow against my btc",
        "draw a chart",
    ),
    *(
        "export to csv",
        "file my taxes",
        "print this page",
        "airdrop eligibility",
        "margin loan interest",
        "buy a house",
    ),
)


def test_what_no_tool_is_about_is_named_and_hardly_anything_else() -> None:
    """That words are unknown is told, whatever else fits: how well a tool fits says nothing of it, for one word is
    enough."""
    assert not [phrase for phrase in FOREIGN if found(phrase) and not RANKING.foreign(phrase)]
    assert RANKING.foreign("Book a flight, and 3 BTC") == ["flight"]
    everyday = [phrase for part in PHRASES.values() for phrase in part]
    assert len([phrase for phrase in everyday if RANKING.foreign(phrase)]) <= len(everyday) / 15
    assert not RANKING.foreign("ballance of my acount"), "misspelt isn't foreign"
