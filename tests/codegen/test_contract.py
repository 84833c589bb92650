"""What `codegen.contract` makes of documents, good and bad."""

from __future__ import annotations

import http.server
import json
import random
import socket
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from codegen.contract import Contract, ContractError, dumps, load, normalise, parse
from tests.codegen.any_document import documents

SHOP = Path(__file__).parent / "documents" / "contract_shop.yaml"
PINNED = Path(__file__).parents[2] / "codegen" / "contract" / "hummingbot-api.openapi.json"


def document(text: str = "{}", *, version: str = "3.1.0", schemas: str = "{}") -> dict[str, Any]:
    """A document with these paths and component schemas, given as YAML."""
    return {
        "openapi": version,
        "info": {"title": "T", "version": "1"},
        "paths": yaml.safe_load(text),
        "components": {"schemas": yaml.safe_load(schemas)},
    }


def schema(text: str, version: str = "3.0.3") -> dict[str, Any]:
    """One schema, normalised. `Thing` is another that it may refer to."""
    raw = document(version=version, schemas=f"{{Thing: {{type: object}}, S: {text}}}")
    found: dict[str, Any] = normalise(raw)["components"]["schemas"]["S"]
    return found


@pytest.fixture(scope="module")
def shop() -> Contract:
    return parse(normalise(load(SHOP)))


class TestModel:
    def test_operations_are_named_by_method_and_path(self, shop: Contract) -> None:
        assert list(shop.operations) == ["POST /orders", "DELETE /orders/{order_id}", "GET /orders/{order_id}"]
        assert (shop.title, shop.version) == ("Shop", "1.0")

    def test_an_operation_has_its_first_tag_id_and_deprecation(self, shop: Contract) -> None:
        get, delete = shop.operations["GET /orders/{order_id}"], shop.operations["DELETE /orders/{order_id}"]
        assert (get.tag, get.operation_id, get.deprecated) == ("Items", "get_order", True)
        assert (delete.tag, delete.operation_id, delete.deprecated) == ("default", None, False)
        assert (delete.status, delete.response) == (204, None)

    def test_parameters_come_from_path_operation_and_components(self, shop: Contract) -> None:
        found = shop.operations["GET /orders/{order_id}"].parameters
        assert [(p.location, p.name, p.required, p.style, p.explode) for p in found] == [
            ("path", "order_id", True, "simple", False),
            ("header", "trace", True, "simple", False),
            ("query", "filter", False, "form", True),
            ("query", "fields", False, "pipeDelimited", False),
        ]
        assert found[1].schema == {"format": "uuid", "type": "string"}
        assert found[2].schema == {"$ref": "#/components/schemas/Filter"}

    def test_the_body_is_json_where_it_can_be(self, shop: Contract) -> None:
        body = shop.operations["POST /orders"].body
        assert body is not None
        assert (body.media_type, body.required) == ("application/json", True)
        assert body.schema == {"$ref": "#/components/schemas/Order"}

    def test_the_answer_is_that_of_the_lowest_good_status(self, shop: Contract) -> None:
        post = shop.operations["POST /orders"]
        assert (post.status, post.response) == (201, {"type": "integer"})

    @pytest.mark.parametrize(
        ("responses", "status", "response"),
        [
            ("{2XX: {content: {application/json: {schema: {type: string}}}}}", 200, {"type": "string"}),
            ("{default: {content: {'*/*': {schema: {type: string}}}}}", 200, {"type": "string"}),
            ("{'404': {content: {application/json: {schema: {}}}}}", 200, None),
            ("{'200': {content: {text/plain: {schema: {type: string}}}}}", 200, None),
            ("{'200': {content: {application/json: {}}}}", 200, {}),
        ],
    )
    def test_answers_without_a_plain_good_one(self, responses: str, status: int, response: Any) -> None:
        found = parse(normalise(document(f"/a: {{get: {{responses: {responses}}}}}")))
        assert (found.operations["GET /a"].status, found.operations["GET /a"].response) == (status, response)


class TestProse:
    def test_names_and_values_that_look_like_prose_stay(self, shop: Contract) -> None:
        order = shop.schemas["Order"]
        properties = order["properties"]
        assert set(shop.schemas) == {"Filter", "Order", "title"}
        assert list(properties)[:5] == ["title", "description", "example", "x-mark", "amount"]
        assert properties["options"]["default"] == {
            "title": "kept",
            "description": "kept",
            "example": {"x-a": [1, {"examples": 2}]},
            "nullable": True,
        }
        assert properties["options"]["enum"] == [{"title": "kept"}]

    def test_nothing_else_of_it_stays(self, shop: Contract) -> None:
        assert shop.schemas["title"] == {"type": "string"}
        assert shop.schemas["Order"].keys() == {"properties", "required", "type"}
        assert shop.document.keys() == {"components", "info", "openapi", "paths", "servers"}
        assert shop.document["components"].keys() == {"schemas"}
        get = shop.document["paths"]["/orders/{order_id}"]["get"]
        assert get.keys() == {"deprecated", "operationId", "parameters", "responses", "tags"}
        schema = {"$ref": "#/components/schemas/Order"}
        assert get["responses"]["200"] == {"content": {"application/json": {"schema": schema}}, "description": ""}

    @pytest.mark.parametrize(
        ("servers", "address"),
        [
            (
                [{"url": "/v2"}, {"url": "https://{region}.example"}, {"url": "https://a.example/v2"}],
                "https://a.example/v2",
            ),
            ([{"url": "/"}], None),
            ("nowhere", None),
            ([5, {}], None),
        ],
    )
    def test_an_address_stays_where_it_is_whole(self, servers: Any, address: str | None) -> None:
        raw = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}, "servers": servers}
        assert parse(normalise(raw)).address == address
        assert normalise(normalise(raw)) == normalise(raw)

    def test_yaml_values_stay_what_json_would_have(self, shop: Contract) -> None:
        assert shop.schemas["Order"]["properties"]["day"]["enum"] == ["2026-06-01", "on", "12:30:45"]

    def test_the_pinned_contract_has_none(self) -> None:
        """No text of more than a name anywhere in it, but for the title of the API and its tags."""

        def texts(value: Any) -> Iterator[str]:
            for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
                if isinstance(item, str):
                    yield item
                yield from texts(item)

        pinned = json.loads(PINNED.read_text(encoding="utf-8"))
        tags = {tag for item in pinned["paths"].values() for each in item.values() for tag in each.get("tags", ())}
        assert {text for text in texts(pinned) if " " in text} - tags <= {pinned["info"]["title"]}


class TestLifting:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("{type: string, nullable: true}", {"type": ["string", "null"]}),
            ("{type: string, nullable: false}", {"type": "string"}),
            ("{type: string, nullable: true, enum: [a]}", {"enum": ["a", None], "type": ["string", "null"]}),
            (
                "{$ref: '#/components/schemas/Thing', nullable: true}",
                {"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]},
            ),
            (
                "{allOf: [{$ref: '#/components/schemas/Thing'}], nullable: true, default: null}",
                {"anyOf": [{"allOf": [{"$ref": "#/components/schemas/Thing"}]}, {"type": "null"}], "default": None},
            ),
            (
                "{oneOf: [{type: string}, {type: integer}], nullable: true}",
                {"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
            ),
            (
                "{anyOf: [{type: string}, {type: 'null'}], nullable: true}",
                {"anyOf": [{"type": "string"}, {"type": "null"}]},
            ),
            ("{nullable: true}", {}),
            ("{type: number, minimum: 1, exclusiveMinimum: true}", {"exclusiveMinimum": 1, "type": "number"}),
            ("{type: number, minimum: 1, exclusiveMinimum: false}", {"minimum": 1, "type": "number"}),
            ("{type: number, exclusiveMaximum: true}", {"type": "number"}),
            ("{type: number, exclusiveMaximum: 5}", {"exclusiveMaximum": 5, "type": "number"}),
            ("{type: string, format: binary, example: x}", {"format": "binary", "type": "string"}),
            ("{type: ['null', string]}", {"type": ["string", "null"]}),
            ("{type: [string]}", {"type": "string"}),
            ("{type: array, items: true}", {"items": {}, "type": "array"}),
            (
                "{additionalProperties: false, properties: {a: false}}",
                {"additionalProperties": False, "properties": {"a": {"not": {}}}},
            ),
        ],
    )
    def test_a_schema(self, old: str, new: dict[str, Any]) -> None:
        assert schema(old) == new

    @pytest.mark.parametrize("version", ["3.0.0", "3.0.4", "3.1.0", "3.1.1"])
    def test_every_version_becomes_the_same(self, version: str) -> None:
        assert dumps(normalise(document(version=version))) == dumps(normalise(document()))


class TestReferences:
    def test_one_into_the_middle_of_a_schema_is_resolved(self) -> None:
        raw = document(
            "/a: {get: {responses: {'200': {content: {application/json: {schema:"
            " {$ref: '#/components/schemas/A/properties/b~1c', nullable: true}}}}}}}",
            schemas="{A: {type: object, properties: {b/c: {type: string, title: B}}}}",
        )
        answer = parse(normalise(raw)).operations["GET /a"].response
        assert answer == {"anyOf": [{"allOf": [{"type": "string"}]}, {"type": "null"}]}

    def test_a_path_item_and_chains_of_them_are_resolved(self) -> None:
        raw = document("/a: {$ref: '#/components/pathItems/A'}")
        raw["components"] |= yaml.safe_load(
            "pathItems: {A: {get: {parameters: [{$ref: '#/components/parameters/P'}]}}}\n"
            "parameters: {P: {$ref: '#/components/parameters/Q'}, Q: {name: q, in: query, schema: {}}}"
        )
        assert [p.name for p in parse(normalise(raw)).operations["GET /a"].parameters] == ["q"]

    def test_a_recursive_schema_stays_one(self) -> None:
        tree = "{type: object, properties: {children: {type: array, items: {$ref: '#/components/schemas/S'}}}}"
        assert schema(tree)["properties"]["children"]["items"] == {"$ref": "#/components/schemas/S"}


GET = "/a: {get: {%s}}"


class TestRefusals:
    @pytest.mark.parametrize(
        ("raw", "place", "reason"),
        [
            ({"swagger": "2.0"}, "#/swagger", "this is Swagger 2.0"),
            ({"openapi": "3.2.0"}, "#/openapi", "this is OpenAPI 3.2.0"),
            ({"openapi": "4.0"}, "#/openapi", "this is OpenAPI 4.0"),
            ({"message": "hello"}, "#/openapi", "of unknown version"),
            ({"openapi": "3.1.0", "info": {"title": "T", "version": "1"}}, "#/paths", "is missing"),
            ({"openapi": "3.1.0", "info": {}, "paths": {}}, "#/info", "has no title"),
            (document("[]"), "#/paths", "is a list, where an object belongs"),
            (document("a: {}"), "#/paths/a", "starts with /"),
            (document("/a: {get: nothing}"), "#/paths/~1a/get", "is a text, where an object belongs"),
            (document(GET % "parameters: {}"), "#/paths/~1a/get/parameters", "where a list belongs"),
            (document(GET % "parameters: [{name: x, in: body}]"), "#/paths/~1a/get/parameters/0", "an 'in' of"),
            (document(GET % "parameters: [{name: x, in: query}]"), "#/paths/~1a/get/parameters/0", "neither schema"),
            (
                document(GET % "parameters: [{name: x, in: query, schema: {}}, {name: x, in: query, schema: {}}]"),
                "#/paths/~1a/get/parameters/1",
                "'x' is declared twice",
            ),
            (document("/a/{id}: {get: {}}"), "#/paths/~1a~1{id}/get", "the path has {id}, but no path parameter"),
            (
                document(GET % "parameters: [{name: id, in: path, schema: {}}]"),
                "#/paths/~1a/get",
                "'id' is declared, but the path has no {id}",
            ),
            (
                document(
                    "/a/{x}: {get: {parameters: [{name: x, in: path, schema: {}}]}}\n"
                    "/a/{y}: {get: {parameters: [{name: y, in: path, schema: {}}]}}"
                ),
                "#/paths/~1a~1{y}/get",
                "is the same operation as GET /a/{x}",
            ),
            (document(schemas="{A: 5}"), "#/components/schemas/A", "is a number, where an object belongs"),
            (document(schemas="{A: {items: []}}"), "#/components/schemas/A/items", "is a list"),
            (document(schemas="{A: {type: text}}"), "#/components/schemas/A/type", "'text' is no type"),
            (document(schemas="{A: {enum: 5}}"), "#/components/schemas/A/enum", "where a list belongs"),
            (document(schemas="{A: {required: true}}"), "#/components/schemas/A/required", "is a boolean"),
            (document(schemas="{A: {default: .nan}}"), "#/components/schemas/A/default", "no JSON number"),
            (document(schemas="{A: {$dynamicRef: '#x'}}"), "#/components/schemas/A/$dynamicRef", "can't be followed"),
            (document(schemas="{A: {$ref: 'other.json#/B'}}"), "#/components/schemas/A/$ref", "in another document"),
            (document(schemas="{A: {$ref: '#/components/schemas/B'}}"), "#/components/schemas/A/$ref", "at nothing"),
            (document(schemas="{A: {$ref: '#B'}}"), "#/components/schemas/A/$ref", "at nothing"),
            (document(schemas="{A: {$ref: 5}}"), "#/components/schemas/A/$ref", "in another document"),
            (
                document(schemas="{A: {$ref: '#/components/schemas/B'}, B: {$ref: '#/components/schemas/A'}}"),
                "#/components/schemas/A",
                "refers only to itself",
            ),
            (
                document(schemas="{A: {properties: {b: {items: {$ref: '#/components/schemas/A/properties/b'}}}}}"),
                "#/components/schemas/A/properties/b/items/$ref",
                "is part of itself",
            ),
            (
                document("/a: {$ref: '#/paths/~1b'}\n/b: {$ref: '#/paths/~1a'}"),
                "#/paths/~1a/$ref",
                "in a circle",
            ),
        ],
    )
    def test_a_document(self, raw: dict[str, Any], place: str, reason: str) -> None:
        with pytest.raises(ContractError) as caught:
            normalise(raw)
        assert caught.value.place == place
        assert reason in caught.value.reason

    def test_all_mistakes_at_once(self) -> None:
        with pytest.raises(ContractError) as caught:
            normalise(document("/a/{id}: {get: {}, put: {parameters: 5}}", schemas="{A: {$ref: '#/x'}}"))
        assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [
            "#/components/schemas/A/$ref",
            "#/paths/~1a~1{id}/get",
            "#/paths/~1a~1{id}/put/parameters",
            "#/paths/~1a~1{id}/put",
        ]


# Each line holds ten of the line before.
LAUGHING = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))


@pytest.mark.parametrize("union", ["allOf", "anyOf", "oneOf"])
@pytest.mark.parametrize("twice", [True, False])
def test_what_combines_without_an_end_is_refused(union: str, twice: bool) -> None:
    """Each schema combines the next, and where it does so twice they double at each."""
    raw = document()
    for number in range(600):
        following = {"$ref": f"#/components/schemas/A{number + 1}"}
        raw["components"]["schemas"][f"A{number}"] = {union: [following, following] if twice else [following]}
    raw["components"]["schemas"]["A600"] = {"type": "object"}
    with pytest.raises(ContractError, match="combines more than 10,000 schemas, or one in another too often"):
        normalise(raw)


class TestFiles:
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ('{"openapi": }', "isn't valid JSON: Expecting value: line 1 column 13"),
            ('{"paths": {"/a": {}, "/a": {}}}', "isn't valid JSON: '/a' is given twice in one object"),
            ('{"a": NaN}', "NaN is no JSON number"),
            ("[]", "is a list, not an object"),
            ("", "is empty, not an object"),
            ("hello", "is a text, not an object"),
            ("a: [1", "isn't valid YAML"),
            ("paths:\n  /a: {}\n  /a: {}", "isn't valid YAML: '/a' is given twice in one object"),
            ("a: !!python/object/apply:os.getcwd []", "isn't valid YAML"),
            (" <!doctype html><html>", "is a web page"),
            ('{"a":' * 200 + "{}" + "}" * 200, "nested more than 150 levels deep"),
            ('{"a":' * 9000 + "{}" + "}" * 9000, "nested more than 150 levels deep"),
            ("\n".join([*(f"{' ' * n}a:" for n in range(200)), " " * 200 + "b"]), "nested more than 150 levels deep"),
            (r'{"operationId": "x\ud800"}', "half a character"),
            (LAUGHING, "more than 3,000,000 values"),
        ],
    )
    def test_a_bad_one_is_refused(self, tmp_path: Path, text: str, reason: str) -> None:
        file = tmp_path / "api.json"
        file.write_text(text)
        with pytest.raises(ContractError) as caught:
            load(file)
        assert caught.value.place == str(file)
        assert reason in caught.value.reason

    def test_one_that_is_not_there_or_no_text_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ContractError, match="No such file"):
            load(str(tmp_path / "missing.yaml"))
        (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(ContractError, match="UTF-8"):
            load(tmp_path / "binary")

    def test_json_and_yaml_read_alike(self, tmp_path: Path) -> None:
        file = tmp_path / "shop.json"
        file.write_text("\ufeff" + json.dumps(load(SHOP)))
        assert load(file) == load(SHOP)

    def test_what_is_pinned_is_normal(self) -> None:
        text = PINNED.read_text(encoding="utf-8")
        assert dumps(normalise(load(PINNED))) == text
        assert len(parse(load(PINNED)).operations) > 100


Answer = tuple[int, str, str]  # status, content type, body


@contextmanager
def serving(answer: Callable[[str | None], Answer]) -> Iterator[str]:
    """A web server on this machine; `answer` is given the Authorization header."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content_type, body = answer(self.headers["Authorization"])
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class TestUrls:
    def test_json_and_yaml_with_credentials(self) -> None:
        def answer(authorization: str | None) -> Answer:
            if authorization and b64decode(authorization.removeprefix("Basic ")) == b"ann:s3cret":
                return 200, "application/yaml", SHOP.read_text()
            return 401, "application/json", "{}"

        with serving(answer) as url:
            assert load(url, auth=("ann", "s3cret")) == load(SHOP)
            assert load(url.replace("//", "//ann:s3cret@")) == load(SHOP)
            with pytest.raises(ContractError, match=r"127.0.0.1:\d+/?: the server refuses the credentials") as caught:
                load(url.replace("//", "//ann:wr0ng@"))
            assert "wr0ng" not in str(caught.value)

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            ((404, "application/json", "{}"), "no document there (HTTP 404)"),
            ((502, "text/html", "<html>"), "no document there (HTTP 502)"),
            ((200, "text/html", "<!DOCTYPE html>"), "is a web page"),
            ((200, "application/json", "{"), "isn't valid JSON"),
        ],
    )
    def test_bad_answers_are_refused(self, answer: Answer, reason: str) -> None:
        with serving(lambda _: answer) as url, pytest.raises(ContractError) as caught:
            load(f"{url}/openapi.json")
        assert caught.value.place == f"{url}/openapi.json"
        assert reason in caught.value.reason

    def test_nobody_there(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}/openapi.json"
            with pytest.raises(ContractError, match="not reachable") as caught:
                load(url)
        assert caught.value.place == url

    def test_an_address_that_is_none(self) -> None:
        with pytest.raises(ContractError, match="isn't valid"):
            load("http://[::1:8000/openapi.json")


def shuffled(value: Any, order: random.Random, *, keep: bool = False) -> Any:
    """The same value with the keys of its objects in another order, those of `properties` excepted."""
    if isinstance(value, list):
        return [shuffled(item, order) for item in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    if not keep:
        order.shuffle(keys)
    return {key: shuffled(value[key], order, keep=key == "properties") for key in keys}


@given(documents)
def test_normal_stays_normal(raw: dict[str, Any]) -> None:
    normal = normalise(raw)
    assert dumps(normalise(normal)) == dumps(normal)
    assert dumps(normalise(json.loads(dumps(normal)))) == dumps(normal)


@given(documents, st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(raw: dict[str, Any], order: random.Random) -> None:
    assert dumps(normalise(shuffled(raw, order))) == dumps(normalise(raw))


@given(documents)
def test_what_is_normal_can_be_parsed(raw: dict[str, Any]) -> None:
    contract = parse(normalise(raw))
    assert set(contract.operations) == {
        f"{method.upper()} {path}" for path, item in raw["paths"].items() for method in item
    }
