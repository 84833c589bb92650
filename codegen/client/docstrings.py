"""Sentences as docstrings and comments of the client."""

import textwrap

WIDTH = 100  # of a line


def docstring(sentence: str | None, key: str) -> tuple[str, ...]:
    """The lines of a function's docstring: what is curated of it, and its operation."""
    if not sentence:
        return (_clean(key),)
    return (*textwrap.wrap(_clean(sentence), WIDTH, break_long_words=False), "", _clean(key))


def comment(sentence: str | None) -> tuple[str, ...]:
    """The lines of a comment above a field; none without a sentence."""
    if not sentence:
        return ()
    return tuple(textwrap.wrap(_clean(sentence), WIDTH, initial_indent="#: ", subsequent_indent="#: "))


def _clean(text: str) -> str:
    """Text that can stand in a docstring or a comment."""
    text = "".join(character if character.isprintable() else " " for character in text)
    return text.replace("\\", "\\\\").replace('"""', "'''").strip().removesuffix('"')
