import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { systemClock } from '../../engine/embedded/api.ts';
import { type AuditLog, loadAgentKey, openAuditLog, verifyAudit } from '../../runtime/audit/index.ts';
import type { AbsolutePath, Json } from '../../schemas/index.ts';
import { parseRunId } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';
import { auditFile } from './state.ts';

/** The audit log of a run, as this process opens it. */
export interface RunAudit {
  /** Signed with the key in the state folder. */
  open(redact: (value: Json) => Json): AuditLog;
  /** Closes a log that another process left open when it was killed, where this one had nothing to add to it. */
  closeIfLeft(): Promise<void>;
}

/** Nothing is opened yet. `checkpoints` is where signed heads are left, too: a file or a folder. */
export function auditOfRun(place: {
  readonly state: AbsolutePath;
  readonly runFolder: string;
  readonly checkpoints?: string | undefined;
}): RunAudit {
  const elsewhere = place.checkpoints === undefined ? {} : { checkpoints: place.checkpoints };
  const file = auditFile(place.runFolder);
  const run = parseRunId(basename(place.runFolder)) ?? basename(place.runFolder);
  let opened = false;
  const open = (redact: (value: Json) => Json): AuditLog => {
    opened = true;
    return openAuditLog({ file, run, key: loadAgentKey(place.state), redact, clock: systemClock, ...elsewhere });
  };
  return {
    open,
    async closeIfLeft() {
      if (opened || !existsSync(file)) return;
      const { kind } = await verifyAudit(file, { publicKey: loadAgentKey(place.state).publicKey, head: 'required' });
      // To one that was tampered with nothing is added.
      if (kind === 'unfinished' || kind === 'torn') await open((value) => value)[Symbol.asyncDispose]();
    },
  };
}

/** A log that tells of each entry, once it is written. */
export function observedAudit(log: AuditLog, written: () => void): AuditLog {
  const telling = <Result>(act: () => Result): Result => {
    try {
      return act();
    } finally {
      written();
    }
  };
  return {
    started: (entry) => telling(() => log.started(entry)),
    record: (entry) => telling(() => log.record(entry)),
    result: (entry) => telling(() => log.result(entry)),
    ended: (entry) => telling(() => log.ended(entry)),
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  };
}

/**
 * Where checkpoints go beside the log: `--checkpoints`, else WATERFLOW_AUDIT_CHECKPOINTS; undefined: nowhere. A path that ends
 * with a slash is a folder, also where it is missing.
 */
export function checkpointsPlace(
  terminal: Pick<Terminal, 'cwd' | 'env'>,
  option: string | undefined,
): string | undefined {
  const given = option ?? terminal.env['WATERFLOW_AUDIT_CHECKPOINTS'] ?? '';
  if (given === '') return undefined;
  return `${resolve(terminal.cwd, given)}${given.endsWith('/') ? '/' : ''}`;
}

/** The public half of the key in a state folder (PEM); undefined where there is none, and none is made. */
export function agentPublicKey(state: AbsolutePath): string | undefined {
  return existsSync(join(state, 'agent-key.pem')) ? loadAgentKey(state).publicKey : undefined;
}
