import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditVerdict, ShippedChain, verifyAudit } from '../../runtime/audit/index.ts';
import type { AbsolutePath, RunId } from '../../schemas/index.ts';
import type { AuditRecord, ReadAuditRecords } from '../../server/audit-records.ts';
import type { ShippedCalls } from '../../storage/calls/index.ts';
import { agentPublicKey } from './audit.ts';
import { auditFile } from './state.ts';

/** Checks what lies in a state folder, and what agents on other machines shipped. */
export function readAuditRecords(state: AbsolutePath, shipped: Pick<ShippedCalls, 'read'>): ReadAuditRecords {
  return async (run) => [...(await ownRecord(state, run)), ...(await shippedRecords(shipped, run))];
}

async function ownRecord(state: AbsolutePath, run: RunId): Promise<readonly AuditRecord[]> {
  const file = auditFile(join(state, run));
  if (!existsSync(file)) return [];
  const publicKey = agentPublicKey(state);
  const verdict = await verifyAudit(file, { head: 'required', ...(publicKey === undefined ? {} : { publicKey }) });
  return [{ ...factsOf(verdict, run), checked_with: publicKey === undefined ? 'record' : 'agent' }];
}

function factsOf(verdict: AuditVerdict, run: RunId): Omit<AuditRecord, 'checked_with'> {
  if (verdict.kind === 'broken') {
    const { reason, broken_at } = verdict;
    return { state: 'broken', reason, entries: broken_at.sequence - 1, signed: 0 };
  }
  const { kind, entries, signed, key } = verdict;
  if (verdict.run !== run) {
    return { state: 'broken', reason: `it is the record of ${verdict.run}`, entries: 0, signed: 0, key };
  }
  // Nobody named other places here that would have to witness it.
  const state = kind === 'unwitnessed' ? 'unfinished' : kind;
  return { state, ...(verdict.ok ? {} : { reason: verdict.reason }), entries, signed, key };
}

async function shippedRecords(shipped: Pick<ShippedCalls, 'read'>, run: RunId): Promise<readonly AuditRecord[]> {
  const chains = new Map<string, { readonly agent: string; readonly chain: ShippedChain }>();
  for await (const { agent, chain, line } of shipped.read(run)) {
    const known = chains.get(chain) ?? { agent, chain: new ShippedChain(chain) };
    chains.set(chain, known);
    known.chain.read(line);
  }
  return Array.from(chains.values(), ({ agent, chain }) => ({
    agent,
    ...shippedState(chain, run),
    checked_with: 'record',
  }));
}

/** Whether its end is missing, and whose key it is, only the agent's own files say. */
function shippedState(chain: ShippedChain, run: RunId): Omit<AuditRecord, 'agent' | 'checked_with'> {
  const { entries, signed, key, closed } = chain;
  const facts = { entries, signed, ...(key === undefined ? {} : { key }) };
  if (chain.broken !== undefined) return { state: 'broken', reason: chain.broken, ...facts };
  if (chain.run !== run) return { state: 'broken', reason: `it is the record of ${chain.run ?? 'no run'}`, ...facts };
  if (closed && signed === entries) return { state: 'intact', ...facts };
  const reason = `what came of it ends after entry ${entries} without being closed: the agent goes on, was killed, or has not shipped the rest`;
  return { state: 'unfinished', reason, ...facts };
}
