"""Every mistake in overrides/ is named: file, table, key, and the right name where one is near."""

from pathlib import Path
from textwrap import dedent

import pytest

from codegen.contract import Contract, normalise, parse
from codegen.curation import audit, read, unaccounted, vanished
from codegen.generate import OVERRIDES

GOOD = """
[toolset]
title = "Orders"
description = "Orders of the shop."
default = true

[tools.place_order]
operation = "POST /orders"
title = "Place order"
risk = "trade"
effect = "opens"
description = "Order a thing, e.g. a book. Call get_stock first."
params.thing = { description = "What to order" }
"""


@pytest.fixture
def contract() -> Contract:
    answer = {"200": {"description": "ok"}}
    return parse(
        normalise(
            {
                "openapi": "3.1.0",
                "info": {"title": "Shop", "version": "1"},
                "paths": {"/orders": {"post": {"responses": answer}, "get": {"responses": answer}}},
            }
        )
    )


def mistakes(folder: Path, **files: str) -> list[str]:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(dedent(text))
    return [str(mistake) for mistake in read(folder).mistakes]


def test_a_good_file_has_no_mistakes(tmp_path: Path) -> None:
    assert mistakes(tmp_path, orders=GOOD) == []
    curation = read(tmp_path)
    assert curation.tools["orders"]["place_order"].params["thing"].description == "What to order"
    assert curation.by_operation() == {"POST /orders": ["place_order"]}


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("risk", "rissk", "[tools.place_order] rissk: unknown key; did you mean risk?"),
        ('"trade"', '"money"', "[tools.place_order] risk: Input should be 'read', 'write', 'trade'"),
        (
            'description = "What',
            'descripton = "What',
            "[tools.place_order.params.thing] descripton: unknown key; did you",
        ),
        ("default = true", "", "[toolset] default: is missing"),
        ("[toolset]", "[tolset]", "tolset: unknown; did you mean toolset?"),
        ("tools.place_order", "tools.order", "[tools.order]: 'order' is not verb_noun in at most 40 characters"),
        ("tools.place_order", f"tools.place_{'x' * 40}", "is not verb_noun in at most 40 characters"),
        ("first.", "first", "[tools.place_order] description: must end with a full stop"),
        ("first.", "first. Then wait. Then pay.", "description: is longer than 2 sentences"),
        ('title = "Place order"', 'title = ""', "[tools.place_order] title: String should have at least 1"),
        ("{ description", "{ fixed = 1, description", "`fixed` hides the parameter: nothing else can be said of it"),
        (
            "params.thing",
            'result.cause = "place_orders"\nparams.thing',
            "result] cause: there is no tool 'place_orders'",
        ),
        ("params.thing", 'result.cause = "place_order"\nparams.thing', "result] cause: place_order is no read"),
        (
            "params.thing",
            "default = false\nparams.thing",
            "[tools.place_order] default: false is for a tool that a workflow uses",
        ),
        (
            "params.thing",
            'default = false\ninstead = "place_orders"\nparams.thing',
            "[tools.place_order] instead: there is no tool 'place_orders'; did you mean place_order?",
        ),
        (
            "params.thing",
            'instead = "place_order"\nparams.thing',
            "instead: it is offered: write `default = false`, or",
        ),
        ("params.thing", 'because = "few"\nparams.thing', "because: it is offered: write `default = false`, or"),
        (
            "params.thing",
            'default = false\ninstead = "place_order"\nbecause = "few"\nparams.thing',
            "because: `instead` says why already",
        ),
        ('effect = "opens"', "", "[tools.place_order] effect: is missing: whatever isn't a read has one"),
        ('"trade"', '"read"', "[tools.place_order] effect: a read has none"),
        ('"opens"', '"open"', "[tools.place_order.effect] is: Input should be 'opens', 'reduces', 'cancels'"),
        ('"opens"', '{ amount = "amount" }', "[tools.place_order.effect] is: is missing"),
        ('"opens"', '{ is = "opens", ammount = "amount" }', "effect] ammount: unknown key; did you mean amount?"),
        ('risk = "trade"', 'risk = "trade"\npreviews = true\nrisks = ""', "risks: unknown key; did you mean risk?"),
        ('"trade"\neffect = "opens"', '"read"\npreviews = true', "a read has no use for `previews`"),
        ("{ description", "{ hidden = true, description", "a hidden parameter is not offered"),
        ("[toolset]", "[toolset", "orders.toml: not TOML:"),
    ],
)
def test_names_the_mistake(tmp_path: Path, old: str, new: str, mistake: str) -> None:
    assert old in GOOD
    found = mistakes(tmp_path, orders=GOOD.replace(old, new, 1))
    assert any(text.startswith("orders.toml") and mistake in text for text in found), found


def test_what_was_removed_is_not_taken_instead(tmp_path: Path) -> None:
    aside = 'default = false\ninstead = "order_thing"\nparams.thing'
    found = mistakes(tmp_path, orders=GOOD.replace("params.thing", aside, 1) + "\n[removed.order_thing]\n")
    assert found == ["orders.toml: [tools.place_order] instead: there is no tool 'order_thing': it was removed"]


def test_a_tool_that_few_need_may_stand_back_with_a_reason(tmp_path: Path) -> None:
    aside = 'default = false\nbecause = "who orders things has a shop"\nparams.thing'
    assert mistakes(tmp_path, orders=GOOD.replace("params.thing", aside, 1)) == []


def test_the_repository_has_no_mistake() -> None:
    assert read(OVERRIDES).mistakes == ()


def test_all_mistakes_at_once_and_one_bad_tool_costs_only_itself(tmp_path: Path, contract: Contract) -> None:
    bad = GOOD + dedent("""
        [tools.list_orders]
        operation = "GET /orders"
        title = "Orders"
        risk = "?"
        description = "no stop"
    """)
    found = mistakes(tmp_path, orders=bad.replace("true", '"perhaps"'), excluded='[operations]\n"GET /x" = ""')
    assert len(found) == 3
    curation = read(tmp_path)
    assert unaccounted(curation, contract) == []


def test_names_and_aliases_are_unique_over_all_toolsets(tmp_path: Path) -> None:
    other = GOOD.replace("place_order", "buy_thing").replace('title = "P', 'aliases = ["place_order"]\ntitle = "P')
    assert mistakes(tmp_path, orders=GOOD, shop=other) == [
        "shop.toml: [tools.buy_thing] aliases: 'place_order' is already a name of place_order in orders.toml"
    ]


def test_old_names_of_toolsets_are_unique_and_what_took_a_place_is_there(tmp_path: Path) -> None:
    other = GOOD.replace("place_order", "buy_thing").replace("default = true", 'default = true\naliases = ["orders"]')
    gone = '\n[removed.get_thing]\nby = "buy_thin"\n[removed.buy_thing]\noperation = "GET /thing"\n'
    assert mistakes(tmp_path, orders=GOOD, shop=other + gone) == [
        "shop.toml: [toolset] aliases: 'orders' is already a name of orders",
        "shop.toml: [removed.get_thing] by: there is no tool 'buy_thin'; did you mean buy_thing?",
        "shop.toml: [removed.buy_thing]: 'buy_thing' is a name of buy_thing in shop.toml",
    ]


def test_what_one_does_not_take_over_is_of_one(tmp_path: Path) -> None:
    gone = '\n[removed.get_thing]\nbut = "its price"\n[removed.get_things]\nby = "place_order"\nbut = "their prices"\n'
    assert mistakes(tmp_path, orders=GOOD + gone) == ["orders.toml: [removed.get_thing]: `but` is of the tool in `by`"]


def test_what_was_removed_and_is_there_says_so(tmp_path: Path, contract: Contract) -> None:
    """In the middle of an update, when the old contract is still pinned."""
    gone = '\n[removed.list_orders]\noperation = "GET /orders"\n'
    assert mistakes(tmp_path, orders=GOOD + gone) == []
    assert [str(mistake) for mistake in audit(read(tmp_path), contract)] == [
        "orders.toml: [removed.list_orders] operation: the contract has GET /orders: pin the one that hasn't, as "
        "`make regen FROM=DOCUMENT` does, or write its table again in the place of this one"
    ]


def test_every_operation_is_accounted_for_once(tmp_path: Path, contract: Contract) -> None:
    (tmp_path / "excluded.toml").write_text('[operations]\n"POST /orders" = "No."\n"GET /order" = "Gone."')
    assert mistakes(tmp_path, orders=GOOD) == [
        "orders.toml: [tools.place_order] operation: 'POST /orders' is excluded in excluded.toml"
    ]
    curation = read(tmp_path)
    assert vanished(curation, contract) == ["GET /order"]
    assert [str(mistake) for mistake in audit(curation, contract)] == [
        'overrides: GET /orders: neither a tool nor in excluded.toml: write `"GET /orders" = "why not"` there, or '
        "into a toolset's file the table that `python -m codegen scaffold` makes (--write: it does)",
        "excluded.toml: [operations] GET /order: the contract has no such operation; did you mean GET /orders? "
        "Else take the line away",
    ]


def test_what_was_removed_may_go_on_being_named_by_workflows(tmp_path: Path) -> None:
    workflow = """
        [workflows.order_all]
        title = "All"
        risk = "trade"
        description = "Order all."
        uses = ["place_order"]
        uses_if_there = ["get_stock"]
        [removed.get_stock]
        operation = "GET /stock"
    """
    good = GOOD.replace("get_stock first", "it first") + dedent(workflow)
    assert mistakes(tmp_path, orders=good) == []
    assert [(one.name, one.why) for one in read(tmp_path).absent] == [
        ("get_stock", "this Hummingbot API has no GET /stock")
    ]
    assert mistakes(tmp_path, orders=good.replace('uses = ["place_order"]', 'uses = ["get_stock"]')) == []
    left = read(tmp_path)
    assert left.workflows == {"orders": {}}
    assert {one.name: one.why for one in left.absent} == dict.fromkeys(
        ("get_stock", "order_all"), "this Hummingbot API has no GET /stock"
    )
    assert mistakes(tmp_path, orders=good.replace('operation = "GET /stock"', "")) == [
        "orders.toml: [workflows.order_all] uses_if_there: there is no tool 'get_stock'"
    ]
