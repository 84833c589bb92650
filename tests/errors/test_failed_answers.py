"""Failures that came with HTTP 200, in the shapes that the API has."""

from typing import Any

import pytest

from hbmcp.results import ResultSpec, failure


@pytest.mark.parametrize(
    ("answer", "failed", "reason"),
    [
        (
            {"status": "success", "response": {"success": False, "message": "Bot x not found"}},
            {"path": "response.success", "is": False, "say": "response.message"},
            "Bot x not found",
        ),
        (
            {"status": "success", "data": {"status": "not_found", "error": "Bot x not found"}},
            {"path": "data.status", "is": "not_found", "say": "data.error"},
            "Bot x not found",
        ),
        (
            {"status": "error", "message": "Not active."},
            {"path": "status", "is": "error", "say": "message"},
            "Not active.",
        ),
        ({"error": "No module\x1b[0m named x"}, {"path": "error", "say": "error"}, "No module named x"),
        ({"error": "No module named x"}, {"path": "error"}, "No module named x"),
        ("404 Client Error", {"path": "", "type": "string"}, "404 Client Error"),
        ({"X": {"error": "no X"}, "Y": {"error": "no Y"}}, {"path": "*.error", "say": "*.error"}, "no X; no Y"),
        ({"success": False}, {"path": "success", "is": False}, '{"success":false}'),
    ],
)
def test_failures_are_found(answer: Any, failed: dict[str, Any], reason: str) -> None:
    assert failure(answer, ResultSpec(failed=(failed,))) == reason


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        ({"response": {"success": True}}, {"path": "response.success", "is": False}),
        ({"response": {"success": 0}}, {"path": "response.success", "is": False}),
        ({"error": None, "task_id": "1"}, {"path": "error", "say": "error"}),
        (None, {"path": "", "type": "string"}),
        ({"X": {"error": "no X"}, "Y": {"min": 1}}, {"path": "*.error", "say": "*.error"}),
        ({}, {"path": "*.error"}),
        ([], {"path": "*"}),
    ],
)
def test_good_answers_are_no_failures(answer: Any, failed: dict[str, Any]) -> None:
    assert failure(answer, ResultSpec(failed=(failed,))) is None
