import { createHash } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { type Digest, type WaterflowError, WaterflowFailure } from '../../../schemas/index.ts';
import type { Blobs, StoredBlob } from '../../../storage/blobs/index.ts';
import { type Binding, bindingOf, ownerOf } from './binding.ts';
import { throughTemporal, unreadable } from './failures.ts';
import { fromBytes, textOf, toBytes } from './framing.ts';

/** Where large payloads lie: beside a server its store of blobs, on an agent that of its server. */
export type PayloadBlobs = Pick<Blobs, 'put' | 'get' | 'has'>;

/** What large payloads are kept with. */
export interface LargePayloadOptions {
  /** Undefined: this process reaches none. Then it sends large payloads to Temporal as they are, and can't read what others keep as blobs. */
  readonly blobs: PayloadBlobs | undefined;
  /** Of the worker or client. */
  readonly namespace: string;
  /** Told of each blob before Temporal is, and once more on a replay: whoever removes a run removes its blobs by that. */
  readonly onKept?: (digest: Digest, place: Binding) => Promise<void>;
  readonly onUnreadable?: (error: WaterflowError, place: Binding) => void;
}

/** From this size on, in bytes, payloads are blobs: histories stay small, and Temporal itself refuses 2 MB. */
export const largePayloadBytes: number = 64 * 1024;

/** No payload of ours is larger (outputs of a run: 16 MiB). Blobs can be: nobody can have one loaded by naming it in a history. */
const maximumBytes = 64 * 1024 * 1024;

/** Says in the metadata that the data is a blob's digest. In histories: it never changes. */
const reference = 'waterflow/blob';

/**
 * Keeps payloads of 64 KiB and more as blobs, and gives Temporal their digests. It comes after the codec that encrypts, so that blobs
 * hold ciphertext. STORAGE_FAILED where a blob is needed and this process reaches none, JOURNAL_BROKEN where it is gone.
 *
 * Not the SDK's own external storage, which needs one copy of protobufjs for all of its packages: with the versions of 1.24, npm installs
 * several, and then it fails with "type must be a Type". It is experimental, too.
 */
export function createLargePayloadCodec(options: LargePayloadOptions): PayloadCodec {
  const { blobs, namespace, onKept, onUnreadable } = options;
  return {
    async encode(payloads, context) {
      if (blobs === undefined) return payloads;
      const kept = async (digest: Digest) => await onKept?.(digest, bindingOf(context, namespace));
      return await inTemporalsWords(Promise.all(payloads.map((payload) => keep(payload, blobs, kept))));
    },
    async decode(payloads, context) {
      const place = bindingOf(context, namespace);
      try {
        return await inTemporalsWords(Promise.all(payloads.map((payload) => load(payload, place, blobs))));
      } catch (cause) {
        if (cause instanceof WaterflowFailure) onUnreadable?.(cause.error, place);
        throw cause;
      }
    },
  };
}

async function keep(payload: Payload, blobs: PayloadBlobs, kept: (digest: Digest) => Promise<void>): Promise<Payload> {
  if ((payload.data?.length ?? 0) < largePayloadBytes) return payload;
  const bytes = toBytes(payload);
  // It matches Digest's definition.
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
  // A workflow that is replayed encodes once more what it did before.
  if (!(await blobs.has(digest))) await blobs.put(only(bytes), { expected: digest });
  await kept(digest);
  return { metadata: { encoding: Buffer.from(reference) }, data: Buffer.from(digest) };
}

async function load(payload: Payload, place: Binding, blobs: PayloadBlobs | undefined): Promise<Payload> {
  if (textOf(payload, 'encoding') !== reference) return payload;
  // What is no digest has no blob.
  const digest = Buffer.from(payload.data ?? []).toString() as Digest;
  if (blobs === undefined) throw noBlobs(digest, place);
  const blob = await blobs.get(digest);
  if (blob === undefined) throw gone(digest, place);
  if (blob.size > maximumBytes) {
    blob.content.destroy();
    throw noPayload(digest, place);
  }
  const bytes = await readAll(blob);
  try {
    return fromBytes(bytes);
  } catch {
    throw noPayload(digest, place);
  }
}

async function readAll({ content }: StoredBlob): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  // Blobs' streams give bytes.
  for await (const chunk of content) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Failures of the store, so that they survive the way through Temporal. */
async function inTemporalsWords<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof WaterflowFailure && cause.cause === undefined) throw throughTemporal(cause.error, cause);
    throw cause;
  }
}

function noBlobs(digest: string, place: Binding): WaterflowFailure {
  return throughTemporal({
    code: 'STORAGE_FAILED',
    message: `a large payload of ${ownerOf(place)} is kept as the blob ${digest}, and this process reaches no blobs`,
    remedy:
      'On an agent, set WATERFLOW_SERVER_URL and WATERFLOW_AGENT_KEY: payloads from 64 KiB on come from the server. Beside a server, name its store of blobs.',
  });
}

function gone(digest: string, place: Binding): WaterflowFailure {
  return unreadable({
    owner: ownerOf(place),
    reason: `a large payload was kept as the blob ${digest}, which isn't there`,
    remedy:
      'Check that all servers and engines use one store of blobs; restore the blob from a backup, or end the run.',
  });
}

function noPayload(digest: string, place: Binding): WaterflowFailure {
  return unreadable({
    owner: ownerOf(place),
    reason: `the blob ${digest} to which it refers is no payload`,
    remedy: "Somebody changed Temporal's database: find out who, then end the run and start it anew.",
  });
}
