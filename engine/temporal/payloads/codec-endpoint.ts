import type { Payload } from '@temporalio/common';
import { isJsonList, isJsonObject, type Json, type JsonObject, WaterflowFailure } from '../../../schemas/index.ts';
import type { RunPayloads } from '../../../storage/payloads/index.ts';
import { createPayloadCodec } from './codec.ts';
import { createLargePayloadCodec } from './large.ts';
import type { PayloadKeys } from './payload-keys.ts';

/** What a codec endpoint has. Who may ask is for whoever mounts it to decide: it decrypts whatever belongs to the namespace. */
export interface CodecEndpointOptions {
  readonly keys: PayloadKeys;
  readonly blobs: RunPayloads | undefined;
}

/** One call of Temporal's UI or CLI: POST `<endpoint>/decode` or `/encode`, with the namespace in the header `X-Namespace`. */
export interface CodecCall {
  readonly operation: 'decode' | 'encode';
  readonly namespace: string;
  /** `{ payloads: [{ metadata: { <name>: <base64> }, data: <base64> }] }`, protobuf's JSON, as is the answer. */
  readonly body: Json;
}

/**
 * Decrypts for Temporal's UI, or encrypts what is entered there. Payloads that are no ciphertext come back as they are, as Temporal asks of
 * codecs. INVALID_INPUT for another body, JOURNAL_BROKEN for what can't be decrypted.
 */
export async function callCodec(call: CodecCall, { keys, blobs }: CodecEndpointOptions): Promise<JsonObject> {
  const { operation, namespace, body } = call;
  const codec = createPayloadCodec({ keys, namespace, unencrypted: 'accepted' });
  const payloads = payloadsOf(body);
  if (operation === 'encode') return written(await codec.encode(payloads));
  const large = createLargePayloadCodec({ blobs, namespace });
  return written(await codec.decode(await large.decode(payloads)));
}

function payloadsOf(body: Json): Payload[] {
  const payloads = isJsonObject(body) ? body['payloads'] : undefined;
  if (!isJsonList(payloads)) throw malformed();
  return payloads.map(payloadOf);
}

function payloadOf(value: Json): Payload {
  if (!isJsonObject(value)) throw malformed();
  const { metadata = {}, data = '' } = value;
  if (!isJsonObject(metadata) || typeof data !== 'string') throw malformed();
  const entries = Object.entries(metadata).map(([name, text]): [string, Uint8Array] => {
    if (typeof text !== 'string') throw malformed();
    return [name, Buffer.from(text, 'base64')];
  });
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data, 'base64') };
}

function written(payloads: readonly Payload[]): JsonObject {
  return {
    payloads: payloads.map(({ metadata, data }) => ({
      metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
      data: base64(data ?? new Uint8Array()),
    })),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function malformed(): WaterflowFailure {
  return new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: 'the body is no list of payloads',
    remedy:
      'Send `{ "payloads": [{ "metadata": { "encoding": "<base64>" }, "data": "<base64>" }] }`, as the UI of Temporal does.',
  });
}
