"""The operations of the API, one module for each of their tags: operation key -> handler."""
