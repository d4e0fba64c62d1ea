import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { type WaterflowError, WaterflowFailure } from '../../../schemas/index.ts';
import { type Binding, belongs, bindingOf, bindingText, ownerOf, parseBinding } from './binding.ts';
import { unreadable } from './failures.ts';
import { fromBytes, textOf, toBytes } from './framing.ts';
import type { PayloadKey, PayloadKeys } from './payload-keys.ts';

/** How payloads are encrypted. */
export interface PayloadCodecOptions {
  readonly keys: PayloadKeys;
  /** Of the worker or client, for payloads of which the SDK doesn't tell the place. */
  readonly namespace: string;
  /** `accepted`: only while runs go on that began before there was a key. Otherwise whoever reaches Temporal could write what he likes. */
  readonly unencrypted: 'refused' | 'accepted';
  /** Told of each payload that can't be read, before the SDK is: a workflow that gets one stands still until it can be read. */
  readonly onUnreadable?: (error: WaterflowError, place: Binding) => void;
}

/** Of the metadata that Temporal sees. */
const entry = {
  encoding: 'encoding',
  cipher: 'encryption-cipher',
  key: 'encryption-key-id',
  binding: 'waterflow-binding',
} as const;

/** As Temporal's own samples name it, which its tools show as encrypted. */
const encrypted = 'binary/encrypted';
const cipherName = 'AES-256-GCM/1';
const algorithm = 'aes-256-gcm';
/** From this size on, in bytes, the same payload in the same place becomes the same ciphertext. */
const repeatableBytes = 32 * 1024;
const saltBytes = 32;
/** Each key encrypts one payload only, so it needs no nonce of its own. */
const nonce = Buffer.alloc(12);
const tagBytes = 16;

/**
 * Encrypts all of a payload, its metadata too, for the place where it belongs: namespace, workflow, purpose. Each has a key of its own,
 * derived from the process's key and 256 bits of salt, so that nothing runs out however many payloads there are (of random nonces
 * NIST SP 800-38D, 8.3, allows 2^32 for a key). Search attributes and headers never come here. JOURNAL_BROKEN for what can't be read.
 */
export function createPayloadCodec(options: PayloadCodecOptions): PayloadCodec {
  const { keys, namespace, onUnreadable } = options;
  return {
    async encode(payloads, context) {
      const binding = bindingText(bindingOf(context, namespace));
      return payloads.map((payload) => encrypt(payload, keys.current, binding));
    },
    async decode(payloads, context) {
      const place = bindingOf(context, namespace);
      try {
        return payloads.map((payload) => decode(payload, place, options));
      } catch (cause) {
        if (cause instanceof WaterflowFailure) onUnreadable?.(cause.error, place);
        throw cause;
      }
    },
  };
}

/** Whether a payload is one that a codec like this encrypted. */
export function isEncrypted(payload: Payload): boolean {
  return textOf(payload, entry.encoding) === encrypted;
}

function encrypt(payload: Payload, key: PayloadKey, binding: string): Payload {
  const plain = toBytes(payload);
  const salt = saltOf(plain, key, binding);

  const cipher = createCipheriv(algorithm, derivedKey(key, salt), nonce).setAAD(associatedData(key.id, binding));
  const body = [cipher.update(plain), cipher.final()];
  const data = Buffer.concat([salt, ...body, cipher.getAuthTag()]);
  return {
    metadata: {
      [entry.encoding]: Buffer.from(encrypted),
      [entry.cipher]: Buffer.from(cipherName),
      [entry.key]: Buffer.from(key.id),
      [entry.binding]: Buffer.from(binding),
    },
    data,
  };
}

function decode(payload: Payload, place: Binding, options: PayloadCodecOptions): Payload {
  if (!isEncrypted(payload)) {
    if (options.unencrypted === 'accepted') return payload;
    throw refuseUnencrypted(place);
  }
  const cipher = textOf(payload, entry.cipher);
  if (cipher !== cipherName) throw unknownCipher(cipher, place);
  const id = textOf(payload, entry.key) ?? '';
  const key = options.keys.byId.get(id);
  if (key === undefined) throw keyMissing(id, place);
  const text = textOf(payload, entry.binding) ?? '';
  const plain = decrypt(payload, key, text);
  if (plain === undefined) throw changed(place);
  const binding = parseBinding(text);
  if (binding === undefined || !belongs(binding, place)) throw misplaced(binding, place);
  return fromBytes(plain);
}

/** Undefined where the bytes, the binding or the key's name were changed. */
function decrypt({ data }: Payload, key: PayloadKey, binding: string): Uint8Array | undefined {
  const bytes = Buffer.from(data ?? []);
  if (bytes.length < saltBytes + tagBytes) return undefined;
  const decipher = createDecipheriv(algorithm, derivedKey(key, bytes.subarray(0, saltBytes)), nonce, {
    authTagLength: tagBytes,
  })
    .setAAD(associatedData(key.id, binding))
    .setAuthTag(bytes.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(saltBytes, -tagBytes)), decipher.final()]);
  } catch {
    // Nothing else makes it fail.
    return undefined;
  }
}

/**
 * Random; of large payloads a pseudorandom function of what is encrypted, as in RFC 5297: a workflow that is replayed encrypts them once
 * more, and what is kept as a blob is then the same blob.
 */
function saltOf(plain: Uint8Array, { secret }: PayloadKey, binding: string): Uint8Array {
  if (plain.length < repeatableBytes) return randomBytes(saltBytes);
  const place = Buffer.from(binding);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(place.length);
  const parts = [Buffer.from('waterflow salt'), length, place, plain];
  return parts.reduce((mac, part) => mac.update(part), createHmac('sha256', secret)).digest();
}

/** HMAC-SHA-256 as a pseudorandom function: HKDF's expansion of one block, of a key that is uniformly random already (RFC 5869, 3.3). */
function derivedKey({ secret }: PayloadKey, salt: Uint8Array): Uint8Array {
  return createHmac('sha256', secret).update('waterflow payload').update(salt).update(Uint8Array.of(1)).digest();
}

function associatedData(keyId: string, binding: string): Uint8Array {
  return Buffer.from(JSON.stringify([cipherName, keyId, binding]));
}

function refuseUnencrypted(place: Binding): WaterflowFailure {
  return unreadable({
    kind: 'foreign',
    owner: ownerOf(place),
    reason: "a payload isn't encrypted, although there are keys",
    remedy:
      'Find out who wrote it: a process without the keys, or somebody who reaches Temporal directly. Give all processes the same keys, and end the run; while runs from before the first key go on, accept unencrypted payloads.',
  });
}

function keyMissing(id: string, place: Binding): WaterflowFailure {
  return unreadable({
    kind: 'later',
    owner: ownerOf(place),
    reason: `it was encrypted with the key ${id}, which this process doesn't have`,
    remedy: 'Add that key below the first one in the file of payload keys, and restart; the run then goes on.',
  });
}

function unknownCipher(cipher: string | undefined, place: Binding): WaterflowFailure {
  return unreadable({
    kind: 'later',
    owner: ownerOf(place),
    reason: `it was encrypted by something else (${cipher ?? 'no cipher named'})`,
    remedy: 'Have a version of Waterflow read it that knows the cipher; or end the run.',
  });
}

function changed(place: Binding): WaterflowFailure {
  return unreadable({
    kind: 'damaged',
    owner: ownerOf(place),
    reason: 'a payload was changed after it had been encrypted',
    remedy: "Restore Temporal's database from a backup, or end the run and start it anew.",
  });
}

function misplaced(binding: Binding | undefined, place: Binding): WaterflowFailure {
  const from = binding === undefined ? 'nobody' : ownerOf(binding);
  return unreadable({
    kind: 'foreign',
    owner: ownerOf(place),
    reason: `a payload there was encrypted for ${from} (${binding?.namespace ?? 'no namespace'}, ${binding?.purpose ?? 'no purpose'})`,
    remedy: "Somebody moved it in Temporal's database: find out who, then end the run and start it anew.",
  });
}
