"""What the contract says and the typed client can't: it says so, and goes on."""

import pytest

from codegen.client import Docs, read_client, render_client
from codegen.client.lowering import Lowering
from codegen.contract import ContractError, normalise, parse
from tests.codegen.generated_clients import contract, document, spec

JSON = "application/json"


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
