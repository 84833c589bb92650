"""Triggers: orders and messages that wait for a price, a profit or a time.

One function per tool: it turns the tool's arguments into the request to send.
"""
