import type { AuditEntry, AuditSubject, CallEntry, EndEntry, ResultEntry, StartEntry } from './entry.ts';

/** A host call with what came of it. */
export interface AuditedHostCall extends AuditSubject {
  /** Of the call's entry. */
  readonly sequence: number;
  readonly at: string;
  readonly invocation: number;
  /** The `sequence` of the call whose program did this. */
  readonly within?: number;
  readonly call: CallEntry['call'];
  readonly truncated: boolean;
  readonly decision: CallEntry['decision'];
  readonly rules: readonly string[];
  readonly reason?: string;
  /** `none` for a call that wasn't allowed; `unknown` where the log has no outcome: it runs still, or its agent was killed. */
  readonly result: ResultEntry['result'] | 'none' | 'unknown';
  readonly duration_ms?: number;
  /** Of the arguments, and of the answer. */
  readonly bytes: { readonly in: number; readonly out?: number };
  readonly facts?: ResultEntry['facts'];
  readonly secrets?: readonly string[];
}

/** One run of a plugin, from its start to its end. */
export interface AuditedInvocation extends AuditSubject {
  /** Of the `start` entry. */
  readonly sequence: number;
  readonly at: string;
  readonly grant: string;
  readonly confinement: StartEntry['confinement'];
  readonly limits: StartEntry['limits'];
  /** `unknown` where the log has no end of it: it runs still, or its agent was killed. */
  readonly outcome: EndEntry['outcome'] | 'unknown';
  readonly killed_by?: string;
  readonly duration_ms?: number;
  readonly calls?: EndEntry['calls'];
  readonly secrets: { readonly given: readonly string[]; readonly used?: readonly string[] };
}

/** Puts calls and what came of them together. Memory holds only those that are being carried out at one time. */
export class CallJoiner {
  readonly #pending = new Map<number, CallEntry>();

  /** The call that is over by that entry; undefined where none is. */
  take(entry: AuditEntry): AuditedHostCall | undefined {
    if (entry.kind === 'call') {
      if (entry.decision !== 'allowed') return joinedCall(entry, undefined);
      this.#pending.set(entry.sequence, entry);
    } else if (entry.kind === 'result') {
      const call = this.#pending.get(entry.call);
      this.#pending.delete(entry.call);
      if (call !== undefined) return joinedCall(call, entry);
    }
    return undefined;
  }

  /** Those whose outcome isn't there; what happened within a call comes before it. */
  *unfinished(): Generator<AuditedHostCall, void> {
    const left = [...this.#pending.values()];
    for (const call of left) if (call.within !== undefined) yield joinedCall(call, undefined);
    for (const call of left) if (call.within === undefined) yield joinedCall(call, undefined);
  }
}

/**
 * The host calls of a log, each as soon as it is over; those whose outcome isn't there come last. What happened within a call comes
 * before it.
 */
export async function* auditedCalls(entries: AsyncIterable<AuditEntry>): AsyncGenerator<AuditedHostCall, void> {
  const joiner = new CallJoiner();
  for await (const entry of entries) {
    const call = joiner.take(entry);
    if (call !== undefined) yield call;
  }
  yield* joiner.unfinished();
}

/** The invocations of a log, in the same way. */
export async function* auditedInvocations(entries: AsyncIterable<AuditEntry>): AsyncGenerator<AuditedInvocation, void> {
  const pending = new Map<number, StartEntry>();
  for await (const entry of entries) {
    if (entry.kind === 'start') pending.set(entry.sequence, entry);
    else if (entry.kind === 'end') {
      const start = pending.get(entry.invocation);
      pending.delete(entry.invocation);
      if (start !== undefined) yield joinedInvocation(start, entry);
    }
  }
  for (const start of pending.values()) yield joinedInvocation(start, undefined);
}

function joinedCall(entry: CallEntry, result: ResultEntry | undefined): AuditedHostCall {
  const { sequence, at, invocation, within, call, truncated, decision, rules, reason, bytes } = entry;
  return {
    sequence,
    at,
    ...subjectOf(entry),
    invocation,
    ...(within === undefined ? {} : { within }),
    call,
    truncated,
    decision,
    rules,
    ...(reason === undefined ? {} : { reason }),
    result: result?.result ?? (decision === 'allowed' ? 'unknown' : 'none'),
    ...(result === undefined ? {} : { duration_ms: result.duration_ms }),
    bytes: result === undefined ? { in: bytes } : { in: bytes, out: result.bytes },
    ...(result?.facts === undefined ? {} : { facts: result.facts }),
    ...(result?.secrets === undefined ? {} : { secrets: result.secrets }),
  };
}

function joinedInvocation(start: StartEntry, end: EndEntry | undefined): AuditedInvocation {
  const { sequence, at, grant, confinement, limits, secrets: given } = start;
  return {
    sequence,
    at,
    ...subjectOf(start),
    grant,
    confinement,
    limits,
    outcome: end?.outcome ?? 'unknown',
    ...(end?.killed_by === undefined ? {} : { killed_by: end.killed_by }),
    ...(end === undefined ? {} : { duration_ms: end.duration_ms, calls: end.calls }),
    secrets: end === undefined ? { given } : { given, used: end.secrets },
  };
}

function subjectOf({ tenant, run, job, step, attempt, plugin }: AuditSubject): AuditSubject {
  return { tenant, run, job, step, attempt, plugin };
}
