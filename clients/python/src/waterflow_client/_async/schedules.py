"""What starts runs by the clock."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from .._request import Request, Text, nothing, path, unique_key, wire, workflow_body
from ..models import (
    Backfill,
    BackfilledRuns,
    ListSchedulesQuery,
    NewSchedules,
    Schedule,
    ScheduleChanges,
    ScheduleDetails,
    ScheduleOptions,
    StartedRun,
)
from .pages import AsyncPages
from .part import AsyncPart

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack


class AsyncSchedules(AsyncPart):
    """Schedules."""

    def list(self, **query: Unpack[ListSchedulesQuery]) -> AsyncPages[Schedule]:
        """All of them."""
        return AsyncPages(
            self._transport, path="v1/schedules", items="schedules", read=Schedule.from_json, query=wire(query)
        )

    async def get(self, id: str) -> ScheduleDetails:
        """With its next and its last starts."""
        return await self._transport.ask(Request(path=path("v1/schedules/{}", id)), read=ScheduleDetails.from_json)

    async def create(
        self,
        workflow: Text,
        *,
        files: Mapping[str, Text] | None = None,
        file: str | None = None,
        idempotency_key: str | None = None,
        **schedule: Unpack[ScheduleOptions],
    ) -> NewSchedules:
        """One, or one for each entry of the workflow's `on.schedule`. `workflow`, `files`: texts, or paths."""
        body = {**workflow_body(workflow, files, file), **wire(schedule)}
        unique = idempotency_key or unique_key()
        request = Request(method="POST", path="v1/schedules", body=body, idempotency_key=unique)
        return await self._transport.ask(request, read=NewSchedules.from_json)

    async def change(self, id: str, **changes: Unpack[ScheduleChanges]) -> ScheduleDetails:
        """What is to be different."""
        request = Request(method="PATCH", path=path("v1/schedules/{}", id), body=wire(changes))
        return await self._transport.ask(request, read=ScheduleDetails.from_json)

    async def remove(self, id: str) -> None:
        """Its runs stay."""
        await self._transport.ask(Request(method="DELETE", path=path("v1/schedules/{}", id)), read=nothing)

    async def trigger(self, id: str, *, idempotency_key: str | None = None) -> StartedRun:
        """A run now."""
        unique = idempotency_key or unique_key()
        request = Request(method="POST", path=path("v1/schedules/{}/trigger", id), idempotency_key=unique)
        return await self._transport.ask(request, read=StartedRun.from_json)

    async def backfill(self, id: str, **times: Unpack[Backfill]) -> BackfilledRuns:
        """The starts between `from_` and `to`, each carried out once."""
        request = Request(method="POST", path=path("v1/schedules/{}/backfill", id), body=wire(times), repeats=True)
        return await self._transport.ask(request, read=BackfilledRuns.from_json)
