import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ScheduleHandle, WorkflowFailedError } from '@temporalio/client';
import type { WorkflowBundle } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { WaterflowError } from '../../../schemas/index.ts';
import { startTemporal, type TestTemporal } from '../testing/temporal-server.ts';
import { createDataConverter } from './data-converter.ts';
import { newPayloadKey, type PayloadKeys, parsePayloadKeys } from './payload-keys.ts';
import { ask, change, type everywhere, type failing, tell } from './testing/workflows.ts';
import { bundleTestWorkflows, openWorld, type World } from './testing/world.ts';

const keyOne = newPayloadKey();
const keyTwo = newPayloadKey();

describe.skipIf(!(await needs('temporal')))('what Temporal keeps', () => {
  let temporal: TestTemporal;
  let workflows: WorkflowBundle;
  let worlds = 0;

  beforeAll(async () => {
    [temporal, workflows] = await Promise.all([startTemporal(), bundleTestWorkflows()]);
  }, 120_000);
  afterAll(async () => {
    await temporal?.[Symbol.asyncDispose]();
  });

  function open(keys: PayloadKeys | undefined, onUnreadable?: (error: WaterflowError) => void): Promise<World> {
    worlds += 1;
    const converter = createDataConverter({
      keys,
      blobs: undefined,
      namespace: 'default',
      unencrypted: 'refused',
      ...(onUnreadable === undefined ? {} : { onUnreadable }),
    });
    return openWorld({ address: temporal.address, queue: `queue-${worlds}`, workflows, converter });
  }

  it('holds nothing in clear, failures included', async () => {
    const shown = 'canary-SHOWN-0123456789-without-a-key';
    const hidden = 'canary-HIDDEN-0123456789-with-a-key';
    await using unprotected = await open(undefined);
    await using encrypting = await open(parsePayloadKeys([keyOne], 'here'));
    expect(await passEverywhere(unprotected, shown)).toBe(shown);
    expect(await passEverywhere(encrypting, hidden)).toBe(hidden);
    await expect(failureOf(unprotected, shown)).resolves.toEqual({ message: shown, details: [shown] });
    await expect(failureOf(encrypting, hidden)).resolves.toEqual({ message: hidden, details: [hidden] });
    await temporal.stop('fast');
    try {
      const kept = keptBy(temporal);
      // The same search finds what isn't encrypted: or it would prove nothing.
      expect(traces(kept, shown)).toContain('raw');
      expect(traces(kept, hidden)).toEqual([]);
    } finally {
      await temporal.start();
    }
  }, 120_000);

  it('is read with the old key after another one encrypts', async () => {
    await using old = await open(parsePayloadKeys([keyOne], 'here'));
    await using both = await open(parsePayloadKeys([keyTwo, keyOne], 'here'));
    const handle = await old.client.workflow.start<typeof everywhere>('everywhere', {
      taskQueue: both.queue,
      workflowId: 'rotated',
      args: ['text', 0],
    });
    await both.client.workflow.getHandle('rotated').signal(tell, 'new words');
    await expect(both.client.workflow.getHandle('rotated').result()).resolves.toBe('new words');
    await expect(handle.result()).rejects.toThrow("which this process doesn't have");
  }, 60_000);

  it('hands the result of a scheduled run on to the next one', async () => {
    await using world = await open(parsePayloadKeys([keyOne], 'here'));
    const schedule = await world.client.schedule.create({
      scheduleId: 'often',
      spec: {},
      action: {
        type: 'startWorkflow',
        workflowType: 'length',
        workflowId: 'scheduled',
        args: ['four', world.queue],
        taskQueue: world.queue,
      },
    });
    for (const expected of [1, 2]) {
      await schedule.trigger();
      const ids = await expect
        .poll(() => scheduledRuns(schedule))
        .toHaveLength(expected)
        .then(() => scheduledRuns(schedule));
      await expect(world.client.workflow.getHandle(ids.at(-1) ?? '').result()).resolves.toBe(4);
    }
    await schedule.delete();
  }, 60_000);

  it('is refused unencrypted, with the run in the error, and the run goes no further', async () => {
    const errors: WaterflowError[] = [];
    await using world = await open(parsePayloadKeys([keyOne], 'here'), (error) => errors.push(error));
    await using stranger = await open(undefined);
    const handle = await world.client.workflow.start<typeof everywhere>('everywhere', {
      taskQueue: world.queue,
      workflowId: 'poisoned',
      args: ['text', 0],
    });
    await stranger.client.workflow.getHandle('poisoned').signal(tell, 'mine');
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    expect(errors[0]).toMatchObject({
      code: 'JOURNAL_BROKEN',
      message: "what Temporal keeps of poisoned can't be read: a payload isn't encrypted, although there are keys",
    });
    expect(await handle.describe()).toMatchObject({ status: { name: 'RUNNING' } });
    await handle.terminate();
  }, 60_000);
});

/** Sends a text through arguments, results, heartbeats, signals, updates, queries, memo, summaries and failures. */
async function passEverywhere({ client, queue }: World, text: string): Promise<string> {
  const handle = await client.workflow.start<typeof everywhere>('everywhere', {
    taskQueue: queue,
    workflowId: `everywhere-${queue}`,
    args: [text],
    memo: { from: text },
    staticSummary: text,
    staticDetails: text,
  });
  expect(await handle.executeUpdate(change, { args: [text] })).toBe(`changed ${text}`);
  expect(await handle.query(ask)).toBe(text);
  await expect.poll(async () => (await handle.describe()).memo).toMatchObject({ kept: text });
  const latest = client.workflow.getHandle(handle.workflowId);
  await expect.poll(async () => (await latest.describe()).runId).not.toBe(handle.firstExecutionRunId);
  await latest.signal(tell, text);
  return await handle.result();
}

async function failureOf({ client, queue }: World, text: string) {
  const start = { taskQueue: queue, workflowId: `failing-${queue}`, args: [text] as [string] };
  const error = await client.workflow.execute<typeof failing>('failing', start).catch((cause: unknown) => cause);
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
  return { message: cause?.message, details: cause !== undefined && 'details' in cause ? cause.details : undefined };
}

async function scheduledRuns(schedule: ScheduleHandle): Promise<string[]> {
  const { info } = await schedule.describe();
  return info.recentActions.map(({ action }) => action.workflow.workflowId);
}

/** All files of the database. */
function keptBy({ databaseFile }: TestTemporal): Buffer {
  const folder = dirname(databaseFile);
  return Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
}

/** The ways in which a text stands in bytes: as it is, and in base64 wherever it begins within three bytes. */
function traces(bytes: Buffer, text: string): string[] {
  const found = bytes.includes(text) ? ['raw'] : [];
  for (const offset of [0, 1, 2]) {
    const encoded = Buffer.from(' '.repeat(offset) + text).toString('base64');
    // Without the digits that its neighbours have a part in.
    if (bytes.includes(encoded.slice(offset === 0 ? 0 : 4, -4))) found.push(`base64 from ${offset}`);
  }
  return found;
}
