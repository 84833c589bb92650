"""Telling a person who isn't there.

addresses  whom does HBMCP_NOTIFY name, and how does a message get there?
outbox     when is something sent, and what if it doesn't get there?
"""
