import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditLog, loadAgentKey, openAuditLog } from '../../runtime/audit/index.ts';
import type { AbsolutePath, Json } from '../../schemas/index.ts';
import { parseRunId } from '../../schemas/index.ts';
import { systemClock } from '../../engine/embedded/index.ts';
import { basename } from 'node:path';
import { auditFile } from './state.ts';

/** The audit log of a run, signed with the key in the state folder. */
export function openAudit(
  place: { readonly state: AbsolutePath; readonly runFolder: string },
  redact: (value: Json) => Json,
): AuditLog {
  return openAuditLog({
    file: auditFile(place.runFolder),
    run: parseRunId(basename(place.runFolder)) ?? basename(place.runFolder),
    key: loadAgentKey(place.state),
    redact,
    clock: systemClock,
  });
}

/** The public half of the key in a state folder (PEM); undefined where there is none, and none is made. */
export function agentPublicKey(state: AbsolutePath): string | undefined {
  return existsSync(join(state, 'agent-key.pem')) ? loadAgentKey(state).publicKey : undefined;
}
