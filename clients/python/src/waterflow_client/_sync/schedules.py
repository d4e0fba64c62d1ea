# Made from _async/schedules.py by `npm run generate`. Change that, not this file.
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
from .pages import Pages
from .part import Part

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack


class Schedules(Part):
    """Schedules."""

    def list(self, **query: Unpack[ListSchedulesQuery]) -> Pages[Schedule]:
        """All of them."""
        return Pages(
            self._transport, path="v1/schedules", items="schedules", read=Schedule.from_json, query=wire(query)
        )

    def get(self, id: str) -> ScheduleDetails:
        """With its next and its last starts."""
        return self._transport.ask(Request(path=path("v1/schedules/{}", id)), read=ScheduleDetails.from_json)

    def create(
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
        return self._transport.ask(request, read=NewSchedules.from_json)

    def change(self, id: str, **changes: Unpack[ScheduleChanges]) -> ScheduleDetails:
        """What is to be different."""
        request = Request(method="PATCH", path=path("v1/schedules/{}", id), body=wire(changes))
        return self._transport.ask(request, read=ScheduleDetails.from_json)

    def remove(self, id: str) -> None:
        """Its runs stay."""
        self._transport.ask(Request(method="DELETE", path=path("v1/schedules/{}", id)), read=nothing)

    def trigger(self, id: str, *, idempotency_key: str | None = None) -> StartedRun:
        """A run now."""
        unique = idempotency_key or unique_key()
        request = Request(method="POST", path=path("v1/schedules/{}/trigger", id), idempotency_key=unique)
        return self._transport.ask(request, read=StartedRun.from_json)

    def backfill(self, id: str, **times: Unpack[Backfill]) -> BackfilledRuns:
        """The starts between `from_` and `to`, each carried out once."""
        request = Request(method="POST", path=path("v1/schedules/{}/backfill", id), body=wire(times), repeats=True)
        return self._transport.ask(request, read=BackfilledRuns.from_json)
