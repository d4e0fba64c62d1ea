/** What Temporal takes for delivered, and nobody got: so it is when Temporal is killed between noting that and sending it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { agentQueue } from '../agent/worker/protocol.ts';
import { endOf, startAgentOf, worldOfSuite } from './agent-world.ts';
import { needs } from './require.ts';

const steps = 40;
const lostAfterMs = 4000;
/** Longer than Temporal has a poll wait. */
const pollMs = 90_000;

/** A job without a `retry`, each of whose steps notes that it is done. */
const noting = (file: string): string => `
name: noting
on: manual
jobs:
  work:
    runs-on: work
    steps:
${Array.from({ length: steps }, (_, index) => `      - run: echo ${index} >> ${file}\n`).join('')}`;

/** Takes tasks of a queue, until one is a step, and tells nobody. */
async function stealStep(address: string, queue: string, signal: AbortSignal): Promise<boolean> {
  const connection = await Connection.connect({ address });
  try {
    while (!signal.aborted) {
      const poll = { namespace: 'default', taskQueue: { name: queue }, identity: 'thief' };
      const task = await connection.withAbortSignal(signal, () =>
        connection.withDeadline(Date.now() + pollMs, () => connection.workflowService.pollActivityTaskQueue(poll)),
      );
      if (task.activityType?.name === 'step') return true;
    }
    return false;
  } catch (cause) {
    if (signal.aborted) return false;
    throw cause;
  } finally {
    await connection.close();
  }
}

describe.skipIf(!(await needs('temporal')))('a step that never reached its agent', { timeout: 120_000 }, () => {
  const suite = worldOfSuite();

  it('is asked for once more, and nothing is done twice', async () => {
    const { world, folder } = suite();
    const file = join(folder, 'noted');
    const name = 'robbed';
    const { process } = await startAgentOf(world, { name });
    const over = new AbortController();
    const thieves = [1, 2, 3].map(() => stealStep(world.temporal.address, agentQueue(name), over.signal));
    const summary = await endOf(await world.run(noting(file), { lostAfterMs }));
    over.abort();
    expect(await Promise.all(thieves)).toContain(true);
    expect(summary.jobs['work']).toMatchObject({ status: 'success', attempts: 1 });
    expect(readFileSync(file, 'utf8').trim().split('\n')).toEqual(Array.from({ length: steps }, (_, n) => `${n}`));
    process.kill('SIGTERM');
    expect((await process.ended).code).toBe(0);
  });
});
