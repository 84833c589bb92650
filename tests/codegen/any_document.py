"""Hypothesis strategies for OpenAPI documents, of every shape that matters to reading them."""

from __future__ import annotations

from hypothesis import strategies as st

# Any document: names are few, so that they meet those that look like prose, and schemas refer to each other.
names = st.sampled_from(["title", "description", "example", "default", "x-a", "items", "A", "b c", "ü/~"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=3),
    max_leaves=4,
)
leaves = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "number", "integer", "boolean", ["null", "string"], ["string"]]),
        "title": st.text(max_size=3),
        "nullable": st.booleans(),
        "minimum": st.integers(),
        "exclusiveMinimum": st.booleans() | st.integers(),
        "enum": st.lists(values, min_size=1, max_size=2),
        "default": values,
        "example": values,
        "x-b": values,
    },
)
references = st.sampled_from(["#/components/schemas/A", "#/components/schemas/A/items"]).map(lambda ref: {"$ref": ref})
schemas = st.recursive(
    leaves | st.booleans() | references,
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": st.just("object"),
            "nullable": st.booleans(),
            "description": st.text(max_size=3),
            "properties": st.dictionaries(names, inner, max_size=3),
            "required": st.lists(names, max_size=2),
            "additionalProperties": inner,
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "default": values,
        },
    ),
    max_leaves=6,
)
contents = st.dictionaries(
    st.sampled_from(["application/json", "text/plain", "multipart/form-data"]),
    st.fixed_dictionaries({}, optional={"schema": schemas, "example": values}),
    max_size=2,
)
operations = st.fixed_dictionaries(
    {
        "responses": st.dictionaries(
            st.sampled_from(["200", "201", "404", "default"]),
            st.fixed_dictionaries({"description": st.text(max_size=3)}, optional={"content": contents}),
            max_size=2,
        )
    },
    optional={
        "summary": st.text(max_size=3),
        "deprecated": st.booleans(),
        "operationId": st.text(max_size=3),
        "tags": st.lists(st.text(max_size=3), max_size=2),
        "requestBody": st.fixed_dictionaries({"content": contents}, optional={"required": st.booleans()}),
        "parameters": st.lists(
            st.fixed_dictionaries(
                {"name": names, "in": st.sampled_from(["query", "header"]), "schema": schemas},
                optional={"required": st.booleans(), "description": st.text(max_size=3), "explode": st.booleans()},
            ),
            max_size=2,
            unique_by=lambda parameter: (parameter["name"], parameter["in"]),
        ),
    },
)
documents = st.fixed_dictionaries(
    {
        "openapi": st.sampled_from(["3.0.3", "3.1.0"]),
        "info": st.fixed_dictionaries({"title": st.text(max_size=3), "version": st.just("1")}),
        "paths": st.dictionaries(
            st.sampled_from(["/a", "/b/", "/ü"]),
            st.dictionaries(st.sampled_from(["get", "post"]), operations, max_size=2),
            max_size=2,
        ),
        "components": st.fixed_dictionaries(
            {
                "schemas": st.dictionaries(names, schemas, max_size=2).map(
                    lambda found: {**found, "A": {"items": {"type": "string", "title": "I"}}}
                )
            }
        ),
    },
    optional={"servers": st.just([{"url": "/"}]), "x-c": values},
)
