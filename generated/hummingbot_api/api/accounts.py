from typing import Any

from hummingbot_api import decode, encode
from hummingbot_api.models.accounts import GatewayWalletCredential, SetDefaultWalletRequest
from hummingbot_api.request import Request


def add_account(*, account_name: str) -> Request[Any]:
    """Create an empty account.

    POST /accounts/add-account
    """
    return Request(
        "POST", "/accounts/add-account", query=encode.form({"account_name": account_name}), parse=decode.anything
    )


def add_credential(account_name: str, connector_name: str, body: dict[str, Any]) -> Request[Any]:
    """Connect an exchange: store API keys, once the exchange accepts them. Best made without withdrawal
    rights and entered by the user outside this chat; get_credential_fields names the fields.

    POST /accounts/add-credential/{account_name}/{connector_name}
    """
    return Request(
        "POST",
        encode.path("/accounts/add-credential/{}/{}", account_name, connector_name),
        json=body,
        parse=decode.anything,
    )


def add_gateway_wallet(body: GatewayWalletCredential) -> Request[Any]:
    """Import a wallet into Gateway. Its private key passes through this conversation: better the user
    enters it on the API's own page, /docs.

    POST /accounts/gateway/add-wallet
    """
    return Request("POST", "/accounts/gateway/add-wallet", json=body.to_dict(), parse=decode.anything)


def delete_account(*, account_name: str) -> Request[Any]:
    """Delete an account with all its API keys. Its orders and positions stay on the exchange, out of
    reach.

    POST /accounts/delete-account
    """
    return Request(
        "POST", "/accounts/delete-account", query=encode.form({"account_name": account_name}), parse=decode.anything
    )


def delete_credential(account_name: str, connector_name: str) -> Request[Any]:
    """Disconnect an exchange. Cancel orders and close positions first: they stay on the exchange, out of
    reach.

    POST /accounts/delete-credential/{account_name}/{connector_name}
    """
    return Request(
        "POST", encode.path("/accounts/delete-credential/{}/{}", account_name, connector_name), parse=decode.anything
    )


def list_account_credentials(account_name: str) -> Request[list[str]]:
    """Connectors that an account holds API keys for.

    GET /accounts/{account_name}/credentials
    """
    return Request("GET", encode.path("/accounts/{}/credentials", account_name), parse=decode.array(decode.text))


def list_accounts() -> Request[list[str]]:
    """Accounts; get_connected_exchanges shows the exchanges of each.

    GET /accounts/
    """
    return Request("GET", "/accounts/", parse=decode.array(decode.text))


def list_gateway_wallets() -> Request[Any]:
    """Wallets by chain; list_wallets tells a default that isn't there.

    GET /accounts/gateway/wallets
    """
    return Request("GET", "/accounts/gateway/wallets", parse=decode.anything)


def remove_gateway_wallet(chain: str, address: str) -> Request[Any]:
    """Delete a wallet's key; Gateway says yes for unknown wallets too, remove_wallet looks.

    DELETE /accounts/gateway/{chain}/{address}
    """
    return Request("DELETE", encode.path("/accounts/gateway/{}/{}", chain, address), parse=decode.anything)


def set_default_gateway_wallet(body: SetDefaultWalletRequest) -> Request[dict[str, Any]]:
    """Set the wallet of a chain's trades that name none.

    POST /accounts/gateway/wallet/set-default
    """
    return Request(
        "POST", "/accounts/gateway/wallet/set-default", json=body.to_dict(), parse=decode.mapping(decode.anything)
    )
