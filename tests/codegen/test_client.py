"""The typed client: what is generated from any document, and what it puts on the wire."""

import asyncio
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen import render
from codegen.client import ClientSpec, Docs, read_client, render_client
from codegen.contract import Contract, ContractError, load, normalise, parse
from codegen.generate import PINNED, RUN_TIME
from codegen.lowering import Lowering
from tests.codegen.any_document import documents

DOCUMENTS = Path(__file__).parent / "documents"
NAMES = ["parameters", "schemas", "bodies", "names", "legacy"]
JSON = "application/json"


@cache
def contract(name: str) -> Contract:
    return parse(normalise(load(PINNED if name == "pinned" else DOCUMENTS / f"{name}.yaml")))


@cache
def spec(name: str) -> ClientSpec:
    return read_client(contract(name), Docs())


def importing(folder: Path) -> dict[str, ModuleType]:
    """Import the client in a folder, and leave no trace: every document has a package of the same name."""
    files = sorted((folder / "hummingbot_api").rglob("*.py"))
    names = [".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__") for file in files]
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "hummingbot_api"}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        return {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(before)


class Generated:
    """A generated client on disk, and its modules: `client["api.trading"]`."""

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder
        render.write(render_client(spec(name)), folder)
        self.modules = importing(folder)

    def __getitem__(self, name: str) -> ModuleType:
        return self.modules[f"hummingbot_api.{name}"]


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Generated]:
    return cache(lambda name: Generated(name, tmp_path_factory.mktemp(name)))


@pytest.fixture
def built(generated: Callable[[str], Generated]) -> Callable[..., httpx.Request]:
    """Build the HTTP request of `document.module.function(*args, **kwargs)`."""

    def build(document: str, module: str, function: str, *args: Any, **kwargs: Any) -> httpx.Request:
        request = getattr(generated(document)[f"api.{module}"], function)(*args, **kwargs)
        return request.build(httpx.AsyncClient(base_url="http://api:8000/base"))

    return build


def send(client: Generated, request: Any, answer: Callable[[httpx.Request], httpx.Response]) -> Any:
    async def run() -> Any:
        async with httpx.AsyncClient(base_url="http://api", transport=httpx.MockTransport(answer)) as http:
            return await client["client"].Client(http).send(request)

    return asyncio.run(run())


def target(request: httpx.Request) -> str:
    return request.url.raw_path.decode().removeprefix("/base")


# What is generated


@pytest.mark.parametrize("name", [*NAMES, "pinned"])
def test_imports_and_is_laid_out_well(name: str, generated: Callable[[str], Generated]) -> None:
    folder = generated(name).folder
    render.prove(folder, RUN_TIME)
    options = ["--isolated", "--line-length", "120", "--target-version", "py311", "--config", f"src = ['{folder}']"]
    ruff = [sys.executable, "-m", "ruff"]
    chosen = ["--select", "F,W,I,UP,B,SIM,C4,RET"]
    subprocess.run([*ruff, "check", *options, *chosen, str(folder)], check=True)
    subprocess.run([*ruff, "format", "--check", *options[:-2], str(folder)], check=True)


def test_imports_need_no_repair(tmp_path: Path) -> None:
    """The templates write exactly the imports that are needed: what ruff is told to take out is never there."""
    for name in [*NAMES, "pinned"]:
        for path, text in render_client(spec(name)).items():
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F", str(tmp_path)]
    subprocess.run(ruff, check=True)


@pytest.mark.parametrize("name", ["schemas", "names", "bodies", "pinned"])
def test_passes_the_strict_type_check(
    name: str, generated: Callable[[str], Generated], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, known = generated(name).folder, tmp_path_factory.getbasetemp() / "mypy"
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "--cache-dir", str(known)]
    done = subprocess.run([*command, "-p", "hummingbot_api"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["schemas", "pinned"])
def test_is_the_same_in_every_process(name: str) -> None:
    code = (
        "import hashlib, sys; from tests.codegen.test_client import render_client, spec;"
        "print(hashlib.sha256(repr(render_client(spec(sys.argv[1]))).encode()).hexdigest())"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code, name],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            cwd=DOCUMENTS.parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1


def test_has_every_operation_and_every_schema_of_the_contract(generated: Callable[[str], Generated]) -> None:
    client = generated("pinned")
    assert spec("pinned").operations.keys() == contract("pinned").operations.keys()
    for operation in spec("pinned").operations.values():
        assert callable(getattr(client[f"api.{operation.module}"], operation.function))
    models = {name for path, module in client.modules.items() if ".models." in path for name in vars(module)}
    assert {name for name in contract("pinned").schemas if name not in models} == set()


def test_is_small(generated: Callable[[str], Generated]) -> None:
    files = list((generated("pinned").folder / "hummingbot_api").rglob("*.py"))
    assert sum(len(file.read_text().splitlines()) for file in files) < 6000
    assert len(files) < 60


def test_models_have_no_dead_variants(generated: Callable[[str], Generated]) -> None:
    models = generated("pinned")["models.trading"]
    assert not hasattr(models.TradeRequest, "from_dict")
    assert not hasattr(models.TradeResponse, "to_dict")
    nested = generated("schemas")["models.schemas"].Node
    assert hasattr(nested, "from_dict")
    assert hasattr(nested, "to_dict")


def test_carries_curated_sentences_and_no_others() -> None:
    docs = Docs(
        operations={"POST /trading/orders": 'Place an order. Say "yes" with a \\ or """.'},
        fields={("TradeRequest", "amount"): "Base units."},
    )
    files = render_client(read_client(contract("pinned"), docs))
    trading = files["hummingbot_api/api/trading.py"]
    assert "Place an order. Say" in trading
    compile(trading, "trading.py", "exec")
    assert "    #: Base units.\n    amount: Decimal\n" in files["hummingbot_api/models/trading.py"]


def test_imports_no_http_library(generated: Callable[[str], Generated]) -> None:
    code = "import sys, hummingbot_api, hummingbot_api.api.trading; sys.exit('httpx' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=generated("pinned").folder, check=True)


# Names


def test_functions_are_called_as_in_fastapi() -> None:
    operations = spec("pinned").operations
    assert operations["POST /trading/orders"].function == "place_trade"
    assert operations["POST /trading/orders"].module == "trading"
    assert operations["GET /accounts/"].function == "list_accounts"


def test_names_are_found_where_there_are_none_or_too_many() -> None:
    functions = {key: (one.module, one.function) for key, one in spec("names").operations.items()}
    assert functions["GET /things/{thing-id}/parts/{part.id}"] == ("class_", "get_things_thing_id_parts_part_id")
    assert functions["GET /"] == ("shared_", "list_")
    assert functions["POST /"] == ("shared_", "import_")
    assert functions["GET /fastapi/{x}/"] == ("market_data", "read_x")
    assert functions["GET /camel"] == ("emoji", "get_v2clmm_pools")
    prices = {function for module, function in functions.values() if function.startswith("get_prices")}
    assert len(prices) == 4
    assert not any(function[-1].isdigit() for function in prices)


def test_path_words_tell_like_named_operations_apart() -> None:
    paths = {f"/{area}/prices": {"get": {"operationId": "get", "responses": {}}} for area in ("spot", "futures")}
    found = read_client(parse(normalise(document(paths))), Docs()).operations
    assert [one.function for one in found.values()] == ["get_futures_prices", "get_spot_prices"]


def test_names_in_python_lead_back_to_those_of_the_contract(generated: Callable[[str], Generated]) -> None:
    model = generated("names")["models.shared_"].AnyModel
    properties = contract("names").schemas["Any"]["properties"]
    sent = {name: "a" for name, schema in properties.items() if schema == {"type": "string"}}
    assert len(sent) > 20
    assert model.from_dict(sent).to_dict() == sent


def test_parameters_of_one_name_say_where_they_are() -> None:
    (operation,) = (one for one in spec("parameters").operations.values() if one.function == "same")
    names = {(one.location, one.name): one.python_name for one in operation.parameters}
    assert names == {
        ("path", "id"): "id_",
        ("query", "id"): "id_query",
        ("header", "id"): "id_header",
        ("query", "ID"): "id_2",
    }


# What the contract says and the client can't


def test_says_what_it_expresses_less_exactly() -> None:
    assert [f"{one.place}: {one.reason}" for one in spec("schemas").fallbacks] == [
        "schema Everything, property mixed-enum: which numbers are allowed is not checked",
        "schema Everything, property tuple: a tuple is a list of values of all its types",
        "schema Everything, property patterns: names of properties are not checked against their patterns",
        "schema Everything, property contradiction: the parts of allOf don't go together: string and integer; "
        "any JSON value is accepted",
        "schema Everything, property either: which of its properties are needed together is not checked",
        "schema Everything, property arrays-in-enum: an enum of arrays or objects; any JSON value is accepted",
        "schema Json: contains itself without an object; any JSON value is accepted",
        "schema ListOfLists: contains itself without an object; any JSON value is accepted",
    ]
    assert all(spec(name).fallbacks == () for name in ("pinned", "parameters", "bodies", "names", "legacy"))


def test_what_is_built_on_itself_comes_to_an_end() -> None:
    text = {"type": "string"}
    schemas = {
        "Base": {"properties": {"id": text}},
        "One": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"one": text}}]},
        "Two": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"two": text}}]},
        "Three": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"three": text}}]},
        "All": {"allOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("One", "Two", "Three")]},
        "Endless": {"properties": {"a": text}, "anyOf": [{"$ref": "#/components/schemas/Endless"}, text]},
        "Deep": {
            "properties": {"deeper": {"allOf": [{"$ref": "#/components/schemas/Deep"}, {"required": ["deeper"]}]}}
        },
    }
    paths = {
        f"/{name}": {"get": {"responses": {"200": {"description": "", "content": {JSON: {"schema": {"$ref": ref}}}}}}}
        for name in ("All", "Endless", "Deep")
        for ref in [f"#/components/schemas/{name}"]
    }
    found = read_client(parse(normalise(document(paths, schemas))), Docs())
    models = render_client(found)["hummingbot_api/models/default.py"]
    compile(models, "default.py", "exec")
    fields = "    id: str | None = None\n    one: str | None = None\n    two: str | None = None\n    three: str"
    assert f"class All:\n{fields}" in models
    assert {one.reason for one in found.fallbacks} > set()
    assert not any("All" in one.place for one in found.fallbacks)


def test_a_schema_that_the_parser_refuses_becomes_any(monkeypatch: pytest.MonkeyPatch) -> None:
    finish = Lowering.finish

    def spoil(lowering: Lowering) -> None:
        finish(lowering)
        (leg,) = (one for one in lowering.components.values() if one.schema_name == "Leg")
        leg.lowered["properties"]["p0"] = {"type": "array"}

    monkeypatch.setattr(Lowering, "finish", spoil)
    found = read_client(contract("legacy"), Docs())
    assert [one.place for one in found.fallbacks] == ["schema Leg"]
    assert "leg: Any = None" in render_client(found)["hummingbot_api/models/default.py"]


def test_refuses_a_form_that_is_no_object() -> None:
    body = {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "array", "items": {}}}}}
    paths = {"/form": {"post": {"requestBody": body, "responses": {}}}}
    with pytest.raises(ContractError, match=r"POST /form.*object"):
        read_client(parse(normalise(document(paths))), Docs())


def document(paths: dict[str, Any], schemas: dict[str, Any] | None = None) -> dict[str, Any]:
    info = {"title": "", "version": ""}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas or {}}}


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(documents)
def test_any_document_gives_code_that_imports(raw: dict[str, Any]) -> None:
    try:
        found = read_client(parse(normalise(raw)), Docs())
    except ContractError:
        return
    with tempfile.TemporaryDirectory() as folder:
        for path, text in render_client(found).items():
            file = Path(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        importing(Path(folder))


# What the rest of the generator is told


def test_tells_tools_how_to_fill_a_request() -> None:
    order = spec("pinned").operations["POST /trading/orders"]
    assert order.body
    assert order.body.model == "TradeRequest"
    assert order.body.model_import == "from hummingbot_api.models.trading import TradeRequest"
    fields = {field.name: field for field in order.body.fields}
    assert fields["amount"].required
    assert fields["amount"].value.annotation == "Decimal"
    assert not fields["price"].required
    assert fields["price"].value.from_json == "{}"
    assert order.returns.annotation == "TradeResponse"


def test_tells_tools_how_to_make_models_of_json() -> None:
    body = next(one.body for one in spec("schemas").operations.values() if one.function == "everything")
    assert body
    values = {field.name: field.value for field in body.fields}
    assert values["node"].from_json == "Node.from_dict({})"
    assert values["nested"].from_json == "decode.array(decode.array(Node.from_dict))({})"
    assert "from hummingbot_api.models.schemas import Node" in values["nested"].imports
    assert values["free"].from_json == "{}"
    account = next(one.body for one in spec("schemas").operations.values() if one.function == "put_account")
    assert account
    assert [field.name for field in account.fields] == ["name", "secret"]


# Parameters


def test_path_parameters_stay_one_segment(built: Callable[..., httpx.Request]) -> None:
    request = built("parameters", "path", "simple", "a/b ü?#%", Decimal("1E-18"), True)
    assert target(request) == "/simple/a%2Fb%20%C3%BC%3F%23%25/0.000000000000000001/true/"


@pytest.mark.parametrize(("text", "segment"), [("..", "%2E%2E"), (".", "%2E"), ("a.b", "a.b"), ("//", "%2F%2F")])
def test_path_parameters_never_lead_elsewhere(text: str, segment: str, built: Callable[..., httpx.Request]) -> None:
    assert target(built("parameters", "path", "simple", text, Decimal(1), False)) == f"/simple/{segment}/1/false/"


def test_an_empty_path_parameter_is_refused(built: Callable[..., httpx.Request]) -> None:
    with pytest.raises(ValueError, match="empty"):
        built("parameters", "path", "simple", "", Decimal(1), False)


def test_path_styles(built: Callable[..., httpx.Request], generated: Callable[[str], Generated]) -> None:
    point = generated("parameters")["models.shared"].Point(x=1, y=Decimal("0.5"))
    path = "parameters", "path"
    assert target(built(*path, "simple_list", ["a,b", "c"])) == "/simple-list/a%2Cb,c"
    assert target(built(*path, "simple_object", point)) == "/simple-object/x,1,y,0.5"
    assert target(built(*path, "simple_object_exploded", point)) == "/simple-object-exploded/x=1,y=0.5"
    assert target(built(*path, "label", ["a", "b"], ["a", "b"], point)) == "/label/.a,b/.a.b/.x=1.y=0.5"
    assert target(built(*path, "matrix", "a b", ["a", "b"], ["a", "b"], point, point)) == (
        "/matrix/;scalar=a%20b/;list=a,b/;exploded=a;exploded=b/;point=x,1,y,0.5/;x=1;y=0.5"
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"flag": True}, "flag=true"),
        ({"flag": False}, "flag=false"),
        ({"count": 0}, "count=0"),
        ({"amount": Decimal("1E-18")}, "amount=0.000000000000000001"),
        ({"exact": Decimal("1E+3")}, "exact=1000"),
        ({"side": "BUY"}, "side=BUY"),
        ({"list_": ["a b", "c&d"]}, "list=a%20b&list=c%26d"),
        ({"list_": []}, ""),
        ({"commas": ["a,b", "c"]}, "commas=a%2Cb,c"),
        ({"commas": []}, ""),
        ({"spaces": ["a", "b"]}, "spaces=a%20b"),
        ({"pipes": [1, 2]}, "pipes=1%7C2"),
        ({"exploded_pipes": [1, 2]}, "exploded-pipes=1&exploded-pipes=2"),
        ({"free": {"a": 1, "b": 2}}, "a=1&b=2"),
        ({"filter_name": "=+ü"}, "filter%5Bname%5D=%3D%2B%C3%BC"),
        ({"anything": ["a", 1]}, "anything=a&anything=1"),
        ({"anything": {"a": {"b": True}}}, "a=%7B%22b%22%3Atrue%7D"),
    ],
)
def test_query_styles(given: dict[str, Any], expected: str, built: Callable[..., httpx.Request]) -> None:
    query = built("parameters", "query", "query", shared="s", **given).url.query.decode()
    assert query == "shared=s" + (f"&{expected}" if expected else "")


def test_query_styles_of_objects(built: Callable[..., httpx.Request], generated: Callable[[str], Generated]) -> None:
    client = generated("parameters")
    point = client["models.shared"].Point(x=1, y=Decimal("0.5"))
    deep = client["models.query"].Filter(name="n", tags=["a", "b"], range=point)
    query = built("parameters", "query", "query", shared="s", deep=deep, form=point, flat=point).url.query.decode()
    assert unquote(query) == (
        "shared=s&deep[name]=n&deep[tags]=a&deep[tags]=b&deep[range][x]=1&deep[range][y]=0.5&x=1&y=0.5&flat=x,1,y,0.5"
    )


def test_headers_and_cookies(built: Callable[..., httpx.Request], generated: Callable[[str], Generated]) -> None:
    point = generated("parameters")["models.shared"].Point(x=1, y=Decimal("0.5"))
    request = built(
        "parameters", "headers", "headers",
        x_request_id="ü", x_ids=[1, 2], x_point=point, x_exploded=point, session="a;b", ids=[1, 2],
    )  # fmt: skip
    sent = {name.decode().lower(): value.decode() for name, value in request.headers.raw}
    assert sent["x-request-id"] == "ü"
    assert sent["x-ids"] == "1,2"
    assert sent["x-point"] == "x,1,y,0.5"
    assert sent["x-exploded"] == "x=1,y=0.5"
    assert sent["cookie"] == "session=a%3Bb; ids=1%2C2"


def test_a_header_can_not_smuggle_another(built: Callable[..., httpx.Request]) -> None:
    with pytest.raises(ValueError, match="control characters"):
        built("parameters", "headers", "headers", x_request_id="a\r\nX-Other: b")


@given(st.text(min_size=1))
def test_any_text_survives_in_a_path(text: str) -> None:
    segment = encode().segment
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert unquote(segment(text)) == text
    assert "/" not in segment(text)
    assert segment(text) not in (".", "..")


# Bodies


def test_json_bodies(built: Callable[..., httpx.Request], generated: Callable[[str], Generated]) -> None:
    item = generated("bodies")["models.default"].Item(price=Decimal("0.10"), exact=Decimal("1E-7"))
    text = b'{"price":0.10,"exact":"0.0000001"}'
    cases = [
        (built("bodies", "default", "send_array", [item]), b"[%b]" % text, JSON),
        (built("bodies", "default", "send_array", []), b"[]", JSON),
        (built("bodies", "default", "send_scalar", 0), b"0", JSON),
        (built("bodies", "default", "send_exact", Decimal("0.5")), b'"0.5"', JSON),
        (built("bodies", "default", "send_number", Decimal("0.50")), b"0.50", JSON),
        (built("bodies", "default", "send_free", {}), b"{}", JSON),
        (built("bodies", "default", "send_free", {"a": [None, True, "ü"]}), '{"a":[null,true,"ü"]}'.encode(), JSON),
        (built("bodies", "default", "send_optional", body=item), text, JSON),
        (built("bodies", "default", "send_optional"), b"", None),
        (built("bodies", "default", "send_nullable", None), b"null", JSON),
        (built("bodies", "default", "send_patch", item), text, "application/merge-patch+json"),
    ]
    for request, content, media_type in cases:
        assert (request.content, request.headers.get("Content-Type")) == (content, media_type)


def test_forms(built: Callable[..., httpx.Request], generated: Callable[[str], Generated]) -> None:
    login = generated("bodies")["models.default"].Login(
        username="ü&=", password="p q", scopes=["a", "b"], remember=True, amount=Decimal("1E-7")
    )
    request = built("bodies", "default", "send_form", login)
    assert request.content == (b"username=%C3%BC%26%3D&password=p%20q&scopes=a&scopes=b&remember=true&amount=0.0000001")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert built("bodies", "default", "send_free_form").content == b""
    assert built("bodies", "default", "send_free_form", body={"a": {"b": 1}}).content == b"a=%7B%22b%22%3A1%7D"


def test_uploads(built: Callable[..., httpx.Request], generated: Callable[[str], Generated]) -> None:
    models, file = generated("bodies")["models.default"], generated("bodies")["request"].File
    body = models.UploadBody(
        file=file(b"\x00\xff", "a.bin"),
        more=[file(b"1"), file(b"2", media_type="text/plain")],
        note="ü",
        size=3,
        item=models.Item(price=Decimal("0.1")),
    )
    request = built("bodies", "default", "upload", body)
    boundary = request.headers["Content-Type"].removeprefix("multipart/form-data; boundary=").encode()
    parts = request.read().split(b"--" + boundary)[1:-1]
    assert [part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n") for part in parts] == [
        b"\x00\xff", b"1", b"2", "ü".encode(), b"3", b'{"price":0.1}',
    ]  # fmt: skip
    assert b'name="file"; filename="a.bin"\r\nContent-Type: application/octet-stream' in parts[0]
    assert b"Content-Type: text/plain" in parts[2]
    assert b"filename" not in parts[3]


def test_raw_bodies(built: Callable[..., httpx.Request]) -> None:
    octets = built("bodies", "default", "send_octets", b"\x00\xff")
    assert (octets.content, octets.headers["Content-Type"]) == (b"\x00\xff", "application/octet-stream")
    text = built("bodies", "default", "send_text", body="ü")
    assert (text.content, text.headers["Content-Type"]) == ("ü".encode(), "text/plain")
    assert "Content-Type" not in built("bodies", "default", "send_text").headers


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_no_body_holds_what_is_no_number(number: str, built: Callable[..., httpx.Request]) -> None:
    for function in ("send_number", "send_exact"):
        with pytest.raises(ValueError, match="not a"):
            built("bodies", "default", function, Decimal(number))


def test_read_only_fields_are_not_sent_and_null_only_where_it_means_something(
    generated: Callable[[str], Generated],
) -> None:
    account = generated("schemas")["models.account"].Account
    assert account(id="1", name="n", secret="s").to_dict() == {"name": "n", "secret": "s"}
    assert account.from_dict({"id": "1", "name": "n"}) == account(id="1", name="n")
    order = generated("legacy")["models.default"].Order
    assert order(amount=Decimal(1), note=None).to_dict() == {"amount": Decimal(1), "note": None}


# Answers

EXACT = ["0.1", "1E-18", "0.10000000000000000000", "1234567890123456789012345678901234567890", "-0.0"]


@pytest.mark.parametrize("digits", EXACT)
def test_every_digit_survives_both_ways(digits: str, generated: Callable[[str], Generated]) -> None:
    client, number = generated("bodies"), Decimal(digits)
    item = client["models.default"].Item
    seen: list[bytes] = []

    def echo(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(200, content=request.content, headers={"Content-Type": JSON})

    request = client["api.default"].send_array([item(price=number, exact=number)])
    (back,) = send(client, request, echo).parse()
    assert seen == [f'[{{"price":{number},"exact":"{number:f}"}}]'.encode()]
    assert back.price.as_tuple() == number.as_tuple() if number.as_tuple().exponent else back.price == number
    assert (back.exact, str(back.exact)) == (number, str(Decimal(f"{number:f}")))


def test_answers_keep_their_json(generated: Callable[[str], Generated]) -> None:
    client = generated("bodies")
    body = b'{"a": [1, 1.0, 1e400, "x", null, true], "a b": {}}'
    answer = send(client, client["api.default"].send_free({}), lambda _: httpx.Response(201, content=body))
    assert answer.status == 201
    assert answer.raw == {"a": [1, Decimal("1.0"), Decimal("1e400"), "x", None, True], "a b": {}}
    assert isinstance(answer.raw["a"][0], int)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"NaN", b'{"a": Infinity}', b"[" * 100_000, b"\xff", b"1e999999999999999999999"]
)
def test_what_is_no_json_is_said_to_be_none(body: bytes, generated: Callable[[str], Generated]) -> None:
    client = generated("bodies")
    with pytest.raises(client["errors"].NotJson) as caught:
        send(client, client["api.default"].send_free({}), lambda _: httpx.Response(200, content=body))
    assert caught.value.body == body


@pytest.mark.parametrize("status", [301, 307, 400, 404, 422, 500, 503])
def test_other_answers_are_errors(status: int, generated: Callable[[str], Generated]) -> None:
    client = generated("bodies")
    answer = httpx.Response(status, content=b"no", headers={"Content-Type": "text/plain"})
    with pytest.raises(client["errors"].UnexpectedStatus) as caught:
        send(client, client["api.default"].send_free({}), lambda _: answer)
    assert (caught.value.status, caught.value.body, caught.value.content_type) == (status, b"no", "text/plain")


def test_answers_without_json(generated: Callable[[str], Generated]) -> None:
    client = generated("bodies")
    text = send(client, client["api.default"].send_text(body="a"), lambda _: httpx.Response(200, text="fine"))
    assert text.parse() == "fine"
    gone = send(client, client["api.default"].remove_all(), lambda _: httpx.Response(204))
    assert gone.parse() is None
    surprise = send(client, client["api.default"].remove_all(), lambda _: httpx.Response(200, json={"a": 1}))
    assert surprise.parse() == {"a": 1}


def test_failures_of_the_connection_pass_through(generated: Callable[[str], Generated]) -> None:
    client = generated("bodies")

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("too slow", request=request)

    with pytest.raises(httpx.TransportError):
        send(client, client["api.default"].remove_all(), fail)


def test_a_time_out_is_passed_on(generated: Callable[[str], Generated]) -> None:
    client, seen = generated("bodies"), []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(204)

    async def run() -> None:
        async with httpx.AsyncClient(base_url="http://api", transport=httpx.MockTransport(answer)) as http:
            await client["client"].Client(http).send(client["api.default"].remove_all(), timeout=1.5)

    asyncio.run(run())
    assert seen == [{"connect": 1.5, "read": 1.5, "write": 1.5, "pool": 1.5}]


NODE = {"value": 1}
EVERYTHING = {"text": "t", "number": 1, "whole": 1, "flag": True, "required-nullable": None, "exact": "1", "node": NODE}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"text": 1}, "text: expected a string, got a number"),
        ({"number": "1"}, "number: expected a number, got a string"),
        ({"number": True}, "number: expected a number, got true"),
        ({"whole": Decimal("1.5")}, "whole: expected a whole number, got a number"),
        ({"exact": "one"}, "exact: expected a number, got a string"),
        ({"exact": "NaN"}, "exact: expected a number, got a number"),
        ({"node": {}}, "node.value: expected a value, got nothing"),
        ({"node": [NODE]}, "node: expected an object, got an array"),
        ({"nested": [[NODE], [NODE, {"value": None}]]}, "nested[1][1].value: expected a number, got null"),
        ({"by-name": {"a b": [{}]}}, "by-name.a b[0].value: expected a value, got nothing"),
        ({"side": "HOLD"}, "side: expected one of 'SELL', 'BUY', got a string"),
        ({"const-number": True}, "const-number: expected 7, got true"),
        ({"models": 1}, "models: expected an object or an array, got a number"),
        ({"models": [NODE, {}]}, "models[1].value: expected a value, got nothing"),
        ({"extras": {"id": "1", "x": {}}}, "extras.x: expected a number, got an object"),
    ],
)
def test_says_where_an_answer_is_wrong(
    changed: dict[str, Any], message: str, generated: Callable[[str], Generated]
) -> None:
    client = generated("schemas")
    with pytest.raises(client["errors"].UnexpectedShape) as caught:
        client["models.schemas"].Everything.from_dict(EVERYTHING | changed)
    assert str(caught.value) == message
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "more",
    [
        {"optional": "o", "optional-nullable": 1},
        {"exacts": ["0.10", None], "exact-by-name": {"a": "1"}},
        {"date": "2026-01-01", "uuid": "u", "date-or-number": "2026-01-01"},
        {"side": "BUY", "sides": ["BUY", "SELL"], "inline-enum": 'b"c', "level": 2, "mixed-enum": "one"},
        {"nullable-enum": "x", "const": "fixed", "const-number": 7, "const-true": True, "only-true": True},
        {"anything": [1, {"a": None}], "free": {"a": 1}, "closed": {}, "no-properties": {}},
        {"untyped-object": {"a": "b"}, "untyped-array": ["a"], "array": [1, "a"], "tuple": ["a", Decimal("1.5")]},
        {"nested": [[{"value": 1, "children": [NODE], "parent": NODE}]], "by-name": {"a": [NODE]}},
        {"patterns": {"x-a": 1}, "extras": {"id": "1", "additional": 2, "more": "0.50"}},
        {"all": NODE, "combined": {**NODE, "children": [], "label": "l"}, "model-or-text": "text"},
        {"model-or-text": NODE, "models": [NODE], "either": {"a": "b"}, "distributed": {"kind": "k", "a": "a"}},
        {"types": [1], "alias": NODE, "money": "0.1", "contradiction": 1, "arrays-in-enum": [1]},
    ],
)
def test_what_comes_in_goes_out_again(more: dict[str, Any], generated: Callable[[str], Generated]) -> None:
    everything = generated("schemas")["models.schemas"].Everything
    sent = EVERYTHING | more
    assert everything.from_dict(sent).to_dict() == sent


def test_null_is_absence_and_strange_keys_are_ignored(generated: Callable[[str], Generated]) -> None:
    everything = generated("schemas")["models.schemas"].Everything
    assert everything.from_dict(EVERYTHING | {"optional": None, "stranger": 1}).to_dict() == EVERYTHING


def test_the_alternative_that_fits_is_chosen(generated: Callable[[str], Generated]) -> None:
    client = generated("schemas")
    body = b'[{"name": "a"}, {"kind": "dog"}, {"kind": "cat", "friend": {"kind": "dog"}}]'
    found = send(client, client["api.pets"].pets(), lambda _: httpx.Response(200, content=body)).parse()
    pet, dog, cat = client["models.pets"].Pet, client["models.pets"].Dog, client["models.pets"].Cat
    assert found == [pet(name="a"), dog(kind="dog"), cat(kind="cat", friend=dog(kind="dog"))]


def test_schemas_that_contain_themselves(generated: Callable[[str], Generated]) -> None:
    client = generated("schemas")
    answer = send(client, client["api.schemas"].forest(), lambda _: httpx.Response(200, json={"a": {"b": {}}}))
    assert list(answer.parse().additional["a"].additional) == ["b"]
    lists = send(client, client["api.schemas"].list_of_lists(), lambda _: httpx.Response(200, json=[[[]], []]))
    assert lists.parse() == [[[]], []]


# Values of any size


def encode() -> ModuleType:
    return _static("encode")


@cache
def _static_modules() -> dict[str, ModuleType]:
    with tempfile.TemporaryDirectory() as folder:
        return Generated("bodies", Path(folder)).modules


def _static(name: str) -> ModuleType:
    return _static_modules()[f"hummingbot_api.{name}"]


numbers = st.decimals(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | st.integers() | numbers | st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
)


@given(values)
def test_json_is_exact(value: Any) -> None:
    text = _static("exact_json").dumps(value)
    assert _static("exact_json").loads(text) == value
    assert json.loads(text, parse_float=Decimal) == value


@given(numbers)
def test_decimals_are_exact_as_numbers_and_as_text(number: Decimal) -> None:
    decode, exact_json = _static("decode"), _static("exact_json")
    back = decode.decimal(exact_json.loads(exact_json.dumps(number)))
    assert back == number
    assert decode.number_or_text(encode().plain(number)) == number
    if number.as_tuple().exponent:
        assert back.as_tuple() == number.as_tuple()


nodes = st.recursive(
    st.builds(dict, value=numbers),
    lambda inner: st.builds(dict, value=numbers, children=st.lists(inner, max_size=3)),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(nodes)
def test_models_are_exact(node: dict[str, Any]) -> None:
    model = _schemas().Node
    assert model.from_dict(node).to_dict() == node


@given(values)
def test_any_other_json_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        _schemas().Everything.from_dict(value)


@cache
def _schemas() -> ModuleType:
    with tempfile.TemporaryDirectory() as folder:
        return Generated("schemas", Path(folder))["models.schemas"]
