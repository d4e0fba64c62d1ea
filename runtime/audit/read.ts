import { setImmediate } from 'node:timers/promises';
import { WaterflowFailure } from '../../schemas/index.ts';
import { type CheckOptions, checkLog } from './check.ts';
import type { AuditEntry } from './entry.ts';
import { type AuditVerdict, verdictOf } from './verdict.ts';

/** How a log is read. */
export interface ReadOptions extends CheckOptions {
  /** Told how the log as a whole is, after the last entry. Without it a broken log ends the reading with AUDIT_BROKEN. */
  readonly onVerdict?: (verdict: AuditVerdict) => void;
}

/** Other work has its turn after so many entries. */
const entriesAtATime = 512;

/**
 * The entries of an audit log in order, over all of its files, checked as they are read: only entries that hold are given, and
 * none after the first that doesn't. Needs the memory of one entry, however long the log is. Give the path of its first file.
 * Rejects where a file can't be read.
 */
export async function* readAudit(auditFile: string, options: ReadOptions = {}): AsyncGenerator<AuditEntry, void> {
  const entries = checkLog(auditFile, options);
  for (let count = 1; ; count += 1) {
    const next = entries.next();
    if (next.done === true) {
      finish(verdictOf(next.value, options), auditFile, options);
      return;
    }
    yield next.value;
    if (count % entriesAtATime === 0) await setImmediate();
  }
}

/** Checks a log from its first byte to its last. Rejects where a file of it can't be read. */
export async function verifyAudit(auditFile: string, options: CheckOptions = {}): Promise<AuditVerdict> {
  let verdict: AuditVerdict | undefined;
  const onVerdict = (given: AuditVerdict): void => {
    verdict = given;
  };
  for await (const _ of readAudit(auditFile, { ...options, onVerdict }));
  if (verdict === undefined) throw new TypeError('a log that was read to its end has a verdict');
  return verdict;
}

function finish(verdict: AuditVerdict, auditFile: string, { onVerdict }: ReadOptions): void {
  if (onVerdict !== undefined) onVerdict(verdict);
  else if (verdict.kind === 'broken') throw brokenLog(auditFile, verdict.reason);
}

/** For a log that isn't what the agent wrote. */
export function brokenLog(file: string, reason: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'AUDIT_BROKEN',
    message: `the audit log ${file} does not hold: ${reason}`,
    remedy: 'Keep the file as evidence, find out who changed it, and start a new run.',
    file,
  });
}
