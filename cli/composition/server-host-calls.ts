import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AuditedHostCall,
  type AuditVerdict,
  auditedCalls,
  CallJoiner,
  readAudit,
  ShippedChain,
} from '../../runtime/audit/index.ts';
import { capabilities } from '../../runtime/capabilities/table.ts';
import { type AbsolutePath, isJsonObject, type Json, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { ReadHostCalls, RecordedHostCall } from '../../server/host-calls.ts';
import type { Metrics } from '../../server/metrics/metrics.ts';
import type { ShippedCalls } from '../../storage/calls/index.ts';
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
  for await (const call of auditedCalls(entries)) {
    // A log that was put in the place of another one.
    if (call.run !== run) throw broken(`the audit log of ${run}`, `it is the record of ${call.run}`);
    yield shown(call);
  }
  if (verdict?.kind === 'broken') throw broken(`the audit log of ${run}`, verdict.reason);
}

/** Without what whoever asks for the run knows. */
function shown({ tenant: _tenant, run: _run, ...call }: AuditedHostCall): RecordedHostCall {
  return call;
}

/** Reads what lies here, and then what agents on other machines shipped: a run has but one of the two. */
export function readAllHostCalls(state: AbsolutePath, shipped: Pick<ShippedCalls, 'read'>): ReadHostCalls {
  return async function* read(run) {
    yield* callsOf(state, run);
    yield* shippedCallsOf(shipped, run);
  };
}

/** One agent's record, as far as it came. */
interface ShippedRecord {
  readonly agent: string;
  readonly chain: ShippedChain;
  readonly joiner: CallJoiner;
}

async function* shippedCallsOf(
  shipped: Pick<ShippedCalls, 'read'>,
  run: RunId,
): AsyncGenerator<RecordedHostCall, void, undefined> {
  const records = new Map<string, ShippedRecord>();
  for await (const { agent, chain, line } of shipped.read(run)) {
    const known = records.get(chain);
    const record = known ?? { agent, chain: new ShippedChain(chain), joiner: new CallJoiner() };
    if (known === undefined) records.set(chain, record);
    const entry = record.chain.read(line);
    const call = entry === undefined ? undefined : record.joiner.take(entry);
    if (call?.run === run) yield { agent, ...shown(call) };
  }
  for (const { agent, joiner } of records.values())
    for (const call of joiner.unfinished()) if (call.run === run) yield { agent, ...shown(call) };
  for (const { agent, chain } of records.values()) {
    const what = `what the agent ${agent} shipped of its audit log of ${run}`;
    if (chain.broken !== undefined) throw broken(what, chain.broken);
    if (chain.run !== run) throw broken(what, `it is the record of ${chain.run}`);
  }
}

/** Counts calls as they come, once each, as the engine in this process does: of what a plugin may do anyway only what was refused. */
export function countingCalls(shipped: ShippedCalls, metrics: Pick<Metrics, 'hostCall'>): ShippedCalls {
  return {
    ...shipped,
    async append(run, chain, entries) {
      const answer = await shipped.append(run, chain, entries);
      for (const { line } of answer.kept) count(line, metrics);
      return answer;
    },
  };
}

/** Calls are a part of all entries, so others aren't even read. */
const isCall = /^\{"sequence":\d+,"previous":"[0-9a-f]{64}","kind":"call"/u;

function count(line: string, metrics: Pick<Metrics, 'hostCall'>): void {
  const entry = isCall.test(line) ? parsed(line) : undefined;
  const call = isJsonObject(entry) ? entry['call'] : undefined;
  const capability = isJsonObject(call) ? call['capability'] : undefined;
  if (!isJsonObject(entry) || typeof capability !== 'string') return;
  const decision = entry['decision'] === 'allowed' ? 'allowed' : 'denied';
  if (decision === 'allowed' && capabilities.get(capability)?.ambient === true) return;
  metrics.hostCall({ capability, decision });
}

function parsed(line: string): Json | undefined {
  try {
    // JSON.parse gives nothing but JSON values.
    return JSON.parse(line) as Json;
  } catch {
    return undefined;
  }
}

function broken(what: string, reason: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'AUDIT_BROKEN',
    message: `${what} does not hold: ${reason}`,
    remedy: 'Keep it as evidence, find out who changed it, and start a new run.',
  });
}
