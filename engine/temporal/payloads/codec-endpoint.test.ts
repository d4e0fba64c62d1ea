import type { Payload } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../schemas/index.ts';
import type { RunPayloads } from '../../../storage/payloads/index.ts';
import { type CodecCall, callCodec } from './codec-endpoint.ts';
import { createDataConverter } from './data-converter.ts';
import { newPayloadKey, parsePayloadKeys } from './payload-keys.ts';
import { MemoryPayloads } from './testing/memory-payloads.ts';

const keys = parsePayloadKeys([newPayloadKey()], 'here');
const shown = { metadata: { encoding: base64('json/plain') }, data: base64('"hello"') };

describe('callCodec', () => {
  it('decrypts what a worker encrypted, as the UI sends it', async () => {
    const body = await encryptedBy('team', '"hello"', undefined);
    expect(JSON.stringify(body)).not.toContain(shown.data);
    expect(await call('decode', body)).toEqual({ payloads: [shown] });
  });

  it('decrypts what lies in a blob', async () => {
    const blobs = new MemoryPayloads();
    const text = JSON.stringify('x'.repeat(100_000));
    const body = await encryptedBy('team', text, blobs);
    expect(JSON.stringify(body).length).toBeLessThan(1000);
    expect(await call('decode', body, blobs)).toEqual({ payloads: [{ ...shown, data: base64(text) }] });
  });

  it('encrypts what is entered in the UI, for the namespace', async () => {
    const encoded = await call('encode', { payloads: [shown] });
    expect(JSON.stringify(encoded)).not.toContain(shown.data);
    expect(await call('decode', encoded)).toEqual({ payloads: [shown] });
  });

  it('leaves what is not encrypted', async () => {
    expect(await call('decode', { payloads: [shown, {}] })).toEqual({ payloads: [shown, { metadata: {}, data: '' }] });
  });

  it('decrypts nothing of another namespace', async () => {
    const body = await encryptedBy('others', '"hello"', undefined);
    await expect(call('decode', body)).rejects.toMatchObject({ error: { code: 'JOURNAL_BROKEN' } });
  });

  it.each([
    null,
    [],
    {},
    { payloads: {} },
    { payloads: [1] },
    { payloads: [{ data: 1 }] },
    { payloads: [{ metadata: { a: 1 } }] },
  ])('refuses %j', async (body) => {
    await expect(call('decode', body)).rejects.toMatchObject({ error: { code: 'INVALID_INPUT' } });
  });
});

function call(operation: CodecCall['operation'], body: Json, blobs?: RunPayloads): Promise<JsonObject> {
  return callCodec({ operation, namespace: 'team', body }, { keys, blobs });
}

/** A payload as Temporal has it, in protobuf's JSON. */
async function encryptedBy(namespace: string, data: string, blobs: RunPayloads | undefined): Promise<JsonObject> {
  const { payloadCodecs = [] } = createDataConverter({ keys, blobs, namespace, unencrypted: 'refused' });
  let payloads: Payload[] = [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(data) }];
  for (const codec of payloadCodecs) {
    payloads = await codec.encode(payloads, { type: 'workflow', namespace, workflowId: `run-${'0'.repeat(26)}` });
  }
  const [{ metadata = {}, data: bytes } = {}] = payloads;
  const texts = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]);
  return { payloads: [{ metadata: Object.fromEntries(texts), data: base64(bytes ?? new Uint8Array()) }] };
}

function base64(value: string | Uint8Array): string {
  return Buffer.from(value).toString('base64');
}
