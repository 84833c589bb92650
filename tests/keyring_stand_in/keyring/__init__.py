"""What hbmcp uses of the library keyring, for where that isn't installed."""

from tests.file_keyring import FileKeyring

_keyring = FileKeyring()
get_password, set_password, delete_password = _keyring.get_password, _keyring.set_password, _keyring.delete_password


def get_keyring() -> FileKeyring:
    return _keyring
