"""A small API of our own and its overrides: what the generator does, on one page."""

from pathlib import Path

from codegen.contract import Contract, load, normalise, parse

FOLDER = Path(__file__).parent
DOCUMENT = FOLDER / "openapi.yaml"
OVERRIDES = FOLDER / "overrides"


def contract() -> Contract:
    return parse(normalise(load(DOCUMENT)))
