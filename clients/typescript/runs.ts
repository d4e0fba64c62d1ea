import { TimedOutError, WaterflowError } from './errors.ts';
import type {
  Approval,
  AuditRecord,
  DryRun,
  Explanation,
  GetRunLogsQuery,
  Grants,
  HostCall,
  ListGrantsQuery,
  ListHostCallsQuery,
  ListRunsQuery,
  LogLine,
  NewRun,
  NewSignal,
  OperatedRun,
  Reason,
  Rerun,
  Resume,
  Run,
  RunDetails,
  RunEvent,
  SubmittedRun,
  Validation,
  WorkflowSource,
} from './generated/models.ts';
import { type Pages, pagesOf } from './pages.ts';
import { apiPath } from './path.ts';
import { followEvents, type StreamEnd, type StreamOptions } from './stream.ts';
import type { ApiRequest, KeyedOptions, RequestOptions, Transport } from './transport.ts';

/** Until when `wait` waits. */
export interface WaitOptions extends Pick<RequestOptions, 'signal'> {
  /** How long at most, in ms: then it rejects with TimedOutError. Default: for ever. */
  readonly timeoutMs?: number | undefined;
  /** Default: until the run has ended. `(run) => run.awaits.length > 0` waits until somebody has to answer. */
  readonly until?: ((run: RunDetails) => boolean) | undefined;
  /** How long a server that is away is tried again, in ms. Default: ten minutes. */
  readonly reconnectForMs?: number | undefined;
}

/** A decision, without what it is: `approve`, `reject` and `pushBack` say that. */
export type Decision = Omit<Approval, 'decision'>;
/** What is submitted: `dryRun` is a call of its own. */
export type Submission = Omit<NewRun, 'dry_run'>;
/** What is checked. */
export type Checked = Pick<NewRun, 'workflow' | 'file' | 'files' | 'inputs'>;
/** Which lines of a log. Who has enough of them stops. */
export type LogQuery = Omit<GetRunLogsQuery, 'after' | 'follow' | 'format' | 'limit'>;

/** Runs: to start, follow and operate them. */
export interface Runs {
  /** Begins a run. However often the request has to be sent, there is one. Rejects with ValidationError where something is wrong with it. */
  readonly submit: (run: Submission, options?: KeyedOptions) => Promise<SubmittedRun>;
  /** What would run. */
  readonly dryRun: (run: Submission, options?: RequestOptions) => Promise<DryRun>;
  /** Every problem of a workflow, with its place. */
  readonly validate: (workflow: Checked, options?: RequestOptions) => Promise<Validation>;
  /** Newest first. */
  readonly listRuns: (query?: ListRunsQuery, options?: RequestOptions) => Pages<Run>;
  readonly getRun: (id: string, options?: RequestOptions) => Promise<RunDetails>;
  /** The run as it was after one of its events. */
  readonly getRunAt: (id: string, sequence: number, options?: RequestOptions) => Promise<RunDetails>;
  /** Why the run is as it is: what failed and where, what it waits for, what has changed since it last went well, and what to do. */
  readonly explain: (id: string, options?: RequestOptions) => Promise<Explanation>;
  /** The workflow as it was sent, with its comments, and the files that it calls. Rejects with NotFoundError where it was not kept. */
  readonly getRunSource: (id: string, options?: RequestOptions) => Promise<WorkflowSource>;
  /** Resolves with the run when it has ended, or when `until` says so. Looks by long polls, and over restarts of the server. */
  readonly wait: (id: string, options?: WaitOptions) => Promise<RunDetails>;
  /** The log as it is written, to the end of the run: over restarts of the server, no line left out and none twice. */
  readonly streamLogs: (
    id: string,
    options?: StreamOptions & LogQuery,
  ) => AsyncGenerator<LogLine, StreamEnd, undefined>;
  /** The same of its events. */
  readonly streamEvents: (id: string, options?: StreamOptions) => AsyncGenerator<RunEvent, StreamEnd, undefined>;
  /** The log that is there by now, as `[job/step] text` on each line. */
  readonly logText: (id: string, query?: LogQuery, options?: RequestOptions) => Promise<string>;
  /** What steps asked of their agents, allowed and denied. */
  readonly listHostCalls: (id: string, query?: ListHostCallsQuery, options?: RequestOptions) => Pages<HostCall>;
  /** How the records of those are, one of each agent, checked now. */
  readonly listAuditRecords: (id: string, options?: RequestOptions) => Promise<readonly AuditRecord[]>;
  /** What the steps may do, and by which of manifest, policy, lockfile and workflow. */
  readonly listGrants: (id: string, query?: ListGrantsQuery, options?: RequestOptions) => Promise<Grants>;
  readonly approve: (id: string, decision?: Decision, options?: KeyedOptions) => Promise<OperatedRun>;
  readonly reject: (id: string, decision?: Decision, options?: KeyedOptions) => Promise<OperatedRun>;
  /** Back to the step `to`, to do it again. */
  readonly pushBack: (id: string, decision?: Decision, options?: KeyedOptions) => Promise<OperatedRun>;
  readonly signal: (id: string, signal: NewSignal, options?: KeyedOptions) => Promise<OperatedRun>;
  readonly cancel: (id: string, reason?: Reason, options?: KeyedOptions) => Promise<OperatedRun>;
  /** At once, without what cleans up. */
  readonly terminate: (id: string, reason?: Reason, options?: KeyedOptions) => Promise<OperatedRun>;
  readonly pause: (id: string, reason?: Reason, options?: KeyedOptions) => Promise<OperatedRun>;
  readonly resume: (id: string, resume?: Resume, options?: KeyedOptions) => Promise<OperatedRun>;
  /** An ended run once more, in whole or `from` what failed, a job or a step. */
  readonly rerun: (id: string, rerun?: Rerun, options?: KeyedOptions) => Promise<OperatedRun>;
}

/** How long the server keeps a request of `wait` open. What began to wait between two of them is seen after that. */
const longPollMs = 15_000;
/** For so much longer than it was told to wait a server may take to answer. */
const graceMs = 1000;
const defaultReconnectMs = 10 * 60_000;

/** These operations. Their answers are as the API says. */
export function runsOf(transport: Transport): Runs {
  const { ask, text, powers, timeoutMs: mostMs } = transport;
  const keyed = (path: string, body: object, options?: KeyedOptions): Promise<OperatedRun> => {
    const idempotencyKey = options?.idempotencyKey ?? powers.uniqueKey();
    return ask({ method: 'POST', path, body, idempotencyKey, has: 'id' }, options) as Promise<OperatedRun>;
  };
  const decide =
    (decision: Approval['decision']): Runs['approve'] =>
    (id, details = {}, options = {}) =>
      keyed(apiPath`v1/workflows/${id}/approvals`, { ...details, decision }, options);
  const details = (request: ApiRequest, options?: RequestOptions): Promise<RunDetails> =>
    ask({ ...request, has: 'status' }, options) as Promise<RunDetails>;
  const getRun: Runs['getRun'] = (id, options) => details({ path: apiPath`v1/workflows/${id}` }, options);

  return {
    submit(run, options) {
      const idempotencyKey = options?.idempotencyKey ?? powers.uniqueKey();
      const request: ApiRequest = { method: 'POST', path: 'v1/workflows', body: run, idempotencyKey, has: 'id' };
      return ask(request, options) as Promise<SubmittedRun>;
    },
    dryRun(run, options) {
      const body = { ...run, dry_run: true };
      return ask({ method: 'POST', path: 'v1/workflows', body, repeats: true }, options) as Promise<DryRun>;
    },
    validate: (body, options) =>
      ask({ method: 'POST', path: 'v1/validate', body, repeats: true }, options) as Promise<Validation>,
    listRuns: (query, options) =>
      pagesOf(transport, { path: 'v1/workflows', list: 'workflows', query: runsQuery(query) }, options),
    getRun,
    explain: (id, options) => ask({ path: apiPath`v1/workflows/${id}/explanation` }, options) as Promise<Explanation>,
    getRunSource: (id, options) =>
      ask({ path: apiPath`v1/workflows/${id}/source` }, options) as Promise<WorkflowSource>,
    getRunAt: (id, at, options) => details({ path: apiPath`v1/workflows/${id}/events`, query: { at } }, options),
    async wait(id, options = {}) {
      const { signal, timeoutMs = Infinity, until = hasEnded, reconnectForMs = defaultReconnectMs } = options;
      const deadline = powers.now() + timeoutMs;
      const patience = (): RequestOptions => {
        const left = Math.max(0, deadline - powers.now());
        return { signal, retryForMs: Math.min(reconnectForMs, left), timeoutMs: Math.min(mostMs, left + graceMs) };
      };
      let run = await getRun(id, patience());
      while (!until(run)) {
        const left = deadline - powers.now();
        if (left <= 0) throw new TimedOutError(`run ${id} is still ${run.status} after ${timeoutMs} ms`);
        const wait = `${Math.ceil(Math.min(longPollMs, left))}ms`;
        run = await details({ path: apiPath`v1/workflows/${id}`, query: { wait, while: run.status } }, patience());
        // An ended run doesn't change any more: a server answers such a wait at once.
        if (hasEnded(run) && !until(run)) throw endedBefore(run);
      }
      return run;
    },
    streamLogs(id, { signal, after, reconnectForMs, ...query } = {}) {
      const path = apiPath`v1/workflows/${id}/logs`;
      return followEvents<LogLine>(transport, { path, query }, { signal, after, reconnectForMs });
    },
    streamEvents: (id, options) =>
      followEvents<RunEvent>(transport, { path: apiPath`v1/workflows/${id}/events` }, options),
    logText(id, query = {}, options = {}) {
      const path = apiPath`v1/workflows/${id}/logs`;
      return text({ path, query: { ...query, format: 'text' }, headers: { accept: 'text/plain' } }, options);
    },
    listHostCalls: (id, query, options) =>
      pagesOf(
        transport,
        { path: apiPath`v1/workflows/${id}/host-calls`, list: 'host_calls', query: { ...query } },
        options,
      ),
    async listAuditRecords(id, options) {
      const answer = await ask({ path: apiPath`v1/workflows/${id}/audit-records` }, options);
      return (answer as { readonly audit_records: readonly AuditRecord[] }).audit_records; // As the API says.
    },
    listGrants: (id, query, options) =>
      ask({ path: apiPath`v1/workflows/${id}/grants`, query: { ...query } }, options) as Promise<Grants>,
    approve: decide('approve'),
    reject: decide('reject'),
    pushBack: decide('push-back'),
    signal: (id, signal, options) => keyed(apiPath`v1/workflows/${id}/signals`, signal, options),
    cancel: (id, reason = {}, options = {}) => keyed(apiPath`v1/workflows/${id}/cancel`, reason, options),
    terminate: (id, reason = {}, options = {}) => keyed(apiPath`v1/workflows/${id}/terminate`, reason, options),
    pause: (id, reason = {}, options = {}) => keyed(apiPath`v1/workflows/${id}/pause`, reason, options),
    resume: (id, resume = {}, options = {}) => keyed(apiPath`v1/workflows/${id}/resume`, resume, options),
    rerun: (id, rerun = {}, options = {}) => keyed(apiPath`v1/workflows/${id}/rerun`, rerun, options),
  };
}

/** Statuses go in one parameter, and labels, which may hold commas, in several. Programs in JavaScript may give a single one. */
function runsQuery({
  status,
  ...query
}: ListRunsQuery = {}): Readonly<Record<string, string | number | readonly string[] | undefined>> {
  return { ...query, status: status === undefined ? undefined : [status].flat().join(',') };
}

function endedBefore({ id, status }: RunDetails): WaterflowError {
  const remedy = 'Look at the run: what was waited for will not come any more.';
  return new WaterflowError(`run ${id} ended (${status}) before that`, { code: 'RUN_ENDED', remedy });
}

function hasEnded(run: RunDetails): boolean {
  return run.ended_at !== undefined;
}
