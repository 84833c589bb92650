"""The MCP server: what it says (protocol), and the two ways in which clients reach it (stdio, http).

Everything that only a call needs is imported at the first call.
"""
