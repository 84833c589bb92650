"""Which connections can ask, and what is made of what a client says."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.types import ClientCapabilities, ElicitResult

from hbmcp.server.elicitation import _answered, _BeforeIt, _cant_visit, _Meanwhile, _reply
from hbmcp.server.line import HOLDER

NO_LINE: Any = None  # only pages need one


def context(elicitation: Any, *, way_back: bool = True) -> Any:
    capabilities = ClientCapabilities.model_validate({} if elicitation is None else {"elicitation": elicitation})
    session = SimpleNamespace(can_send_request=way_back, client_capabilities=capabilities, client_params=None)
    return SimpleNamespace(session=session, request_id=1, params={})


@pytest.mark.parametrize(
    ("elicitation", "can"), [({}, True), ({"form": {}}, True), ({"form": {}, "url": {}}, True), ({"url": {}}, False)]
)
def test_only_a_form_is_a_question(elicitation: Any, can: bool) -> None:
    assert (_Meanwhile(context(elicitation), NO_LINE).cant == "") == can
    assert (_BeforeIt(context(elicitation), NO_LINE).cant == "") == can


def test_without_a_way_back_or_the_capability_nobody_can_be_asked() -> None:
    assert _Meanwhile(context({}, way_back=False), NO_LINE).cant == "this connection has no way back to the client"
    assert _BeforeIt(context({}, way_back=False), NO_LINE).cant == "", "the answer comes with the next call"
    for way in (_Meanwhile, _BeforeIt):
        assert "doesn't say that it can ask" in way(context(None), NO_LINE).cant


@pytest.mark.parametrize(
    ("elicitation", "token", "here", "why"),
    [
        ({"url": {}}, None, True, ""),
        ({"form": {}}, None, True, "can open one"),
        ({}, None, True, "can open one"),
        (None, None, True, "can open one"),
        ({"url": {}}, SimpleNamespace(name="laptop"), True, "on other machines"),
        ({"url": {}}, None, False, "on other machines"),
    ],
)
def test_a_page_is_for_who_is_on_this_machine_and_can_open_one(
    elicitation: Any, token: Any, here: bool, why: str
) -> None:
    ctx = context(elicitation)
    ctx.request = SimpleNamespace(scope={HOLDER: token})
    line: Any = SimpleNamespace(settings=SimpleNamespace(called_from_here=here))
    assert (why in _cant_visit(ctx, line)) if why else _cant_visit(ctx, line) == ""


CONTENT = st.none() | st.dictionaries(
    st.sampled_from(["approve", "Approve", "confirm"]),
    st.none() | st.booleans() | st.integers() | st.text(),
    max_size=2,
)


@given(st.sampled_from(["accept", "decline", "cancel"]), CONTENT)
def test_only_an_accepted_true_is_a_yes(action: Any, content: Any) -> None:
    said = _reply(ElicitResult(action=action, content=content))
    assert (said == "yes") == (action == "accept" and content is not None and content.get("approve") is True)


@given(st.text() | st.just("void") | st.just("{}") | st.just("[]") | st.just('{"id": 1}'))
def test_a_state_that_isn_t_ours_is_no_yes(state: str) -> None:
    params: Any = SimpleNamespace(input_responses={"approve": ElicitResult(action="accept", content={"approve": True})})
    assert _answered(context({}), params, state).reply == "void"
