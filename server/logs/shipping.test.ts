import { describe, expect, it } from 'vitest';
import type { RunId } from '../../schemas/index.ts';
import type { ShippedLogs } from '../../storage/logs/index.ts';
import type { Records, RunRow } from '../../storage/records/port.ts';
import type { Principal } from '../auth/principal.ts';
import type { ServerConfig } from '../config.ts';
import { HttpProblem } from '../http/problem.ts';
import type { ApiRequest } from '../http/route.ts';
import { untouchedParts } from '../http/untouched-parts.ts';
import { testAdmin } from '../testing/start-server.ts';
import { createLogShipping } from './shipping.ts';

const run = `run-${'0'.repeat(26)}` as RunId;

/** A store that keeps nothing until it is told to. */
function slowShipping() {
  const { promise: going, resolve: goOn } = Promise.withResolvers<undefined>();
  const parts = {
    ...untouchedParts({} as ServerConfig),
    // Nothing else is asked of them.
    records: { runs: { get: () => Promise.resolve({ run, tenant: 'default' } as RunRow) } } as unknown as Records,
    shippedLogs: { append: () => going.then(() => []) } as unknown as ShippedLogs,
  };
  const take = createLogShipping(parts);
  const line = { run, job: 'a', step: '0', job_attempt: 1, attempt: 1, sequence: 1, at: '2026-01-01T00:00:00.000Z' };
  const body = JSON.stringify({ ...line, stream: 'stdout', text: 'x' });
  const ship = (by: Partial<Principal> = {}): Promise<'kept' | HttpProblem> =>
    take({ id: 'req-x', principal: { ...testAdmin, ...by }, body } as ApiRequest).then(
      () => 'kept' as const,
      (cause: unknown) => {
        if (cause instanceof HttpProblem) return cause;
        throw cause;
      },
    );
  return { ship, goOn };
}

describe('batches of logs that come faster than they are kept', () => {
  it('are refused for now, and others than who sends so many still have theirs taken', async () => {
    const { ship, goOn } = slowShipping();
    const sent = Array.from({ length: 100 }, () => ship());
    const others = [ship({ tenant: '*' }), ship({ tenant: '*' })];
    await Promise.resolve();
    goOn(undefined);
    const answers = await Promise.all(sent);
    const refused = answers.filter((answer) => answer !== 'kept');
    expect(refused.length).toBeGreaterThan(50);
    expect(refused.length).toBeLessThan(100);
    for (const { status, extras } of refused) {
      expect([status, extras.headers?.['Retry-After']]).toEqual([503, '1']);
    }
    expect(await Promise.all(others)).toEqual(['kept', 'kept']);
    expect(await ship()).toBe('kept');
  });
});
