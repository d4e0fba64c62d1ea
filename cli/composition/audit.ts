import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditLog, loadAgentKey, openAuditLog, verifyAudit } from '../../runtime/audit/index.ts';
import type { AbsolutePath, Json } from '../../schemas/index.ts';
import { parseRunId } from '../../schemas/index.ts';
import { systemClock } from '../../engine/embedded/index.ts';
import { basename } from 'node:path';
import { auditFile } from './state.ts';

/** The audit log of a run, as this process opens it. */
export interface RunAudit {
  /** Signed with the key in the state folder. */
  open(redact: (value: Json) => Json): AuditLog;
  /** Closes a log that another process left open when it was killed, where this one had nothing to add to it. */
  closeIfLeft(): Promise<void>;
}

/** Nothing is opened yet. */
export function auditOfRun(place: { readonly state: AbsolutePath; readonly runFolder: string }): RunAudit {
  const file = auditFile(place.runFolder);
  const run = parseRunId(basename(place.runFolder)) ?? basename(place.runFolder);
  let opened = false;
  const open = (redact: (value: Json) => Json): AuditLog => {
    opened = true;
    return openAuditLog({ file, run, key: loadAgentKey(place.state), redact, clock: systemClock });
  };
  return {
    open,
    async closeIfLeft() {
      if (opened || !existsSync(file)) return;
      const { kind } = await verifyAudit(file, { publicKey: loadAgentKey(place.state).publicKey });
      // To one that was tampered with nothing is added.
      if (kind === 'unfinished') await open((value) => value)[Symbol.asyncDispose]();
    },
  };
}

/** The public half of the key in a state folder (PEM); undefined where there is none, and none is made. */
export function agentPublicKey(state: AbsolutePath): string | undefined {
  return existsSync(join(state, 'agent-key.pem')) ? loadAgentKey(state).publicKey : undefined;
}
