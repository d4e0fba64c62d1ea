import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { auditedCalls, type AuditVerdict, readAudit } from '../../runtime/audit/index.ts';
import { type AbsolutePath, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { ReadHostCalls, RecordedHostCall } from '../../server/host-calls.ts';
import { agentPublicKey } from './audit.ts';
import { auditFile } from './state.ts';

/** Reads the audit logs of the runs in a state folder, checked against the key and the heads that lie there. */
export function readHostCallsIn(state: AbsolutePath): ReadHostCalls {
  return (run) => callsOf(state, run);
}

async function* callsOf(state: AbsolutePath, run: RunId): AsyncGenerator<RecordedHostCall, void, undefined> {
  const file = auditFile(join(state, run));
  if (!existsSync(file)) return;
  const publicKey = agentPublicKey(state);
  let verdict: AuditVerdict | undefined;
  const entries = readAudit(file, {
    head: 'required',
    ...(publicKey === undefined ? {} : { publicKey }),
    onVerdict: (given) => {
      verdict = given;
    },
  });
  for await (const { tenant: _tenant, run: of, ...call } of auditedCalls(entries)) {
    // A log that was put in the place of another one.
    if (of !== run) throw broken(run, `it is the record of ${of}`);
    yield call;
  }
  if (verdict?.kind === 'broken') throw broken(run, verdict.reason);
}

function broken(run: RunId, reason: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'AUDIT_BROKEN',
    message: `the audit log of ${run} does not hold: ${reason}`,
    remedy: 'Keep it as evidence, find out who changed it, and start a new run.',
  });
}
