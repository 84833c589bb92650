"""Contract and overrides become tools: exact schemas, functions that build the right request, mistakes named."""

import importlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from syrupy.assertion import SnapshotAssertion

from codegen import curation
from codegen.curation import CurationError
from codegen.generate import GENERATED, Generated, generate, write
from tests.codegen import shop
from tests.codegen.generated_tools import assert_portable


@pytest.fixture(scope="module")
def generated() -> Generated:
    return generate(shop.contract(), curation.read(shop.OVERRIDES))


@pytest.fixture(scope="module")
def tree(generated: Generated, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    write(generated, folder)
    return folder


@pytest.fixture
def request_of(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., httpx.Request]]:
    """Calls a generated tool function and gives the HTTP request that would be sent."""
    ours = ("hummingbot_api", "hbmcp_tools")
    saved = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in ours}
    monkeypatch.syspath_prepend(tree)

    def build(tool: str, **arguments: Any) -> httpx.Request:
        toolset, name = tool.split(".")
        function = getattr(importlib.import_module(f"hbmcp_tools.{toolset}"), name)
        request = function(**arguments).build(httpx.AsyncClient(base_url="http://shop"))
        assert isinstance(request, httpx.Request)
        return request

    yield build
    for name in list(sys.modules):
        if name.split(".")[0] in ours:
            del sys.modules[name]
    sys.modules.update(saved)


def test_the_generated_tree(tree: Path, snapshot: SnapshotAssertion) -> None:
    for file in sorted(tree.rglob("*")):
        if file.is_file():
            assert file.read_text() == snapshot(name=file.relative_to(tree).as_posix())


def test_no_sentence_of_the_document_survives(tree: Path) -> None:
    assert not [file for file in tree.rglob("*") if file.is_file() and "must not survive" in file.read_text()]


def test_two_runs_give_the_same_bytes(generated: Generated) -> None:
    again = generate(shop.contract(), curation.read(shop.OVERRIDES))
    assert again.files == generated.files


@pytest.mark.parametrize(
    ("tool", "arguments", "method", "url", "body"),
    [
        (
            "orders.place_order",
            {"buyer": "Ann", "thing": "pen", "side": "BUY", "amount": Decimal("0.10")},
            "POST",
            "/orders/",
            '{"customer":"Ann","thing":"pen","side":"BUY","amount":"0.10","rush":false}',
        ),
        ("orders.get_late_orders", {}, "POST", "/orders/search", '{"limit":20,"threshold":0.1}'),
        (
            "orders.get_late_orders",
            {"customer": "Bob", "since": "2026-01-02", "limit": 5},
            "POST",
            "/orders/search",
            '{"customers":["Bob"],"since":1767312000000,"limit":5,"threshold":0.1}',
        ),
        (
            "orders.cancel_order",
            {"order_id": "a/b c", "reason": "late"},
            "DELETE",
            "/orders/a%2Fb%20c?reason=late",
            "",
        ),
        ("shop.set_currency", {"name": "euro"}, "PUT", "/shop/settings", '{"currency":{"name":"euro"}}'),
        ("shop.set_currency", {}, "PUT", "/shop/settings", "{}"),
        (
            "shop.set_rounding",
            {"step": Decimal("0.000000000000000000001")},
            "PUT",
            "/shop/settings",
            '{"rounding":{"step":1E-21}}',
        ),
        ("shop.save_note", {"note": {"from": 1}}, "POST", "/shop/notes", '{"from":1}'),
        ("shop.open_shop", {"hour": 8}, "POST", "/shop/open", '{"hour":8}'),
        ("shop.open_shop", {}, "POST", "/shop/open", ""),
    ],
)
def test_a_function_builds_the_request(
    request_of: Callable[..., httpx.Request], tool: str, arguments: dict[str, Any], method: str, url: str, body: str
) -> None:
    request = request_of(tool, **arguments)
    assert (request.method, request.url.raw_path.decode()) == (method, url)
    assert request.content.decode().replace(": ", ":").replace(", ", ",") == body


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        (
            'to = "customer"',
            'to = "costumer"',
            "buyer: POST /orders/ has no parameter 'costumer'; did you mean customer?",
        ),
        (
            "rush = { fixed = false }",
            "rush = { fixed = 1 }",
            "rush: `fixed` is not what the API takes: 1 is not of type",
        ),
        ("rush = {", "thing = { hidden = true }\nrush = {", "thing: is required by the API: it can't be hidden"),
        ("rush = {", "thing = { required = false }\nrush = {", "thing: is required by the API: make it optional with"),
        ("rush = {", 'thing = { wrap = "list" }\nrush = {', "thing: `wrap` is for a list; the API takes no list here"),
        ("rush = {", 'thing = { time = "s" }\nrush = {', "thing: `time = 's'` doesn't fit: the API takes string here"),
        ("rush = {", 'class = { to = "thing" }\nrush = {', "class: can't be the name of a parameter"),
        ("limit = { default = 20 }", "limit = { default = 200 }", "limit: `default` is not what the API takes: 200"),
        ('page = "limit"', 'page = "limits"', "page: the tool has no parameter 'limits'; did you mean limit?"),
        (
            'account = "buyer"',
            'account = "byer"',
            "effect] account: the tool has no parameter 'byer'; did you mean buyer?",
        ),
        (
            'account = "buyer"',
            'account = "rush"',
            "[tools.place_order.effect] account: the tool has no parameter 'rush'",
        ),
        ("buyer = { to", "preview = { to", "preview: can't be the name of a parameter"),
        ('["late", "wrong"]', '["late", "lost"]', "reason: the API doesn't take ['lost']; it takes ['late', 'wrong'"),
    ],
)
def test_names_what_an_operation_can_not_do(tmp_path: Path, old: str, new: str, mistake: str) -> None:
    shutil.copytree(shop.OVERRIDES, tmp_path / "overrides")
    file = tmp_path / "overrides/orders.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(CurationError) as raised:
        generate(shop.contract(), curation.read(tmp_path / "overrides"))
    assert any(mistake in str(found) for found in raised.value.mistakes), str(raised.value)


def test_every_tool_has_a_schema_that_all_clients_take() -> None:
    for tool in json.loads((GENERATED / "hbmcp_tools/manifest.json").read_text())["tools"]:
        assert_portable(tool["definition"]["inputSchema"])
