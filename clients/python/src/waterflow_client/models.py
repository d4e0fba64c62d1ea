# Made from the API's routes by `npm run generate`. Change those, not this file.
"""What the API takes and gives. Keys that this version does not know are left out."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict, Union

if sys.version_info >= (3, 11):
    from typing import NotRequired
else:
    from typing_extensions import NotRequired

Json = Any
"""Any JSON: what `json.loads` gives."""


__all__ = [
    "AcceptedDelivery",
    "Agent",
    "AgentPlugins",
    "AgentSlots",
    "Approval",
    "AuditRecord",
    "AwaitedSignal",
    "Backfill",
    "BackfilledRuns",
    "BackfilledRunsRuns",
    "Call",
    "Caller",
    "Calls",
    "Decision",
    "Diagnostic",
    "DryRun",
    "Explanation",
    "ExplanationCancelled",
    "ExplanationCauses",
    "ExplanationCausesAt",
    "ExplanationCausesEarlierAttempts",
    "ExplanationCausesPlugin",
    "ExplanationCausesRead",
    "ExplanationCausesRefusedCalls",
    "ExplanationConsequences",
    "ExplanationNext",
    "ExplanationRecurrence",
    "ExplanationRetried",
    "ExplanationRetriedFailures",
    "ExplanationSince",
    "ExplanationSinceChanges",
    "ExplanationSkipped",
    "ExplanationSkippedRead",
    "ExplanationTolerated",
    "ExplanationWaits",
    "GetRunEventsQuery",
    "GetRunLogsQuery",
    "GetRunQuery",
    "Grant",
    "GrantCapabilities",
    "GrantCapabilitiesDenied",
    "GrantCapabilitiesDropped",
    "GrantCapabilitiesLayers",
    "GrantCapabilitiesLayersRules",
    "GrantCapabilitiesRequested",
    "GrantLimits",
    "GrantPlugin",
    "Grants",
    "HostCall",
    "HostCallBytes",
    "HostCallCall",
    "HostCallPlugin",
    "IssuedKey",
    "Json",
    "Key",
    "KeyRotation",
    "ListCallsQuery",
    "ListGrantsQuery",
    "ListHostCallsQuery",
    "ListRunsQuery",
    "ListSchedulesQuery",
    "ListWebhooksQuery",
    "LogLine",
    "LogQuery",
    "NewKey",
    "NewRun",
    "NewSchedule",
    "NewSchedules",
    "NewSignal",
    "NewWebhook",
    "Node",
    "NodeLimits",
    "OperatedRun",
    "OperatedRunOrigin",
    "Plugin",
    "PluginAsks",
    "PluginLimits",
    "PluginUpdate",
    "PluginUpdateMore",
    "Problem",
    "Queue",
    "Reason",
    "Rerun",
    "Resume",
    "Run",
    "RunDetails",
    "RunDetailsOrigin",
    "RunEvent",
    "RunJob",
    "RunOptions",
    "RunOrigin",
    "RunStep",
    "RunStepHostCalls",
    "Schedule",
    "ScheduleChanges",
    "ScheduleDetails",
    "ScheduleDetailsLastRuns",
    "ScheduleOptions",
    "SignalOptions",
    "SkippedDelivery",
    "StartedRun",
    "StepGrants",
    "StepGrantsCall",
    "StepGrantsCallChanges",
    "SubmittedRun",
    "Validation",
    "Webhook",
    "WebhookChanges",
    "WebhookOptions",
    "WebhookWithSecret",
    "WorkflowSource",
]


@dataclass(frozen=True, kw_only=True)
class AcceptedDelivery:
    id: str
    """Of the run."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> AcceptedDelivery:
        return cls(
            id=value["id"],
        )


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A machine on which steps run."""

    name: str
    state: Union[Literal["online", "draining", "suspect", "lost"], str]
    """`draining`: it finishes the jobs that it has, and takes no more; `suspect`: not heard of for some seconds; `lost`: for longer than jobs wait for it."""

    version: str
    """Of waterflow on that machine."""

    queues: list[str]
    labels: list[str]
    os: str
    arch: str
    confinement: int
    """The level that it holds plugins in."""

    slots: AgentSlots
    plugins: list[AgentPlugins]
    """What it can run."""

    last_seen_at: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Agent:
        return cls(
            name=value["name"],
            state=value["state"],
            version=value["version"],
            queues=value["queues"],
            labels=value["labels"],
            os=value["os"],
            arch=value["arch"],
            confinement=value["confinement"],
            slots=AgentSlots.from_json(value["slots"]),
            plugins=[AgentPlugins.from_json(each) for each in value["plugins"]],
            last_seen_at=value["last_seen_at"],
        )


@dataclass(frozen=True, kw_only=True)
class AgentPlugins:
    name: str
    version: str
    digest: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> AgentPlugins:
        return cls(
            name=value["name"],
            version=value["version"],
            digest=value["digest"],
        )


@dataclass(frozen=True, kw_only=True)
class AgentSlots:
    total: int
    used: int

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> AgentSlots:
        return cls(
            total=value["total"],
            used=value["used"],
        )


@dataclass(frozen=True, kw_only=True)
class AuditRecord:
    """An agent's record of what a run's plugins did."""

    state: Union[Literal["intact", "unfinished", "torn", "broken"], str]
    """`intact`: as it was written, and closed; `unfinished`: as it was written, and not closed; `torn`: the same, and its last entry is incomplete; `broken`: it is not what was written."""

    entries: int
    """Those that hold, from the first on."""

    signed: int
    """The last entry that a signature covers."""

    checked_with: Union[Literal["agent", "record"], str]
    """`agent`: the key of the server's own agent; `record`: the one that the record names itself, which anybody could have made."""

    agent: str | None = None
    """On Temporal: the agent that ships it."""

    reason: str | None = None
    """Why it is not intact."""

    key: str | None = None
    """The id of the key that signed."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> AuditRecord:
        return cls(
            state=value["state"],
            entries=value["entries"],
            signed=value["signed"],
            checked_with=value["checked_with"],
            agent=value.get("agent"),
            reason=value.get("reason"),
            key=value.get("key"),
        )


@dataclass(frozen=True, kw_only=True)
class AwaitedSignal:
    """What somebody is to send: an approval, a signal, or values of secrets."""

    kind: Union[Literal["approval", "signal", "secrets"], str]
    name: str
    job: str
    id: str | None = None
    """Of this one time that an approval or a signal is awaited: `awaited` of the answer."""

    step: str | None = None
    approvers: list[str] | None = None
    """Who may decide; nobody named: anybody with the permission."""

    message: str | None = None
    push_back_to: list[str] | None = None
    schema: dict[str, Json] | None = None
    """JSON Schema of the payload."""

    since: str | None = None
    """Since when a step waits for it. Not in lists."""

    until: str | None = None
    """When it gives up by itself. Not in lists; absent: never."""

    secrets: list[str] | None = None
    """The names of those whose values are missing since the server was started anew: see `resumeRun`."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> AwaitedSignal:
        return cls(
            kind=value["kind"],
            name=value["name"],
            job=value["job"],
            id=value.get("id"),
            step=value.get("step"),
            approvers=value.get("approvers"),
            message=value.get("message"),
            push_back_to=value.get("push_back_to"),
            schema=value.get("schema"),
            since=value.get("since"),
            until=value.get("until"),
            secrets=value.get("secrets"),
        )


@dataclass(frozen=True, kw_only=True)
class BackfilledRuns:
    runs: list[BackfilledRunsRuns]
    """A run for each start, oldest first."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> BackfilledRuns:
        return cls(
            runs=[BackfilledRunsRuns.from_json(each) for each in value["runs"]],
        )


@dataclass(frozen=True, kw_only=True)
class BackfilledRunsRuns:
    id: str
    scheduled_at: str
    repeated: bool
    """An earlier backfill had started it."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> BackfilledRunsRuns:
        return cls(
            id=value["id"],
            scheduled_at=value["scheduled_at"],
            repeated=value["repeated"],
        )


@dataclass(frozen=True, kw_only=True)
class Call:
    """One API call, after its answer."""

    request_id: str
    at: str
    method: str
    route: str
    status: int
    duration_ms: int
    remote: str
    """The client's address."""

    tenant_id: str | None = None
    """Absent: nobody was let in."""

    by: str | None = None
    """The id of the key, or the subject of the token. Absent: nobody was let in."""

    by_name: str | None = None
    """The key's name, also of one that is revoked. Absent: it was no key, or it is gone."""

    target: str | None = None
    """What the route was asked for."""

    details: dict[str, Json] | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Call:
        return cls(
            request_id=value["request_id"],
            at=value["at"],
            method=value["method"],
            route=value["route"],
            status=value["status"],
            duration_ms=value["duration_ms"],
            remote=value["remote"],
            tenant_id=value.get("tenant_id"),
            by=value.get("by"),
            by_name=value.get("by_name"),
            target=value.get("target"),
            details=value.get("details"),
        )


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks, and what they may do."""

    id: str
    """Of the key, or the subject of the token."""

    name: str
    """By which approvals know them."""

    tenant_id: str
    """`*`: of all tenants."""

    role: Union[Literal["viewer", "operator", "approver", "admin", "agent"], str]
    by: Union[Literal["api-key", "jwt", "configured-key", "loopback"], str]
    """`loopback`: as a program of the machine whose server asks for no key."""

    permissions: list[str]
    """As in the table of permissions."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Caller:
        return cls(
            id=value["id"],
            name=value["name"],
            tenant_id=value["tenant_id"],
            role=value["role"],
            by=value["by"],
            permissions=value["permissions"],
        )


@dataclass(frozen=True, kw_only=True)
class Calls:
    calls: list[Call]
    next_cursor: str | None = None
    """Absent on the last page."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Calls:
        return cls(
            calls=[Call.from_json(each) for each in value["calls"]],
            next_cursor=value.get("next_cursor"),
        )


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """One thing that is wrong, where it is, and what to do about it."""

    code: str
    """One of the codes of docs/errors.md."""

    message: str
    remedy: str
    """What to do about it."""

    severity: Union[Literal["error", "warning"], str] | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    """In UTF-16 code units."""

    end_line: int | None = None
    end_column: int | None = None
    """Exclusive."""

    rule: str | None = None
    """The rule that was broken."""

    pointer: str | None = None
    """Which value of the body it is about, as a JSON Pointer."""

    fix: dict[str, Json] | None = None
    """Changes of the file that carry out the remedy."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Diagnostic:
        return cls(
            code=value["code"],
            message=value["message"],
            remedy=value["remedy"],
            severity=value.get("severity"),
            file=value.get("file"),
            line=value.get("line"),
            column=value.get("column"),
            end_line=value.get("end_line"),
            end_column=value.get("end_column"),
            rule=value.get("rule"),
            pointer=value.get("pointer"),
            fix=value.get("fix"),
        )


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """What a run would be."""

    dry_run: Literal[True]
    digest: str
    """Of the plan."""

    name: str
    inputs: dict[str, Json]
    """With their types and defaults."""

    secrets: list[str]
    """Those that it can not do without."""

    jobs: dict[str, Json]
    """By their keys, with what they need and their steps."""

    errors: list[Diagnostic]
    """What a submission would still be refused for: secrets that were left out, as its 422 has them."""

    warnings: list[Diagnostic]
    plan: dict[str, Json]
    """The whole plan."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> DryRun:
        return cls(
            dry_run=value["dry_run"],
            digest=value["digest"],
            name=value["name"],
            inputs=value["inputs"],
            secrets=value["secrets"],
            jobs=value["jobs"],
            errors=[Diagnostic.from_json(each) for each in value["errors"]],
            warnings=[Diagnostic.from_json(each) for each in value["warnings"]],
            plan=value["plan"],
        )


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a run is as it is, from what is on record. Lists have 50 entries at most."""

    version: int
    """Of the form of an explanation, which is 1."""

    run: str
    workflow: str
    file: str
    name: str
    attempt: int
    status: Union[Literal["queued", "running", "waiting", "blocked", "paused", "success", "failure", "cancelled"], str]
    created_at: str
    answer: str
    """Why, in a sentence."""

    causes: list[ExplanationCauses]
    """What failed by itself, in the order in which it did."""

    consequences: list[ExplanationConsequences]
    waits: list[ExplanationWaits]
    retried: list[ExplanationRetried]
    skipped: list[ExplanationSkipped]
    tolerated: list[ExplanationTolerated]
    next: list[ExplanationNext]
    gaps: list[str]
    """What of the record could not be read."""

    ended_at: str | None = None
    cancelled: ExplanationCancelled | None = None
    """Who ended it, and when."""

    since: ExplanationSince | None = None
    """What is otherwise than in the last run of the workflow that succeeded. No value is told."""

    recurrence: ExplanationRecurrence | None = None
    """How the first cause's step, or job, fared in runs before."""

    left_out: dict[str, Json] | None = None
    """How many entries more a list has, by its name."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Explanation:
        return cls(
            version=value["version"],
            run=value["run"],
            workflow=value["workflow"],
            file=value["file"],
            name=value["name"],
            attempt=value["attempt"],
            status=value["status"],
            created_at=value["created_at"],
            answer=value["answer"],
            causes=[ExplanationCauses.from_json(each) for each in value["causes"]],
            consequences=[ExplanationConsequences.from_json(each) for each in value["consequences"]],
            waits=[ExplanationWaits.from_json(each) for each in value["waits"]],
            retried=[ExplanationRetried.from_json(each) for each in value["retried"]],
            skipped=[ExplanationSkipped.from_json(each) for each in value["skipped"]],
            tolerated=[ExplanationTolerated.from_json(each) for each in value["tolerated"]],
            next=[ExplanationNext.from_json(each) for each in value["next"]],
            gaps=value["gaps"],
            ended_at=value.get("ended_at"),
            cancelled=None if value.get("cancelled") is None else ExplanationCancelled.from_json(value["cancelled"]),
            since=None if value.get("since") is None else ExplanationSince.from_json(value["since"]),
            recurrence=None if value.get("recurrence") is None else ExplanationRecurrence.from_json(value["recurrence"]),
            left_out=value.get("left_out"),
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationCancelled:
    """Who ended it, and when."""

    reason: str
    at: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationCancelled:
        return cls(
            reason=value["reason"],
            at=value.get("at"),
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationCauses:
    """Something that failed by itself."""

    code: str
    """One of the codes of docs/errors.md."""

    sentence: str
    """What happened, to follow a `because`."""

    message: str
    last_lines: list[str]
    """The end of the step's log."""

    refused_calls: list[ExplanationCausesRefusedCalls]
    earlier_attempts: list[ExplanationCausesEarlierAttempts]
    fixes: list[str]
    """What to do about it, the most specific first."""

    job: str | None = None
    step: str | None = None
    at: ExplanationCausesAt | None = None
    """Where: in the workflow file, or where the error says."""

    rule: str | None = None
    """The rule that was broken."""

    uses: str | None = None
    plugin: ExplanationCausesPlugin | None = None
    """Which bytes ran."""

    agent: str | None = None
    job_attempt: int | None = None
    attempt: int | None = None
    at_time: str | None = None
    exit_code: int | None = None
    clock: Union[Literal["step", "job", "queue", "answer"], str] | None = None
    """Whose time ran out."""

    expression: str | None = None
    """The source of the expression that has no value."""

    read: list[ExplanationCausesRead] | None = None
    """What the expression read of inputs and outputs, as far as that is on record."""

    queue: str | None = None
    """Of a job that lost its agent, or got none: the queue that it needs one of."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationCauses:
        return cls(
            code=value["code"],
            sentence=value["sentence"],
            message=value["message"],
            last_lines=value["last_lines"],
            refused_calls=[ExplanationCausesRefusedCalls.from_json(each) for each in value["refused_calls"]],
            earlier_attempts=[ExplanationCausesEarlierAttempts.from_json(each) for each in value["earlier_attempts"]],
            fixes=value["fixes"],
            job=value.get("job"),
            step=value.get("step"),
            at=None if value.get("at") is None else ExplanationCausesAt.from_json(value["at"]),
            rule=value.get("rule"),
            uses=value.get("uses"),
            plugin=None if value.get("plugin") is None else ExplanationCausesPlugin.from_json(value["plugin"]),
            agent=value.get("agent"),
            job_attempt=value.get("job_attempt"),
            attempt=value.get("attempt"),
            at_time=value.get("at_time"),
            exit_code=value.get("exit_code"),
            clock=value.get("clock"),
            expression=value.get("expression"),
            read=None if value.get("read") is None else [ExplanationCausesRead.from_json(each) for each in value["read"]],
            queue=value.get("queue"),
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationCausesAt:
    """Where: in the workflow file, or where the error says."""

    file: str
    line: int
    column: int

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationCausesAt:
        return cls(
            file=value["file"],
            line=value["line"],
            column=value["column"],
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationCausesEarlierAttempts:
    run_attempt: int
    job_attempt: int
    attempt: int
    at: str
    code: str
    message: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationCausesEarlierAttempts:
        return cls(
            run_attempt=value["run_attempt"],
            job_attempt=value["job_attempt"],
            attempt=value["attempt"],
            at=value["at"],
            code=value["code"],
            message=value["message"],
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationCausesPlugin:
    """Which bytes ran."""

    name: str
    version: str
    digest: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationCausesPlugin:
        return cls(
            name=value["name"],
            version=value["version"],
            digest=value["digest"],
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationCausesRead:
    path: str
    value: Json
    note: str | None = None
    """Why it is as it is."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationCausesRead:
        return cls(
            path=value["path"],
            value=value["value"],
            note=value.get("note"),
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationCausesRefusedCalls:
    capability: str
    operation: str
    subject: str
    """What it was about."""

    decision: Union[Literal["denied", "invalid"], str]
    asked: str | None = None
    """The whole call, as `listGrants` takes it: absent where it is long."""

    reason: str | None = None
    layer: str | None = None
    """Which layer refused it."""

    rule: str | None = None
    """The rule that refused it, with its place."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationCausesRefusedCalls:
        return cls(
            capability=value["capability"],
            operation=value["operation"],
            subject=value["subject"],
            decision=value["decision"],
            asked=value.get("asked"),
            reason=value.get("reason"),
            layer=value.get("layer"),
            rule=value.get("rule"),
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationConsequences:
    """A job that did not run, or not to its end, since something else failed."""

    job: str
    status: Union[Literal["skipped", "cancelled", "failure"], str]
    because: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationConsequences:
        return cls(
            job=value["job"],
            status=value["status"],
            because=value["because"],
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationNext:
    """A command to give next, behind `waterflow`."""

    words: list[str]
    about: Union[Literal["run", "file", "place"], str]
    """What it is about: a run, the workflow file, or the server. For `run` and `place` name the server."""

    why: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationNext:
        return cls(
            words=value["words"],
            about=value["about"],
            why=value["why"],
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationRecurrence:
    """How the first cause's step, or job, fared in runs before."""

    verdict: Union[Literal["new", "repeated", "flaky", "unknown"], str]
    """`flaky`: with the same workflow, plugins, inputs, variables and grants it succeeded."""

    sentence: str
    failed_in: list[str]
    succeeded_in: list[str]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationRecurrence:
        return cls(
            verdict=value["verdict"],
            sentence=value["sentence"],
            failed_in=value["failed_in"],
            succeeded_in=value["succeeded_in"],
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationRetried:
    """What took more than one attempt."""

    job: str
    attempts: int
    status: str
    verdict: Union[Literal["flaky", "failed each time", "succeeded after a rerun", "in progress"], str]
    failures: list[ExplanationRetriedFailures]
    step: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationRetried:
        return cls(
            job=value["job"],
            attempts=value["attempts"],
            status=value["status"],
            verdict=value["verdict"],
            failures=[ExplanationRetriedFailures.from_json(each) for each in value["failures"]],
            step=value.get("step"),
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationRetriedFailures:
    run_attempt: int
    job_attempt: int
    attempt: int
    at: str
    code: str
    message: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationRetriedFailures:
        return cls(
            run_attempt=value["run_attempt"],
            job_attempt=value["job_attempt"],
            attempt=value["attempt"],
            at=value["at"],
            code=value["code"],
            message=value["message"],
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationSince:
    """What is otherwise than in the last run of the workflow that succeeded. No value is told."""

    changes: list[ExplanationSinceChanges]
    same: list[str]
    """What is as it was then."""

    run: str | None = None
    """That run. Absent: none is on record."""

    ended_at: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationSince:
        return cls(
            changes=[ExplanationSinceChanges.from_json(each) for each in value["changes"]],
            same=value["same"],
            run=value.get("run"),
            ended_at=value.get("ended_at"),
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationSinceChanges:
    kind: Union[Literal["workflow", "plugin", "input", "variable", "secret", "grant", "agent"], str]
    text: str
    job: str | None = None
    step: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationSinceChanges:
        return cls(
            kind=value["kind"],
            text=value["text"],
            job=value.get("job"),
            step=value.get("step"),
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationSkipped:
    """What was skipped by a condition of its own, with the values that it read."""

    job: str
    condition: str
    read: list[ExplanationSkippedRead]
    result: Json
    step: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationSkipped:
        return cls(
            job=value["job"],
            condition=value["condition"],
            read=[ExplanationSkippedRead.from_json(each) for each in value["read"]],
            result=value["result"],
            step=value.get("step"),
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationSkippedRead:
    path: str
    value: Json

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationSkippedRead:
        return cls(
            path=value["path"],
            value=value["value"],
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationTolerated:
    """A step that failed without failing its job."""

    job: str
    step: str
    code: str
    message: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationTolerated:
        return cls(
            job=value["job"],
            step=value["step"],
            code=value["code"],
            message=value["message"],
        )


@dataclass(frozen=True, kw_only=True)
class ExplanationWaits:
    """What something in progress waits for, and who moves it on."""

    sentence: str
    who: str
    job: str | None = None
    step: str | None = None
    queue: str | None = None
    """The queue that it needs an agent of, where nobody gives it one."""

    since: str | None = None
    until: str | None = None
    """When it gives up by itself."""

    awaited: AwaitedSignal | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ExplanationWaits:
        return cls(
            sentence=value["sentence"],
            who=value["who"],
            job=value.get("job"),
            step=value.get("step"),
            queue=value.get("queue"),
            since=value.get("since"),
            until=value.get("until"),
            awaited=None if value.get("awaited") is None else AwaitedSignal.from_json(value["awaited"]),
        )


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a plugin may do, and by whom."""

    plugin: GrantPlugin
    confinement: int
    """The level that its sandbox must have at least."""

    limits: GrantLimits
    capabilities: list[GrantCapabilities]
    always: list[str]
    """Capabilities that need no grant."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Grant:
        return cls(
            plugin=GrantPlugin.from_json(value["plugin"]),
            confinement=value["confinement"],
            limits=GrantLimits.from_json(value["limits"]),
            capabilities=[GrantCapabilities.from_json(each) for each in value["capabilities"]],
            always=value["always"],
        )


@dataclass(frozen=True, kw_only=True)
class GrantCapabilities:
    capability: str
    verdict: Union[Literal["granted", "narrowed", "refused", "not requested"], str]
    """`granted`: all that is requested; `narrowed`: a call must also match the layers in `narrowed_by`; `refused`: those let nothing through; `not requested`: only a policy or a workflow speaks of it."""

    narrowed_by: list[Union[Literal["manifest", "policy", "caller", "workflow", "job", "step"], str]]
    requested: list[GrantCapabilitiesRequested]
    layers: list[GrantCapabilitiesLayers]
    denied: list[GrantCapabilitiesDenied]
    """What the policy forbids, whatever else allows it."""

    dropped: list[GrantCapabilitiesDropped]
    """Entries of the manifest that are not in force."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> GrantCapabilities:
        return cls(
            capability=value["capability"],
            verdict=value["verdict"],
            narrowed_by=value["narrowed_by"],
            requested=[GrantCapabilitiesRequested.from_json(each) for each in value["requested"]],
            layers=[GrantCapabilitiesLayers.from_json(each) for each in value["layers"]],
            denied=[GrantCapabilitiesDenied.from_json(each) for each in value["denied"]],
            dropped=[GrantCapabilitiesDropped.from_json(each) for each in value["dropped"]],
        )


@dataclass(frozen=True, kw_only=True)
class GrantCapabilitiesDenied:
    allows: str
    """In words."""

    place: str
    """Where it is written."""

    reason: str | None = None
    """Why, as whoever wrote it says."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> GrantCapabilitiesDenied:
        return cls(
            allows=value["allows"],
            place=value["place"],
            reason=value.get("reason"),
        )


@dataclass(frozen=True, kw_only=True)
class GrantCapabilitiesDropped:
    place: str
    why: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> GrantCapabilitiesDropped:
        return cls(
            place=value["place"],
            why=value["why"],
        )


@dataclass(frozen=True, kw_only=True)
class GrantCapabilitiesLayers:
    layer: Union[Literal["manifest", "policy", "caller", "workflow", "job", "step"], str]
    place: str
    rules: list[GrantCapabilitiesLayersRules]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> GrantCapabilitiesLayers:
        return cls(
            layer=value["layer"],
            place=value["place"],
            rules=[GrantCapabilitiesLayersRules.from_json(each) for each in value["rules"]],
        )


@dataclass(frozen=True, kw_only=True)
class GrantCapabilitiesLayersRules:
    allows: str
    """In words."""

    place: str
    """Where it is written."""

    reason: str | None = None
    """Why, as whoever wrote it says."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> GrantCapabilitiesLayersRules:
        return cls(
            allows=value["allows"],
            place=value["place"],
            reason=value.get("reason"),
        )


@dataclass(frozen=True, kw_only=True)
class GrantCapabilitiesRequested:
    allows: str
    """In words."""

    place: str
    """Where it is written."""

    reason: str | None = None
    """Why, as whoever wrote it says."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> GrantCapabilitiesRequested:
        return cls(
            allows=value["allows"],
            place=value["place"],
            reason=value.get("reason"),
        )


@dataclass(frozen=True, kw_only=True)
class GrantLimits:
    timeout_ms: int
    memory_bytes: int
    timeout_cap_ms: int | None = None
    """The policy's own."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> GrantLimits:
        return cls(
            timeout_ms=value["timeout_ms"],
            memory_bytes=value["memory_bytes"],
            timeout_cap_ms=value.get("timeout_cap_ms"),
        )


@dataclass(frozen=True, kw_only=True)
class GrantPlugin:
    name: str
    version: str
    digest: str
    origin: str
    """`approved`: by the lockfile, or by `--approve`."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> GrantPlugin:
        return cls(
            name=value["name"],
            version=value["version"],
            digest=value["digest"],
            origin=value["origin"],
        )


@dataclass(frozen=True, kw_only=True)
class Grants:
    """What the steps of a run may do."""

    decided_by: Union[Literal["server", "agents"], str]
    """`agents`: each agent has a policy of its own, of which the server knows nothing. `steps` is empty then."""

    steps: list[StepGrants]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Grants:
        return cls(
            decided_by=value["decided_by"],
            steps=[StepGrants.from_json(each) for each in value["steps"]],
        )


@dataclass(frozen=True, kw_only=True)
class HostCall:
    """A host call, with what was decided and what came of it."""

    sequence: int
    """Of its entry in the agent's audit log of the run."""

    at: str
    job: str
    step: str
    attempt: int
    plugin: HostCallPlugin
    invocation: int
    """Of the entry of the plugin's start."""

    call: HostCallCall
    truncated: bool
    """The arguments are not whole."""

    decision: Union[Literal["allowed", "denied", "invalid"], str]
    rules: list[str]
    """By which it was decided."""

    result: Union[Literal["ok", "error", "denied", "none", "unknown"], str]
    """`none`: it was not allowed; `unknown`: it is not over, or its agent was killed."""

    bytes: HostCallBytes
    """Of the arguments and of the answer, as JSON."""

    agent: str | None = None
    """On Temporal: the agent that recorded it, in its own audit log of the run."""

    within: int | None = None
    """Of the entry of the call whose program did this."""

    reason: str | None = None
    """Why it was not allowed."""

    duration_ms: float | None = None
    facts: dict[str, Json] | None = None
    """What came of it, by capability."""

    secrets: list[str] | None = None
    """Names of those whose values went out with it."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> HostCall:
        return cls(
            sequence=value["sequence"],
            at=value["at"],
            job=value["job"],
            step=value["step"],
            attempt=value["attempt"],
            plugin=HostCallPlugin.from_json(value["plugin"]),
            invocation=value["invocation"],
            call=HostCallCall.from_json(value["call"]),
            truncated=value["truncated"],
            decision=value["decision"],
            rules=value["rules"],
            result=value["result"],
            bytes=HostCallBytes.from_json(value["bytes"]),
            agent=value.get("agent"),
            within=value.get("within"),
            reason=value.get("reason"),
            duration_ms=value.get("duration_ms"),
            facts=value.get("facts"),
            secrets=value.get("secrets"),
        )


@dataclass(frozen=True, kw_only=True)
class HostCallBytes:
    """Of the arguments and of the answer, as JSON."""

    in_: int
    out: int | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> HostCallBytes:
        return cls(
            in_=value["in"],
            out=value.get("out"),
        )


@dataclass(frozen=True, kw_only=True)
class HostCallCall:
    capability: str
    operation: str
    args: Json
    """Without the values of secrets."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> HostCallCall:
        return cls(
            capability=value["capability"],
            operation=value["operation"],
            args=value["args"],
        )


@dataclass(frozen=True, kw_only=True)
class HostCallPlugin:
    name: str
    version: str
    digest: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> HostCallPlugin:
        return cls(
            name=value["name"],
            version=value["version"],
            digest=value["digest"],
        )


@dataclass(frozen=True, kw_only=True)
class IssuedKey:
    """A key that was made. `key` is shown here and never again, also not to the same request."""

    id: str
    prefix: str
    """What the key begins with, to tell keys apart."""

    name: str
    """Who or what has it."""

    tenant_id: str
    role: Union[Literal["viewer", "operator", "approver", "admin", "agent"], str]
    """What it may do: see the table of permissions."""

    status: Union[Literal["valid", "expired", "revoked"], str]
    created_at: str
    expires_at: str | None = None
    """Absent: never."""

    revoked_at: str | None = None
    last_used_at: str | None = None
    """To the minute."""

    key: str | None = field(default=None, repr=False)
    """Send it as `Authorization: Bearer`, or as `X-API-Key`."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> IssuedKey:
        return cls(
            id=value["id"],
            prefix=value["prefix"],
            name=value["name"],
            tenant_id=value["tenant_id"],
            role=value["role"],
            status=value["status"],
            created_at=value["created_at"],
            expires_at=value.get("expires_at"),
            revoked_at=value.get("revoked_at"),
            last_used_at=value.get("last_used_at"),
            key=value.get("key"),
        )


@dataclass(frozen=True, kw_only=True)
class Key:
    """An API key, without the key itself."""

    id: str
    prefix: str
    """What the key begins with, to tell keys apart."""

    name: str
    """Who or what has it."""

    tenant_id: str
    role: Union[Literal["viewer", "operator", "approver", "admin", "agent"], str]
    """What it may do: see the table of permissions."""

    status: Union[Literal["valid", "expired", "revoked"], str]
    created_at: str
    expires_at: str | None = None
    """Absent: never."""

    revoked_at: str | None = None
    last_used_at: str | None = None
    """To the minute."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Key:
        return cls(
            id=value["id"],
            prefix=value["prefix"],
            name=value["name"],
            tenant_id=value["tenant_id"],
            role=value["role"],
            status=value["status"],
            created_at=value["created_at"],
            expires_at=value.get("expires_at"),
            revoked_at=value.get("revoked_at"),
            last_used_at=value.get("last_used_at"),
        )


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """A line of a step's log, secrets taken out."""

    at: str
    """When its beginning was written."""

    job: str
    step: str
    job_attempt: int
    attempt: int
    stream: Union[Literal["stdout", "stderr", "log"], str]
    text: str
    """Without its line end."""

    position: str
    """To go on behind this line, with `after` or `Last-Event-ID`."""

    continues: Literal[True] | None = None
    """A line of more than 16,384 characters comes in pieces: this is not its last one."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> LogLine:
        return cls(
            at=value["at"],
            job=value["job"],
            step=value["step"],
            job_attempt=value["job_attempt"],
            attempt=value["attempt"],
            stream=value["stream"],
            text=value["text"],
            position=value["position"],
            continues=value.get("continues"),
        )


@dataclass(frozen=True, kw_only=True)
class NewSchedules:
    schedules: list[Schedule]
    warnings: list[Diagnostic]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> NewSchedules:
        return cls(
            schedules=[Schedule.from_json(each) for each in value["schedules"]],
            warnings=[Diagnostic.from_json(each) for each in value["warnings"]],
        )


@dataclass(frozen=True, kw_only=True)
class Node:
    """What a step can use."""

    uses: str
    """As `uses:` names it."""

    name: str
    version: str
    description: str
    runtime: Union[Literal["isolate", "wasm", "control"], str]
    """`control`: the machine itself carries it out."""

    inputs: dict[str, Json]
    """Each one's JSON Schema, with `required: true` beside it where it must be given."""

    outputs: dict[str, Json]
    """Each one's JSON Schema, with `required: true` beside it where it must be given."""

    dynamic_outputs: bool
    """Whether steps that use it name further outputs themselves."""

    permissions: dict[str, Json]
    """What it requests, by capability."""

    built_in: bool
    limits: NodeLimits | None = None
    """What it may take at most, where its manifest says so."""

    digest: str | None = None
    """Of its bytes. Absent for control nodes, and where its code is broken."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Node:
        return cls(
            uses=value["uses"],
            name=value["name"],
            version=value["version"],
            description=value["description"],
            runtime=value["runtime"],
            inputs=value["inputs"],
            outputs=value["outputs"],
            dynamic_outputs=value["dynamic_outputs"],
            permissions=value["permissions"],
            built_in=value["built_in"],
            limits=None if value.get("limits") is None else NodeLimits.from_json(value["limits"]),
            digest=value.get("digest"),
        )


@dataclass(frozen=True, kw_only=True)
class NodeLimits:
    """What it may take at most, where its manifest says so."""

    timeout: str | None = None
    memory: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> NodeLimits:
        return cls(
            timeout=value.get("timeout"),
            memory=value.get("memory"),
        )


@dataclass(frozen=True, kw_only=True)
class OperatedRun:
    """The run as it is now."""

    id: str
    tenant_id: str
    workflow: str
    """The workflow's name."""

    name: str
    """`run-name`, evaluated; else the workflow's name."""

    file: str
    status: Union[Literal["queued", "running", "waiting", "blocked", "paused", "success", "failure", "cancelled"], str]
    attempt: int
    """1, and one more with each rerun."""

    labels: dict[str, str]
    origin: OperatedRunOrigin
    """Who or what started it."""

    created_at: str
    takes_effect: Union[Literal["now", "when_resumed"], str]
    """`when_resumed`: it is on record, and holds once the server has taken up the run, which it does by itself, such as after a start."""

    queues: list[str] | None = None
    """Those that its jobs name by `runs-on`, as far as its file and its inputs told when it was submitted. Absent of runs from before servers kept them."""

    started_at: str | None = None
    ended_at: str | None = None
    awaits: list[AwaitedSignal] | None = None
    """What somebody is to send. In lists the first 20, without the `schema` of payloads; absent: nothing."""

    error: Diagnostic | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> OperatedRun:
        return cls(
            id=value["id"],
            tenant_id=value["tenant_id"],
            workflow=value["workflow"],
            name=value["name"],
            file=value["file"],
            status=value["status"],
            attempt=value["attempt"],
            labels=value["labels"],
            origin=OperatedRunOrigin.from_json(value["origin"]),
            created_at=value["created_at"],
            takes_effect=value["takes_effect"],
            queues=value.get("queues"),
            started_at=value.get("started_at"),
            ended_at=value.get("ended_at"),
            awaits=None if value.get("awaits") is None else [AwaitedSignal.from_json(each) for each in value["awaits"]],
            error=None if value.get("error") is None else Diagnostic.from_json(value["error"]),
        )


@dataclass(frozen=True, kw_only=True)
class OperatedRunOrigin:
    """Who or what started it."""

    kind: Union[Literal["api", "schedule", "webhook"], str]
    id: str
    by: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> OperatedRunOrigin:
        return cls(
            kind=value["kind"],
            id=value["id"],
            by=value["by"],
        )


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """A node that is a plugin."""

    uses: str
    """As `uses:` names it."""

    name: str
    version: str
    description: str
    runtime: Union[Literal["isolate", "wasm", "control"], str]
    """`control`: the machine itself carries it out."""

    inputs: dict[str, Json]
    """Each one's JSON Schema, with `required: true` beside it where it must be given."""

    outputs: dict[str, Json]
    """Each one's JSON Schema, with `required: true` beside it where it must be given."""

    dynamic_outputs: bool
    """Whether steps that use it name further outputs themselves."""

    permissions: dict[str, Json]
    """What it requests, by capability."""

    built_in: bool
    source: Union[Literal["built-in", "installed"], str]
    limits: PluginLimits | None = None
    """What it may take at most, where its manifest says so."""

    digest: str | None = None
    """Of its bytes. Absent for control nodes, and where its code is broken."""

    asks: list[PluginAsks] | None = None
    """What it requests, in words."""

    update: PluginUpdate | None = None
    """The newest version that the server or an agent has, where that is a later one."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Plugin:
        return cls(
            uses=value["uses"],
            name=value["name"],
            version=value["version"],
            description=value["description"],
            runtime=value["runtime"],
            inputs=value["inputs"],
            outputs=value["outputs"],
            dynamic_outputs=value["dynamic_outputs"],
            permissions=value["permissions"],
            built_in=value["built_in"],
            source=value["source"],
            limits=None if value.get("limits") is None else PluginLimits.from_json(value["limits"]),
            digest=value.get("digest"),
            asks=None if value.get("asks") is None else [PluginAsks.from_json(each) for each in value["asks"]],
            update=None if value.get("update") is None else PluginUpdate.from_json(value["update"]),
        )


@dataclass(frozen=True, kw_only=True)
class PluginAsks:
    about: str
    """A capability, or what else it is about."""

    what: str
    """In words."""

    reason: str | None = None
    """The author's."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> PluginAsks:
        return cls(
            about=value["about"],
            what=value["what"],
            reason=value.get("reason"),
        )


@dataclass(frozen=True, kw_only=True)
class PluginLimits:
    """What it may take at most, where its manifest says so."""

    timeout: str | None = None
    memory: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> PluginLimits:
        return cls(
            timeout=value.get("timeout"),
            memory=value.get("memory"),
        )


@dataclass(frozen=True, kw_only=True)
class PluginUpdate:
    """The newest version that the server or an agent has, where that is a later one."""

    version: str
    more: list[PluginUpdateMore]
    """What it asks for that this version does not."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> PluginUpdate:
        return cls(
            version=value["version"],
            more=[PluginUpdateMore.from_json(each) for each in value["more"]],
        )


@dataclass(frozen=True, kw_only=True)
class PluginUpdateMore:
    about: str
    """A capability, or what else it is about."""

    what: str
    """In words."""

    kind: Union[Literal["added", "widened", "changed"], str]
    reason: str | None = None
    """The author's."""

    was: str | None = None
    """What it takes the place of, where that is plain."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> PluginUpdateMore:
        return cls(
            about=value["about"],
            what=value["what"],
            kind=value["kind"],
            reason=value.get("reason"),
            was=value.get("was"),
        )


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why a request was not carried out (RFC 9457)."""

    type: str
    """A URN of the code."""

    title: str
    status: int
    detail: str
    """What is wrong, in words."""

    code: str
    """One of the codes of docs/errors.md."""

    remedy: str
    """What to do about it."""

    request_id: str
    """The request's id, by which the server's log and audit name it."""

    file: str | None = None
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    rule: str | None = None
    pointer: str | None = None
    """Which value of the body it is about, as a JSON Pointer."""

    errors: list[Diagnostic] | None = None
    """Each single problem."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Problem:
        return cls(
            type=value["type"],
            title=value["title"],
            status=value["status"],
            detail=value["detail"],
            code=value["code"],
            remedy=value["remedy"],
            request_id=value["request_id"],
            file=value.get("file"),
            line=value.get("line"),
            column=value.get("column"),
            end_line=value.get("end_line"),
            end_column=value.get("end_column"),
            rule=value.get("rule"),
            pointer=value.get("pointer"),
            errors=None if value.get("errors") is None else [Diagnostic.from_json(each) for each in value["errors"]],
        )


@dataclass(frozen=True, kw_only=True)
class Queue:
    """What `runs-on` names."""

    name: str
    pollers: int
    """Agents that take from it."""

    backlog: int
    """What waits for one."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Queue:
        return cls(
            name=value["name"],
            pollers=value["pollers"],
            backlog=value["backlog"],
        )


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run."""

    id: str
    tenant_id: str
    workflow: str
    """The workflow's name."""

    name: str
    """`run-name`, evaluated; else the workflow's name."""

    file: str
    status: Union[Literal["queued", "running", "waiting", "blocked", "paused", "success", "failure", "cancelled"], str]
    attempt: int
    """1, and one more with each rerun."""

    labels: dict[str, str]
    origin: RunOrigin
    """Who or what started it."""

    created_at: str
    queues: list[str] | None = None
    """Those that its jobs name by `runs-on`, as far as its file and its inputs told when it was submitted. Absent of runs from before servers kept them."""

    started_at: str | None = None
    ended_at: str | None = None
    awaits: list[AwaitedSignal] | None = None
    """What somebody is to send. In lists the first 20, without the `schema` of payloads; absent: nothing."""

    error: Diagnostic | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Run:
        return cls(
            id=value["id"],
            tenant_id=value["tenant_id"],
            workflow=value["workflow"],
            name=value["name"],
            file=value["file"],
            status=value["status"],
            attempt=value["attempt"],
            labels=value["labels"],
            origin=RunOrigin.from_json(value["origin"]),
            created_at=value["created_at"],
            queues=value.get("queues"),
            started_at=value.get("started_at"),
            ended_at=value.get("ended_at"),
            awaits=None if value.get("awaits") is None else [AwaitedSignal.from_json(each) for each in value["awaits"]],
            error=None if value.get("error") is None else Diagnostic.from_json(value["error"]),
        )


@dataclass(frozen=True, kw_only=True)
class RunDetails:
    """A run with its jobs and steps."""

    id: str
    tenant_id: str
    workflow: str
    """The workflow's name."""

    name: str
    """`run-name`, evaluated; else the workflow's name."""

    file: str
    status: Union[Literal["queued", "running", "waiting", "blocked", "paused", "success", "failure", "cancelled"], str]
    attempt: int
    """1, and one more with each rerun."""

    labels: dict[str, str]
    origin: RunDetailsOrigin
    """Who or what started it."""

    created_at: str
    awaits: list[AwaitedSignal]
    """What somebody is to send. In lists the first 20, without the `schema` of payloads; absent: nothing."""

    inputs: dict[str, Json]
    vars: dict[str, Json]
    secrets: list[str]
    """Their names."""

    jobs: dict[str, RunJob]
    """By their keys: `build (linux, 24)` is a cell of a matrix, `deploy @web-3` a host, `release / build` a job of a called workflow."""

    queues: list[str] | None = None
    """Those that its jobs name by `runs-on`, as far as its file and its inputs told when it was submitted. Absent of runs from before servers kept them."""

    started_at: str | None = None
    ended_at: str | None = None
    error: Diagnostic | None = None
    secrets_missing: list[str] | None = None
    """Those whose values are gone since the server was started anew, whether or not a step waits for them yet: see `resumeRun`. Absent: none."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RunDetails:
        return cls(
            id=value["id"],
            tenant_id=value["tenant_id"],
            workflow=value["workflow"],
            name=value["name"],
            file=value["file"],
            status=value["status"],
            attempt=value["attempt"],
            labels=value["labels"],
            origin=RunDetailsOrigin.from_json(value["origin"]),
            created_at=value["created_at"],
            awaits=[AwaitedSignal.from_json(each) for each in value["awaits"]],
            inputs=value["inputs"],
            vars=value["vars"],
            secrets=value["secrets"],
            jobs={key: RunJob.from_json(each) for key, each in value["jobs"].items()},
            queues=value.get("queues"),
            started_at=value.get("started_at"),
            ended_at=value.get("ended_at"),
            error=None if value.get("error") is None else Diagnostic.from_json(value["error"]),
            secrets_missing=value.get("secrets_missing"),
        )


@dataclass(frozen=True, kw_only=True)
class RunDetailsOrigin:
    """Who or what started it."""

    kind: Union[Literal["api", "schedule", "webhook"], str]
    id: str
    by: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RunDetailsOrigin:
        return cls(
            kind=value["kind"],
            id=value["id"],
            by=value["by"],
        )


@dataclass(frozen=True, kw_only=True)
class RunEvent:
    """An event of a run, or of a job of it."""

    sequence: int
    """1, 2, 3… within a run."""

    at: str
    type: str
    event: dict[str, Json]
    """What the machine of the run or of the job was told."""

    job: str | None = None
    """Absent: the event is of the run itself."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RunEvent:
        return cls(
            sequence=value["sequence"],
            at=value["at"],
            type=value["type"],
            event=value["event"],
            job=value.get("job"),
        )


@dataclass(frozen=True, kw_only=True)
class RunJob:
    index: int
    """Its place among the jobs, from 0. The order of keys in JSON means nothing."""

    name: str
    id: str
    """In its workflow file; the cells and hosts of a job share it."""

    needs: list[str]
    """The ids of the jobs of its file that it needs."""

    status: Union[Literal["waiting", "queued", "running", "blocked", "paused", "success", "failure", "cancelled", "skipped"], str]
    attempts: int
    outputs: dict[str, Json]
    steps: dict[str, RunStep]
    """By their keys, as far as the job has begun."""

    caller: str | None = None
    """The key of the job that calls its workflow. Absent: it is of the run's own file."""

    waits_for: Union[Literal["needs", "group", "approval", "hosts", "slot"], str] | None = None
    reason: str | None = None
    """Why it is blocked."""

    waits_until: str | None = None
    """While it waits for an agent: when it gives up."""

    agent: str | None = None
    """The agent that has it, or had it last."""

    agent_suspect: Literal[True] | None = None
    """It has not been heard of for some seconds, and may be lost."""

    wave: int | None = None
    """Of a host of a fleet: in which wave it starts. Absent where it ended so in an earlier attempt."""

    started_at: str | None = None
    ended_at: str | None = None
    duration_ms: int | None = None
    reused: Literal[True] | None = None
    """It ended so in an earlier attempt of the run."""

    environment: dict[str, Json] | None = None
    skip_reason: dict[str, Json] | None = None
    """The condition that was false, and what it read."""

    error: Diagnostic | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RunJob:
        return cls(
            index=value["index"],
            name=value["name"],
            id=value["id"],
            needs=value["needs"],
            status=value["status"],
            attempts=value["attempts"],
            outputs=value["outputs"],
            steps={key: RunStep.from_json(each) for key, each in value["steps"].items()},
            caller=value.get("caller"),
            waits_for=value.get("waits_for"),
            reason=value.get("reason"),
            waits_until=value.get("waits_until"),
            agent=value.get("agent"),
            agent_suspect=value.get("agent_suspect"),
            wave=value.get("wave"),
            started_at=value.get("started_at"),
            ended_at=value.get("ended_at"),
            duration_ms=value.get("duration_ms"),
            reused=value.get("reused"),
            environment=value.get("environment"),
            skip_reason=value.get("skip_reason"),
            error=None if value.get("error") is None else Diagnostic.from_json(value["error"]),
        )


@dataclass(frozen=True, kw_only=True)
class RunOrigin:
    """Who or what started it."""

    kind: Union[Literal["api", "schedule", "webhook"], str]
    id: str
    by: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RunOrigin:
        return cls(
            kind=value["kind"],
            id=value["id"],
            by=value["by"],
        )


@dataclass(frozen=True, kw_only=True)
class RunStep:
    index: int
    """Its place among the steps that are shown, from 0, in the order of the file."""

    name: str
    uses: str
    status: Union[Literal["pending", "running", "waiting", "retrying", "success", "failure", "cancelled", "skipped"], str]
    attempts: int
    outputs: dict[str, Json]
    host_calls: RunStepHostCalls
    waits_until: str | None = None
    """While it waits for a signal: when it gives up. Absent: never."""

    outcome: Union[Literal["success", "failure", "cancelled", "skipped"], str] | None = None
    conclusion: Union[Literal["success", "failure", "cancelled", "skipped"], str] | None = None
    """What the outcome comes to with `continue-on-error`."""

    started_at: str | None = None
    ended_at: str | None = None
    duration_ms: int | None = None
    plugin: dict[str, Json] | None = None
    """Which bytes ran: name, version and digest."""

    iterations: dict[str, Json] | None = None
    """Of a loop: how many there are, and how those ended that are over."""

    reused: Literal[True] | None = None
    skip_reason: dict[str, Json] | None = None
    """The condition that was false, and what it read."""

    error: Diagnostic | None = None
    last_lines: list[str] | None = None
    """The last lines of the log of a step that failed."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RunStep:
        return cls(
            index=value["index"],
            name=value["name"],
            uses=value["uses"],
            status=value["status"],
            attempts=value["attempts"],
            outputs=value["outputs"],
            host_calls=RunStepHostCalls.from_json(value["host_calls"]),
            waits_until=value.get("waits_until"),
            outcome=value.get("outcome"),
            conclusion=value.get("conclusion"),
            started_at=value.get("started_at"),
            ended_at=value.get("ended_at"),
            duration_ms=value.get("duration_ms"),
            plugin=value.get("plugin"),
            iterations=value.get("iterations"),
            reused=value.get("reused"),
            skip_reason=value.get("skip_reason"),
            error=None if value.get("error") is None else Diagnostic.from_json(value["error"]),
            last_lines=value.get("last_lines"),
        )


@dataclass(frozen=True, kw_only=True)
class RunStepHostCalls:
    allowed: int
    denied: int

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RunStepHostCalls:
        return cls(
            allowed=value["allowed"],
            denied=value["denied"],
        )


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What starts runs of a workflow at its times."""

    id: str
    tenant_id: str
    name: str
    cron: str
    """Its five fields."""

    timezone: str
    overlap: Union[Literal["skip", "queue", "cancel"], str]
    """What becomes of a start that is due while a run of the schedule goes on: `skip` leaves it out, `queue` lets the first one wait, `cancel` cancels the run and starts the newest once it has ended."""

    catch_up_ms: int
    paused: bool
    inputs: dict[str, Json]
    """Of each run, by name. What is left out has its default."""

    vars: dict[str, Json]
    """What expressions read as `vars`, in each run."""

    labels: dict[str, str]
    """Of each run, beside `scheduled_at`."""

    created_at: str
    created_by: str
    next_run_at: str | None = None
    """Absent while it is paused."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Schedule:
        return cls(
            id=value["id"],
            tenant_id=value["tenant_id"],
            name=value["name"],
            cron=value["cron"],
            timezone=value["timezone"],
            overlap=value["overlap"],
            catch_up_ms=value["catch_up_ms"],
            paused=value["paused"],
            inputs=value["inputs"],
            vars=value["vars"],
            labels=value["labels"],
            created_at=value["created_at"],
            created_by=value["created_by"],
            next_run_at=value.get("next_run_at"),
        )


@dataclass(frozen=True, kw_only=True)
class ScheduleDetails:
    """A schedule with its next and its last starts."""

    id: str
    tenant_id: str
    name: str
    cron: str
    """Its five fields."""

    timezone: str
    overlap: Union[Literal["skip", "queue", "cancel"], str]
    """What becomes of a start that is due while a run of the schedule goes on: `skip` leaves it out, `queue` lets the first one wait, `cancel` cancels the run and starts the newest once it has ended."""

    catch_up_ms: int
    paused: bool
    inputs: dict[str, Json]
    """Of each run, by name. What is left out has its default."""

    vars: dict[str, Json]
    """What expressions read as `vars`, in each run."""

    labels: dict[str, str]
    """Of each run, beside `scheduled_at`."""

    created_at: str
    created_by: str
    next_runs: list[str]
    """The next five; none while it is paused."""

    last_runs: list[ScheduleDetailsLastRuns]
    """The last ten, newest first."""

    next_run_at: str | None = None
    """Absent while it is paused."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ScheduleDetails:
        return cls(
            id=value["id"],
            tenant_id=value["tenant_id"],
            name=value["name"],
            cron=value["cron"],
            timezone=value["timezone"],
            overlap=value["overlap"],
            catch_up_ms=value["catch_up_ms"],
            paused=value["paused"],
            inputs=value["inputs"],
            vars=value["vars"],
            labels=value["labels"],
            created_at=value["created_at"],
            created_by=value["created_by"],
            next_runs=value["next_runs"],
            last_runs=[ScheduleDetailsLastRuns.from_json(each) for each in value["last_runs"]],
            next_run_at=value.get("next_run_at"),
        )


@dataclass(frozen=True, kw_only=True)
class ScheduleDetailsLastRuns:
    id: str
    status: str
    created_at: str
    scheduled_at: str | None = None
    """The start that it is. Absent: somebody triggered it."""

    started_at: str | None = None
    ended_at: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ScheduleDetailsLastRuns:
        return cls(
            id=value["id"],
            status=value["status"],
            created_at=value["created_at"],
            scheduled_at=value.get("scheduled_at"),
            started_at=value.get("started_at"),
            ended_at=value.get("ended_at"),
        )


@dataclass(frozen=True, kw_only=True)
class SkippedDelivery:
    skipped: Literal[True]
    reason: Union[Literal["filter", "repeated"], str]
    """`filter`: the workflow does not want it; `repeated`: it came before."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> SkippedDelivery:
        return cls(
            skipped=value["skipped"],
            reason=value["reason"],
        )


@dataclass(frozen=True, kw_only=True)
class StartedRun:
    id: str
    workflow_id: str
    """The same as `id`."""

    status: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> StartedRun:
        return cls(
            id=value["id"],
            workflow_id=value["workflow_id"],
            status=value["status"],
        )


@dataclass(frozen=True, kw_only=True)
class StepGrants:
    """What a step that uses a plugin may do."""

    job: str
    """Without cells and hosts."""

    step: str
    uses: str
    unknown_inputs: list[str]
    """Inputs whose values only the run knows: what depends on them is left open."""

    grant: Grant | None = None
    error: Diagnostic | None = None
    call: StepGrantsCall | None = None
    """Of the call that was asked about."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> StepGrants:
        return cls(
            job=value["job"],
            step=value["step"],
            uses=value["uses"],
            unknown_inputs=value["unknown_inputs"],
            grant=None if value.get("grant") is None else Grant.from_json(value["grant"]),
            error=None if value.get("error") is None else Diagnostic.from_json(value["error"]),
            call=None if value.get("call") is None else StepGrantsCall.from_json(value["call"]),
        )


@dataclass(frozen=True, kw_only=True)
class StepGrantsCall:
    """Of the call that was asked about."""

    decision: Union[Literal["allowed", "denied"], str]
    changes: list[StepGrantsCallChanges]
    """The least that would allow it, by layers; all of it is needed."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> StepGrantsCall:
        return cls(
            decision=value["decision"],
            changes=[StepGrantsCallChanges.from_json(each) for each in value["changes"]],
        )


@dataclass(frozen=True, kw_only=True)
class StepGrantsCallChanges:
    layer: Union[Literal["manifest", "policy", "caller", "workflow", "job", "step"], str]
    place: str
    todo: str
    """What to do there."""

    lines: list[str]
    """YAML to add."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> StepGrantsCallChanges:
        return cls(
            layer=value["layer"],
            place=value["place"],
            todo=value["todo"],
            lines=value["lines"],
        )


@dataclass(frozen=True, kw_only=True)
class SubmittedRun:
    id: str
    """The id of the run."""

    workflow_id: str
    """The same."""

    status: Union[Literal["queued", "running", "waiting", "blocked", "paused", "success", "failure", "cancelled"], str]
    warnings: list[Diagnostic]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> SubmittedRun:
        return cls(
            id=value["id"],
            workflow_id=value["workflow_id"],
            status=value["status"],
            warnings=[Diagnostic.from_json(each) for each in value["warnings"]],
        )


@dataclass(frozen=True, kw_only=True)
class Validation:
    valid: bool
    diagnostics: list[Diagnostic]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Validation:
        return cls(
            valid=value["valid"],
            diagnostics=[Diagnostic.from_json(each) for each in value["diagnostics"]],
        )


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """An address to which signed requests are sent that start runs of a workflow."""

    id: str
    tenant_id: str
    name: str
    vars: dict[str, Json]
    """What expressions read as `vars`: of the webhook, and of its runs."""

    labels: dict[str, str]
    """What runs are found by. A name has up to 63 letters, digits and `._/-`, and begins with a letter or a digit; a value has up to 200 characters."""

    paused: bool
    delivery_url: str
    """Where requests go; only its path where the server knows no public URL."""

    created_at: str
    created_by: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Webhook:
        return cls(
            id=value["id"],
            tenant_id=value["tenant_id"],
            name=value["name"],
            vars=value["vars"],
            labels=value["labels"],
            paused=value["paused"],
            delivery_url=value["delivery_url"],
            created_at=value["created_at"],
            created_by=value["created_by"],
        )


@dataclass(frozen=True, kw_only=True)
class WebhookWithSecret:
    id: str
    tenant_id: str
    name: str
    vars: dict[str, Json]
    """What expressions read as `vars`: of the webhook, and of its runs."""

    labels: dict[str, str]
    """What runs are found by. A name has up to 63 letters, digits and `._/-`, and begins with a letter or a digit; a value has up to 200 characters."""

    paused: bool
    delivery_url: str
    """Where requests go; only its path where the server knows no public URL."""

    created_at: str
    created_by: str
    warnings: list[Diagnostic]
    secret: str | None = field(default=None, repr=False)
    """The secret that was made up. It is not shown again, also not to the same request."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> WebhookWithSecret:
        return cls(
            id=value["id"],
            tenant_id=value["tenant_id"],
            name=value["name"],
            vars=value["vars"],
            labels=value["labels"],
            paused=value["paused"],
            delivery_url=value["delivery_url"],
            created_at=value["created_at"],
            created_by=value["created_by"],
            warnings=[Diagnostic.from_json(each) for each in value["warnings"]],
            secret=value.get("secret"),
        )


@dataclass(frozen=True, kw_only=True)
class WorkflowSource:
    """A workflow as it was sent: submitted again, it gives the same run."""

    file: str
    """How it was called where it came from."""

    workflow: str
    """Its text, with its comments."""

    files: dict[str, str]
    """The texts of the files that came with it, by their paths."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> WorkflowSource:
        return cls(
            file=value["file"],
            workflow=value["workflow"],
            files=value["files"],
        )


class Approval(TypedDict):
    decision: Literal["approve", "reject", "push-back"]
    job: NotRequired[str]
    """Needed where the run waits for several approvals."""

    step: NotRequired[str]
    to: NotRequired[str]
    """With `push-back`: the step to go back to."""

    comment: NotRequired[str]
    awaited: NotRequired[str]
    """The `id` that it is for, in the `awaits` of the run: where that does not wait any more, 409."""


class Backfill(TypedDict):
    from_: str
    """The first time of which a start is carried out."""

    to: str
    """The last one; not in the future."""


class GetRunEventsQuery(TypedDict):
    """What `getRunEvents` can be asked for."""

    after: NotRequired[int]
    """Only events behind this sequence."""

    at: NotRequired[int]
    """The run as it was after the event of this sequence."""

    follow: NotRequired[bool]
    """Goes on until the run has ended. Default: true for `text/event-stream`, else false."""

    format: NotRequired[Literal["ndjson", "sse"]]
    """Comes before the `Accept` header."""


class GetRunLogsQuery(TypedDict):
    """What `getRunLogs` can be asked for."""

    job: NotRequired[str]
    """Of this job only; a job's id means its matrix cells, hosts and called jobs, too."""

    step: NotRequired[str]
    """Of this step only, and the steps inside of it."""

    attempt: NotRequired[int]
    """Of this attempt of a step only."""

    job_attempt: NotRequired[int]
    """Of this attempt of a job only."""

    since: NotRequired[str]
    """Lines that were begun at this time (RFC 3339) or later, or so long ago at most: `90s`, `1h30m`."""

    search: NotRequired[str]
    """Only lines that hold this text, as they are shown: without colours, and whether letters are small or capital."""

    limit: NotRequired[int]
    """Ends after so many lines. What there is behind the last one comes with `after` its `position`."""

    tail: NotRequired[int]
    """Of the lines that are there by now only the last ones."""

    follow: NotRequired[bool]
    """Goes on until the run has ended. Default: true for `text/event-stream`, else false."""

    format: NotRequired[Literal["ndjson", "text", "sse"]]
    """Comes before the `Accept` header."""

    after: NotRequired[str]
    """The `position` of a line: only what comes behind it. `tail` is then of no consequence."""


class GetRunQuery(TypedDict):
    """What `getRun` can be asked for."""

    wait: NotRequired[str]
    """How long to wait, 60s at most."""

    while_: NotRequired[Literal["queued", "running", "waiting", "blocked", "paused", "success", "failure", "cancelled"]]
    """With `wait`: the status that the client has seen last."""

    at: NotRequired[int]
    """The run as it was after the event of this sequence. Not together with `wait`."""


class KeyRotation(TypedDict):
    grace: NotRequired[str]
    """How long the old key still works, `30d` at most; `0s`: no longer."""

    expires_in: NotRequired[str]
    """How long the new key is good for. Default: as long as the old one was."""


class ListCallsQuery(TypedDict):
    """What `listCalls` can be asked for."""

    from_: NotRequired[str]
    """Only calls from this time on."""

    until: NotRequired[str]
    """Only calls before this time."""

    by: NotRequired[str]
    """Only calls of this key (its id) or subject of a token."""

    tenant_id: NotRequired[str]
    """The tenant; only keys of all tenants may name another than their own."""

    limit: NotRequired[int]
    cursor: NotRequired[str]
    """`next_cursor` of the page before, asked for with the same filter."""


class ListGrantsQuery(TypedDict):
    """What `listGrants` can be asked for."""

    job: NotRequired[str]
    """Of this job only."""

    step: NotRequired[str]
    """Of this step only."""

    call: NotRequired[str]
    """A host call, as `waterflow grants explain --call` takes it: whether it would be let through, else what would."""


class ListHostCallsQuery(TypedDict):
    """What `listHostCalls` can be asked for."""

    capability: NotRequired[str]
    """Of this capability only."""

    operation: NotRequired[str]
    """Of this operation only."""

    decision: NotRequired[Literal["allowed", "denied", "invalid"]]
    job: NotRequired[str]
    """Of this job only."""

    step: NotRequired[str]
    """Of this step only."""

    limit: NotRequired[int]
    cursor: NotRequired[str]
    """`next_cursor` of the page before, asked for with the same filter."""


class ListRunsQuery(TypedDict):
    """What `listRuns` can be asked for."""

    status: NotRequired[Sequence[Literal["queued", "running", "waiting", "blocked", "paused", "success", "failure", "cancelled"]]]
    """One of these."""

    name: NotRequired[str]
    """The workflow's name, or a part of the run's."""

    label: NotRequired[Sequence[str]]
    """`key:value`; given several times: all of them. A comma belongs to the value."""

    queue: NotRequired[str]
    """One that jobs of it name by `runs-on`, as far as its file and its inputs told when it was submitted."""

    origin: NotRequired[str]
    """What started it: `api`, `schedule`, `webhook`, or the id of a key, a schedule or a webhook."""

    awaits: NotRequired[Literal["approval", "signal", "secrets"]]
    """Waiting for such a thing, whatever else of them goes on: what somebody has to answer."""

    created_after: NotRequired[str]
    """Created at this time or later."""

    created_before: NotRequired[str]
    """Created before this time."""

    tenant_id: NotRequired[str]
    """Only keys of all tenants may name another than their own."""

    limit: NotRequired[int]
    cursor: NotRequired[str]
    """`next_cursor` of the page before, asked for with the same filter."""


class ListSchedulesQuery(TypedDict):
    """What `listSchedules` can be asked for."""

    limit: NotRequired[int]
    cursor: NotRequired[str]
    """`next_cursor` of the page before, asked for with the same filter."""

    name: NotRequired[str]
    """Exactly this name, which a tenant has once."""

    tenant_id: NotRequired[str]
    """The tenant; only keys of all tenants may name another than their own."""


class ListWebhooksQuery(TypedDict):
    """What `listWebhooks` can be asked for."""

    limit: NotRequired[int]
    cursor: NotRequired[str]
    """`next_cursor` of the page before, asked for with the same filter."""

    name: NotRequired[str]
    """Exactly this name, which a tenant has once."""

    tenant_id: NotRequired[str]
    """The tenant; only keys of all tenants may name another than their own."""


class NewKey(TypedDict):
    """What a key is to be."""

    name: str
    """Who or what has it."""

    role: Literal["viewer", "operator", "approver", "admin", "agent"]
    """What it may do: see the table of permissions."""

    tenant_id: NotRequired[str]
    """Its tenant, `*` for all of them. Default: your own; who is of all tenants has to name it. Only they may name another than their own."""

    expires_in: NotRequired[str]
    """How long it is good for, ten years at most. Absent: until it is revoked."""


class NewRun(TypedDict):
    workflow: str
    """The text of the workflow file."""

    file: NotRequired[str]
    """What the file is called where it comes from, a relative path: problems and runs name it so. Default: `workflow.yml`."""

    files: NotRequired[Mapping[str, str]]
    """The workflows that it calls, by their paths, relative to its folder."""

    inputs: NotRequired[Mapping[str, Json]]
    """By name. What is left out has its default."""

    secrets: NotRequired[Mapping[str, str]]
    """Values of secrets, by name, each with at least 4 characters other than white space. They are kept in memory until the run ends, and nowhere else."""

    vars: NotRequired[Mapping[str, Json]]
    """What expressions read as `vars`."""

    labels: NotRequired[Mapping[str, str]]
    """What runs are found by. A name has up to 63 letters, digits and `._/-`, and begins with a letter or a digit; a value has up to 200 characters."""

    dry_run: NotRequired[bool]
    """Answers with what would run, and runs nothing. Secrets may be left out."""

    tenant_id: NotRequired[str]
    """Only keys of all tenants may name another than their own."""


class NewSchedule(TypedDict):
    """Without `cron` the entries of `on.schedule` in the workflow are used, a schedule for each; what else is given takes the place of what they say."""

    workflow: str
    """The text of the workflow file."""

    file: NotRequired[str]
    """What the file is called where it comes from, a relative path: problems and runs name it so. Default: `workflow.yml`."""

    files: NotRequired[Mapping[str, str]]
    """The workflows that it calls, by their paths, relative to its folder."""

    name: NotRequired[str]
    """Default: the workflow's name."""

    cron: NotRequired[str]
    """Minute, hour, day of the month, month, day of the week; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`."""

    timezone: NotRequired[str]
    """A name of the IANA database. Default: `UTC`."""

    overlap: NotRequired[Literal["skip", "queue", "cancel"]]
    """What becomes of a start that is due while a run of the schedule goes on: `skip` leaves it out, `queue` lets the first one wait, `cancel` cancels the run and starts the newest once it has ended."""

    catch_up: NotRequired[Json]
    """Starts that were missed while no server ran are made up if they are younger; a duration, or false."""

    inputs: NotRequired[Mapping[str, Json]]
    """Of each run, by name. What is left out has its default."""

    vars: NotRequired[Mapping[str, Json]]
    """What expressions read as `vars`, in each run."""

    labels: NotRequired[Mapping[str, str]]
    """Of each run, beside `scheduled_at`."""

    paused: NotRequired[bool]
    tenant_id: NotRequired[str]
    """The tenant; only keys of all tenants may name another than their own."""


class NewSignal(TypedDict):
    name: str
    """As the workflow names it."""

    awaited: NotRequired[str]
    """The `id` that it is for, in the `awaits` of the run: where that does not wait any more, 409."""

    payload: NotRequired[Json]
    """Any JSON that fits the schema of the step; at most 256 KiB."""


class NewWebhook(TypedDict):
    workflow: str
    """The text of the workflow file."""

    file: NotRequired[str]
    """What the file is called where it comes from, a relative path: problems and runs name it so. Default: `workflow.yml`."""

    files: NotRequired[Mapping[str, str]]
    """The workflows that it calls, by their paths, relative to its folder."""

    name: NotRequired[str]
    """Default: the workflow's name."""

    vars: NotRequired[Mapping[str, Json]]
    """What expressions read as `vars`: of the webhook, and of its runs."""

    labels: NotRequired[Mapping[str, str]]
    """What runs are found by. A name has up to 63 letters, digits and `._/-`, and begins with a letter or a digit; a value has up to 200 characters."""

    secret: NotRequired[str]
    """The key of signatures. Left out, one is made up and answered once."""

    paused: NotRequired[bool]
    tenant_id: NotRequired[str]
    """The tenant; only keys of all tenants may name another than their own."""


class Reason(TypedDict):
    reason: NotRequired[str]
    """In your own words; the record of the run shows it."""


class Rerun(TypedDict):
    from_: NotRequired[Literal["all", "failed", "job", "step", "iteration"]]
    """What runs again: all; what failed or was cancelled; a job; a job from a step on; one iteration of a loop."""

    job: NotRequired[str]
    step: NotRequired[str]
    iteration: NotRequired[int]
    """Counted from 0."""

    inputs: NotRequired[Mapping[str, Json]]
    """Those that change; the others stay as they were."""

    secrets: NotRequired[Mapping[str, str]]
    """Values of secrets, by name, each with at least 4 characters other than white space. They are kept in memory until the run ends, and nowhere else."""


class Resume(TypedDict):
    reason: NotRequired[str]
    """In your own words; the record of the run shows it."""

    secrets: NotRequired[Mapping[str, str]]
    """Values of secrets, by name, each with at least 4 characters other than white space. They are kept in memory until the run ends, and nowhere else."""


class ScheduleChanges(TypedDict):
    """What is to be different. A new `workflow` keeps the times of the schedule."""

    workflow: NotRequired[str]
    """The text of the workflow file."""

    file: NotRequired[str]
    """What the file is called where it comes from, a relative path: problems and runs name it so. Default: `workflow.yml`."""

    files: NotRequired[Mapping[str, str]]
    """The workflows that it calls, by their paths, relative to its folder."""

    name: NotRequired[str]
    """Default: the workflow's name."""

    cron: NotRequired[str]
    """Minute, hour, day of the month, month, day of the week; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`."""

    timezone: NotRequired[str]
    """A name of the IANA database. Default: `UTC`."""

    overlap: NotRequired[Literal["skip", "queue", "cancel"]]
    """What becomes of a start that is due while a run of the schedule goes on: `skip` leaves it out, `queue` lets the first one wait, `cancel` cancels the run and starts the newest once it has ended."""

    catch_up: NotRequired[Json]
    """Starts that were missed while no server ran are made up if they are younger; a duration, or false."""

    inputs: NotRequired[Mapping[str, Json]]
    """Of each run, by name. What is left out has its default."""

    vars: NotRequired[Mapping[str, Json]]
    """What expressions read as `vars`, in each run."""

    labels: NotRequired[Mapping[str, str]]
    """Of each run, beside `scheduled_at`."""

    paused: NotRequired[bool]


class WebhookChanges(TypedDict):
    workflow: NotRequired[str]
    """The text of the workflow file."""

    file: NotRequired[str]
    """What the file is called where it comes from, a relative path: problems and runs name it so. Default: `workflow.yml`."""

    files: NotRequired[Mapping[str, str]]
    """The workflows that it calls, by their paths, relative to its folder."""

    name: NotRequired[str]
    """Default: the workflow's name."""

    vars: NotRequired[Mapping[str, Json]]
    """What expressions read as `vars`: of the webhook, and of its runs."""

    labels: NotRequired[Mapping[str, str]]
    """What runs are found by. A name has up to 63 letters, digits and `._/-`, and begins with a letter or a digit; a value has up to 200 characters."""

    secret: NotRequired[str]
    """A new key of signatures. The old one holds no more."""

    rotate_secret: NotRequired[Literal[True]]
    """Makes up a new secret, which is answered once."""

    paused: NotRequired[bool]


class Decision(TypedDict):
    """`Approval` without what its method takes otherwise."""

    job: NotRequired[str]
    """Needed where the run waits for several approvals."""

    step: NotRequired[str]
    to: NotRequired[str]
    """With `push-back`: the step to go back to."""

    comment: NotRequired[str]
    awaited: NotRequired[str]
    """The `id` that it is for, in the `awaits` of the run: where that does not wait any more, 409."""


class LogQuery(TypedDict):
    """`GetRunLogsQuery` without what its method takes otherwise."""

    job: NotRequired[str]
    """Of this job only; a job's id means its matrix cells, hosts and called jobs, too."""

    step: NotRequired[str]
    """Of this step only, and the steps inside of it."""

    attempt: NotRequired[int]
    """Of this attempt of a step only."""

    job_attempt: NotRequired[int]
    """Of this attempt of a job only."""

    since: NotRequired[str]
    """Lines that were begun at this time (RFC 3339) or later, or so long ago at most: `90s`, `1h30m`."""

    search: NotRequired[str]
    """Only lines that hold this text, as they are shown: without colours, and whether letters are small or capital."""

    tail: NotRequired[int]
    """Of the lines that are there by now only the last ones."""


class RunOptions(TypedDict):
    """`NewRun` without what its method takes otherwise."""

    inputs: NotRequired[Mapping[str, Json]]
    """By name. What is left out has its default."""

    secrets: NotRequired[Mapping[str, str]]
    """Values of secrets, by name, each with at least 4 characters other than white space. They are kept in memory until the run ends, and nowhere else."""

    vars: NotRequired[Mapping[str, Json]]
    """What expressions read as `vars`."""

    labels: NotRequired[Mapping[str, str]]
    """What runs are found by. A name has up to 63 letters, digits and `._/-`, and begins with a letter or a digit; a value has up to 200 characters."""

    tenant_id: NotRequired[str]
    """Only keys of all tenants may name another than their own."""


class ScheduleOptions(TypedDict):
    """`NewSchedule` without what its method takes otherwise."""

    name: NotRequired[str]
    """Default: the workflow's name."""

    cron: NotRequired[str]
    """Minute, hour, day of the month, month, day of the week; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`."""

    timezone: NotRequired[str]
    """A name of the IANA database. Default: `UTC`."""

    overlap: NotRequired[Literal["skip", "queue", "cancel"]]
    """What becomes of a start that is due while a run of the schedule goes on: `skip` leaves it out, `queue` lets the first one wait, `cancel` cancels the run and starts the newest once it has ended."""

    catch_up: NotRequired[Json]
    """Starts that were missed while no server ran are made up if they are younger; a duration, or false."""

    inputs: NotRequired[Mapping[str, Json]]
    """Of each run, by name. What is left out has its default."""

    vars: NotRequired[Mapping[str, Json]]
    """What expressions read as `vars`, in each run."""

    labels: NotRequired[Mapping[str, str]]
    """Of each run, beside `scheduled_at`."""

    paused: NotRequired[bool]
    tenant_id: NotRequired[str]
    """The tenant; only keys of all tenants may name another than their own."""


class SignalOptions(TypedDict):
    """`NewSignal` without what its method takes otherwise."""

    awaited: NotRequired[str]
    """The `id` that it is for, in the `awaits` of the run: where that does not wait any more, 409."""

    payload: NotRequired[Json]
    """Any JSON that fits the schema of the step; at most 256 KiB."""


class WebhookOptions(TypedDict):
    """`NewWebhook` without what its method takes otherwise."""

    name: NotRequired[str]
    """Default: the workflow's name."""

    vars: NotRequired[Mapping[str, Json]]
    """What expressions read as `vars`: of the webhook, and of its runs."""

    labels: NotRequired[Mapping[str, str]]
    """What runs are found by. A name has up to 63 letters, digits and `._/-`, and begins with a letter or a digit; a value has up to 200 characters."""

    secret: NotRequired[str]
    """The key of signatures. Left out, one is made up and answered once."""

    paused: NotRequired[bool]
    tenant_id: NotRequired[str]
    """The tenant; only keys of all tenants may name another than their own."""
