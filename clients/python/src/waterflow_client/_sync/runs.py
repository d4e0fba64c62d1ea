# Made from _async/runs.py by `npm run generate`. Change that, not this file.
"""Runs: to start, follow and operate them."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Generator, Callable, Mapping

from .._errors import TimedOutError, WaterflowError
from .._request import Request, Text, list_of, path, unique_key, wire, workflow_body
from ..models import (
    AuditRecord,
    Decision,
    DryRun,
    Explanation,
    Grants,
    HostCall,
    Json,
    ListGrantsQuery,
    ListHostCallsQuery,
    ListRunsQuery,
    LogLine,
    LogQuery,
    OperatedRun,
    Reason,
    Rerun,
    Resume,
    Run,
    RunDetails,
    RunEvent,
    RunOptions,
    SignalOptions,
    SubmittedRun,
    Validation,
    WorkflowSource,
)
from .pages import Pages
from .part import Part
from .streams import follow

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack

_LONG_POLL = 15.0
"""For how many seconds the server keeps a request of `wait` open. What began to wait between two of them is seen after that."""

_GRACE = 1.0
"""For so many seconds more than it was told to wait a server may take to answer."""


class Runs(Part):
    """Runs."""

    def submit(
        self,
        workflow: Text,
        *,
        files: Mapping[str, Text] | None = None,
        file: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
        retry_for: float | None = None,
        **run: Unpack[RunOptions],
    ) -> SubmittedRun:
        """Begins a run. However often the request has to be sent, there is one.

        `workflow`: its text, or the path of its file. `files`: the same of the workflows that it calls, by their paths relative to it.
        Raises ValidationError where something is wrong with it.
        """
        body = {**workflow_body(workflow, files, file), **wire(run)}
        unique = idempotency_key or unique_key()
        request = Request(method="POST", path="v1/workflows", body=body, idempotency_key=unique)
        return self._transport.ask(request, timeout=timeout, retry_for=retry_for, read=SubmittedRun.from_json)

    def dry_run(
        self,
        workflow: Text,
        *,
        files: Mapping[str, Text] | None = None,
        file: str | None = None,
        **run: Unpack[RunOptions],
    ) -> DryRun:
        """What would run."""
        body = {**workflow_body(workflow, files, file), **wire(run), "dry_run": True}
        request = Request(method="POST", path="v1/workflows", body=body, repeats=True)
        return self._transport.ask(request, read=DryRun.from_json)

    def validate(
        self,
        workflow: Text,
        *,
        files: Mapping[str, Text] | None = None,
        file: str | None = None,
        inputs: Mapping[str, Json] | None = None,
    ) -> Validation:
        """Every problem of a workflow, with its place."""
        body = {**workflow_body(workflow, files, file), **wire({"inputs": inputs})}
        request = Request(method="POST", path="v1/validate", body=body, repeats=True)
        return self._transport.ask(request, read=Validation.from_json)

    def list_runs(self, **query: Unpack[ListRunsQuery]) -> Pages[Run]:
        """Newest first."""
        values = wire(query)
        # Statuses go in one parameter, and labels, which may hold commas, in several. One text is a sequence of letters.
        status = query.get("status")
        values["status"] = status if status is None or isinstance(status, str) else ",".join(status)
        return Pages(self._transport, path="v1/workflows", items="workflows", read=Run.from_json, query=values)

    def get_run(self, id: str) -> RunDetails:
        """With its jobs and steps."""
        return self._transport.ask(Request(path=path("v1/workflows/{}", id)), read=RunDetails.from_json)

    def get_run_at(self, id: str, sequence: int) -> RunDetails:
        """The run as it was after one of its events."""
        request = Request(path=path("v1/workflows/{}/events", id), query={"at": sequence})
        return self._transport.ask(request, read=RunDetails.from_json)

    def explain(self, id: str) -> Explanation:
        """Why the run is as it is: what failed and where, what it waits for, what has changed since it last went well, and what to do."""
        return self._transport.ask(Request(path=path("v1/workflows/{}/explanation", id)), read=Explanation.from_json)

    def get_run_source(self, id: str) -> WorkflowSource:
        """The workflow as it was sent, with its comments, and the files that it calls. NotFoundError where it was not kept."""
        return self._transport.ask(Request(path=path("v1/workflows/{}/source", id)), read=WorkflowSource.from_json)

    def wait(
        self,
        id: str,
        *,
        timeout: float = math.inf,
        until: Callable[[RunDetails], bool] | None = None,
        reconnect_for: float = 600.0,
    ) -> RunDetails:
        """The run when it has ended, or when `until` says so; looks by long polls, and over restarts of the server.

        `until=lambda run: bool(run.awaits)` waits until somebody has to answer. `timeout`: for how many seconds at most; then raises
        TimedOutError. `reconnect_for`: for how many seconds a server that is away is tried again.
        """
        deadline = time.monotonic() + timeout
        is_over = _has_ended if until is None else until
        request = Request(path=path("v1/workflows/{}", id))
        while True:
            left = deadline - time.monotonic()
            patience = max(0.0, min(reconnect_for, left))
            attempt = min(self._transport.timeout, max(0.0, left) + _GRACE)
            run = self._transport.ask(request, timeout=attempt, retry_for=patience, read=RunDetails.from_json)
            if is_over(run):
                return run
            if _has_ended(run):
                remedy = "Look at the run: what was waited for will not come any more."
                raise WaterflowError(f"run {id} ended ({run.status}) before that", code="RUN_ENDED", remedy=remedy)
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimedOutError(f"run {id} is still {run.status} after {timeout:g} seconds")
            query = {"wait": f"{math.ceil(min(_LONG_POLL, left) * 1000)}ms", "while": run.status}
            request = Request(path=path("v1/workflows/{}", id), query=query)

    def stream_logs(
        self,
        id: str,
        *,
        after: str | None = None,
        reconnect_for: float = 600.0,
        **query: Unpack[LogQuery],
    ) -> Generator[LogLine, None, None]:
        """The log as it is written, to the end of the run: over restarts of the server, no line left out and none twice.

        `after`: the `position` of a line, to go on behind it.
        """
        place = path("v1/workflows/{}/logs", id)
        lines = follow(
            self._transport, path=place, query=wire(query), after=after, reconnect_for=reconnect_for, read=LogLine.from_json
        )
        for line in lines:
            yield line

    def stream_events(
        self, id: str, *, after: int | None = None, reconnect_for: float = 600.0
    ) -> Generator[RunEvent, None, None]:
        """The same of its events. `after`: the `sequence` of one."""
        place = path("v1/workflows/{}/events", id)
        events = follow(
            self._transport, path=place, query={}, after=after, reconnect_for=reconnect_for, read=RunEvent.from_json
        )
        for event in events:
            yield event

    def log_text(self, id: str, **query: Unpack[LogQuery]) -> str:
        """The log that is there by now, as `[job/step] text` on each line."""
        place = path("v1/workflows/{}/logs", id)
        values = {**wire(query), "format": "text"}
        return self._transport.text(Request(path=place, query=values, headers={"accept": "text/plain"}))

    def list_host_calls(self, id: str, **query: Unpack[ListHostCallsQuery]) -> Pages[HostCall]:
        """What steps asked of their agents, allowed and denied."""
        place = path("v1/workflows/{}/host-calls", id)
        return Pages(
            self._transport, path=place, items="host_calls", read=HostCall.from_json, query=wire(query)
        )

    def list_audit_records(self, id: str) -> list[AuditRecord]:
        """How the records of those are, one of each agent, checked now."""
        request = Request(path=path("v1/workflows/{}/audit-records", id))
        return self._transport.ask(request, read=list_of("audit_records", AuditRecord.from_json))

    def list_grants(self, id: str, **query: Unpack[ListGrantsQuery]) -> Grants:
        """What the steps may do, and by which of manifest, policy, lockfile and workflow."""
        request = Request(path=path("v1/workflows/{}/grants", id), query=wire(query))
        return self._transport.ask(request, read=Grants.from_json)

    def approve(
        self, id: str, *, idempotency_key: str | None = None, **decision: Unpack[Decision]
    ) -> OperatedRun:
        """What the run waits for."""
        return self._decide(id, "approve", decision, idempotency_key)

    def reject(
        self, id: str, *, idempotency_key: str | None = None, **decision: Unpack[Decision]
    ) -> OperatedRun:
        """What the run waits for."""
        return self._decide(id, "reject", decision, idempotency_key)

    def push_back(
        self, id: str, *, idempotency_key: str | None = None, **decision: Unpack[Decision]
    ) -> OperatedRun:
        """Back to the step `to`, to do it again."""
        return self._decide(id, "push-back", decision, idempotency_key)

    def signal(
        self, id: str, name: str, *, idempotency_key: str | None = None, **signal: Unpack[SignalOptions]
    ) -> OperatedRun:
        """What a step waits for, with its payload."""
        return self._post(id, "signals", {**signal, "name": name}, idempotency_key)

    def cancel(
        self, id: str, *, idempotency_key: str | None = None, **reason: Unpack[Reason]
    ) -> OperatedRun:
        """Ends the run; what cleans up still runs."""
        return self._post(id, "cancel", reason, idempotency_key)

    def terminate(
        self, id: str, *, idempotency_key: str | None = None, **reason: Unpack[Reason]
    ) -> OperatedRun:
        """At once, without what cleans up."""
        return self._post(id, "terminate", reason, idempotency_key)

    def pause(
        self, id: str, *, idempotency_key: str | None = None, **reason: Unpack[Reason]
    ) -> OperatedRun:
        """Begins no further step."""
        return self._post(id, "pause", reason, idempotency_key)

    def resume(
        self, id: str, *, idempotency_key: str | None = None, **resume: Unpack[Resume]
    ) -> OperatedRun:
        """A paused run goes on; one that lost the values of its secrets gets them again."""
        return self._post(id, "resume", resume, idempotency_key)

    def rerun(
        self, id: str, *, idempotency_key: str | None = None, **rerun: Unpack[Rerun]
    ) -> OperatedRun:
        """An ended run once more: in whole, or `from_="failed"`, a job or a step."""
        return self._post(id, "rerun", rerun, idempotency_key)

    def _decide(
        self, id: str, kind: str, decision: Decision, idempotency_key: str | None
    ) -> OperatedRun:
        return self._post(id, "approvals", {**decision, "decision": kind}, idempotency_key)

    def _post(
        self, id: str, operation: str, body: Mapping[str, object], idempotency_key: str | None
    ) -> OperatedRun:
        request = Request(
            method="POST",
            path=path("v1/workflows/{}/" + operation, id),
            body=wire(body),
            idempotency_key=idempotency_key or unique_key(),
        )
        return self._transport.ask(request, read=OperatedRun.from_json)


def _has_ended(run: RunDetails) -> bool:
    return run.ended_at is not None
