"""Triggers: what waits for a price, a profit, a rate or a time, and then acts or tells.

From the ground up: condition (when) and action (what then), trigger (both, and how long), readings (the values that
conditions are about), the rest. Who watches them is hbmcp.watch.
"""
