"""Accounts and the exchanges that they have keys for."""

import re
from contextlib import suppress

from hbmcp.paper.api.routes.base import Call, Json, Refusal, Routes
from hbmcp.paper.api.routes.credentials import FIELDS, camel, required
from hbmcp.paper.errors import UnknownAccount, UnknownExchange

_NAME = re.compile(r"[A-Za-z0-9_-]+")


def list_accounts(call: Call) -> Json:
    return call.engine.accounts()


def add_account(call: Call) -> Json:
    call.engine.add_account(call.query["account_name"])
    return {"message": "Account added successfully."}


def delete_account(call: Call) -> Json:
    name = call.query["account_name"]
    try:
        call.engine.delete_account(name)
    except UnknownAccount:
        raise Refusal(404, f"Folder '{name}' not found in 'credentials'") from None
    return {"message": "Account deleted successfully."}


def list_credentials(call: Call) -> Json:
    try:
        return call.engine.connectors(call.path["account_name"])
    except UnknownAccount as error:
        raise Refusal(404, _no_folder(error.account)) from None


def add_credential(call: Call) -> Json:
    """Any keys will do, but under the right names. They are looked at and forgotten."""
    account, exchange, given = call.path["account_name"], call.path["connector_name"], call.body
    if not _NAME.fullmatch(account):
        raise Refusal(
            400, f"400: Invalid account name: '{account}'. Only letters, numbers, underscores and hyphens are allowed."
        )
    if exchange not in FIELDS:
        raise Refusal(400, f"'{exchange}'")
    if account not in call.engine.accounts():
        raise Refusal(400, _no_folder(account))
    for name in given:
        if name not in FIELDS[exchange]:
            raise Refusal(400, f"Object has no attribute '{name}'")
    for name in required(exchange):
        if not given.get(name):
            raise Refusal(400, f"'{camel(exchange)}ConfigMap' object has no attribute '{name}'")
    call.engine.connect(account, exchange)
    return {"message": "Connector credentials added successfully."}


def delete_credential(call: Call) -> Json:
    """Says success whether there was one or not, as the real API does."""
    with suppress(UnknownAccount, UnknownExchange):
        call.engine.disconnect(call.path["account_name"], call.path["connector_name"])
    return {"message": "Credential deleted successfully."}


def _no_folder(account: str) -> str:
    return f"Directory 'credentials/{account}/connectors' not found"


ROUTES: Routes = {
    "GET /accounts/": list_accounts,
    "POST /accounts/add-account": add_account,
    "POST /accounts/delete-account": delete_account,
    "GET /accounts/{account_name}/credentials": list_credentials,
    "POST /accounts/add-credential/{account_name}/{connector_name}": add_credential,
    "POST /accounts/delete-credential/{account_name}/{connector_name}": delete_credential,
}
