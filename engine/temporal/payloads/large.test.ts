import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, type Payload, type WorkflowSerializationContext } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { Digest, WaterflowError } from '../../../schemas/index.ts';
import { type Blobs, openBlobs } from '../../../storage/blobs/index.ts';
import { startTemporal, type TestTemporal } from '../testing/temporal-server.ts';
import { createDataConverter } from './data-converter.ts';
import type { Binding } from './binding.ts';
import { isEncrypted } from './codec.ts';
import { fromBytes } from './framing.ts';
import { createLargePayloadCodec } from './large.ts';
import { newPayloadKey, parsePayloadKeys } from './payload-keys.ts';
import { bundleTestWorkflows, openWorld, type World } from './testing/world.ts';
import type { length } from './testing/workflows.ts';

const keys = parsePayloadKeys([newPayloadKey()], 'here');
const canary = 'canary-LARGE-0123456789-';
const threeMegabytes = canary.repeat(Math.ceil((3 * 1024 * 1024) / canary.length));

describe('createLargePayloadCodec', () => {
  const large: Payload = { metadata: {}, data: Buffer.from(threeMegabytes) };
  const run: WorkflowSerializationContext = { type: 'workflow', namespace: 'team', workflowId: 'run-1' };
  let folder: string;
  let blobs: Blobs;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waterflow-large-'));
    blobs = await openBlobs({ folder });
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('gives back what it was given, small or large', async () => {
    const codec = createLargePayloadCodec({ blobs, namespace: 'team' });
    const payloads = [{ metadata: {}, data: Uint8Array.of(1) }, large];
    const encoded = await codec.encode(payloads, run);
    expect(encoded[0]).toBe(payloads[0]);
    expect(encoded[1]?.data?.length).toBeLessThan(100);
    const decoded = await codec.decode(encoded, run);
    expect(Buffer.from(decoded[1]?.data ?? []).equals(Buffer.from(threeMegabytes))).toBe(true);
  });

  it('tells of each blob, whose it is', async () => {
    const told: unknown[] = [];
    const onKept = async (digest: Digest, { workflow }: Binding) => {
      told.push([digest, workflow, await blobs.has(digest)]);
    };
    const codec = createLargePayloadCodec({ blobs, namespace: 'team', onKept });
    await codec.encode([{ metadata: {}, data: Uint8Array.of(1) }, large], run);
    expect(told).toEqual([[expect.stringMatching(/^sha256:/), 'run-1', true]]);
  });

  it('says which run has lost a blob', async () => {
    const errors: WaterflowError[] = [];
    const onUnreadable = (error: WaterflowError) => errors.push(error);
    const codec = createLargePayloadCodec({ blobs, namespace: 'team', onUnreadable });
    const [encoded] = await codec.encode([large], run);
    // The data is the digest.
    const digest = Buffer.from(encoded?.data ?? []).toString() as Digest;
    await blobs.remove(digest);
    await expect(codec.decode([encoded ?? {}], run)).rejects.toThrow("which isn't there");
    expect(errors).toMatchObject([{ code: 'JOURNAL_BROKEN', message: expect.stringContaining(`run-1 can't be read`) }]);
  });

  it('loads no blob that is something else', async () => {
    const { digest } = await blobs.put(Readable.from([Buffer.from('an artifact')]));
    const codec = createLargePayloadCodec({ blobs, namespace: 'team' });
    const forged = { metadata: { encoding: Buffer.from('waterflow/blob') }, data: Buffer.from(digest) };
    await expect(codec.decode([forged], run)).rejects.toThrow('is no payload');
    const nowhere = { ...forged, data: Buffer.from('../../etc/passwd') };
    await expect(codec.decode([nowhere], run)).rejects.toThrow("which isn't there");
  });

  it('sends large payloads inline where there are no blobs', async () => {
    const codec = createLargePayloadCodec({ blobs: undefined, namespace: 'team' });
    expect(await codec.encode([large], run)).toEqual([large]);
  });
});

describe.skipIf(!(await needs('temporal')))('large payloads', () => {
  let folder: string;
  let blobs: Blobs;
  let temporal: TestTemporal;
  /** With the blobs. */
  let engine: World;
  /** Without: an agent that has no server. */
  let lonely: World;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waterflow-large-'));
    blobs = await openBlobs({ folder: join(folder, 'blobs') });
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
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  it('go to the blobs, encrypted, and leave the history small', async () => {
    const handle = await start('large', 'engine');
    await expect(handle.result()).resolves.toBe(threeMegabytes.length);
    const { historySize } = await handle.describe();
    expect(historySize).toBeLessThan(20_000);
    const kept = await allBlobs();
    // The workflow's argument; and the activity's, which is its result, too.
    expect(kept).toHaveLength(2);
    for (const bytes of kept) {
      expect(bytes.length).toBeGreaterThan(3 * 1024 * 1024);
      expect(bytes.includes(canary)).toBe(false);
      expect(isEncrypted(fromBytes(bytes))).toBe(true);
    }
  }, 60_000);

  it('fail where there are no blobs, with what to set', async () => {
    const handle = await start('unreachable', 'lonely');
    const error = told(await handle.result().catch((cause: unknown) => cause));
    expect(error).toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringMatching(
        /^a large payload of activity 1 of unreachable is kept as the blob sha256:\w+, and this process/,
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

  async function blobFiles(): Promise<string[]> {
    const names = await readdir(join(folder, 'blobs'), { recursive: true });
    return names.filter((name) => /[0-9a-f]{64}$/.test(name));
  }

  async function allBlobs(): Promise<Buffer[]> {
    return await Promise.all((await blobFiles()).map((name) => readFile(join(folder, 'blobs', name))));
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
