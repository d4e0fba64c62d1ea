import { describe, expect, it } from 'vitest';
import type { Logger } from 'winston';
import type { Engine } from '../../engine/port.ts';
import type { Digest, Plan, RunId } from '../../schemas/index.ts';
import type { RunRow, RunRows } from '../../storage/records/port.ts';
import { createPrometheusMetrics } from '../metrics/prometheus.ts';
import { Dispatcher } from './dispatcher.ts';
import { HeldSecrets } from './held-secrets.ts';

const runs = Array.from({ length: 5 }, (_, index) => `run-${index}` as RunId);

function acceptedRow(run: RunId): RunRow {
  return {
    run,
    tenant: 'default',
    workflow: 'w',
    name: 'w',
    file: 'w.yml',
    labels: {},
    status: 'accepted',
    attempt: 1,
    created_at: 0,
    origin: { kind: 'api', id: 'k', by: 'k' },
    request: { plan: 'sha256:0' as Digest, inputs: {}, vars: {}, secrets: [] },
  };
}

describe('a dispatcher with many runs that wait', () => {
  it('leaves requests turns of the event loop before it begins with the next', async () => {
    let turns = 0;
    let counting = true;
    const count = (): void => {
      turns += 1;
      if (counting) setImmediate(count);
    };
    const begunAt: number[] = [];
    const { promise: allBegun, resolve } = Promise.withResolvers<void>();
    const start = (): Promise<never> => {
      begunAt.push(turns);
      if (begunAt.length === runs.length) resolve();
      return new Promise(() => {});
    };
    const dispatcher = new Dispatcher({
      // Of an engine, of rows and of a log it needs no more here.
      engine: { start } as unknown as Engine,
      rows: { get: (run: RunId) => Promise.resolve(acceptedRow(run)) } as unknown as RunRows,
      log: {} as Logger,
      plans: { put: async () => {}, get: () => Promise.resolve({} as Plan), doubt: () => {} },
      secrets: new HeldSecrets((length) => new Uint8Array(length)),
      settingsOf: () => ({}),
      activeRuns: 100,
      limits: { queuedRuns: 1000 },
      metrics: createPrometheusMetrics({ process: false }),
      clock: { now: () => 0, after: () => () => {} },
    });
    count();
    for (const run of runs) dispatcher.enqueue({ run, tenant: 'default', kind: 'start' });
    await allBegun;
    counting = false;
    dispatcher.close();
    const between = begunAt.slice(1).map((turn, index) => turn - (begunAt[index] ?? 0));
    expect(Math.min(...between)).toBeGreaterThanOrEqual(3);
  });
});
