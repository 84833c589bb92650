"""What a call came to."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from hbmcp.errors import CallError
from hbmcp.policy.confirmation.answer import Visit
from hbmcp.policy.confirmation.question import Question
from hbmcp.redaction import redacted

_NAME = re.compile(r'(?<!["\w])[a-z]+(?:_[a-z0-9]+)+(?!["\w])')

BINARY = ("data", "blob")  # keys of what is base64, in a block of content


class Outcome(NamedTuple):
    """What a call came to, for a model to read; or the `question` that a person must answer first: with the answer the
    call comes again. `error` is what it ran into, unless that is a defect. It `waits` where a person is to approve it
    elsewhere. `content` is what a plugin shows beside the text. `structured` is what a program reads; then the text is
    but a line."""

    text: str
    is_error: bool
    question: Question | Visit | None = None
    error: CallError | None = None
    waits: bool = False
    content: tuple[Mapping[str, Any], ...] = ()
    structured: dict[str, Any] | None = None

    def remarked(self, remark: str) -> "Outcome":
        """The same with one more sentence about it."""
        if self.structured is None:
            return self._replace(text="\n\n".join(filter(None, (self.text, remark))))
        return self._replace(structured={**self.structured, "notes": [*self.structured["notes"], remark]})

    def says(self, words: str) -> bool:
        """Whether these words are in it, in whatever case."""
        said = [self.text] if self.structured is None else self.structured["notes"]
        return any(words.lower() in one.lower() for one in said)

    @property
    def named(self) -> Iterator[str]:
        """What may be names of tools, in its sentences."""
        said = [self.text] if self.structured is None else self.structured["notes"]
        return (found[0] for one in said for found in _NAME.finditer(one))

    @property
    def redacted(self) -> "Outcome":
        """Without what is secret."""
        said = self._replace(text=redacted(self.text), content=tuple(map(_masked, self.content)))
        if self.structured is None:
            return said
        from hbmcp.results.structured import without_told_secrets

        return said._replace(structured=without_told_secrets(self.structured))


def _masked(block: Mapping[str, Any]) -> dict[str, Any]:
    """A block of content with what is secret masked in its texts; what is binary is none."""

    def mask(value: Any, key: str = "") -> Any:
        if isinstance(value, str):
            return value if key in BINARY else redacted(value)
        if isinstance(value, Mapping):
            return {name: mask(one, name) for name, one in value.items()}
        return [mask(one) for one in value] if isinstance(value, list) else value

    return {name: mask(value, name) for name, value in block.items()}
