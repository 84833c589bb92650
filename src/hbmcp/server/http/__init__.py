"""Serving clients over streamable HTTP."""
