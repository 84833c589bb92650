"""Watches triggers, and lets them act: a lease says who does, the watcher reads and judges, a firing calls the bridge.

Above the bridge, for whatever a trigger sends is a call; below server and command line, which run it.
"""
