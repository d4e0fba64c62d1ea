import type { Engine } from '../../engine/port.ts';
import type { PublicQueueKey } from '../../engine/temporal/payloads/queue-keys.ts';
import { sealForQueues } from '../../engine/temporal/payloads/run-secrets.ts';
import { type Plan, WaterflowFailure } from '../../schemas/index.ts';

/** Seals secrets to the keys of the queues that a plan uses: to all keys that there are where it is known only later which these are. */
export function sealTo(keys: ReadonlyMap<string, readonly PublicQueueKey[]>): NonNullable<Engine['seal']> {
  return async ({ plan, tenant, run, secrets }) => {
    if (Object.keys(secrets).length === 0) return {};
    const { queues, areAll } = queuesOf(plan);
    for (const queue of queues) if (!keys.has(queue)) throw withoutKey(queue);
    const used = areAll ? new Map([...keys].filter(([queue]) => queues.has(queue))) : keys;
    if (used.size === 0) throw withoutKey('…');
    return await sealForQueues(secrets, used, { tenant, run });
  };
}

/** The queues that jobs with steps name; `areAll` is false where an expression names one. */
export function queuesOf(plan: Plan): { readonly queues: ReadonlySet<string>; readonly areAll: boolean } {
  const queues = new Set<string>();
  let areAll = true;
  for (const { jobs } of [plan, ...Object.values(plan.workflows ?? {})]) {
    for (const { calls, runs_on } of jobs) {
      if (calls !== undefined) continue;
      if (runs_on.kind === 'literal' && typeof runs_on.value === 'string') queues.add(runs_on.value);
      else areAll = false;
    }
  }
  return { queues, areAll };
}

function withoutKey(queue: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: `the run has secrets, and the server has no key to seal them for the queue ${queue}`,
    remedy: `Add the queue's public key to the server's configuration: temporal: { queue-keys: { ${queue}: wfqueue1_public_… } }.`,
  });
}
