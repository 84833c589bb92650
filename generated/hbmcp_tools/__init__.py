"""The tools of the Hummingbot API 1.0.1, generated: one module per toolset, one function per tool.

manifest.json beside this file holds what clients see of them.
"""
