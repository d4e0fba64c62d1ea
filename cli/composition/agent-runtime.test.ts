import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Runtime } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { createServerLog } from '../../server/log.ts';
import { quietTemporal } from './agent-runtime.ts';

it("says why, whether the SDK's script or its core has something to say", async () => {
  const stream = new PassThrough();
  quietTemporal(createServerLog({ level: 'info', stream, now: () => 0 }));
  const { logger } = Runtime.instance();
  // As the core tells of a workflow that another version of it began.
  logger.warn('Failing workflow task', { failure: 'Nondeterminism error', run_id: 'one' });
  logger.warn('Activity failed', { error: new Error('no more'), taskQueue: 'work' });
  logger.warn('No workflows registered, not polling for workflow tasks');
  await Runtime.instance().shutdown();
  stream.end();
  const lines = (await text(stream)).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { level: 'warn', at: expect.any(String), message: 'Failing workflow task', reason: 'Nondeterminism error' },
    { level: 'warn', at: expect.any(String), message: 'Activity failed', reason: 'no more', queue: 'work' },
  ]);
});
