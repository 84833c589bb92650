"""Contract -> a typed client in generated/: hummingbot_api, or another service's, whose package has but its requests
and answers.

A contract goes through these modules, each of which owns one step:

- `lowering` turns its schemas into plain ones and `components`; `keywords` and `merging` (of allOf) help it.
- `parsing` runs openapi-python-client's parser over them, which gives typed properties.
- `placing` decides which module and which name every class has; `names` makes all names valid and unique.
- `properties` says what a property is in Python, as a shape of `shapes`.
- `models` and `functions` put classes and functions together; `calls` and `docstrings` write pieces of their code.
- `reading` runs all these into the `ClientSpec` of `spec`, which `rendering` lays out as files.
"""

from codegen.client.client_spec import (
    ClientBody,
    ClientField,
    ClientOperation,
    ClientParameter,
    ClientSpec,
    Docs,
    Fallback,
    Value,
)
from codegen.client.reading import read_client
from codegen.client.rendering import render_client

__all__ = [
    "ClientBody",
    "ClientField",
    "ClientOperation",
    "ClientParameter",
    "ClientSpec",
    "Docs",
    "Fallback",
    "Value",
    "read_client",
    "render_client",
]
