"""Prompts: what a person picks from a list, and an assistant then does by the tools that it names, in their order.

Their words are curated in prompts.toml. Imported at the first question for them.
"""
