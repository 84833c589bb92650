"""Sweeps over every tool, guard or fault: some members in `make test`, so that a break is seen, and the others in the
storm."""

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(cases: Iterable[Any], every: int) -> list[Any]:
    """Each so many of the cases, from the first; the others are slow. A tuple is several parameters."""
    return [case if number % every == 0 else _slow(case) for number, case in enumerate(cases)]


def _slow(case: Any) -> Any:
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.slow)
