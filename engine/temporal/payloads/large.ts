import { hash } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { type Digest, parseRunId, type RunId, type WaterflowError, WaterflowFailure } from '../../../schemas/index.ts';
import type { RunPayloads } from '../../../storage/payloads/index.ts';
import { type Binding, bindingOf, ownerOf } from './binding.ts';
import { throughTemporal, unreadable } from './failures.ts';
import { fromBytes, textOf, toBytes } from './framing.ts';

/** What large payloads are kept with. */
export interface LargePayloadOptions {
  /**
   * Where large payloads lie: beside a server in its database, on an agent with its server. Undefined: this process reaches none. Then it
   * sends large payloads to Temporal as they are, and can't read what others keep.
   */
  readonly blobs: RunPayloads | undefined;
  /** Of the worker or client. */
  readonly namespace: string;
  readonly onUnreadable?: (error: WaterflowError, place: Binding) => void;
}

/** From this size on, in bytes, payloads are blobs: histories stay small, and Temporal itself refuses 2 MB. */
export const largePayloadBytes: number = 64 * 1024;

/** No payload of ours is larger (outputs of a run: 16 MiB). */
export const mostPayloadBytes: number = 64 * 1024 * 1024;

/** Of what Temporal takes as one payload (limit.blobSize.error), less what is around it. */
const mostInlineBytes = 2 * 1024 * 1024 - 4096;

/** Says in the metadata that the data is a run's id and a blob's digest. In histories: it never changes. */
const reference = 'waterflow/blob';

/**
 * Keeps payloads of 64 KiB and more that belong to a run as blobs, which go with the run, and gives Temporal their digests. Those of other
 * workflows, which outlive runs, stay as they are. It comes after the codec that encrypts, so that blobs hold ciphertext. STORAGE_FAILED
 * where a blob is needed and this process reaches none, or a payload is too large; JOURNAL_BROKEN where one is gone.
 *
 * Not the SDK's own external storage, which needs one copy of protobufjs for all of its packages: with the versions of 1.24, npm installs
 * several, and then it fails with "type must be a Type". It is experimental, too.
 */
export function createLargePayloadCodec(options: LargePayloadOptions): PayloadCodec {
  const { blobs, namespace, onUnreadable } = options;
  return {
    async encode(payloads, context) {
      const place = bindingOf(context, namespace);
      return await inTemporalsWords(Promise.all(payloads.map((payload) => keep(payload, place, blobs))));
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

async function keep(payload: Payload, place: Binding, blobs: RunPayloads | undefined): Promise<Payload> {
  const size = payload.data?.length ?? 0;
  const run = runOf(place);
  if (size < largePayloadBytes || run === undefined) return payload;
  if (blobs === undefined) {
    if (size > mostInlineBytes) throw tooLarge(place, size, 'Temporal takes 2 MB, and this process reaches no server');
    return payload;
  }
  const bytes = toBytes(payload);
  if (bytes.length > mostPayloadBytes) throw tooLarge(place, size, `a run keeps ${mostPayloadBytes} at a time`);
  // It matches Digest's definition.
  const digest = `sha256:${hash('sha256', bytes, 'hex')}` as Digest;
  await blobs.put(run, digest, bytes);
  return { metadata: { encoding: Buffer.from(reference) }, data: Buffer.from(`${run} ${digest}`) };
}

async function load(payload: Payload, place: Binding, blobs: RunPayloads | undefined): Promise<Payload> {
  if (textOf(payload, 'encoding') !== reference) return payload;
  const [named = '', digest = ''] = Buffer.from(payload.data ?? [])
    .toString()
    .split(' ');
  const run = parseRunId(named);
  const own = runOf(place);
  // Whoever writes to Temporal's database could name what is another run's.
  if (run === undefined || (own !== undefined && own !== run)) throw noPayload(digest, place);
  if (blobs === undefined) throw noBlobs(digest, place);
  // What is no digest has no blob.
  const bytes = await blobs.get(run, digest as Digest);
  if (bytes === undefined) throw gone(digest, place);
  try {
    return fromBytes(bytes);
  } catch {
    throw noPayload(digest, place);
  }
}

/** The run whose workflow, or whose job's, a payload is of. */
function runOf({ workflow }: Binding): RunId | undefined {
  return parseRunId(workflow?.split('/', 1)[0] ?? '');
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

function tooLarge(place: Binding, size: number, limit: string): WaterflowFailure {
  return throughTemporal({
    code: 'STORAGE_FAILED',
    message: `a payload of ${ownerOf(place)} has ${size} bytes; ${limit}`,
    remedy: 'Hand large data on as files or blobs, or give the agent WATERFLOW_SERVER_URL and WATERFLOW_AGENT_KEY.',
  });
}

function noBlobs(digest: string, place: Binding): WaterflowFailure {
  return throughTemporal({
    code: 'STORAGE_FAILED',
    message: `a large payload of ${ownerOf(place)} is kept as the blob ${digest}, and this process reaches no blobs`,
    remedy:
      'On an agent, set WATERFLOW_SERVER_URL and WATERFLOW_AGENT_KEY: payloads from 64 KiB on come from the server.',
  });
}

function gone(digest: string, place: Binding): WaterflowFailure {
  return unreadable({
    kind: 'later',
    owner: ownerOf(place),
    reason: `a large payload was kept as the blob ${digest}, which isn't there`,
    remedy: 'Check that all servers and engines use one database; restore it from a backup, or end the run.',
  });
}

function noPayload(digest: string, place: Binding): WaterflowFailure {
  return unreadable({
    kind: 'foreign',
    owner: ownerOf(place),
    reason: `the blob ${digest} to which it refers is no payload`,
    remedy: "Somebody changed Temporal's database: find out who, then end the run and start it anew.",
  });
}
