import type { Operation, RerunRequest } from '../../engine/port.ts';
import type { Diagnostic, Digest, JsonObject, Plan, RunId } from '../../schemas/index.ts';
import type { IdempotencyClaim, RunOrigin, RunRow } from '../../storage/records/port.ts';

/** A workflow as it was sent: its text, and the files that it calls by their paths. */
export interface WorkflowSource {
  readonly workflow: string;
  /** As the workflow names them: `./jobs/build.yml`. */
  readonly files: Readonly<Record<string, string>>;
  /** How problems name it. */
  readonly file: string;
}

/** What reading gave: a plan, or problems, each with its place; warnings in both cases. */
export interface CompiledSource {
  readonly plan?: { readonly digest: Digest; readonly content: Plan };
  readonly diagnostics: readonly Diagnostic[];
}

/** The same with what it was read from; both are kept by their digests. */
export interface KeptSource extends CompiledSource {
  readonly plan?: NonNullable<CompiledSource['plan']> & { readonly source: Digest };
}

/** What a run is to be made of. */
export interface NewRun {
  readonly tenant: string;
  readonly plan: Digest;
  /** What the plan was read from, where that is kept. */
  readonly source?: Digest | undefined;
  /** As they were given: checked here, and completed with their defaults. */
  readonly inputs: JsonObject;
  readonly vars: JsonObject;
  /** Values stay in memory until the run ends. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly origin: RunOrigin;
}

export type SubmitResult =
  | { readonly kind: 'created'; readonly run: RunId }
  | { readonly kind: 'repeated'; readonly run: RunId; readonly answer: JsonObject }
  | { readonly kind: 'conflict' }
  /** Inputs, variables or secrets don't fit the plan. */
  | { readonly kind: 'invalid'; readonly diagnostics: readonly Diagnostic[] };

/** How a run is to run again. */
export interface NewAttempt extends Pick<RerunRequest, 'by' | 'what'> {
  /** Those that change, as they were given; checked here. The others stay as they were. */
  readonly inputs?: JsonObject;
  /** Values of all secrets that it was started with: they are not kept. */
  readonly secrets: Readonly<Record<string, string>>;
}

export type RerunResult =
  | { readonly kind: 'started' }
  /** Inputs don't fit the plan, or secrets are missing. */
  | { readonly kind: 'invalid'; readonly diagnostics: readonly Diagnostic[] };

export type PreparedRun =
  | { readonly kind: 'ready'; readonly row: RunRow }
  /** Inputs, variables or secrets don't fit the plan. */
  | { readonly kind: 'invalid'; readonly diagnostics: readonly Diagnostic[] };

/** From a workflow's text to a run that an engine drives. A run that was acknowledged is not lost, whenever the server dies. */
export interface Submissions extends AsyncDisposable {
  /** Reads a workflow, and keeps it and its plan. What a tenant sends again is read once. */
  compile(tenant: string, source: WorkflowSource): Promise<KeptSource>;
  /** Throws SERVER_UNAVAILABLE where no further run of a tenant may wait for an engine. */
  requireRoom(tenant: string): void;
  /** Writes a run; an engine takes it when it has room. `answer` makes what repeated requests are answered. */
  submit(
    run: NewRun,
    claim?: IdempotencyClaim & { readonly answer: (run: RunId) => JsonObject },
  ): Promise<SubmitResult>;
  /**
   * The row of a run, checked and not written: for what writes it together with something else (a schedule's start, a webhook's
   * delivery), and then says `written`. NOT_FOUND where there is no such plan.
   */
  prepare(run: NewRun): Promise<PreparedRun>;
  /** A row that `prepare` made is durable: an engine takes it when it has room. */
  written(row: RunRow, secrets?: Readonly<Record<string, string>>): void;
  /**
   * Has a run do something, also one that no engine has yet. RUN_NOT_FOUND, RUN_STATE, SIGNAL_REFUSED.
   */
  operate(run: RunId, operation: Operation): Promise<{ readonly takesEffect: 'now' | 'when resumed' }>;
  /** Runs an ended run again, in whole or in part. RUN_NOT_FOUND, RUN_STATE. */
  rerun(run: RunId, again: NewAttempt): Promise<RerunResult>;
  /** Resolves when the records say what the engine says of a run that has ended: that is a moment later. */
  settled(run: RunId): Promise<void>;
  /**
   * Values for a run that lacks them since the server was started anew: steps that wait for them begin. RUN_NOT_FOUND, RUN_STATE where it
   * lacks none, SECRET_MISSING where some are left.
   */
  supplySecrets(run: RunId, secrets: Readonly<Record<string, string>>): Promise<void>;
  /** The secrets of a run in progress whose values are gone since the server was started anew, whether or not a step waits for them yet. */
  lackingSecrets(row: RunRow): readonly string[];
  /** The request of a run came again with these values: those that it lacks it gets. False where one is known to be another than before. */
  repeatedWith(run: RunId, secrets: Readonly<Record<string, string>>): Promise<boolean>;
  /** Starts what was accepted, goes on with what was interrupted. Called once the server is up. */
  begin(): Promise<void>;
  /** Gives back what is only held to be quick: for a server that has nothing to do. */
  rest(): void;
}
