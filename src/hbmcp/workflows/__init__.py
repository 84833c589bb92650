"""The hand-written tools: TOOLSET/TOOL.py has TOOL, one function, and nothing that another tool needs.

A tool's definition is curated in overrides/TOOLSET.toml, its parameters are those of the definition. It asks the
installation, which asks the API through the bridge, and gives an Answer, or raises a CallError that says what was done
and what wasn't.
"""
