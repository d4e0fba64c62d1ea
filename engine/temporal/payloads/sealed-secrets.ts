import {
  isJsonList,
  isJsonObject,
  type Json,
  type JsonObject,
  type RunId,
  WaterflowFailure,
} from '../../../schemas/index.ts';
import { throughTemporal } from './failures.ts';
import { type PrivateQueueKey, type PublicQueueKey, suite } from './queue-keys.ts';

/**
 * Secrets on their way to the agents of a queue. They are sealed to each public key that the server knows for the queue, as a rule one
 * that its agents share, and two while it is changed. Not one for each agent: agents that come later, as in a fleet that grows or where a
 * lost agent's job is retried elsewhere, could open nothing. Whoever serves a queue gets its jobs with their secrets anyway.
 */
export interface SealedSecrets extends JsonObject {
  readonly version: 1;
  readonly queue: string;
  readonly sealed: readonly SealedCopy[];
}

/** All of the secrets, for one key. Names are inside, too. */
export interface SealedCopy extends JsonObject {
  readonly key_id: string;
  /** HPKE's encapsulated key, base64. */
  readonly encapsulated: string;
  /** Base64. */
  readonly ciphertext: string;
}

/** For whom secrets are: nobody can put them into another run or hand them to another queue. */
export interface SecretsFor {
  readonly tenant: string;
  readonly run: RunId;
  readonly queue: string;
}

const info = Buffer.from('waterflow secrets 1');
/** Lengths are hidden up to this many bytes. */
const blockBytes = 256;

/** Seals secrets to each of the keys. INVALID_INPUT where there is none. */
export async function sealSecrets(
  secrets: Readonly<Record<string, string>>,
  keys: readonly PublicQueueKey[],
  to: SecretsFor,
): Promise<SealedSecrets> {
  if (keys.length === 0) throw noKey(to.queue);
  const plain = padded(JSON.stringify(secrets));
  const sealed = keys.map(async ({ id, key }): Promise<SealedCopy> => {
    const { encapsulatedSecret, ciphertext } = await suite.Seal(key, plain, { aad: associatedData(to, id), info });
    return { key_id: id, encapsulated: base64(encapsulatedSecret), ciphertext: base64(ciphertext) };
  });
  return { version: 1, queue: to.queue, sealed: await Promise.all(sealed) };
}

/**
 * Opens secrets that came with a job. SECRET_MISSING where none of the keys fits, or they were sealed for another tenant, run or queue:
 * the values never show in errors.
 */
export async function openSecrets(
  value: Json,
  privateKeys: readonly PrivateQueueKey[],
  to: SecretsFor,
): Promise<Readonly<Record<string, string>>> {
  const copies = copiesOf(value);
  if (copies === undefined) throw notSealed(to);
  for (const copy of copies) {
    const fitting = privateKeys.find(({ id }) => id === copy.key_id);
    if (fitting !== undefined) return await openCopy(copy, fitting, to);
  }
  throw keyMissing(copies, to);
}

async function openCopy(copy: SealedCopy, { id, pair }: PrivateQueueKey, to: SecretsFor) {
  let text: string;
  try {
    const plain = await suite.Open(pair, bytesOf(copy.encapsulated), bytesOf(copy.ciphertext), {
      aad: associatedData(to, id),
      info,
    });
    text = Buffer.from(plain).toString('utf8');
  } catch {
    // The library's own words would not help anybody.
    throw notForHere(to);
  }
  // sealSecrets() wrote it: nobody else could have for this run, except whoever has the public key and may submit it.
  return JSON.parse(text) as Readonly<Record<string, string>>;
}

function copiesOf(value: Json): readonly SealedCopy[] | undefined {
  if (!isJsonObject(value) || value['version'] !== 1) return undefined;
  const copies = value['sealed'];
  if (!isJsonList(copies)) return undefined;
  return copies.every(isCopy) ? copies : undefined;
}

function isCopy(value: Json): value is SealedCopy {
  return (
    isJsonObject(value) && ['key_id', 'encapsulated', 'ciphertext'].every((name) => typeof value[name] === 'string')
  );
}

/** With spaces at the end, which JSON allows. */
function padded(json: string): Uint8Array {
  const bytes = Buffer.from(json);
  const length = Math.ceil(bytes.length / blockBytes) * blockBytes;
  return Buffer.concat([bytes, Buffer.alloc(length - bytes.length, ' ')]);
}

function associatedData({ tenant, run, queue }: SecretsFor, keyId: string): Uint8Array {
  return Buffer.from(JSON.stringify(['waterflow secrets', 1, keyId, tenant, run, queue]));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

function noKey(queue: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: `no public key is known for the queue ${queue}, so secrets can't be sealed to it`,
    remedy:
      "Make a pair of keys for the queue: the private one for its agents, the public one for the server's settings.",
  });
}

function keyMissing(copies: readonly SealedCopy[], { run, queue }: SecretsFor): WaterflowFailure {
  const ids = copies.map(({ key_id }) => key_id).join(', ');
  return throughTemporal({
    code: 'SECRET_MISSING',
    message: `the secrets of ${run} for the queue ${queue} are sealed to a key that this agent doesn't have (${ids})`,
    remedy:
      "Add the queue's private key to the agent's file of queue keys, or have the server seal to the key that its agents have.",
  });
}

function notForHere({ run, queue, tenant }: SecretsFor): WaterflowFailure {
  return throughTemporal({
    code: 'SECRET_MISSING',
    message: `the secrets that came with ${run} for the queue ${queue} were changed, or sealed for another run, queue or tenant than ${tenant}`,
    remedy: 'Find out who changed what Temporal keeps, and start the workflow anew with its secrets.',
  });
}

function notSealed({ run, queue }: SecretsFor): WaterflowFailure {
  return throughTemporal({
    code: 'SECRET_MISSING',
    message: `what came with ${run} for the queue ${queue} are no sealed secrets of version 1`,
    remedy: 'Run agents and servers of versions that fit, and start the workflow anew.',
  });
}
