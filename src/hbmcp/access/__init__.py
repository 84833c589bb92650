"""Who may use the server over HTTP, and which of its tools: access tokens of our own, and those of an OAuth issuer."""
