"""The store's databases, for what is kept in them."""

from tests.store.conftest import postgresql, url

__all__ = ["postgresql", "url"]
