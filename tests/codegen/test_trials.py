"""What `check` names of an operation that tests know nothing of."""

import json
from pathlib import Path

from attrs import evolve

from codegen import curation
from codegen.contract import Operation, load, parse
from codegen.generate import OVERRIDES, PINNED, ROOT
from codegen.scaffolding import UsualNames
from codegen.trials import ANSWERS, ROUTES, TRIED, Trials, begin_answer

CONTRACT = parse(load(PINNED))
CURATED = curation.read(OVERRIDES).as_in(CONTRACT.operations)
TRIALS = Trials.read(ROOT)
DEPTH = "GET /market-data/depth"
PLACE = "market_data.toml: [tools.get_depth] paper:"
BOOK = "POST /market-data/order-book"


def named(operation: Operation, **said: object) -> list[str]:
    """With one operation more, and a tool over it that is get_orderbook's but for its name and what is said."""
    assert TRIALS is not None
    contract = evolve(CONTRACT, operations=CONTRACT.operations | {operation.key: operation})
    market_data = CURATED.tools["market_data"]
    tool = market_data["get_orderbook"].model_copy(update={"operation": operation.key, **said})
    tools = CURATED.tools | {"market_data": market_data | {"get_depth": tool}}
    return [str(mistake) for mistake in TRIALS.missing(evolve(CURATED, tools=tools), contract)]


def test_an_operation_needs_a_route_or_a_reason() -> None:
    new = evolve(CONTRACT.operations[BOOK], method="GET", path="/market-data/depth")
    assert named(new) == [
        f'{PLACE} the paper exchange has no {DEPTH}: write `paper = "it …"`, the reason, or a route into '
        "src/hbmcp/paper/api/routes/market_data.py"
    ]
    assert named(new, paper="it has one book alone") == []
    row = "a route of the paper exchange answers, and no row tries it: write"
    lines = {"read": 'found]: {} `get_depth = "WORD"`', "write": 'changes]: {} `["get_depth", {{}}, "WORD"],`'}
    for risk, line in lines.items():
        assert named(new, also=[curation.Spelling(operation=BOOK)], risk=risk) == [
            f"tests/paper/tried.toml: [{line.format(row)}, a word of its answer"
        ]


def test_an_answer_that_the_contract_does_not_tell_is_named() -> None:
    new = evolve(CONTRACT.operations[BOOK], method="GET", path="/market-data/depth", response={})
    assert named(new, paper="it has one book alone") == [
        f"tests/replay/answers/market_data.json: {DEPTH}: the contract doesn't say what it answers, so no answer of "
        f'it can be made up: write `"{DEPTH}": {{"status": 200, "body": …}}`'
    ]


def test_a_blank_for_it_is_begun_once_and_is_no_answer(tmp_path: Path) -> None:
    known, new = (evolve(CONTRACT.operations[BOOK], path=path, tag="Market Data") for path in ("/known", "/new"))
    for folder in (ROUTES, ANSWERS, TRIED.parent):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / TRIED).write_text("found = {}\nrefused = {}\nchanges = []\n")
    for operation in (known, new, new):
        begin_answer(operation, tmp_path)
    file = tmp_path / ANSWERS / "market_data.json"
    blank = {"status": 200, "body": "…"}
    assert json.loads(file.read_text(encoding="utf-8")) == {known.key: blank, new.key: blank}
    file.write_text(file.read_text(encoding="utf-8").replace("…", "an answer", 1), encoding="utf-8")
    trials = Trials.read(tmp_path)
    assert trials is not None
    assert list(trials.answers) == [known.key]


def test_one_that_only_moved_has_the_answer_that_it_had() -> None:
    assert TRIALS is not None
    was = next(key for key in CONTRACT.operations if key in TRIALS.answers)
    new = evolve(CONTRACT.operations[BOOK], method="GET", path="/market-data/depth", response={})
    contract = evolve(CONTRACT, operations=CONTRACT.operations | {new.key: new})
    assert [one.key for one in TRIALS.untold(CURATED, contract)] == [DEPTH]
    assert list(TRIALS.untold(CURATED, contract, {was: DEPTH})) == []


def test_a_parameter_is_called_as_most_operations_call_it() -> None:
    """Unless those beside it call it so."""
    usual = UsualNames.of(CURATED, CONTRACT)
    for path, called in (("/moon/depth", {"connector": "connector_name"}), ("/gateway/depth", {})):
        operation = evolve(CONTRACT.operations[BOOK], path=path)
        assert usual.called(operation, ["connector", "trading_pair", "colour"]) == called
    assert usual.called(operation, ["connector", "connector_name", "network"]) == {"network": "network_id"}


def test_what_is_left_of_a_tool_that_is_gone_is_told() -> None:
    assert TRIALS is not None
    contract = evolve(CONTRACT, operations={key: one for key, one in CONTRACT.operations.items() if key != BOOK})
    without = CURATED.without([BOOK])
    before = set(TRIALS.left_over(CURATED, CONTRACT))
    assert [one for one in TRIALS.left_over(without, contract) if one not in before] == [
        f"src/hbmcp/paper/api/routes: {BOOK}",
        f"tests/replay/answers: {BOOK}",
        "tests/paper/tried.toml: get_orderbook",
    ]
