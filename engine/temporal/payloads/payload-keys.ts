import { createHash, randomBytes } from 'node:crypto';
import { invalidKey } from './failures.ts';
import { keyLines, readKeyFile } from './key-file.ts';

/** A key of 256 bits, and the name that what was encrypted with it carries: made of the key itself, so that it can't be mixed up. */
export interface PayloadKey {
  readonly id: string;
  readonly secret: Uint8Array;
}

/** The keys that a process has. */
export interface PayloadKeys {
  /** Encrypts. */
  readonly current: PayloadKey;
  /** All of them, the current one too: they decrypt. */
  readonly byId: ReadonlyMap<string, PayloadKey>;
}

/** Where keys come from. */
export interface PayloadKeySources {
  /** A file's path, as in `temporal.payload-keys-file`; the variable of the same name comes before it. */
  readonly file?: string;
  readonly env: {
    readonly WATERFLOW_PAYLOAD_KEYS?: string;
    readonly WATERFLOW_PAYLOAD_KEYS_FILE?: string;
  };
}

const prefix = 'wfpayload1_';
const secretBytes = 32;
const secretDigits = 43;
const keyPattern = new RegExp(`^${prefix}[\\w-]{${secretDigits}}$`);
const idBytes = 6;

/** A new key, as it stands in a file: `wfpayload1_` and 32 random bytes in base64url. */
export function newPayloadKey(): string {
  return prefix + randomBytes(secretBytes).toString('base64url');
}

/**
 * Reads keys, one a line. The first one encrypts, all decrypt. To rotate: add the new key as the second line everywhere, then make it
 * the first one everywhere, and take the old one away when no run is left that began before. INVALID_INPUT for what is no key.
 */
export function parsePayloadKeys(lines: readonly string[], place: string): PayloadKeys {
  const keys = lines.map((line, index) => parseKey(line, `${place}, key ${index + 1},`));
  const [current] = keys;
  if (current === undefined) throw invalidKey(`${place} has no key`, makeOne);
  return { current, byId: new Map(keys.map((key) => [key.id, key])) };
}

/** The keys of the environment, else of a file; undefined where neither is named: then payloads aren't encrypted. */
export async function readPayloadKeys({ env, file }: PayloadKeySources): Promise<PayloadKeys | undefined> {
  const { WATERFLOW_PAYLOAD_KEYS: text, WATERFLOW_PAYLOAD_KEYS_FILE: named } = env;
  if (text !== undefined && named !== undefined) {
    throw invalidKey('both WATERFLOW_PAYLOAD_KEYS and WATERFLOW_PAYLOAD_KEYS_FILE are set', 'Set one of them.');
  }
  if (text !== undefined) return parsePayloadKeys(keyLines(text), 'WATERFLOW_PAYLOAD_KEYS');
  const path = named ?? file;
  return path === undefined ? undefined : parsePayloadKeys(await readKeyFile(path), path);
}

const makeOne = `A key is \`${prefix}\` and 32 random bytes in base64url (${secretDigits} characters), one a line; the first one encrypts.`;

function parseKey(line: string, place: string): PayloadKey {
  // Without the text: it may be a key with a slip.
  if (!keyPattern.test(line)) throw invalidKey(`${place} is no key for payloads`, makeOne);
  const secret = Buffer.from(line.slice(prefix.length), 'base64url');
  const id = createHash('sha256').update('waterflow payload key ').update(secret).digest().subarray(0, idBytes);
  return { id: id.toString('hex'), secret };
}
