"""Deleting something once, and seeing that it is gone."""

from collections.abc import Awaitable, Callable, Sequence

from attrs import frozen

from hbmcp.errors import CallError, Failed, OutcomeUnknown
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.results.answer import Answer


@frozen
class Deletion:
    """Of `what` ("controller config 'x'"), by that request: `exists` looks whether it is there, and `listed_by` is the
    tool in which an assistant can look."""

    what: str
    listed_by: str
    request: PlannedRequest
    exists: Callable[[Installation], Awaitable[bool]]

    @property
    def planned(self) -> str:
        """That nothing was deleted, and how it would be."""
        return f"Nothing was deleted yet: preview=false deletes {self.what}."

    @property
    def done(self) -> str:
        """That it is gone."""
        return f"Deleted, and looked up to be gone: {self.what}."

    def plan(self, dependents: Sequence[str], unread: Sequence[str] = ()) -> Plan:
        """What depends on it is told before and afterwards, a sentence each; `unread` says why there may be more. The
        commit raises what `run` raises."""

        async def commit(installation: Installation) -> Answer:
            await self.run(installation)
            return Answer(self.done, tuple(dependents))

        found = dependents or ["Nothing was found to stand on it."]
        return Plan(Answer(self.planned, (*found, *unread)), (self.request,), commit)

    async def run(self, installation: Installation) -> None:
        """Send the request, and look whether it is gone; who else deleted it doesn't matter.

        Raises what sending raises where it is still there or can't be looked up, Failed where the API says that it is
        gone and it isn't, OutcomeUnknown where only its word can be had.
        """
        said: CallError | None = None
        try:
            await installation.send(self.request)
        except CallError as error:
            said = error
        try:
            there = await self.exists(installation)
        except CallError as error:
            raise said or OutcomeUnknown(
                f"The API says that it deleted {self.what}.",
                f"Whether it is gone couldn't be looked up: {error.happened}",
                f"Look with {self.listed_by} before you rely on it.",
            ) from None
        if not there:
            return
        if isinstance(said, OutcomeUnknown):
            raise OutcomeUnknown(
                said.happened, "It is still there, and may yet go.", f"Look with {self.listed_by} in a minute."
            )
        raise said or Failed(
            f"The API says that it deleted {self.what}, but {self.listed_by} still has it.",
            "Nothing seems to be deleted.",
            "A person should look at the API's log.",
        )
