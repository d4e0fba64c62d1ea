import type { CheckedLog, CheckOptions } from './check.ts';
import { keyId } from './key.ts';

/**
 * What checking a log says. `intact`: all of it is as it was written and closed. `unfinished`: what is there is, but it ends
 * without its closing entry: the run is still going, the agent was killed, or the end is missing. `torn`: the same, and its last
 * entry is incomplete, as a power failure leaves it. `unwitnessed`: it holds, but of the checkpoints kept elsewhere none is of it.
 */
export type AuditVerdict =
  | ({ readonly ok: true; readonly kind: 'intact' } & AuditFacts)
  | ({
      readonly ok: false;
      readonly kind: 'unfinished' | 'torn' | 'unwitnessed';
      readonly broken_at: BrokenAt;
      readonly reason: string;
    } & AuditFacts)
  | { readonly ok: false; readonly kind: 'broken'; readonly broken_at: BrokenAt; readonly reason: string };

/** Both 1-based: the line within `file`, the sequence over all files. */
export interface BrokenAt {
  readonly file: string;
  readonly line: number;
  readonly sequence: number;
}

/** What is known of a log that holds. */
export interface AuditFacts {
  readonly run: string;
  readonly entries: number;
  /** Files over which the log goes. */
  readonly segments: number;
  readonly checkpoints: number;
  /** Entries up to this one are covered by a signature. */
  readonly signed: number;
  /** Checkpoints kept elsewhere that agree with it. */
  readonly witnesses: number;
  /** The id of the key that signed. */
  readonly key: string;
}

/** What a log that was read to its end comes to. */
export function verdictOf(log: CheckedLog, options: CheckOptions): AuditVerdict {
  if (log.kind === 'broken') {
    const { reason, ...at } = log.at;
    return { ok: false, kind: 'broken', broken_at: at, reason };
  }
  if (log.kind === 'empty') {
    const broken_at = { file: log.file, line: 1, sequence: 1 };
    return {
      ok: false,
      kind: 'broken',
      broken_at,
      reason: 'the log is empty: all of it was cut off, or it was never written',
    };
  }
  const { chain, witnesses } = log;
  const facts: AuditFacts = {
    run: log.run,
    entries: chain.entries,
    segments: log.segment + 1,
    checkpoints: chain.checkpoints,
    signed: chain.signed,
    witnesses,
    key: keyId(chain.publicKey ?? ''),
  };
  const broken_at = { file: log.file, line: log.lines + 1, sequence: chain.entries + 1 };
  const last = `entry ${chain.entries}`;
  if (options.checkpoints !== undefined && witnesses === 0) {
    const reason = `${options.checkpoints} has no checkpoint of ${log.run}, so it can't say whether the log is whole`;
    return { ok: false, kind: 'unwitnessed', broken_at, reason, ...facts };
  }
  if (log.torn.length > 0) {
    const reason = `the entry after ${last} is incomplete, as a power failure or a full disk leaves it`;
    return { ok: false, kind: 'torn', broken_at, reason, ...facts };
  }
  if (chain.closed && chain.signed === chain.entries) return { ok: true, kind: 'intact', ...facts };
  const reason = `the log ends after ${last} without being closed: its end was cut off, the run is still going, or the agent was killed`;
  return { ok: false, kind: 'unfinished', broken_at, reason, ...facts };
}
