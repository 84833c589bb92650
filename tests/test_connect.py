"""hbmcp connect: an exchange's keys, typed at a terminal, go to the API and nowhere else."""

import json
from pathlib import Path

import pytest

from tests.conftest import connected, environment, hbmcp
from tests.faulty_api import FaultyApi, Reply
from tests.paper.paper_api import here
from tests.terminal import Terminal

KEY, SECRET = "9f86d081884c7d659a2feaa0c55ad015", "a key/with+odd=signs and a blank"
BINANCE = {name: {"type": "SecretStr", "required": True} for name in ("binance_api_key", "binance_api_secret")}
HYPERLIQUID = {
    "hyperliquid_perpetual_mode": {
        "type": "Literal",
        "required": False,
        "allowed_values": ["arb_wallet", "api_wallet"],
    },
    "use_vault": {"type": "bool", "required": False},
    "hyperliquid_perpetual_address": {"type": "SecretStr", "required": True},
    "sub_account": {"type": "str", "required": False},
}
ADDED = Reply.json({"message": "Connector credentials added successfully."}, 201)


def connected_to(account: str = "master_account") -> str:
    """Where it is asked what that has keys of."""
    return here("GET", f"/accounts/{account}/credentials")


def look(api: FaultyApi, fields: object = BINANCE, exchanges: list[str] | None = None) -> None:
    """What is asked before anything is typed; the two questions about the account come at once."""
    api.answers = {
        "/connectors/": Reply.json(["binance", "binance_perpetual", "hyperliquid_perpetual"]),
        "/accounts/": Reply.json(["master_account", "second"]),
        connected_to(): Reply.json(exchanges or []),
        "/connectors/binance/config-map": Reply.json(fields),
        "/connectors/hyperliquid_perpetual/config-map": Reply.json(fields),
    }


def sent(api: FaultyApi) -> list[tuple[str, object]]:
    return [(one.path, json.loads(one.body)) for one in api.requests if one.method == "POST"]


def terminal(api: FaultyApi, cwd: Path, *arguments: str, **settings: str) -> Terminal:
    return Terminal("connect", *arguments, env=connected(api.url, **settings), cwd=cwd)


def test_what_is_typed_goes_to_the_api_and_is_shown_nowhere(api: FaultyApi, tmp_path: Path) -> None:
    look(api)
    api.answers["/accounts/add-credential/master_account/binance"] = ADDED
    with terminal(api, tmp_path, "binance", LOG_LEVEL="DEBUG") as person:
        person.type("binance_api_key", f" {KEY} ")
        api.answers[connected_to()] = Reply.json(["binance"])
        person.type("binance_api_secret", SECRET)
        assert person.end() == 0
    assert "LIVE on the Hummingbot API at 127.0.0.1" in person.screen
    assert person.screen.endswith("master_account is connected to binance.\n")
    assert not any(one in person.screen for one in (KEY, SECRET))
    keys = {"binance_api_key": KEY, "binance_api_secret": SECRET}
    assert sent(api) == [("/accounts/add-credential/master_account/binance", keys)]


def test_what_is_no_secret_is_chosen_and_what_is_optional_can_be_left_out(api: FaultyApi, tmp_path: Path) -> None:
    look(api, HYPERLIQUID)
    api.answers["/accounts/add-credential/master_account/hyperliquid_perpetual"] = ADDED
    with terminal(api, tmp_path, "hyperliquid_perpetual") as person:
        person.type("_mode, arb_wallet or api_wallet .optional.", "wallet")
        person.type("_mode", "api_wallet")
        person.type("use_vault, true or false", "false")
        person.type("_address", "")
        person.type("_address", KEY)
        api.answers[connected_to()] = Reply.json(["hyperliquid_perpetual"])
        person.type("sub_account .optional.", "")
        assert person.end() == 0
    ((_, keys),) = sent(api)
    assert keys == {
        "hyperliquid_perpetual_mode": "api_wallet",
        "use_vault": False,
        "hyperliquid_perpetual_address": KEY,
    }
    assert "It must be arb_wallet or api_wallet." in person.screen
    assert "It is needed." in person.screen


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("binanse",), "no exchange binanse; did you mean binance?"),
        (("nonesuch",), "no exchange nonesuch."),
        (("binance", "--account", "other"), "There is no account other. Nothing was done. There are: master_account"),
    ],
)
def test_what_is_not_there_is_told_before_anything_is_typed(
    arguments: tuple[str, ...], told: str, api: FaultyApi, tmp_path: Path
) -> None:
    look(api)
    api.answers[connected_to("other")] = Reply.json([])
    with terminal(api, tmp_path, *arguments) as person:
        assert person.end() == 1
    assert told in person.screen
    assert "api_key" not in person.screen
    assert sent(api) == []


def test_wrong_keys_are_told_in_the_exchanges_words_without_them(api: FaultyApi, tmp_path: Path) -> None:
    look(api)
    detail = (
        f"Error executing request GET http://127.0.0.1:8090/api/v3/account?key={KEY}. HTTP status is 401. "
        f'Error: {{"code": -2015, "msg": "Invalid API-key {KEY}, IP, or permissions for action."}}'
    )
    api.answers["/accounts/add-credential/master_account/binance"] = Reply.json({"detail": detail}, 400)
    with terminal(api, tmp_path, "binance") as person:
        person.type("api_key", KEY)
        person.type("api_secret", SECRET)
        assert person.end() == 1
    assert "Invalid API-key ***, IP, or permissions for action." in person.screen
    assert not any(one in person.screen for one in (KEY, SECRET))
    assert "connected" not in person.screen


def test_what_the_api_took_but_does_not_list_is_not_called_connected(api: FaultyApi, tmp_path: Path) -> None:
    look(api)
    api.answers["/accounts/add-credential/master_account/binance"] = ADDED
    with terminal(api, tmp_path, "binance") as person:
        person.type("api_key", KEY)
        person.type("api_secret", SECRET)
        assert person.end() == 1
    assert "The API took the keys, but it doesn't list binance" in person.screen
    assert "doesn't list binance among what master_account is connected to" in person.screen


def test_keys_that_are_there_are_replaced_only_when_a_person_says_so(api: FaultyApi, tmp_path: Path) -> None:
    look(api, exchanges=["binance"])
    with terminal(api, tmp_path, "binance") as person:
        person.type("has keys of binance. Replace them", "")
        assert person.end() == 1
    assert sent(api) == []


def test_it_asks_at_a_terminal_only(api: FaultyApi, tmp_path: Path) -> None:
    done = hbmcp("connect", "binance", env=connected(api.url), cwd=tmp_path)
    assert done.returncode == 2
    assert "its input is no terminal. Nothing was read or sent." in done.stderr
    assert api.requests == []


@pytest.mark.parametrize("policy", [None, '[deny]\nexchanges = ["binance"]\n'])
def test_what_protects_holds_for_it_too(policy: str | None, api: FaultyApi, tmp_path: Path) -> None:
    look(api)
    (tmp_path / "policy.toml").write_text(policy or "")
    protect = {"HBMCP_POLICY": str(tmp_path / "policy.toml")} if policy else {"HBMCP_READ_ONLY": "true"}
    with terminal(api, tmp_path, "binance", **protect) as person:
        assert person.end() == 1
    assert ("denies the exchange binance" if policy else "this server is read-only") in person.screen
    assert "api_key" not in person.screen
    assert sent(api) == []


def test_who_kept_add_credential_from_models_can_still_connect(api: FaultyApi, tmp_path: Path) -> None:
    look(api)
    with terminal(api, tmp_path, "binance", HBMCP_EXCLUDE_TOOLS="add_credential") as person:
        person.type("api_key", KEY)
    assert KEY not in person.screen


def test_on_paper_no_key_is_needed_and_that_is_said(tmp_path: Path) -> None:
    with Terminal("connect", "binance", env=environment(HBMCP_PAPER_DB=":memory:"), cwd=tmp_path) as person:
        person.type("Replace them", "y")
        person.type("api_key", KEY)
        person.type("api_secret", SECRET)
        assert person.end() == 0
    assert "PAPER (simulated, no real money)" in person.screen
    assert "type no real ones" in person.screen


@pytest.mark.parametrize(
    "arguments",
    [
        ("connect", "binance", "--api-key", KEY),
        ("connect", "binance", f"--binance-api-secret={KEY}"),
        ("login", f"--password{KEY}"),
        ("serve", "--password", KEY),
        ("serve", f"--api-password={KEY}"),
    ],
)
def test_no_secret_is_taken_from_the_command_line(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = hbmcp(*arguments, env=environment(), cwd=tmp_path)
    assert done.returncode == 2
    assert "No option takes a password or a key" in done.stderr
    assert KEY not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("set_gateway_api_keys", {"api_keys": {"helius": SECRET}}),
        ("add_wallet", {"chain": "solana", "private_key": SECRET}),
        ("add_credential", {"account_name": "a", "connector_name": "binance", "credentials": {"binance_api_key": KEY}}),
    ],
)
def test_no_other_command_takes_them_on_its_command_line(
    api: FaultyApi, tmp_path: Path, tool: str, given: dict[str, object]
) -> None:
    env = connected(api.url, HBMCP_TOOLS=tool)
    refused = hbmcp("call", tool, "--json", json.dumps(given), env=env, cwd=tmp_path)
    assert refused.returncode != 0
    assert "a command line is seen by others" in refused.stderr
    assert not any(one in refused.stdout + refused.stderr for one in (KEY, SECRET))
    assert sent(api) == []


def test_what_is_asked_for_at_a_terminal_is_typed_unseen(api: FaultyApi, tmp_path: Path) -> None:
    api.answers["/accounts/gateway/add-wallet"] = Reply.json({"address": "x"})
    env = connected(api.url, HBMCP_TOOLS="add_wallet")
    with Terminal("call", "add_wallet", "chain=solana", env=env, cwd=tmp_path) as person:
        person.type("private_key", SECRET)
        person.end()
    assert SECRET not in person.screen
    assert sent(api)[-1][1] == {"chain": "solana", "private_key": SECRET}
