"""Accounts: accounts, their exchanges and API keys.

One function per tool: it turns the tool's arguments into the request to send.
"""

from typing import Any

from hummingbot_api.api import accounts as accounts_api
from hummingbot_api.api import connectors as connectors_api
from hummingbot_api.request import Request


def list_accounts() -> Request[list[str]]:
    """Accounts; get_connected_exchanges shows the exchanges of each.

    GET /accounts/, risk: read.
    """
    return accounts_api.list_accounts()


def get_connected_exchanges(
    *,
    account_name: str,
) -> Request[list[str]]:
    """Connectors that an account holds API keys for.

    GET /accounts/{account_name}/credentials, risk: read.
    """
    return accounts_api.list_account_credentials(
        account_name=account_name,
    )


def get_connectors() -> Request[list[str]]:
    """All supported connectors, connected or not.

    GET /connectors/, risk: read.
    """
    return connectors_api.available_connectors()


def get_credential_fields(
    *,
    connector_name: str,
) -> Request[dict[str, dict[str, Any]]]:
    """Key fields that add_credential needs for a connector.

    GET /connectors/{connector_name}/config-map, risk: read.
    """
    return connectors_api.get_connector_config_map(
        connector_name=connector_name,
    )


def add_account(
    *,
    account_name: str,
) -> Request[Any]:
    """Create an empty account.

    POST /accounts/add-account, risk: write.
    """
    return accounts_api.add_account(
        account_name=account_name,
    )


def remove_account(
    *,
    account_name: str,
) -> Request[Any]:
    """Delete an account with all its API keys. Its orders and positions stay on the exchange, out of reach.

    POST /accounts/delete-account, risk: destructive.
    """
    return accounts_api.delete_account(
        account_name=account_name,
    )


def add_credential(
    *,
    account_name: str,
    connector_name: str,
    credentials: dict[str, Any],
) -> Request[Any]:
    """Connect an exchange: store API keys, once the exchange accepts them. Best made without withdrawal rights and
    entered by the user outside this chat; get_credential_fields names the fields.

    POST /accounts/add-credential/{account_name}/{connector_name}, risk: secret.

    Args:
        credentials: Field to value
    """
    return accounts_api.add_credential(
        account_name=account_name,
        connector_name=connector_name,
        body=credentials,
    )


def remove_credential(
    *,
    account_name: str,
    connector_name: str,
) -> Request[Any]:
    """Disconnect an exchange. Cancel orders and close positions first: they stay on the exchange, out of reach.

    POST /accounts/delete-credential/{account_name}/{connector_name}, risk: destructive.
    """
    return accounts_api.delete_credential(
        account_name=account_name,
        connector_name=connector_name,
    )
