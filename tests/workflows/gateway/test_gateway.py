"""What Gateway's own tools say, where the API's first answer would mislead."""

from typing import Any

import pytest

from tests.replay.server import Answer
from tests.workflows.gateway_api import CAUSE, NETWORK, Asked

pytestmark = pytest.mark.anyio

WALLETS = "GET /accounts/gateway/wallets"
UPDATES = {"node_url": "https://rpc.example.net/key-1", "retries": 1.5}
UPDATED = {"success": True, "message": "Updated 2 config parameter(s).", "restart_required": True}


async def test_the_log_keeps_keys_to_itself(asked: Asked) -> None:
    text = await asked.good("get_gateway_logs")
    assert "hlx-1234-key" not in text
    assert "node-key-77" not in text
    assert "with value: ***" in text
    assert "https://rpc.example.net/***" in text
    assert "something long ago" in text


@pytest.mark.parametrize(
    ("default", "told"),
    [
        ("0xAAAA", ""),
        ("0xaaaa", ""),
        ("", ""),
        ("0xBBBB", "ethereum's default 0xBBBB isn't among its wallets, so it was removed"),
        ("<ethereum-wallet-address>", 'ethereum has no default wallet, "<ethereum-wallet-address>" is a placeholder'),
    ],
)
async def test_a_default_that_isnt_there_is_told(default: str, told: str, asked: Asked) -> None:
    asked.answers(WALLETS, [{"chain": "ethereum", "walletAddresses": ["0xAAAA"], "default_address": default}])
    text = await asked.good("list_wallets")
    assert "0xAAAA" in text
    assert (told in text) if told else ("default wallet" not in text and "default '" not in text)


@pytest.mark.parametrize("odd", [{"error": "x"}, ["x"], [{"chain": 1}], [{"chain": "a", "walletAddresses": None}]])
async def test_wallets_in_another_shape_are_shown_as_they_are(odd: Any, asked: Asked) -> None:
    asked.answers(WALLETS, odd)
    await asked.good("list_wallets")


async def test_a_wallet_that_isnt_there_isnt_removed(asked: Asked) -> None:
    asked.answers(WALLETS, [{"chain": "ethereum", "walletAddresses": ["0xAAAA"], "default_address": "0xAAAA"}])
    text = await asked.bad("remove_wallet", chain="ethereum", address="0xBBBB")
    assert "Gateway has no ethereum wallet 0xBBBB. Nothing was deleted." in text
    assert asked.operations == [WALLETS]


async def test_a_removed_default_stays_the_default(asked: Asked) -> None:
    rows = [{"chain": "ethereum", "walletAddresses": ["0xAAAA"], "default_address": "0xAAAA"}]
    gone = [{"chain": "ethereum", "walletAddresses": [], "default_address": "0xAAAA"}]
    asked.replay.answers(WALLETS, Answer(body=rows), Answer(body=gone))
    text = await asked.good("remove_wallet", chain="ethereum", address="0xaaaa", preview=False)
    assert "looked up to be gone" in text
    assert "It stays ethereum's default all the same" in text


@pytest.mark.parametrize(
    ("status", "detail", "told"),
    [
        (400, "Gateway error: Unable to retrieve wallet address for provided private key: 0xfee...",
         "Gateway makes no wallet of this private key (HTTP 400). Nothing was done."),
        (400, "Gateway error: Non-base58 character in 0xfee",
         "Gateway makes no wallet of this private key (HTTP 400). Nothing was done."),
        (400, 'Gateway error: invalid hexlify value (value="0xfee")', "Gateway refused this wallet (HTTP 400)"),
        (500, "Error adding wallet: 0xfee", "It may have been added."),
    ],
)  # fmt: skip
async def test_the_beginning_of_a_private_key_isnt_repeated(status: int, detail: str, told: str, asked: Asked) -> None:
    asked.refuses("POST /accounts/gateway/add-wallet", status, detail)
    text = await asked.bad("add_wallet", chain="ethereum", private_key="0xfeedfeedfeedfeed")
    assert "0xfee" not in text
    assert told in text


async def test_a_chain_that_gateway_doesnt_know_is_quoted(asked: Asked) -> None:
    said = "Gateway error: body/chain must be equal to one of the allowed values"
    asked.refuses("POST /accounts/gateway/add-wallet", 400, said)
    assert said in await asked.bad("add_wallet", chain="bitcoin", private_key="0xfeedfeedfeedfeed")


@pytest.mark.parametrize(
    ("tool", "operation", "place"),
    [
        ("update_network", "POST /gateway/networks/{network_id}", {"network_id": NETWORK}),
        ("update_dex_connector", "POST /gateway/connectors/{connector_name}", {"connector_name": "jupiter"}),
    ],
)
class TestUpdates:
    async def test_half_of_it(self, tool: str, operation: str, place: dict[str, str], asked: Asked) -> None:
        refused = {"error": "Cannot set x.retries to 1.5: JSON schema violation.", "status": 400}
        asked.answers(operation, {**UPDATED, "results": [{"message": "'x.nodeURL' set to \"https://k\""}, refused]})
        text = await asked.good(tool, **place, updates=UPDATES)
        assert '{"changed":["node_url"],"not_changed":{"retries":"Cannot set x.retries to ***' in text
        assert "Only 1 of 2 changed." in text
        assert "key-1" not in text
        assert asked.replay.last.json == UPDATES

    async def test_one_without_an_answer(self, tool: str, operation: str, place: dict[str, str], asked: Asked) -> None:
        asked.answers(operation, {**UPDATED, "results": [None, {"message": "set"}]})
        text = await asked.good(tool, **place, updates=UPDATES)
        assert '"not_changed":{"node_url":"Gateway gave no answer to it"}' in text

    async def test_none_of_it(self, tool: str, operation: str, place: dict[str, str], asked: Asked) -> None:
        refused = {"error": "Cannot set x.nodeURL to https://k/key-1: JSON schema violation.", "status": 400}
        asked.answers(operation, {**UPDATED, "results": [refused, refused]})
        text = await asked.bad(tool, **place, updates=UPDATES)
        assert "JSON schema violation" in text
        assert "key-1" not in text

    async def test_all_of_it(self, tool: str, operation: str, place: dict[str, str], asked: Asked) -> None:
        asked.answers(operation, {**UPDATED, "results": [{"message": "a"}, {"message": "b"}]})
        text = await asked.good(tool, **place, updates=UPDATES)
        assert text.startswith('{"changed":["node_url","retries"]}')
        assert "restart_gateway" in text


async def test_an_update_of_nothing_isnt_sent(asked: Asked) -> None:
    for tool, place in (("update_network", {"network_id": NETWORK}), ("update_dex_connector", {"connector_name": "x"})):
        assert "Nothing was sent." in await asked.bad(tool, **place, updates={})
    assert asked.operations == []


async def test_a_pool_cant_be_deleted_through_this_api(asked: Asked) -> None:
    asked.refuses(
        "DELETE /gateway/networks/{network_id}/pools/{pool_address}",
        400,
        "Failed to delete pool: querystring must have required property 'connector'",
    )
    text = await asked.bad("delete_network_pool", network_id=NETWORK, pool_address="PoolA")
    assert "delete_network_pool doesn't work with this Gateway" in text
    assert "Correct the arguments" not in text


async def test_saved_pools_are_asked_for_by_connector(asked: Asked) -> None:
    text = await asked.bad("list_network_pools", network_id=NETWORK)
    assert "connector" in text
    assert asked.operations == []
    asked.answers("GET /gateway/networks/{network_id}/pools", {"pools": ["error", "status"], "count": 2})
    text = await asked.bad("list_network_pools", network_id=NETWORK, connector="nosuch")
    assert "list_dex_connectors has the connectors" in text
    assert "error; status" not in text


@pytest.mark.parametrize(
    ("tool", "operation", "detail"),
    [
        ("import_network_token", "POST /gateway/networks/{network_id}/tokens/save/{token_address}",
         "Failed to save token: Failed to process token operation"),
        ("import_network_pool", "POST /gateway/networks/{network_id}/pools/save/{pool_address}",
         "Failed to save pool: Failed to fetch pools from GeckoTerminal"),
    ],
)  # fmt: skip
async def test_what_cant_be_imported_has_its_cause_in_the_log(
    tool: str, operation: str, detail: str, asked: Asked
) -> None:
    asked.refuses(operation, 400, detail)
    text = await asked.bad(tool, network_id=NETWORK, **{"token_address" if "token" in tool else "pool_address": "A"})
    assert CAUSE in text
    assert "Correct the arguments" not in text


async def test_keys_that_were_set_are_named(asked: Asked) -> None:
    asked.answers("POST /gateway/apiKeys", {**UPDATED, "updated_keys": ["helius"]})
    text = await asked.good("set_gateway_api_keys", api_keys={"helius": "hlx-secret", "nosuch": "other-secret"})
    assert '{"updated_keys":["helius"]}' in text
    assert "secret" not in text
