"""Bots: what one would run and trade, before it is deployed."""
