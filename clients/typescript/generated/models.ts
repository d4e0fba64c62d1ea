// Made from the API's routes by `npm run generate`. Change those, not this file.

/** Any JSON. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** A JSON object whose keys are the application's own. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** One of the values that this version knows; a newer server may have others. */
// A plain `string` would swallow the others, and with them what editors suggest.
type Known<Values extends string> = Values | (string & Readonly<Record<never, never>>);

export interface AcceptedDelivery {
  /** Of the run. */
  readonly id: string;
}

/** A machine on which steps run. */
export interface Agent {
  readonly name: string;
  /** `draining`: it finishes the jobs that it has, and takes no more; `suspect`: not heard of for some seconds; `lost`: for longer than jobs wait for it. */
  readonly state: Known<'online' | 'draining' | 'suspect' | 'lost'>;
  /** Of waterflow on that machine. */
  readonly version: string;
  readonly queues: ReadonlyArray<string>;
  readonly labels: ReadonlyArray<string>;
  readonly os: string;
  readonly arch: string;
  /** The level that it holds plugins in. */
  readonly confinement: number;
  readonly slots: AgentSlots;
  /** What it can run. */
  readonly plugins: ReadonlyArray<AgentPlugins>;
  readonly last_seen_at: string;
}

export interface AgentPlugins {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
}

export interface AgentSlots {
  readonly total: number;
  readonly used: number;
}

export interface Approval {
  readonly decision: 'approve' | 'reject' | 'push-back';
  /** Needed where the run waits for several approvals. */
  readonly job?: string | undefined;
  readonly step?: string | undefined;
  /** With `push-back`: the step to go back to. */
  readonly to?: string | undefined;
  readonly comment?: string | undefined;
  /** The `id` that it is for, in the `awaits` of the run: where that does not wait any more, 409. */
  readonly awaited?: string | undefined;
}

/** An agent's record of what a run's plugins did. */
export interface AuditRecord {
  /** On Temporal: the agent that ships it. */
  readonly agent?: string;
  /** `intact`: as it was written, and closed; `unfinished`: as it was written, and not closed; `torn`: the same, and its last entry is incomplete; `broken`: it is not what was written. */
  readonly state: Known<'intact' | 'unfinished' | 'torn' | 'broken'>;
  /** Why it is not intact. */
  readonly reason?: string;
  /** Those that hold, from the first on. */
  readonly entries: number;
  /** The last entry that a signature covers. */
  readonly signed: number;
  /** The id of the key that signed. */
  readonly key?: string;
  /** `agent`: the key of the server's own agent; `record`: the one that the record names itself, which anybody could have made. */
  readonly checked_with: Known<'agent' | 'record'>;
}

/** What somebody is to send: an approval, a signal, or values of secrets. */
export interface AwaitedSignal {
  readonly kind: Known<'approval' | 'signal' | 'secrets'>;
  readonly name: string;
  /** Of this one time that an approval or a signal is awaited: `awaited` of the answer. */
  readonly id?: string;
  readonly job: string;
  readonly step?: string;
  /** Who may decide; nobody named: anybody with the permission. */
  readonly approvers?: ReadonlyArray<string>;
  readonly message?: string;
  readonly push_back_to?: ReadonlyArray<string>;
  /** JSON Schema of the payload. */
  readonly schema?: JsonObject;
  /** Since when a step waits for it. Not in lists. */
  readonly since?: string;
  /** When it gives up by itself. Not in lists; absent: never. */
  readonly until?: string;
  /** The names of those whose values are missing since the server was started anew: see `resumeRun`. */
  readonly secrets?: ReadonlyArray<string>;
}

export interface Backfill {
  /** The first time of which a start is carried out. */
  readonly from: string;
  /** The last one; not in the future. */
  readonly to: string;
}

export interface BackfilledRuns {
  /** A run for each start, oldest first. */
  readonly runs: ReadonlyArray<BackfilledRunsRuns>;
}

export interface BackfilledRunsRuns {
  readonly id: string;
  readonly scheduled_at: string;
  /** An earlier backfill had started it. */
  readonly repeated: boolean;
}

/** One API call, after its answer. */
export interface Call {
  readonly request_id: string;
  readonly at: string;
  /** Absent: nobody was let in. */
  readonly tenant_id?: string;
  /** The id of the key, or the subject of the token. Absent: nobody was let in. */
  readonly by?: string;
  /** The key's name, also of one that is revoked. Absent: it was no key, or it is gone. */
  readonly by_name?: string;
  readonly method: string;
  readonly route: string;
  /** What the route was asked for. */
  readonly target?: string;
  readonly status: number;
  readonly duration_ms: number;
  /** The client's address. */
  readonly remote: string;
  readonly details?: JsonObject;
}

/** Who asks, and what they may do. */
export interface Caller {
  /** Of the key, or the subject of the token. */
  readonly id: string;
  /** By which approvals know them. */
  readonly name: string;
  /** `*`: of all tenants. */
  readonly tenant_id: string;
  readonly role: Known<'viewer' | 'operator' | 'approver' | 'admin' | 'agent'>;
  /** `loopback`: as a program of the machine whose server asks for no key. */
  readonly by: Known<'api-key' | 'jwt' | 'configured-key' | 'loopback'>;
  /** As in the table of permissions. */
  readonly permissions: ReadonlyArray<string>;
}

export interface Calls {
  readonly calls: ReadonlyArray<Call>;
  /** Absent on the last page. */
  readonly next_cursor?: string;
}

/** One thing that is wrong, where it is, and what to do about it. */
export interface Diagnostic {
  /** One of the codes of docs/errors.md. */
  readonly code: string;
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
  readonly severity?: Known<'error' | 'warning'>;
  readonly file?: string;
  readonly line?: number;
  /** In UTF-16 code units. */
  readonly column?: number;
  readonly end_line?: number;
  /** Exclusive. */
  readonly end_column?: number;
  /** The rule that was broken. */
  readonly rule?: string;
  /** Which value of the body it is about, as a JSON Pointer. */
  readonly pointer?: string;
  /** Changes of the file that carry out the remedy. */
  readonly fix?: JsonObject;
}

/** What a run would be. */
export interface DryRun {
  readonly dry_run: true;
  /** Of the plan. */
  readonly digest: string;
  readonly name: string;
  /** With their types and defaults. */
  readonly inputs: JsonObject;
  /** Those that it can not do without. */
  readonly secrets: ReadonlyArray<string>;
  /** By their keys, with what they need and their steps. */
  readonly jobs: JsonObject;
  /** What a submission would still be refused for: secrets that were left out, as its 422 has them. */
  readonly errors: ReadonlyArray<Diagnostic>;
  readonly warnings: ReadonlyArray<Diagnostic>;
  /** The whole plan. */
  readonly plan: JsonObject;
}

/** Why a run is as it is, from what is on record. Lists have 50 entries at most. */
export interface Explanation {
  /** Of the form of an explanation, which is 1. */
  readonly version: number;
  readonly run: string;
  readonly workflow: string;
  readonly file: string;
  readonly name: string;
  readonly attempt: number;
  readonly status: Known<'queued' | 'running' | 'waiting' | 'blocked' | 'paused' | 'success' | 'failure' | 'cancelled'>;
  readonly created_at: string;
  readonly ended_at?: string;
  /** Why, in a sentence. */
  readonly answer: string;
  /** What failed by itself, in the order in which it did. */
  readonly causes: ReadonlyArray<ExplanationCauses>;
  readonly consequences: ReadonlyArray<ExplanationConsequences>;
  readonly waits: ReadonlyArray<ExplanationWaits>;
  readonly retried: ReadonlyArray<ExplanationRetried>;
  readonly skipped: ReadonlyArray<ExplanationSkipped>;
  readonly tolerated: ReadonlyArray<ExplanationTolerated>;
  /** Who ended it, and when. */
  readonly cancelled?: ExplanationCancelled;
  /** What is otherwise than in the last run of the workflow that succeeded. No value is told. */
  readonly since?: ExplanationSince;
  /** How the first cause's step, or job, fared in runs before. */
  readonly recurrence?: ExplanationRecurrence;
  readonly next: ReadonlyArray<ExplanationNext>;
  /** What of the record could not be read. */
  readonly gaps: ReadonlyArray<string>;
  /** How many entries more a list has, by its name. */
  readonly left_out?: JsonObject;
}

/** Who ended it, and when. */
export interface ExplanationCancelled {
  readonly at?: string;
  readonly reason: string;
}

/** Something that failed by itself. */
export interface ExplanationCauses {
  readonly job?: string;
  readonly step?: string;
  /** One of the codes of docs/errors.md. */
  readonly code: string;
  /** What happened, to follow a `because`. */
  readonly sentence: string;
  readonly message: string;
  /** Where: in the workflow file, or where the error says. */
  readonly at?: ExplanationCausesAt;
  /** The rule that was broken. */
  readonly rule?: string;
  readonly uses?: string;
  /** Which bytes ran. */
  readonly plugin?: ExplanationCausesPlugin;
  readonly agent?: string;
  readonly job_attempt?: number;
  readonly attempt?: number;
  readonly at_time?: string;
  readonly exit_code?: number;
  /** Whose time ran out. */
  readonly clock?: Known<'step' | 'job' | 'queue' | 'answer'>;
  /** The source of the expression that has no value. */
  readonly expression?: string;
  /** What the expression read of inputs and outputs, as far as that is on record. */
  readonly read?: ReadonlyArray<ExplanationCausesRead>;
  /** Of a job that lost its agent, or got none: the queue that it needs one of. */
  readonly queue?: string;
  /** The end of the step's log. */
  readonly last_lines: ReadonlyArray<string>;
  readonly refused_calls: ReadonlyArray<ExplanationCausesRefusedCalls>;
  readonly earlier_attempts: ReadonlyArray<ExplanationCausesEarlierAttempts>;
  /** What to do about it, the most specific first. */
  readonly fixes: ReadonlyArray<string>;
}

/** Where: in the workflow file, or where the error says. */
export interface ExplanationCausesAt {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface ExplanationCausesEarlierAttempts {
  readonly run_attempt: number;
  readonly job_attempt: number;
  readonly attempt: number;
  readonly at: string;
  readonly code: string;
  readonly message: string;
}

/** Which bytes ran. */
export interface ExplanationCausesPlugin {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
}

export interface ExplanationCausesRead {
  readonly path: string;
  readonly value: Json;
  /** Why it is as it is. */
  readonly note?: string;
}

export interface ExplanationCausesRefusedCalls {
  readonly capability: string;
  readonly operation: string;
  /** The whole call, as `listGrants` takes it: absent where it is long. */
  readonly asked?: string;
  /** What it was about. */
  readonly subject: string;
  readonly decision: Known<'denied' | 'invalid'>;
  readonly reason?: string;
  /** Which layer refused it. */
  readonly layer?: string;
  /** The rule that refused it, with its place. */
  readonly rule?: string;
}

/** A job that did not run, or not to its end, since something else failed. */
export interface ExplanationConsequences {
  readonly job: string;
  readonly status: Known<'skipped' | 'cancelled' | 'failure'>;
  readonly because: string;
}

/** A command to give next, behind `waterflow`. */
export interface ExplanationNext {
  readonly words: ReadonlyArray<string>;
  /** What it is about: a run, the workflow file, or the server. For `run` and `place` name the server. */
  readonly about: Known<'run' | 'file' | 'place'>;
  readonly why: string;
}

/** How the first cause's step, or job, fared in runs before. */
export interface ExplanationRecurrence {
  /** `flaky`: with the same workflow, plugins, inputs, variables and grants it succeeded. */
  readonly verdict: Known<'new' | 'repeated' | 'flaky' | 'unknown'>;
  readonly sentence: string;
  readonly failed_in: ReadonlyArray<string>;
  readonly succeeded_in: ReadonlyArray<string>;
}

/** What took more than one attempt. */
export interface ExplanationRetried {
  readonly job: string;
  readonly step?: string;
  readonly attempts: number;
  readonly status: string;
  readonly verdict: Known<'flaky' | 'failed each time' | 'succeeded after a rerun' | 'in progress'>;
  readonly failures: ReadonlyArray<ExplanationRetriedFailures>;
}

export interface ExplanationRetriedFailures {
  readonly run_attempt: number;
  readonly job_attempt: number;
  readonly attempt: number;
  readonly at: string;
  readonly code: string;
  readonly message: string;
}

/** What is otherwise than in the last run of the workflow that succeeded. No value is told. */
export interface ExplanationSince {
  /** That run. Absent: none is on record. */
  readonly run?: string;
  readonly ended_at?: string;
  readonly changes: ReadonlyArray<ExplanationSinceChanges>;
  /** What is as it was then. */
  readonly same: ReadonlyArray<string>;
}

export interface ExplanationSinceChanges {
  readonly job?: string;
  readonly step?: string;
  readonly kind: Known<'workflow' | 'plugin' | 'input' | 'variable' | 'secret' | 'grant' | 'agent'>;
  readonly text: string;
}

/** What was skipped by a condition of its own, with the values that it read. */
export interface ExplanationSkipped {
  readonly job: string;
  readonly step?: string;
  readonly condition: string;
  readonly read: ReadonlyArray<ExplanationSkippedRead>;
  readonly result: Json;
}

export interface ExplanationSkippedRead {
  readonly path: string;
  readonly value: Json;
}

/** A step that failed without failing its job. */
export interface ExplanationTolerated {
  readonly job: string;
  readonly step: string;
  readonly code: string;
  readonly message: string;
}

/** What something in progress waits for, and who moves it on. */
export interface ExplanationWaits {
  readonly job?: string;
  readonly step?: string;
  readonly sentence: string;
  readonly who: string;
  /** The queue that it needs an agent of, where nobody gives it one. */
  readonly queue?: string;
  readonly since?: string;
  /** When it gives up by itself. */
  readonly until?: string;
  readonly awaited?: AwaitedSignal;
}

/** What `getRunEvents` can be asked for. */
export interface GetRunEventsQuery {
  /** Only events behind this sequence. */
  readonly after?: number | undefined;
  /** The run as it was after the event of this sequence. */
  readonly at?: number | undefined;
  /** Goes on until the run has ended. Default: true for `text/event-stream`, else false. */
  readonly follow?: boolean | undefined;
  /** Comes before the `Accept` header. */
  readonly format?: 'ndjson' | 'sse' | undefined;
}

/** What `getRunLogs` can be asked for. */
export interface GetRunLogsQuery {
  /** Of this job only; a job's id means its matrix cells, hosts and called jobs, too. */
  readonly job?: string | undefined;
  /** Of this step only, and the steps inside of it. */
  readonly step?: string | undefined;
  /** Of this attempt of a step only. */
  readonly attempt?: number | undefined;
  /** Of this attempt of a job only. */
  readonly job_attempt?: number | undefined;
  /** Lines that were begun at this time (RFC 3339) or later, or so long ago at most: `90s`, `1h30m`. */
  readonly since?: string | undefined;
  /** Only lines that hold this text, as they are shown: without colours, and whether letters are small or capital. */
  readonly search?: string | undefined;
  /** Ends after so many lines. What there is behind the last one comes with `after` its `position`. */
  readonly limit?: number | undefined;
  /** Of the lines that are there by now only the last ones. */
  readonly tail?: number | undefined;
  /** Goes on until the run has ended. Default: true for `text/event-stream`, else false. */
  readonly follow?: boolean | undefined;
  /** Comes before the `Accept` header. */
  readonly format?: 'ndjson' | 'text' | 'sse' | undefined;
  /** The `position` of a line: only what comes behind it. `tail` is then of no consequence. */
  readonly after?: string | undefined;
}

/** What `getRun` can be asked for. */
export interface GetRunQuery {
  /** How long to wait, 60s at most. */
  readonly wait?: string | undefined;
  /** With `wait`: the status that the client has seen last. */
  readonly while?: 'queued' | 'running' | 'waiting' | 'blocked' | 'paused' | 'success' | 'failure' | 'cancelled' | undefined;
  /** The run as it was after the event of this sequence. Not together with `wait`. */
  readonly at?: number | undefined;
}

/** What a plugin may do, and by whom. */
export interface Grant {
  readonly plugin: GrantPlugin;
  /** The level that its sandbox must have at least. */
  readonly confinement: number;
  readonly limits: GrantLimits;
  readonly capabilities: ReadonlyArray<GrantCapabilities>;
  /** Capabilities that need no grant. */
  readonly always: ReadonlyArray<string>;
}

export interface GrantCapabilities {
  readonly capability: string;
  /** `granted`: all that is requested; `narrowed`: a call must also match the layers in `narrowed_by`; `refused`: those let nothing through; `not requested`: only a policy or a workflow speaks of it. */
  readonly verdict: Known<'granted' | 'narrowed' | 'refused' | 'not requested'>;
  readonly narrowed_by: ReadonlyArray<Known<'manifest' | 'policy' | 'caller' | 'workflow' | 'job' | 'step'>>;
  readonly requested: ReadonlyArray<GrantCapabilitiesRequested>;
  readonly layers: ReadonlyArray<GrantCapabilitiesLayers>;
  /** What the policy forbids, whatever else allows it. */
  readonly denied: ReadonlyArray<GrantCapabilitiesDenied>;
  /** Entries of the manifest that are not in force. */
  readonly dropped: ReadonlyArray<GrantCapabilitiesDropped>;
}

export interface GrantCapabilitiesDenied {
  /** In words. */
  readonly allows: string;
  /** Where it is written. */
  readonly place: string;
  /** Why, as whoever wrote it says. */
  readonly reason?: string;
}

export interface GrantCapabilitiesDropped {
  readonly place: string;
  readonly why: string;
}

export interface GrantCapabilitiesLayers {
  readonly layer: Known<'manifest' | 'policy' | 'caller' | 'workflow' | 'job' | 'step'>;
  readonly place: string;
  readonly rules: ReadonlyArray<GrantCapabilitiesLayersRules>;
}

export interface GrantCapabilitiesLayersRules {
  /** In words. */
  readonly allows: string;
  /** Where it is written. */
  readonly place: string;
  /** Why, as whoever wrote it says. */
  readonly reason?: string;
}

export interface GrantCapabilitiesRequested {
  /** In words. */
  readonly allows: string;
  /** Where it is written. */
  readonly place: string;
  /** Why, as whoever wrote it says. */
  readonly reason?: string;
}

export interface GrantLimits {
  readonly timeout_ms: number;
  readonly memory_bytes: number;
  /** The policy's own. */
  readonly timeout_cap_ms?: number;
}

export interface GrantPlugin {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  /** `approved`: by the lockfile, or by `--approve`. */
  readonly origin: string;
}

/** What the steps of a run may do. */
export interface Grants {
  /** `agents`: each agent has a policy of its own, of which the server knows nothing. `steps` is empty then. */
  readonly decided_by: Known<'server' | 'agents'>;
  readonly steps: ReadonlyArray<StepGrants>;
}

/** A host call, with what was decided and what came of it. */
export interface HostCall {
  /** On Temporal: the agent that recorded it, in its own audit log of the run. */
  readonly agent?: string;
  /** Of its entry in the agent's audit log of the run. */
  readonly sequence: number;
  readonly at: string;
  readonly job: string;
  readonly step: string;
  readonly attempt: number;
  readonly plugin: HostCallPlugin;
  /** Of the entry of the plugin's start. */
  readonly invocation: number;
  /** Of the entry of the call whose program did this. */
  readonly within?: number;
  readonly call: HostCallCall;
  /** The arguments are not whole. */
  readonly truncated: boolean;
  readonly decision: Known<'allowed' | 'denied' | 'invalid'>;
  /** By which it was decided. */
  readonly rules: ReadonlyArray<string>;
  /** Why it was not allowed. */
  readonly reason?: string;
  /** `none`: it was not allowed; `unknown`: it is not over, or its agent was killed. */
  readonly result: Known<'ok' | 'error' | 'denied' | 'none' | 'unknown'>;
  readonly duration_ms?: number;
  /** Of the arguments and of the answer, as JSON. */
  readonly bytes: HostCallBytes;
  /** What came of it, by capability. */
  readonly facts?: JsonObject;
  /** Names of those whose values went out with it. */
  readonly secrets?: ReadonlyArray<string>;
}

/** Of the arguments and of the answer, as JSON. */
export interface HostCallBytes {
  readonly in: number;
  readonly out?: number;
}

export interface HostCallCall {
  readonly capability: string;
  readonly operation: string;
  /** Without the values of secrets. */
  readonly args: Json;
}

export interface HostCallPlugin {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
}

/** A key that was made. `key` is shown here and never again, also not to the same request. */
export interface IssuedKey {
  readonly id: string;
  /** What the key begins with, to tell keys apart. */
  readonly prefix: string;
  /** Who or what has it. */
  readonly name: string;
  readonly tenant_id: string;
  /** What it may do: see the table of permissions. */
  readonly role: Known<'viewer' | 'operator' | 'approver' | 'admin' | 'agent'>;
  readonly status: Known<'valid' | 'expired' | 'revoked'>;
  readonly created_at: string;
  /** Absent: never. */
  readonly expires_at?: string;
  readonly revoked_at?: string;
  /** To the minute. */
  readonly last_used_at?: string;
  /** Send it as `Authorization: Bearer`, or as `X-API-Key`. */
  readonly key?: string;
}

/** An API key, without the key itself. */
export interface Key {
  readonly id: string;
  /** What the key begins with, to tell keys apart. */
  readonly prefix: string;
  /** Who or what has it. */
  readonly name: string;
  readonly tenant_id: string;
  /** What it may do: see the table of permissions. */
  readonly role: Known<'viewer' | 'operator' | 'approver' | 'admin' | 'agent'>;
  readonly status: Known<'valid' | 'expired' | 'revoked'>;
  readonly created_at: string;
  /** Absent: never. */
  readonly expires_at?: string;
  readonly revoked_at?: string;
  /** To the minute. */
  readonly last_used_at?: string;
}

export interface KeyRotation {
  /** How long the old key still works, `30d` at most; `0s`: no longer. */
  readonly grace?: string | undefined;
  /** How long the new key is good for. Default: as long as the old one was. */
  readonly expires_in?: string | undefined;
}

/** What `listCalls` can be asked for. */
export interface ListCallsQuery {
  /** Only calls from this time on. */
  readonly from?: string | undefined;
  /** Only calls before this time. */
  readonly until?: string | undefined;
  /** Only calls of this key (its id) or subject of a token. */
  readonly by?: string | undefined;
  /** The tenant; only keys of all tenants may name another than their own. */
  readonly tenant_id?: string | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before, asked for with the same filter. */
  readonly cursor?: string | undefined;
}

/** What `listGrants` can be asked for. */
export interface ListGrantsQuery {
  /** Of this job only. */
  readonly job?: string | undefined;
  /** Of this step only. */
  readonly step?: string | undefined;
  /** A host call, as `waterflow grants explain --call` takes it: whether it would be let through, else what would. */
  readonly call?: string | undefined;
}

/** What `listHostCalls` can be asked for. */
export interface ListHostCallsQuery {
  /** Of this capability only. */
  readonly capability?: string | undefined;
  /** Of this operation only. */
  readonly operation?: string | undefined;
  readonly decision?: 'allowed' | 'denied' | 'invalid' | undefined;
  /** Of this job only. */
  readonly job?: string | undefined;
  /** Of this step only. */
  readonly step?: string | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before, asked for with the same filter. */
  readonly cursor?: string | undefined;
}

/** What `listRuns` can be asked for. */
export interface ListRunsQuery {
  /** One of these. */
  readonly status?: ReadonlyArray<'queued' | 'running' | 'waiting' | 'blocked' | 'paused' | 'success' | 'failure' | 'cancelled'> | undefined;
  /** The workflow's name, or a part of the run's. */
  readonly name?: string | undefined;
  /** `key:value`; given several times: all of them. A comma belongs to the value. */
  readonly label?: ReadonlyArray<string> | undefined;
  /** One that jobs of it name by `runs-on`, as far as its file and its inputs told when it was submitted. */
  readonly queue?: string | undefined;
  /** What started it: `api`, `schedule`, `webhook`, or the id of a key, a schedule or a webhook. */
  readonly origin?: string | undefined;
  /** Waiting for such a thing, whatever else of them goes on: what somebody has to answer. */
  readonly awaits?: 'approval' | 'signal' | 'secrets' | undefined;
  /** Created at this time or later. */
  readonly created_after?: string | undefined;
  /** Created before this time. */
  readonly created_before?: string | undefined;
  /** Only keys of all tenants may name another than their own. */
  readonly tenant_id?: string | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before, asked for with the same filter. */
  readonly cursor?: string | undefined;
}

/** What `listSchedules` can be asked for. */
export interface ListSchedulesQuery {
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before, asked for with the same filter. */
  readonly cursor?: string | undefined;
  /** Exactly this name, which a tenant has once. */
  readonly name?: string | undefined;
  /** The tenant; only keys of all tenants may name another than their own. */
  readonly tenant_id?: string | undefined;
}

/** What `listWebhooks` can be asked for. */
export interface ListWebhooksQuery {
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before, asked for with the same filter. */
  readonly cursor?: string | undefined;
  /** Exactly this name, which a tenant has once. */
  readonly name?: string | undefined;
  /** The tenant; only keys of all tenants may name another than their own. */
  readonly tenant_id?: string | undefined;
}

/** A line of a step's log, secrets taken out. */
export interface LogLine {
  /** When its beginning was written. */
  readonly at: string;
  readonly job: string;
  readonly step: string;
  readonly job_attempt: number;
  readonly attempt: number;
  readonly stream: Known<'stdout' | 'stderr' | 'log'>;
  /** Without its line end. */
  readonly text: string;
  /** A line of more than 16,384 characters comes in pieces: this is not its last one. */
  readonly continues?: true;
  /** To go on behind this line, with `after` or `Last-Event-ID`. */
  readonly position: string;
}

/** What a key is to be. */
export interface NewKey {
  /** Who or what has it. */
  readonly name: string;
  /** What it may do: see the table of permissions. */
  readonly role: 'viewer' | 'operator' | 'approver' | 'admin' | 'agent';
  /** Its tenant, `*` for all of them. Default: your own; who is of all tenants has to name it. Only they may name another than their own. */
  readonly tenant_id?: string | undefined;
  /** How long it is good for, ten years at most. Absent: until it is revoked. */
  readonly expires_in?: string | undefined;
}

export interface NewRun {
  /** The text of the workflow file. */
  readonly workflow: string;
  /** What the file is called where it comes from, a relative path: problems and runs name it so. Default: `workflow.yml`. */
  readonly file?: string | undefined;
  /** The workflows that it calls, by their paths, relative to its folder. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** By name. What is left out has its default. */
  readonly inputs?: JsonObject | undefined;
  /** Values of secrets, by name, each with at least 4 characters other than white space. They are kept in memory until the run ends, and nowhere else. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** What expressions read as `vars`. */
  readonly vars?: JsonObject | undefined;
  /** What runs are found by. A name has up to 63 letters, digits and `._/-`, and begins with a letter or a digit; a value has up to 200 characters. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Answers with what would run, and runs nothing. Secrets may be left out. */
  readonly dry_run?: boolean | undefined;
  /** Only keys of all tenants may name another than their own. */
  readonly tenant_id?: string | undefined;
}

/** Without `cron` the entries of `on.schedule` in the workflow are used, a schedule for each; what else is given takes the place of what they say. */
export interface NewSchedule {
  /** The text of the workflow file. */
  readonly workflow: string;
  /** What the file is called where it comes from, a relative path: problems and runs name it so. Default: `workflow.yml`. */
  readonly file?: string | undefined;
  /** The workflows that it calls, by their paths, relative to its folder. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** Default: the workflow's name. */
  readonly name?: string | undefined;
  /** Minute, hour, day of the month, month, day of the week; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. */
  readonly cron?: string | undefined;
  /** A name of the IANA database. Default: `UTC`. */
  readonly timezone?: string | undefined;
  /** What becomes of a start that is due while a run of the schedule goes on: `skip` leaves it out, `queue` lets the first one wait, `cancel` cancels the run and starts the newest once it has ended. */
  readonly overlap?: 'skip' | 'queue' | 'cancel' | undefined;
  /** Starts that were missed while no server ran are made up if they are younger; a duration, or false. */
  readonly catch_up?: Json | undefined;
  /** Of each run, by name. What is left out has its default. */
  readonly inputs?: JsonObject | undefined;
  /** What expressions read as `vars`, in each run. */
  readonly vars?: JsonObject | undefined;
  /** Of each run, beside `scheduled_at`. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly paused?: boolean | undefined;
  /** The tenant; only keys of all tenants may name another than their own. */
  readonly tenant_id?: string | undefined;
}

export interface NewSchedules {
  readonly schedules: ReadonlyArray<Schedule>;
  readonly warnings: ReadonlyArray<Diagnostic>;
}

export interface NewSignal {
  /** As the workflow names it. */
  readonly name: string;
  /** The `id` that it is for, in the `awaits` of the run: where that does not wait any more, 409. */
  readonly awaited?: string | undefined;
  /** Any JSON that fits the schema of the step; at most 256 KiB. */
  readonly payload?: Json | undefined;
}

export interface NewWebhook {
  /** The text of the workflow file. */
  readonly workflow: string;
  /** What the file is called where it comes from, a relative path: problems and runs name it so. Default: `workflow.yml`. */
  readonly file?: string | undefined;
  /** The workflows that it calls, by their paths, relative to its folder. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** Default: the workflow's name. */
  readonly name?: string | undefined;
  /** What expressions read as `vars`: of the webhook, and of its runs. */
  readonly vars?: JsonObject | undefined;
  /** What runs are found by. A name has up to 63 letters, digits and `._/-`, and begins with a letter or a digit; a value has up to 200 characters. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The key of signatures. Left out, one is made up and answered once. */
  readonly secret?: string | undefined;
  readonly paused?: boolean | undefined;
  /** The tenant; only keys of all tenants may name another than their own. */
  readonly tenant_id?: string | undefined;
}

/** What a step can use. */
export interface Node {
  /** As `uses:` names it. */
  readonly uses: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** `control`: the machine itself carries it out. */
  readonly runtime: Known<'isolate' | 'wasm' | 'control'>;
  /** Each one's JSON Schema, with `required: true` beside it where it must be given. */
  readonly inputs: JsonObject;
  /** Each one's JSON Schema, with `required: true` beside it where it must be given. */
  readonly outputs: JsonObject;
  /** Whether steps that use it name further outputs themselves. */
  readonly dynamic_outputs: boolean;
  /** What it requests, by capability. */
  readonly permissions: JsonObject;
  /** What it may take at most, where its manifest says so. */
  readonly limits?: NodeLimits;
  /** Of its bytes. Absent for control nodes, and where its code is broken. */
  readonly digest?: string;
  readonly built_in: boolean;
}

/** What it may take at most, where its manifest says so. */
export interface NodeLimits {
  readonly timeout?: string;
  readonly memory?: string;
}

/** The run as it is now. */
export interface OperatedRun {
  readonly id: string;
  readonly tenant_id: string;
  /** The workflow's name. */
  readonly workflow: string;
  /** `run-name`, evaluated; else the workflow's name. */
  readonly name: string;
  readonly file: string;
  readonly status: Known<'queued' | 'running' | 'waiting' | 'blocked' | 'paused' | 'success' | 'failure' | 'cancelled'>;
  /** 1, and one more with each rerun. */
  readonly attempt: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Who or what started it. */
  readonly origin: OperatedRunOrigin;
  /** Those that its jobs name by `runs-on`, as far as its file and its inputs told when it was submitted. Absent of runs from before servers kept them. */
  readonly queues?: ReadonlyArray<string>;
  readonly created_at: string;
  readonly started_at?: string;
  readonly ended_at?: string;
  /** What somebody is to send. In lists the first 20, without the `schema` of payloads; absent: nothing. */
  readonly awaits?: ReadonlyArray<AwaitedSignal>;
  readonly error?: Diagnostic;
  /** `when_resumed`: it is on record, and holds once the server has taken up the run, which it does by itself, such as after a start. */
  readonly takes_effect: Known<'now' | 'when_resumed'>;
}

/** Who or what started it. */
export interface OperatedRunOrigin {
  readonly kind: Known<'api' | 'schedule' | 'webhook'>;
  readonly id: string;
  readonly by: string;
}

/** A node that is a plugin. */
export interface Plugin {
  /** As `uses:` names it. */
  readonly uses: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** `control`: the machine itself carries it out. */
  readonly runtime: Known<'isolate' | 'wasm' | 'control'>;
  /** Each one's JSON Schema, with `required: true` beside it where it must be given. */
  readonly inputs: JsonObject;
  /** Each one's JSON Schema, with `required: true` beside it where it must be given. */
  readonly outputs: JsonObject;
  /** Whether steps that use it name further outputs themselves. */
  readonly dynamic_outputs: boolean;
  /** What it requests, by capability. */
  readonly permissions: JsonObject;
  /** What it may take at most, where its manifest says so. */
  readonly limits?: PluginLimits;
  /** Of its bytes. Absent for control nodes, and where its code is broken. */
  readonly digest?: string;
  readonly built_in: boolean;
  readonly source: Known<'built-in' | 'installed'>;
  /** What it requests, in words. */
  readonly asks?: ReadonlyArray<PluginAsks>;
  /** The newest version that the server or an agent has, where that is a later one. */
  readonly update?: PluginUpdate;
}

export interface PluginAsks {
  /** A capability, or what else it is about. */
  readonly about: string;
  /** In words. */
  readonly what: string;
  /** The author's. */
  readonly reason?: string;
}

/** What it may take at most, where its manifest says so. */
export interface PluginLimits {
  readonly timeout?: string;
  readonly memory?: string;
}

/** The newest version that the server or an agent has, where that is a later one. */
export interface PluginUpdate {
  readonly version: string;
  /** What it asks for that this version does not. */
  readonly more: ReadonlyArray<PluginUpdateMore>;
}

export interface PluginUpdateMore {
  /** A capability, or what else it is about. */
  readonly about: string;
  /** In words. */
  readonly what: string;
  /** The author's. */
  readonly reason?: string;
  readonly kind: Known<'added' | 'widened' | 'changed'>;
  /** What it takes the place of, where that is plain. */
  readonly was?: string;
}

/** Why a request was not carried out (RFC 9457). */
export interface Problem {
  /** A URN of the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What is wrong, in words. */
  readonly detail: string;
  /** One of the codes of docs/errors.md. */
  readonly code: string;
  /** What to do about it. */
  readonly remedy: string;
  /** The request's id, by which the server's log and audit name it. */
  readonly request_id: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly end_line?: number;
  readonly end_column?: number;
  readonly rule?: string;
  /** Which value of the body it is about, as a JSON Pointer. */
  readonly pointer?: string;
  /** Each single problem. */
  readonly errors?: ReadonlyArray<Diagnostic>;
}

/** What `runs-on` names. */
export interface Queue {
  readonly name: string;
  /** Agents that take from it. */
  readonly pollers: number;
  /** What waits for one. */
  readonly backlog: number;
}

export interface Reason {
  /** In your own words; the record of the run shows it. */
  readonly reason?: string | undefined;
}

export interface Rerun {
  /** What runs again: all; what failed or was cancelled; a job; a job from a step on; one iteration of a loop. */
  readonly from?: 'all' | 'failed' | 'job' | 'step' | 'iteration' | undefined;
  readonly job?: string | undefined;
  readonly step?: string | undefined;
  /** Counted from 0. */
  readonly iteration?: number | undefined;
  /** Those that change; the others stay as they were. */
  readonly inputs?: JsonObject | undefined;
  /** Values of secrets, by name, each with at least 4 characters other than white space. They are kept in memory until the run ends, and nowhere else. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
}

export interface Resume {
  /** In your own words; the record of the run shows it. */
  readonly reason?: string | undefined;
  /** Values of secrets, by name, each with at least 4 characters other than white space. They are kept in memory until the run ends, and nowhere else. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
}

/** A run. */
export interface Run {
  readonly id: string;
  readonly tenant_id: string;
  /** The workflow's name. */
  readonly workflow: string;
  /** `run-name`, evaluated; else the workflow's name. */
  readonly name: string;
  readonly file: string;
  readonly status: Known<'queued' | 'running' | 'waiting' | 'blocked' | 'paused' | 'success' | 'failure' | 'cancelled'>;
  /** 1, and one more with each rerun. */
  readonly attempt: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Who or what started it. */
  readonly origin: RunOrigin;
  /** Those that its jobs name by `runs-on`, as far as its file and its inputs told when it was submitted. Absent of runs from before servers kept them. */
  readonly queues?: ReadonlyArray<string>;
  readonly created_at: string;
  readonly started_at?: string;
  readonly ended_at?: string;
  /** What somebody is to send. In lists the first 20, without the `schema` of payloads; absent: nothing. */
  readonly awaits?: ReadonlyArray<AwaitedSignal>;
  readonly error?: Diagnostic;
}

/** A run with its jobs and steps. */
export interface RunDetails {
  readonly id: string;
  readonly tenant_id: string;
  /** The workflow's name. */
  readonly workflow: string;
  /** `run-name`, evaluated; else the workflow's name. */
  readonly name: string;
  readonly file: string;
  readonly status: Known<'queued' | 'running' | 'waiting' | 'blocked' | 'paused' | 'success' | 'failure' | 'cancelled'>;
  /** 1, and one more with each rerun. */
  readonly attempt: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Who or what started it. */
  readonly origin: RunDetailsOrigin;
  /** Those that its jobs name by `runs-on`, as far as its file and its inputs told when it was submitted. Absent of runs from before servers kept them. */
  readonly queues?: ReadonlyArray<string>;
  readonly created_at: string;
  readonly started_at?: string;
  readonly ended_at?: string;
  /** What somebody is to send. In lists the first 20, without the `schema` of payloads; absent: nothing. */
  readonly awaits: ReadonlyArray<AwaitedSignal>;
  readonly error?: Diagnostic;
  readonly inputs: JsonObject;
  readonly vars: JsonObject;
  /** Their names. */
  readonly secrets: ReadonlyArray<string>;
  /** Those whose values are gone since the server was started anew, whether or not a step waits for them yet: see `resumeRun`. Absent: none. */
  readonly secrets_missing?: ReadonlyArray<string>;
  /** By their keys: `build (linux, 24)` is a cell of a matrix, `deploy @web-3` a host, `release / build` a job of a called workflow. */
  readonly jobs: Readonly<Record<string, RunJob>>;
}

/** Who or what started it. */
export interface RunDetailsOrigin {
  readonly kind: Known<'api' | 'schedule' | 'webhook'>;
  readonly id: string;
  readonly by: string;
}

/** An event of a run, or of a job of it. */
export interface RunEvent {
  /** 1, 2, 3… within a run. */
  readonly sequence: number;
  readonly at: string;
  /** Absent: the event is of the run itself. */
  readonly job?: string;
  readonly type: string;
  /** What the machine of the run or of the job was told. */
  readonly event: JsonObject;
}

export interface RunJob {
  /** Its place among the jobs, from 0. The order of keys in JSON means nothing. */
  readonly index: number;
  readonly name: string;
  /** In its workflow file; the cells and hosts of a job share it. */
  readonly id: string;
  /** The ids of the jobs of its file that it needs. */
  readonly needs: ReadonlyArray<string>;
  /** The key of the job that calls its workflow. Absent: it is of the run's own file. */
  readonly caller?: string;
  readonly status: Known<'waiting' | 'queued' | 'running' | 'blocked' | 'paused' | 'success' | 'failure' | 'cancelled' | 'skipped'>;
  readonly waits_for?: Known<'needs' | 'group' | 'approval' | 'hosts' | 'slot'>;
  /** Why it is blocked. */
  readonly reason?: string;
  /** While it waits for an agent: when it gives up. */
  readonly waits_until?: string;
  readonly attempts: number;
  /** The agent that has it, or had it last. */
  readonly agent?: string;
  /** It has not been heard of for some seconds, and may be lost. */
  readonly agent_suspect?: true;
  /** Of a host of a fleet: in which wave it starts. Absent where it ended so in an earlier attempt. */
  readonly wave?: number;
  readonly started_at?: string;
  readonly ended_at?: string;
  readonly duration_ms?: number;
  readonly outputs: JsonObject;
  /** It ended so in an earlier attempt of the run. */
  readonly reused?: true;
  readonly environment?: JsonObject;
  /** The condition that was false, and what it read. */
  readonly skip_reason?: JsonObject;
  readonly error?: Diagnostic;
  /** By their keys, as far as the job has begun. */
  readonly steps: Readonly<Record<string, RunStep>>;
}

/** Who or what started it. */
export interface RunOrigin {
  readonly kind: Known<'api' | 'schedule' | 'webhook'>;
  readonly id: string;
  readonly by: string;
}

export interface RunStep {
  /** Its place among the steps that are shown, from 0, in the order of the file. */
  readonly index: number;
  readonly name: string;
  readonly uses: string;
  readonly status: Known<'pending' | 'running' | 'waiting' | 'retrying' | 'success' | 'failure' | 'cancelled' | 'skipped'>;
  /** While it waits for a signal: when it gives up. Absent: never. */
  readonly waits_until?: string;
  readonly outcome?: Known<'success' | 'failure' | 'cancelled' | 'skipped'>;
  /** What the outcome comes to with `continue-on-error`. */
  readonly conclusion?: Known<'success' | 'failure' | 'cancelled' | 'skipped'>;
  readonly attempts: number;
  readonly started_at?: string;
  readonly ended_at?: string;
  readonly duration_ms?: number;
  readonly outputs: JsonObject;
  readonly host_calls: RunStepHostCalls;
  /** Which bytes ran: name, version and digest. */
  readonly plugin?: JsonObject;
  /** Of a loop: how many there are, and how those ended that are over. */
  readonly iterations?: JsonObject;
  readonly reused?: true;
  /** The condition that was false, and what it read. */
  readonly skip_reason?: JsonObject;
  readonly error?: Diagnostic;
  /** The last lines of the log of a step that failed. */
  readonly last_lines?: ReadonlyArray<string>;
}

export interface RunStepHostCalls {
  readonly allowed: number;
  readonly denied: number;
}

/** What starts runs of a workflow at its times. */
export interface Schedule {
  readonly id: string;
  readonly tenant_id: string;
  readonly name: string;
  /** Its five fields. */
  readonly cron: string;
  readonly timezone: string;
  /** What becomes of a start that is due while a run of the schedule goes on: `skip` leaves it out, `queue` lets the first one wait, `cancel` cancels the run and starts the newest once it has ended. */
  readonly overlap: Known<'skip' | 'queue' | 'cancel'>;
  readonly catch_up_ms: number;
  readonly paused: boolean;
  /** Of each run, by name. What is left out has its default. */
  readonly inputs: JsonObject;
  /** What expressions read as `vars`, in each run. */
  readonly vars: JsonObject;
  /** Of each run, beside `scheduled_at`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly created_at: string;
  readonly created_by: string;
  /** Absent while it is paused. */
  readonly next_run_at?: string;
}

/** What is to be different. A new `workflow` keeps the times of the schedule. */
export interface ScheduleChanges {
  /** The text of the workflow file. */
  readonly workflow?: string | undefined;
  /** What the file is called where it comes from, a relative path: problems and runs name it so. Default: `workflow.yml`. */
  readonly file?: string | undefined;
  /** The workflows that it calls, by their paths, relative to its folder. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** Default: the workflow's name. */
  readonly name?: string | undefined;
  /** Minute, hour, day of the month, month, day of the week; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. */
  readonly cron?: string | undefined;
  /** A name of the IANA database. Default: `UTC`. */
  readonly timezone?: string | undefined;
  /** What becomes of a start that is due while a run of the schedule goes on: `skip` leaves it out, `queue` lets the first one wait, `cancel` cancels the run and starts the newest once it has ended. */
  readonly overlap?: 'skip' | 'queue' | 'cancel' | undefined;
  /** Starts that were missed while no server ran are made up if they are younger; a duration, or false. */
  readonly catch_up?: Json | undefined;
  /** Of each run, by name. What is left out has its default. */
  readonly inputs?: JsonObject | undefined;
  /** What expressions read as `vars`, in each run. */
  readonly vars?: JsonObject | undefined;
  /** Of each run, beside `scheduled_at`. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly paused?: boolean | undefined;
}

/** A schedule with its next and its last starts. */
export interface ScheduleDetails {
  readonly id: string;
  readonly tenant_id: string;
  readonly name: string;
  /** Its five fields. */
  readonly cron: string;
  readonly timezone: string;
  /** What becomes of a start that is due while a run of the schedule goes on: `skip` leaves it out, `queue` lets the first one wait, `cancel` cancels the run and starts the newest once it has ended. */
  readonly overlap: Known<'skip' | 'queue' | 'cancel'>;
  readonly catch_up_ms: number;
  readonly paused: boolean;
  /** Of each run, by name. What is left out has its default. */
  readonly inputs: JsonObject;
  /** What expressions read as `vars`, in each run. */
  readonly vars: JsonObject;
  /** Of each run, beside `scheduled_at`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly created_at: string;
  readonly created_by: string;
  /** Absent while it is paused. */
  readonly next_run_at?: string;
  /** The next five; none while it is paused. */
  readonly next_runs: ReadonlyArray<string>;
  /** The last ten, newest first. */
  readonly last_runs: ReadonlyArray<ScheduleDetailsLastRuns>;
}

export interface ScheduleDetailsLastRuns {
  readonly id: string;
  readonly status: string;
  /** The start that it is. Absent: somebody triggered it. */
  readonly scheduled_at?: string;
  readonly created_at: string;
  readonly started_at?: string;
  readonly ended_at?: string;
}

export interface SkippedDelivery {
  readonly skipped: true;
  /** `filter`: the workflow does not want it; `repeated`: it came before. */
  readonly reason: Known<'filter' | 'repeated'>;
}

export interface StartedRun {
  readonly id: string;
  /** The same as `id`. */
  readonly workflow_id: string;
  readonly status: string;
}

/** What a step that uses a plugin may do. */
export interface StepGrants {
  /** Without cells and hosts. */
  readonly job: string;
  readonly step: string;
  readonly uses: string;
  /** Inputs whose values only the run knows: what depends on them is left open. */
  readonly unknown_inputs: ReadonlyArray<string>;
  readonly grant?: Grant;
  readonly error?: Diagnostic;
  /** Of the call that was asked about. */
  readonly call?: StepGrantsCall;
}

/** Of the call that was asked about. */
export interface StepGrantsCall {
  readonly decision: Known<'allowed' | 'denied'>;
  /** The least that would allow it, by layers; all of it is needed. */
  readonly changes: ReadonlyArray<StepGrantsCallChanges>;
}

export interface StepGrantsCallChanges {
  readonly layer: Known<'manifest' | 'policy' | 'caller' | 'workflow' | 'job' | 'step'>;
  readonly place: string;
  /** What to do there. */
  readonly todo: string;
  /** YAML to add. */
  readonly lines: ReadonlyArray<string>;
}

export interface SubmittedRun {
  /** The id of the run. */
  readonly id: string;
  /** The same. */
  readonly workflow_id: string;
  readonly status: Known<'queued' | 'running' | 'waiting' | 'blocked' | 'paused' | 'success' | 'failure' | 'cancelled'>;
  readonly warnings: ReadonlyArray<Diagnostic>;
}

export interface Validation {
  readonly valid: boolean;
  readonly diagnostics: ReadonlyArray<Diagnostic>;
}

/** An address to which signed requests are sent that start runs of a workflow. */
export interface Webhook {
  readonly id: string;
  readonly tenant_id: string;
  readonly name: string;
  /** What expressions read as `vars`: of the webhook, and of its runs. */
  readonly vars: JsonObject;
  /** What runs are found by. A name has up to 63 letters, digits and `._/-`, and begins with a letter or a digit; a value has up to 200 characters. */
  readonly labels: Readonly<Record<string, string>>;
  readonly paused: boolean;
  /** Where requests go; only its path where the server knows no public URL. */
  readonly delivery_url: string;
  readonly created_at: string;
  readonly created_by: string;
}

export interface WebhookChanges {
  /** The text of the workflow file. */
  readonly workflow?: string | undefined;
  /** What the file is called where it comes from, a relative path: problems and runs name it so. Default: `workflow.yml`. */
  readonly file?: string | undefined;
  /** The workflows that it calls, by their paths, relative to its folder. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** Default: the workflow's name. */
  readonly name?: string | undefined;
  /** What expressions read as `vars`: of the webhook, and of its runs. */
  readonly vars?: JsonObject | undefined;
  /** What runs are found by. A name has up to 63 letters, digits and `._/-`, and begins with a letter or a digit; a value has up to 200 characters. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** A new key of signatures. The old one holds no more. */
  readonly secret?: string | undefined;
  /** Makes up a new secret, which is answered once. */
  readonly rotate_secret?: true | undefined;
  readonly paused?: boolean | undefined;
}

export interface WebhookWithSecret {
  readonly id: string;
  readonly tenant_id: string;
  readonly name: string;
  /** What expressions read as `vars`: of the webhook, and of its runs. */
  readonly vars: JsonObject;
  /** What runs are found by. A name has up to 63 letters, digits and `._/-`, and begins with a letter or a digit; a value has up to 200 characters. */
  readonly labels: Readonly<Record<string, string>>;
  readonly paused: boolean;
  /** Where requests go; only its path where the server knows no public URL. */
  readonly delivery_url: string;
  readonly created_at: string;
  readonly created_by: string;
  /** The secret that was made up. It is not shown again, also not to the same request. */
  readonly secret?: string;
  readonly warnings: ReadonlyArray<Diagnostic>;
}

/** A workflow as it was sent: submitted again, it gives the same run. */
export interface WorkflowSource {
  /** How it was called where it came from. */
  readonly file: string;
  /** Its text, with its comments. */
  readonly workflow: string;
  /** The texts of the files that came with it, by their paths. */
  readonly files: Readonly<Record<string, string>>;
}
