"""Connecting an exchange with keys that a person types and no model sees, at a terminal or on a page."""
