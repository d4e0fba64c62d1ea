import type { Digest, Json, JsonObject, RunId } from '../../schemas/index.ts';

/**
 * What servers keep beside the runs' own journals and logs: which runs there are and whose, API keys, schedules, webhooks and
 * the record of API calls. Times are milliseconds since the epoch. Everything is durable when its promise resolves. Errors are
 * WaterflowFailure with STORAGE_FULL or STORAGE_FAILED; CONFLICT where an id is given a second time; NOT_FOUND where a run, a
 * schedule or a webhook names a plan that isn't kept. Nothing is half written.
 */
export interface Records extends AsyncDisposable {
  readonly driver: 'sqlite' | 'postgresql';
  readonly runs: RunRows;
  readonly sources: SourceRows;
  readonly keys: KeyRows;
  readonly schedules: ScheduleRows;
  readonly webhooks: WebhookRows;
  readonly calls: CallRows;
  readonly claims: ClaimRows;
  /** Resolves where the store answers. */
  check(): Promise<void>;
}

/** A run from its submission on, also before an engine has taken it. */
export interface RunRow {
  readonly run: RunId;
  readonly tenant: string;
  /** The workflow's name, and `run-name` evaluated where the run has begun. */
  readonly workflow: string;
  readonly name: string;
  readonly file: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Those that its jobs name, each once, as far as they were known when it was submitted; absent: none, or nobody kept them. */
  readonly queues?: readonly string[];
  /** `accepted`: no engine has it yet. Else as RunInfo has it. */
  readonly status:
    | 'accepted'
    | 'queued'
    | 'running'
    | 'waiting'
    | 'blocked'
    | 'paused'
    | 'success'
    | 'failure'
    | 'cancelled';
  readonly attempt: number;
  readonly created_at: number;
  readonly started_at?: number;
  readonly ended_at?: number;
  readonly origin: RunOrigin;
  /** What an engine is asked to run, without the values of secrets. */
  readonly request: SubmittedRequest;
  /** A WaterflowError, where the run ended with one of its own. */
  readonly error?: JsonObject;
  /** What somebody is to send; absent: nothing, and of a run that has ended. */
  readonly awaits?: readonly RunAwaits[];
}

/** One of what somebody is to send to a run, with whatever lists of runs show of it. */
export type RunAwaits = JsonObject & { readonly kind: AwaitedKind };
export type AwaitedKind = 'approval' | 'signal' | 'secrets';

/** Who or what started a run. */
export interface RunOrigin {
  readonly kind: 'api' | 'schedule' | 'webhook';
  /** Of the key, the schedule or the webhook. */
  readonly id: string;
  /** As people know it. */
  readonly by: string;
  /** W3C trace context of the request, `traceparent`. */
  readonly traceparent?: string;
}

export interface SubmittedRequest {
  /** Of the plan, see {@link RunRows.putPlan}. */
  readonly plan: Digest;
  /** Of the workflow as it was sent, see {@link SourceRows}. Absent: of a run from before sources were kept. */
  readonly source?: Digest;
  readonly inputs: JsonObject;
  readonly vars: JsonObject;
  /** Names of the secrets that came with it. Values are in no store. */
  readonly secrets: readonly string[];
  /** They themselves, sealed so that nobody but the run's agents can open them. */
  readonly sealed?: JsonObject;
}

/** An `Idempotency-Key`, what it was first sent with, and until when it holds. */
export interface IdempotencyClaim {
  readonly tenant: string;
  readonly key: string;
  /** Of the request's whole content. */
  readonly fingerprint: Digest;
  readonly expires_at: number;
}

export type Submitted =
  | { readonly kind: 'created' }
  /** The same request came before: its run, and what was answered. */
  | { readonly kind: 'repeated'; readonly run: RunId; readonly answer: JsonObject }
  /** Another request came with the same key. */
  | { readonly kind: 'conflict' };

/** A claim, and what repeated requests are answered. */
export type Claimed = IdempotencyClaim & { readonly answer: JsonObject };

/** What came of something new that isn't a run. */
export type Added =
  | { readonly kind: 'created' }
  /** The same request came before, and was answered so. */
  | { readonly kind: 'repeated'; readonly answer: JsonObject }
  /** Another request came with the same key. */
  | { readonly kind: 'conflict' };

/** Claims for what is done elsewhere than in the records. */
export interface ClaimRows {
  /** Makes the claim. `id`: what it is done to; `at`: the present. */
  make(claim: Claimed, of: { readonly id: string; readonly at: number }): Promise<Added>;
  /** Takes it away again: nothing was done. */
  release(claim: Pick<IdempotencyClaim, 'tenant' | 'key' | 'fingerprint'>): Promise<void>;
}

export interface RunFilter {
  /** Absent: of all tenants. */
  readonly tenant?: string;
  readonly status?: readonly RunRow['status'][];
  /** The workflow's name, or part of the run's name, whatever its case. */
  readonly name?: string;
  readonly created_from?: number;
  readonly created_until?: number;
  /** All of them. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly origin?: { readonly kind: RunOrigin['kind']; readonly id?: string };
  /** One of {@link RunRow.queues}. */
  readonly queue?: string;
  /** Those that wait for something of that kind, whatever else of them goes on. */
  readonly awaits?: AwaitedKind;
}

/** A page, newest first. `next` is what to ask the following page after; opaque. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next?: string;
}

/** What changes of a run as it goes on. Null takes a value away: a run that runs again has no end. */
export type RunChanges = Partial<Pick<RunRow, 'status' | 'name' | 'attempt' | 'started_at' | 'request'>> & {
  readonly ended_at?: number | null;
  readonly error?: JsonObject | null;
  /** None of a run that ends. */
  readonly awaits?: readonly RunAwaits[] | null;
};

export interface RunRows {
  /**
   * Writes the row, and what was claimed with it, or neither. `answer` is what repeated requests get. The row's `created_at` is
   * the present for claims. NOT_FOUND: the plan has to be put again.
   */
  submit(row: RunRow, claim?: Claimed): Promise<Submitted>;
  /** What was answered under a key before, so that nothing is read or compiled again. */
  repeated(
    claim: Pick<IdempotencyClaim, 'tenant' | 'key' | 'fingerprint'>,
    now: number,
  ): Promise<Submitted | undefined>;
  get(run: RunId): Promise<RunRow | undefined>;
  list(filter: RunFilter, page: { readonly limit: number; readonly after?: string }): Promise<Page<RunRow>>;
  /** How many there are, by status. */
  count(filter: RunFilter): Promise<Readonly<Partial<Record<RunRow['status'], number>>>>;
  /** An unknown run is left alone. */
  update(run: RunId, changes: RunChanges): Promise<void>;
  /** The oldest that no engine has, in the order in which they came. */
  accepted(limit: number): Promise<readonly RunRow[]>;
  /** All that haven't ended and that an engine has. */
  unfinished(): Promise<readonly RunRow[]>;
  /**
   * Plans by the digest of their JSON; the same plan is kept once. It stays while something refers to it, and at least as long
   * after it was last put as ended runs stay, see {@link RunRows.removeEnded}.
   */
  putPlan(digest: Digest, plan: JsonObject): Promise<void>;
  getPlan(digest: Digest): Promise<JsonObject | undefined>;
  /** Takes away up to `limit` that ended before; returns them. Expired claims go with them, and plans and sources that no run, schedule or webhook has. */
  removeEnded(before: number, limit: number): Promise<readonly RunId[]>;
  /** Of those that {@link removeEnded} took away, the ones of which something may be left elsewhere: until {@link removeLeftovers} says otherwise. */
  leftovers(limit: number): Promise<readonly RunId[]>;
  /** When the oldest that is there was created; undefined where there is none. */
  oldest(): Promise<number | undefined>;
  removeLeftovers(runs: readonly RunId[]): Promise<void>;
}

/** Workflows as they were sent, by their digests; the same is kept once, and as long as a plan would be, see {@link RunRows.putPlan}. */
export interface SourceRows {
  put(digest: Digest, source: JsonObject): Promise<void>;
  get(digest: Digest): Promise<JsonObject | undefined>;
}

export type Role = 'viewer' | 'operator' | 'approver' | 'admin';

/** An API key. The key itself is shown once and kept nowhere. */
export interface KeyRow {
  readonly id: string;
  /** Of its text, for people to tell keys apart. */
  readonly prefix: string;
  /** scrypt, with its parameters and salt. */
  readonly hash: string;
  readonly name: string;
  /** `*`: all of them. */
  readonly tenant: string;
  /** `agent`: of an agent that ships logs and blobs, and nothing else. */
  readonly role: Role | 'agent';
  readonly created_at: number;
  readonly expires_at?: number;
  readonly revoked_at?: number;
  readonly last_used_at?: number;
}

export interface KeyRows {
  /**
   * Writes a key, and what was claimed with it, or neither. CONFLICT where a key of its tenant that isn't over has its name, unless the new
   * one takes that over.
   */
  add(row: KeyRow, more?: { readonly claim?: Claimed; readonly takesName?: true }): Promise<Added>;
  byPrefix(prefix: string): Promise<readonly KeyRow[]>;
  list(tenant?: string): Promise<readonly KeyRow[]>;
  update(id: string, changes: Partial<Pick<KeyRow, 'expires_at' | 'revoked_at' | 'last_used_at'>>): Promise<boolean>;
}

export interface ScheduleRow {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly cron: string;
  readonly timezone: string;
  readonly overlap: 'skip' | 'queue' | 'cancel';
  /** Milliseconds: starts that were missed are made up if they are younger. */
  readonly catch_up_ms: number;
  readonly paused: boolean;
  readonly plan: Digest;
  /** As {@link SubmittedRequest.source}. */
  readonly source?: Digest;
  readonly inputs: JsonObject;
  readonly vars: JsonObject;
  /** Of its runs. */
  readonly labels: Readonly<Record<string, string>>;
  readonly created_at: number;
  readonly created_by: string;
  /** The last start that was carried out or passed over: later ones are due. */
  readonly done_until: number;
}

export interface ScheduleRows {
  /** Writes schedules, and what was claimed with them, or nothing. CONFLICT where another one of their tenant has a name of theirs. */
  add(rows: readonly ScheduleRow[], claim?: Claimed): Promise<Added>;
  get(id: string): Promise<ScheduleRow | undefined>;
  list(tenant?: string): Promise<readonly ScheduleRow[]>;
  update(id: string, changes: Partial<Omit<ScheduleRow, 'id' | 'tenant' | 'created_at'>>): Promise<boolean>;
  remove(id: string): Promise<boolean>;
  /**
   * Writes the run of a due start and moves `done_until` on, both or neither; false where another server was first. Without a
   * run the start is passed over.
   */
  fire(id: string, at: { readonly from: number; readonly to: number }, run?: RunRow): Promise<boolean>;
}

export interface WebhookRow {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly plan: Digest;
  /** As {@link SubmittedRequest.source}. */
  readonly source?: Digest;
  /** Of the runs that it starts; its filter and its inputs read them, too. */
  readonly vars: JsonObject;
  /** Of its runs. */
  readonly labels: Readonly<Record<string, string>>;
  /** The key of its signatures, as its owner set it, sealed by the server's own key. */
  readonly sealed_secret: string;
  readonly paused: boolean;
  readonly created_at: number;
  readonly created_by: string;
}

export interface WebhookRows {
  /** Writes a webhook, and what was claimed with it, or neither. CONFLICT where another one of its tenant has its name. */
  add(row: WebhookRow, claim?: Claimed): Promise<Added>;
  get(id: string): Promise<WebhookRow | undefined>;
  list(tenant?: string): Promise<readonly WebhookRow[]>;
  update(
    id: string,
    changes: Partial<Pick<WebhookRow, 'name' | 'plan' | 'source' | 'vars' | 'labels' | 'sealed_secret' | 'paused'>>,
  ): Promise<boolean>;
  remove(id: string): Promise<boolean>;
  /** Writes a delivery and its run, both or neither; `repeated` where the delivery came before. */
  deliver(
    delivery: {
      readonly webhook: string;
      readonly id: string;
      readonly received_at: number;
      readonly expires_at: number;
    },
    run?: RunRow,
  ): Promise<'accepted' | 'repeated'>;
}

/** One API call. */
export interface CallRow {
  readonly request: string;
  readonly at: number;
  readonly tenant: string | undefined;
  /** Who: the id of a key, or the subject of a token. */
  readonly by: string | undefined;
  readonly method: string;
  /** As it was routed, `/v1/workflows/{id}`; never the query, which may hold anything. */
  readonly route: string;
  readonly target?: string;
  readonly status: number;
  readonly duration_ms: number;
  readonly remote: string;
  readonly details?: Readonly<Record<string, Json>>;
}

export interface CallRows {
  add(rows: readonly CallRow[]): Promise<void>;
  list(
    filter: { readonly tenant?: string; readonly from?: number; readonly until?: number; readonly by?: string },
    page: { readonly limit: number; readonly after?: string },
  ): Promise<Page<CallRow>>;
  removeBefore(at: number, limit: number): Promise<number>;
}
