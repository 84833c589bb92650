"""What `codegen.changes` says about two contracts."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given

from codegen.changes import Changes, Removed, compare, report
from codegen.contract import Contract, normalise, parse
from tests.codegen.any_document import documents


def contract(paths: str, schemas: str = "{}") -> Contract:
    raw = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": yaml.safe_load(paths),
        "components": {"schemas": yaml.safe_load(schemas)},
    }
    return parse(normalise(raw))


def lines(old: Contract, new: Contract) -> list[str]:
    """The differences of the only operation, what breaks marked with !."""
    changes = compare(old, new)
    assert len(changes.changed) <= 1
    assert not changes.added
    assert not changes.removed
    return [("! " if d.breaking else "+ ") + str(d) for change in changes.changed for d in change.differences]


def parameter(text: str) -> Contract:
    return contract(f"/a: {{get: {{parameters: [{text}]}}}}")


def body(schema: str, schemas: str = "{}") -> Contract:
    return contract(f"/a: {{post: {{requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}}}}}", schemas)


def answer(schema: str, schemas: str = "{}") -> Contract:
    return contract(
        f"/a: {{get: {{responses: {{'200': {{content: {{application/json: {{schema: {schema}}}}}}}}}}}}}", schemas
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{name: x, in: query, schema: {}}", "", ["! query x: removed"]),
        ("", "{name: x, in: query, schema: {type: [string, 'null']}}", ["+ query x: added (string)"]),
        ("", "{name: x, in: query, schema: {type: integer, default: 5}}", ["+ query x: added, default 5 (integer)"]),
        (
            "",
            "{name: x, in: header, required: true, schema: {type: array}}",
            ["! header x: added, required (list)"],
        ),
        (
            "{name: x, in: query, schema: {}}",
            "{name: x, in: query, required: true, schema: {}}",
            ["! query x: now required"],
        ),
        (
            "{name: x, in: query, required: true, schema: {}}",
            "{name: x, in: query, schema: {}}",
            ["+ query x: no longer required"],
        ),
        (
            "{name: x, in: query, schema: {type: array}}",
            "{name: x, in: query, explode: false, schema: {type: array}}",
            ["+ query x: written another way (style or explode)"],
        ),
    ],
)
def test_parameters(old: str, new: str, expected: list[str]) -> None:
    assert lines(parameter(old), parameter(new)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{type: string}", "{type: integer}", ["! body: integer, was string"]),
        ("{type: integer}", "{type: number}", ["+ body: number, was integer"]),
        ("{type: number}", "{type: integer}", ["! body: integer, was number"]),
        ("{type: string}", "{anyOf: [{type: string}, {type: 'null'}]}", ["+ body: string or null, was string"]),
        ("{anyOf: [{type: string}, {type: number}]}", "{type: string}", ["! body: string, was string or number"]),
        ("{type: string}", "{}", ["+ body: anything, was string"]),
        ("{}", "{type: string}", ["! body: string, was anything"]),
        ("{enum: [a, b]}", "{enum: [b, c]}", ["! body: no longer a", "+ body: also c"]),
        ("{type: string}", "{type: string, const: a}", ["! body: only a, was any"]),
        ("{enum: [1, 2, 3, 4, 5, 6]}", "{}", ["+ body: no longer only 1, 2, 3, 4, 5, … (6)"]),
        ("{minimum: 1}", "{minimum: 0}", ["+ body: minimum 0, was 1"]),
        ("{minimum: 1}", "{minimum: 2}", ["! body: minimum 2, was 1"]),
        ("{maximum: 1}", "{maximum: 2}", ["+ body: maximum 2, was 1"]),
        ("{maxLength: 9}", "{}", ["+ body: maxLength no longer 9"]),
        ("{}", "{pattern: a}", ["! body: pattern now a"]),
        ("{format: date}", "{format: uuid}", ["! body: format uuid, was date"]),
        ("{default: 1}", "{default: 2}", ["! body: default 2, was 1"]),
        ("{default: 1}", "{default: true}", ["! body: default true, was 1"]),
        ("{}", "{default: ''}", ['+ body: default "", was none']),
        ("{patternProperties: {a: {}}}", "{}", ["! body: changed in patternProperties"]),
        ("{properties: {a: {}}}", "{}", ["! body a: removed"]),
        ("{}", "{properties: {a: {type: object}}, required: [a]}", ["! body a: added, required (object)"]),
        ("{properties: {a: {}}}", "{properties: {a: {}}, required: [a]}", ["! body a: now required"]),
        (
            "{properties: {a: {items: {properties: {b: {type: string}}}}}}",
            "{properties: {a: {items: {properties: {b: {type: boolean}}}}}}",
            ["! body a[].b: boolean, was string"],
        ),
        ("{}", "{additionalProperties: false}", ["! body: no further fields allowed"]),
        ("{additionalProperties: {type: string}}", "{additionalProperties: true}", ["+ body *: anything, was string"]),
        ("{$ref: '#/components/schemas/A'}", "{$ref: '#/components/schemas/B'}", ["! body x: number, was string"]),
        ("{$ref: '#/components/schemas/A'}", "{type: object, properties: {x: {type: string}}}", []),
        ("{allOf: [{$ref: '#/components/schemas/A'}], default: null}", "{$ref: '#/components/schemas/A'}", []),
        (
            "{properties: {a: {$ref: '#/components/schemas/A'}}}",
            "{properties: {a: {anyOf: [{$ref: '#/components/schemas/B'}, {type: 'null'}]}}}",
            ["+ body a: object or null, was object", "! body a.x: number, was string"],
        ),
        (
            "{anyOf: [{$ref: '#/components/schemas/A'}, {type: object}]}",
            "{anyOf: [{$ref: '#/components/schemas/B'}, {type: object}]}",
            ["! body: no longer A", "+ body: also B"],
        ),
    ],
)
def test_bodies(old: str, new: str, expected: list[str]) -> None:
    schemas = "{A: {type: object, properties: {x: {type: string}}}, B: {type: object, properties: {x: {type: number}}}}"
    assert lines(body(old, schemas), body(new, schemas)) == expected


def test_a_body_comes_and_goes() -> None:
    without = contract("/a: {post: {}}")
    assert lines(without, body("{type: string}")) == ["+ body: added (string)"]
    assert lines(body("{type: string}"), without) == ["! body: removed"]
    form = contract("/a: {post: {requestBody: {required: true, content: {multipart/form-data: {schema: {}}}}}}")
    assert lines(body("{}"), form) == [
        "! body: now required",
        "+ body: sent as multipart/form-data, was application/json",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{type: string}", "{type: [string, 'null']}", ["! answer: string or null, was string"]),
        ("{type: [string, 'null']}", "{type: string}", ["+ answer: string, was string or null"]),
        ("{enum: [a]}", "{enum: [b]}", ["+ answer: no longer a", "+ answer: also b"]),
        ("{minimum: 1, default: 1}", "{minimum: 2, default: 2}", []),
        ("{properties: {a: {}}}", "{properties: {b: {}}}", ["! answer a: removed", "+ answer b: added (anything)"]),
        ("{properties: {a: {}}, required: [a]}", "{properties: {a: {}}}", ["! answer a: no longer always there"]),
        ("{items: {properties: {a: {}}}}", "{items: {}}", ["! answer[].a: removed"]),
        ("{additionalProperties: {items: {}}}", "{additionalProperties: {items: {type: string}}}",
         ["+ answer *[]: string, was anything"]),
    ],
)  # fmt: skip
def test_answers(old: str, new: str, expected: list[str]) -> None:
    assert lines(answer(old), answer(new)) == expected


def test_an_answer_comes_goes_and_changes_its_status() -> None:
    without = contract("/a: {get: {responses: {'201': {description: ''}}}}")
    assert lines(without, answer("{}")) == ["+ answer: status 200, was 201", "+ answer: now JSON"]
    assert lines(answer("{}"), without) == ["+ answer: status 201, was 200", "! answer: no longer JSON"]


def test_what_is_sent_and_answered_is_compared_both_ways() -> None:
    """A schema that an operation takes and gives: the same change breaks the one and not the other."""
    paths = (
        "/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}},"
        " responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}"
    )
    old, new = contract(paths, "{A: {type: string}}"), contract(paths, "{A: {type: [string, 'null']}}")
    assert lines(old, new) == ["+ body: string or null, was string", "! answer: string or null, was string"]


def test_a_recursive_schema_ends() -> None:
    def tree(value: str) -> Contract:
        return answer(
            "{$ref: '#/components/schemas/T'}",
            "{T: {type: object, properties: {children: {items: {anyOf: [{$ref: '#/components/schemas/T'}, "
            f"{{type: 'null'}}]}}}}, value: {{type: {value}}}}}}}}}",
        )

    assert "! answer value: number, was string" in lines(tree("string"), tree("number"))
    assert lines(tree("string"), tree("string")) == []


def test_a_schema_that_becomes_recursive_ends() -> None:
    nested = "{N: {type: object, additionalProperties: {$ref: '#/components/schemas/N'}}}"
    found = lines(answer("{type: object}"), answer("{$ref: '#/components/schemas/N'}", nested))
    assert found == ["+ answer *: object, was anything"]


def test_deprecation() -> None:
    assert lines(contract("/a: {get: {}}"), contract("/a: {get: {deprecated: true}}")) == [
        "+ operation: now deprecated"
    ]


def paths(*keys: str) -> Contract:
    """Operations without anything but the parameters of their paths."""
    result: dict[str, Any] = {}
    for key in keys:
        method, path = key.split()
        names = [step[1:-1] for step in path.split("/") if step.startswith("{")]
        found = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
        result.setdefault(path, {})[method.lower()] = {"parameters": found}
    return contract(yaml.safe_dump(result))


@pytest.mark.parametrize(
    ("removed", "added", "successor"),
    [
        ("GET /bots/{x}/status", ["GET /v2/bots/{x}/status", "GET /v2/bots/{x}/history"], "GET /v2/bots/{x}/status"),
        ("GET /bots/{bot}", ["GET /bots/{name}"], "GET /bots/{name}"),
        ("POST /backtest/run-it", ["POST /backtest/tasks", "POST /backtest/run"], "POST /backtest/run"),
        ("GET /prices", ["POST /prices"], "POST /prices"),
        ("DELETE /pools/{pool}", ["GET /v2/pools/{pool}"], None),
        ("POST /wallets/send", ["GET /system", "POST /swaps/quote"], None),
    ],
)  # fmt: skip
def test_the_likely_successor(removed: str, added: list[str], successor: str | None) -> None:
    (found,) = compare(paths(removed), paths(*added)).removed
    assert (found.key, found.successor) == (removed, successor)


def test_a_successor_replaces_one_operation_only() -> None:
    changes = compare(paths("GET /a/pools", "GET /a/old-pools"), paths("GET /b/pools"))
    assert {found.key: found.successor for found in changes.removed} == {
        "GET /a/pools": "GET /b/pools",
        "GET /a/old-pools": None,
    }


def giving(**answers: str) -> Contract:
    """Reads that take nothing, by the first part of their path, and what each answers."""
    return contract(
        yaml.safe_dump(
            {
                f"/{name}/": {
                    "get": {"responses": {"200": {"content": {"application/json": {"schema": yaml.safe_load(one)}}}}}
                }
                for name, one in answers.items()
            }
        )
    )


NAMES, ROW = "{type: array, items: {type: string}}", "{type: object, properties: {a: {type: string}}}"


@pytest.mark.parametrize(
    ("old", "new", "successor"),
    [
        ({"connectors": NAMES}, {"exchanges": NAMES, "health": ROW}, "GET /exchanges/"),
        ({"connectors": NAMES}, {"exchanges": NAMES, "venues": NAMES}, None),
        ({"connectors": NAMES}, {"exchanges": ROW}, None),
        ({"connectors": "{}"}, {"exchanges": "{}"}, None),
    ],
    ids=["the same", "which", "another", "unknown"],
)
def test_what_alone_takes_and_gives_the_same_took_the_place(
    old: dict[str, str], new: dict[str, str], successor: str | None
) -> None:
    (found,) = compare(giving(**old), giving(**new)).removed
    assert found.successor == successor


def test_what_alone_takes_the_same_body_beside_it_took_the_place() -> None:
    """Though the name of a field in it is another."""
    taking = "{post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Filter'}}}}}}"

    def beside(path: str, field: str) -> Contract:
        return contract(f"{path}: {taking}", f"{{Filter: {{type: object, properties: {{{field}: {{type: string}}}}}}}}")

    old = beside("/executors/search", "names")
    for path, successor in (("/executors/find", "POST /executors/find"), ("/moon/find", None)):
        (found,) = compare(old, beside(path, "accounts")).removed
        assert found.successor == successor


def test_what_alone_takes_the_same_three_took_the_place_wherever_it_is() -> None:
    """Though nobody says what it answers, and its path has other words."""

    def taking(method: str, *paths: str) -> Contract:
        def parameters(path: str) -> str:
            names = re.findall(r"\{(\w+)\}", path)
            return ", ".join(f"{{name: {name}, in: path, required: true, schema: {{type: string}}}}" for name in names)

        return contract("\n".join(f"{path}: {{{method}: {{parameters: [{parameters(path)}]}}}}" for path in paths))

    cancel, moved = "/trade/{account}/{connector}/orders/{order}/cancel", "/orders/{order}/at/{account}/{connector}/end"
    for method, path, others, successor in (
        ("post", moved, (), f"POST {moved}"),
        ("post", moved, ("/fills/{order}/of/{connector}/by/{account}",), None),  # which of them
        ("delete", moved, (), None),
        ("post", "/orders/at/{account}/{connector}/end", (), None),
    ):
        (found,) = compare(taking("post", cancel), taking(method, path, *others)).removed
        assert found.successor == successor


def test_a_report() -> None:
    old = contract(
        "/pools/{pool}: {get: {parameters: [{name: pool, in: path, schema: {type: string}}]}}\n"
        "/wallets: {delete: {}}\n"
        "/orders: {get: {parameters: [{name: a, in: query, schema: {}}, {name: b, in: query, schema: {}}]}}\n"
        "/prices: {get: {}}"
    )
    new = contract(
        "/net/{net}/pools/{pool}: {get: {parameters: [{name: pool, in: path, schema: {type: string}},"
        " {name: net, in: path, schema: {type: string}}]}}\n"
        "/orders: {get: {parameters: [{name: c, in: query, schema: {type: integer}}]}}\n"
        "/prices: {get: {deprecated: true}}\n"
        "/time: {get: {}}"
    )
    tools = {"GET /orders": ["get_orders", "count_orders"], "DELETE /wallets": ["remove_wallet"], "GET /prices": ["x"]}
    assert report(compare(old, new), tools) == (
        "Operations: 2 removed, 2 changed, 2 added.\n"
        "\n"
        "Breaking:\n"
        "  GET /pools/{pool}: removed; now perhaps GET /net/{net}/pools/{pool}?\n"
        "    ! path net: added, required (string)\n"
        "  DELETE /wallets: removed  [remove_wallet]\n"
        "  GET /orders  [get_orders, count_orders]\n"
        "    ! query a, b: removed\n"
        "    + query c: added (integer)\n"
        "\n"
        "Not breaking:\n"
        "  GET /prices  [x]\n"
        "    + operation: now deprecated\n"
        "\n"
        "Added:\n"
        "  GET /net/{net}/pools/{pool}\n"
        "  GET /time"
    )


def test_a_report_of_nothing() -> None:
    same = compare(paths("GET /a"), paths("GET /a"))
    assert not same
    assert not same.breaking
    assert report(same, {"GET /a": ["read_a"]}) == "No operation changed."


def test_what_counts_as_breaking() -> None:
    assert Changes(added=(), removed=(Removed("GET /a"),), changed=()).breaking
    assert not compare(paths("GET /a"), paths("GET /a", "GET /b")).breaking
    assert compare(body("{type: string}"), body("{type: integer}")).breaking


@given(documents)
def test_a_contract_does_not_differ_from_itself(raw: dict[str, Any]) -> None:
    assert not compare(parse(normalise(raw)), parse(normalise(raw)))


@given(documents, documents)
def test_any_two_contracts_can_be_compared(one: dict[str, Any], two: dict[str, Any]) -> None:
    old, new = parse(normalise(one)), parse(normalise(two))
    there, back = compare(old, new), compare(new, old)
    assert set(there.added) == {found.key for found in back.removed} == set(new.operations) - set(old.operations)
    assert bool(there) == bool(back)
    text = report(there, {key: [f"tool {key}"] for key in old.operations})
    touched = {*(found.key for found in there.removed), *(found.key for found in there.changed)}
    assert all(f"tool {key}" in text for key in touched)
