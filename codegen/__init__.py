"""The generator: an OpenAPI contract and the curation in, the typed client and the tools out."""
