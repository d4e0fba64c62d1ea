import type { ActivitySerializationContext, Payload, WorkflowSerializationContext } from '@temporalio/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WaterflowError } from '../../../schemas/index.ts';
import { createPayloadCodec, type PayloadCodecOptions } from './codec.ts';
import { newPayloadKey, parsePayloadKeys } from './payload-keys.ts';

const keys = parsePayloadKeys([newPayloadKey()], 'here');
const run: WorkflowSerializationContext = { type: 'workflow', namespace: 'team', workflowId: 'run-1' };
const step: ActivitySerializationContext = {
  type: 'activity',
  namespace: 'team',
  workflowId: 'run-1',
  activityId: '7',
  isLocal: false,
};
const plain: Payload = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"a secret text"') };

describe('createPayloadCodec', () => {
  it('gives back what it was given', async () => {
    const codec = codecWith();
    const metadata = fc.dictionary(fc.string({ minLength: 1 }), fc.uint8Array(), { maxKeys: 5, noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(metadata, fc.uint8Array({ maxLength: 5000 }), async (metadata, data) => {
        const [decoded] = await codec.decode(await codec.encode([{ metadata, data }], run), run);
        expect(decoded).toEqual({ metadata, data });
      }),
      { numRuns: 50 },
    );
  });

  it('takes the empty list that the SDK gives as the data of nothing', async () => {
    const codec = codecWith();
    // The SDK's type promises bytes.
    const nothing = { metadata: { encoding: Buffer.from('binary/null') }, data: [] } as unknown as Payload;
    const [decoded] = await codec.decode(await codec.encode([nothing], run), run);
    expect(decoded).toEqual({
      metadata: { encoding: new Uint8Array(nothing.metadata?.['encoding'] ?? []) },
      data: new Uint8Array(),
    });
  });

  it('shows neither data nor encoding, and never the same bytes twice', async () => {
    const codec = codecWith();
    const [one, other] = await codec.encode([plain, plain], run);
    expect(textsOf(one)).not.toContain('secret');
    expect(textsOf(one)).not.toContain('json');
    expect(one?.data).not.toEqual(other?.data);
  });

  it('gives large payloads the same bytes in the same place only, so that a replay makes no further blob', async () => {
    const codec = codecWith();
    const large: Payload = { ...plain, data: Buffer.alloc(64 * 1024, 'x') };
    const [one, again] = await codec.encode([large, large], run);
    const [elsewhere] = await codec.encode([large], step);
    expect(again?.data).toEqual(one?.data);
    expect(elsewhere?.data?.subarray(0, 32)).not.toEqual(one?.data?.subarray(0, 32));
    expect((await codec.decode([one ?? {}], run))[0]).toMatchObject({ data: Uint8Array.from(large.data ?? []) });
  });

  it.each([
    ['another workflow', run, { ...run, workflowId: 'run-2' }],
    ['another namespace', run, { ...run, namespace: 'others' }],
    ['a namespace that is not its own, where the place is not told', { ...run, namespace: 'others' }, undefined],
    ['another purpose', step, run],
    ['another activity', step, { ...step, activityId: '8' }],
    ["another run's activity", step, { ...step, workflowId: 'run-2' }],
  ] as const)('refuses a payload of %s', async (_case, from, to) => {
    const codec = codecWith();
    const moved = await codec.encode([plain], from);
    await expect(codec.decode(moved, to)).rejects.toMatchObject({
      error: { code: 'JOURNAL_BROKEN', message: expect.stringContaining('a payload there was encrypted for') },
    });
  });

  it('reads a payload of its own namespace where the SDK tells no place', async () => {
    const codec = codecWith();
    expect(await codec.decode(await codec.encode([plain], run))).toHaveLength(1);
    expect(await codec.decode(await codec.encode([plain]), run)).toHaveLength(1);
  });

  it('takes the runs of a schedule for one workflow', async () => {
    const codec = codecWith();
    const result = await codec.encode([plain], { ...run, workflowId: 'nightly-2026-01-01T00:00:00Z' });
    expect(await codec.decode(result, { ...run, workflowId: 'nightly-2026-01-02T00:00:00Z' })).toHaveLength(1);
    await expect(codec.decode(result, { ...run, workflowId: 'weekly-2026-01-02T00:00:00Z' })).rejects.toThrow(
      'nightly',
    );
  });

  it('refuses a payload of which any byte or the place was changed', async () => {
    const codec = codecWith();
    const [encoded] = await codec.encode([plain], run);
    const bytes = Buffer.from(encoded?.data ?? []);
    for (let at = 0; at < bytes.length; at += 1) {
      const data = Uint8Array.from(bytes);
      data[at] = (data[at] ?? 0) ^ 1;
      await expect(codec.decode([{ ...encoded, data }], run)).rejects.toThrow('was changed');
    }
    const claimed = JSON.stringify({ namespace: 'team', purpose: 'workflow', workflow: 'run-2' });
    const metadata = { ...encoded?.metadata, 'waterflow-binding': Buffer.from(claimed) };
    await expect(codec.decode([{ ...encoded, metadata }], { ...run, workflowId: 'run-2' })).rejects.toThrow(
      'was changed',
    );
    await expect(codec.decode([{ ...encoded, data: bytes.subarray(0, 47) }], run)).rejects.toThrow('was changed');
  });

  it('says which key is missing, and to whom the payload belongs', async () => {
    const errors: WaterflowError[] = [];
    const [encoded] = await codecWith().encode([plain], step);
    const others = parsePayloadKeys([newPayloadKey()], 'here');
    const codec = codecWith({ keys: others, onUnreadable: (error) => errors.push(error) });
    await expect(codec.decode([encoded ?? {}], step)).rejects.toThrow(keys.current.id);
    expect(errors).toEqual([
      {
        code: 'JOURNAL_BROKEN',
        message: `what Temporal keeps of activity 7 of run-1 can't be read: it was encrypted with the key ${keys.current.id}, which this process doesn't have`,
        remedy: expect.stringContaining('Add that key'),
      },
    ]);
  });

  it('tells the error to a workflow, too, as a detail of the cause', async () => {
    await expect(codecWith().decode([plain], run)).rejects.toMatchObject({
      cause: { type: 'WaterflowError', nonRetryable: true, details: [{ code: 'JOURNAL_BROKEN' }] },
    });
  });

  it('takes unencrypted payloads only where that is accepted', async () => {
    await expect(codecWith().decode([plain], run)).rejects.toThrow("isn't encrypted");
    expect(await codecWith({ unencrypted: 'accepted' }).decode([plain], run)).toEqual([plain]);
  });

  it('refuses a cipher that it does not know', async () => {
    const [encoded] = await codecWith().encode([plain], run);
    const metadata = { ...encoded?.metadata, 'encryption-cipher': Buffer.from('ROT13') };
    await expect(codecWith().decode([{ ...encoded, metadata }], run)).rejects.toThrow('ROT13');
  });
});

function codecWith(options: Partial<PayloadCodecOptions> = {}) {
  return createPayloadCodec({ keys, namespace: 'team', unencrypted: 'refused', ...options });
}

function textsOf(payload: Payload | undefined): string {
  const values = Object.values(payload?.metadata ?? {});
  return Buffer.concat([...values, payload?.data ?? new Uint8Array()]).toString('latin1');
}
