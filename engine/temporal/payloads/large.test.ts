import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, type Payload, type WorkflowSerializationContext } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { WaterflowError } from '../../../schemas/index.ts';
import { newRun } from '../../../storage/logs/testing/samples.ts';
import { startTemporal, type TestTemporal } from '../testing/temporal-server.ts';
import { isEncrypted } from './codec.ts';
import { createDataConverter } from './data-converter.ts';
import { fromBytes } from './framing.ts';
import { createLargePayloadCodec } from './large.ts';
import { newPayloadKey, parsePayloadKeys } from './payload-keys.ts';
import { MemoryPayloads } from './testing/memory-payloads.ts';
import type { length } from './testing/workflows.ts';
import { bundleTestWorkflows, openWorld, type World } from './testing/world.ts';

const keys = parsePayloadKeys([newPayloadKey()], 'here');
const canary = 'canary-LARGE-0123456789-';
const threeMegabytes = canary.repeat(Math.ceil((3 * 1024 * 1024) / canary.length));

describe('createLargePayloadCodec', () => {
  const large: Payload = { metadata: {}, data: Buffer.from(threeMegabytes) };
  const run = newRun();
  const of = (workflowId: string): WorkflowSerializationContext => ({
    type: 'workflow',
    namespace: 'team',
    workflowId,
  });

  it('gives back what it was given, small or large, of a run and of its jobs', async () => {
    const codec = createLargePayloadCodec({ blobs: new MemoryPayloads(), namespace: 'team' });
    const payloads = [{ metadata: {}, data: Uint8Array.of(1) }, large];
    for (const place of [of(run), of(`${run}/build / test`)]) {
      const encoded = await codec.encode(payloads, place);
      expect(encoded[0]).toBe(payloads[0]);
      expect(encoded[1]?.data?.length).toBeLessThan(110);
      const decoded = await codec.decode(encoded, place);
      expect(Buffer.from(decoded[1]?.data ?? []).equals(Buffer.from(threeMegabytes))).toBe(true);
    }
  });

  it('leaves to Temporal what goes with no run', async () => {
    const blobs = new MemoryPayloads();
    const codec = createLargePayloadCodec({ blobs, namespace: 'team' });
    for (const place of [of('group/["default","deploy"]'), of('agent/one'), undefined]) {
      expect(await codec.encode([large], place)).toEqual([large]);
    }
    expect(blobs.all).toEqual([]);
  });

  it('says which run has lost a blob', async () => {
    const errors: WaterflowError[] = [];
    const onUnreadable = (error: WaterflowError) => errors.push(error);
    const blobs = new MemoryPayloads();
    const codec = createLargePayloadCodec({ blobs, namespace: 'team', onUnreadable });
    const encoded = await codec.encode([large], of(run));
    blobs.clear();
    await expect(codec.decode(encoded, of(run))).rejects.toThrow("which isn't there");
    expect(errors).toMatchObject([
      { code: 'JOURNAL_BROKEN', message: expect.stringContaining(`${run} can't be read`) },
    ]);
  });

  it('loads nothing of another run, and nothing that is no payload', async () => {
    const blobs = new MemoryPayloads();
    const codec = createLargePayloadCodec({ blobs, namespace: 'team' });
    const encoded = await codec.encode([large], of(run));
    await expect(codec.decode(encoded, of(newRun()))).rejects.toThrow('is no payload');
    const forged = (data: string) => [
      { metadata: { encoding: Buffer.from('waterflow/blob') }, data: Buffer.from(data) },
    ];
    await expect(codec.decode(forged(`${run} ../../etc/passwd`), of(run))).rejects.toThrow("which isn't there");
    await expect(codec.decode(forged('../../etc/passwd'), of(run))).rejects.toThrow('is no payload');
  });

  it('sends large payloads inline where there are no blobs, and refuses what Temporal would', async () => {
    const codec = createLargePayloadCodec({ blobs: undefined, namespace: 'team' });
    const inline = { metadata: {}, data: large.data?.slice(0, 1024 * 1024) ?? new Uint8Array() };
    expect(await codec.encode([inline], of(run))).toEqual([inline]);
    await expect(codec.encode([large], of(run))).rejects.toMatchObject({
      error: { code: 'STORAGE_FAILED', message: expect.stringContaining('Temporal takes 2 MB') },
    });
  });
});

describe.skipIf(!(await needs('temporal')))('large payloads', () => {
  const blobs = new MemoryPayloads();
  const [largeRun, unreachable] = [newRun(), newRun()];
  let temporal: TestTemporal;
  /** With the blobs. */
  let engine: World;
  /** Without: an agent that has no server. */
  let lonely: World;

  beforeAll(async () => {
    const [server, workflows] = await Promise.all([startTemporal(), bundleTestWorkflows()]);
    temporal = server;
    const { address } = temporal;
    const options = { keys, namespace: 'default', unencrypted: 'refused' } as const;
    const shared = createDataConverter({ ...options, blobs });
    const own = createDataConverter({ ...options, blobs: undefined });
    engine = await openWorld({ address, queue: 'engine', workflows, converter: shared });
    lonely = await openWorld({ address, queue: 'lonely', workflows, converter: own });
  }, 120_000);
  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]();
    await lonely?.[Symbol.asyncDispose]();
    await temporal?.[Symbol.asyncDispose]();
  }, 60_000);

  it('go to the blobs, encrypted, and leave the history small', async () => {
    const handle = await start(largeRun, 'engine');
    await expect(handle.result()).resolves.toBe(threeMegabytes.length);
    const { historySize } = await handle.describe();
    expect(historySize).toBeLessThan(20_000);
    const kept = blobs.all.map((bytes) => Buffer.from(bytes));
    // The workflow's argument; and the activity's, which is its result, too.
    expect(kept).toHaveLength(2);
    for (const bytes of kept) {
      expect(bytes.length).toBeGreaterThan(3 * 1024 * 1024);
      expect(bytes.includes(canary)).toBe(false);
      expect(isEncrypted(fromBytes(bytes))).toBe(true);
    }
  }, 60_000);

  it('fail where there are no blobs, with what to set', async () => {
    const handle = await start(unreachable, 'lonely');
    const error = told(await handle.result().catch((cause: unknown) => cause));
    expect(error).toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringMatching(
        new RegExp(
          `^a large payload of activity 1 of ${unreachable} is kept as the blob sha256:\\w+, and this process`,
          'u',
        ),
      ),
      remedy: expect.stringContaining('WATERFLOW_SERVER_URL'),
    });
  }, 60_000);

  async function start(workflowId: string, queue: string) {
    return await engine.client.workflow.start<typeof length>('length', {
      taskQueue: 'engine',
      workflowId,
      args: [threeMegabytes, queue],
    });
  }
});

/** The error of ours among the causes of a failed workflow. */
function told(failure: unknown): unknown {
  let cause: unknown = failure instanceof WorkflowFailedError ? failure.cause : undefined;
  while (cause instanceof Error) {
    if (cause instanceof ApplicationFailure && cause.type === 'WaterflowError') return cause.details?.[0];
    cause = cause.cause;
  }
  return undefined;
}
