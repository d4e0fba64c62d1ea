import { WaterflowFailure } from '../../schemas/index.ts';
import type { Added, Claimed, KeyRow, KeyRows } from '../../storage/records/port.ts';
import { newId } from '../ids.ts';
import type { KeyHasher } from './key-hash.ts';
import { newKeyText } from './key-text.ts';
import { keyStatus } from './usable-keys.ts';

/** What making and ending keys needs. */
export interface KeyTools {
  readonly keys: KeyRows;
  readonly hasher: KeyHasher;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a key is to be. */
export interface NewKey {
  readonly name: string;
  readonly tenant: string;
  readonly role: KeyRow['role'];
  /** Milliseconds from now on; absent: until it is revoked. */
  readonly lifetimeMs?: number;
}

/** A key that was made; `text` is the key itself, which nobody can be shown again. */
export interface IssuedKey {
  readonly row: KeyRow;
  readonly text: string;
}

/** What a key may be called, in lists and logs: nothing that breaks a line, or shows as something else. In JSON Schema, too. */
export const keyNamePattern: string = String.raw`^[^\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]{1,100}$`;

const keyNameForm = new RegExp(keyNamePattern, 'u');

/** Whether a key may be called so. */
export function isKeyName(text: string): boolean {
  return keyNameForm.test(text);
}

const dayMs = 86_400_000;
/** After a rotation the old key is good for so long, unless told otherwise: for the programs that still have it. */
export const defaultGraceMs: number = dayMs;
/** A longer one is a key that never expires. */
export const longestLifetimeMs: number = 3653 * dayMs;
/** A grace of months is no rotation. */
export const mostGraceMs: number = 30 * dayMs;

/** Makes a key. CONFLICT where one of its tenant that isn't over has its name. */
export async function issueKey(key: NewKey, tools: KeyTools): Promise<IssuedKey> {
  const made = await makeKey(key, tools);
  await tools.keys.add(made.row);
  return made;
}

/** Makes a key and what is claimed with it, or neither where the claim was made before. CONFLICT as {@link issueKey}. */
export async function issueKeyOnce(
  key: NewKey,
  claimed: (row: KeyRow) => Claimed | undefined,
  tools: KeyTools,
): Promise<{ readonly issued: IssuedKey; readonly added: Added }> {
  const issued = await makeKey(key, tools);
  const claim = claimed(issued.row);
  return { issued, added: await tools.keys.add(issued.row, claim === undefined ? {} : { claim }) };
}

async function makeKey(key: NewKey, { hasher, now }: Pick<KeyTools, 'hasher' | 'now'>): Promise<IssuedKey> {
  const { prefix, text } = newKeyText();
  const hash = await hasher.hash(text);
  const created_at = now();
  const row: KeyRow = {
    id: newId('key'),
    prefix,
    hash,
    name: key.name,
    tenant: key.tenant,
    role: key.role,
    created_at,
    ...(key.lifetimeMs === undefined ? {} : { expires_at: created_at + key.lifetimeMs }),
  };
  return { row, text };
}

/** The key of that id; `tenant`: of this tenant only. NOT_FOUND, in the same words for a key of another tenant. */
export async function findKey(
  id: string,
  { tenant, keys }: { readonly tenant?: string | undefined; readonly keys: KeyRows },
): Promise<KeyRow> {
  const found = (await keys.list(tenant)).find((row) => row.id === id);
  if (found !== undefined) return found;
  throw new WaterflowFailure({
    code: 'NOT_FOUND',
    message: 'there is no API key of this id',
    remedy: 'Look for it with GET /v1/keys, or `waterflow keys list`.',
  });
}

/**
 * Makes a new key in place of one: same name, tenant and role, and a lifetime as long, unless told otherwise. The old one ends after the
 * grace, or when it would have ended anyway. One that was rotated before, and is in its grace, can be again: whoever lost the new key asks
 * once more. CONFLICT for one that is over.
 */
export async function rotateKey(
  old: KeyRow,
  { graceMs, lifetimeMs }: { readonly graceMs: number; readonly lifetimeMs?: number | undefined },
  tools: KeyTools,
): Promise<IssuedKey & { readonly old: KeyRow }> {
  const status = keyStatus(old, tools.now());
  if (status !== 'valid') {
    throw new WaterflowFailure({
      code: 'CONFLICT',
      message: `the API key is ${status}, so it can't be rotated`,
      remedy: 'Make a new key instead.',
    });
  }
  const lifetime = lifetimeMs ?? lifetimeOf(await latestOf(old, tools));
  const { name, tenant, role } = old;
  // First the new one: whatever goes wrong between the two, there is a key that works.
  const issued = await makeKey(
    { name, tenant, role, ...(lifetime === undefined ? {} : { lifetimeMs: lifetime }) },
    tools,
  );
  await tools.keys.add(issued.row, { takesName: true });
  const expires_at = Math.min(old.expires_at ?? Number.POSITIVE_INFINITY, tools.now() + graceMs);
  await tools.keys.update(old.id, { expires_at });
  return { ...issued, old: { ...old, expires_at } };
}

/** The key itself, or the last that was made in its place: what is in its grace no longer says how long it was good for. */
async function latestOf(key: KeyRow, { keys }: Pick<KeyTools, 'keys'>): Promise<KeyRow> {
  const { name, tenant } = key;
  const later = (await keys.list(tenant)).filter((row) => row.name === name && row.tenant === tenant);
  return later.reduce((latest, row) => (row.created_at > latest.created_at ? row : latest), key);
}

function lifetimeOf({ created_at, expires_at }: KeyRow): number | undefined {
  return expires_at === undefined ? undefined : expires_at - created_at;
}

/** Ends a key, at once and for good. One that is revoked stays as it is. */
export async function revokeKey(row: KeyRow, { keys, now }: Pick<KeyTools, 'keys' | 'now'>): Promise<KeyRow> {
  if (row.revoked_at !== undefined) return row;
  const revoked_at = now();
  await keys.update(row.id, { revoked_at });
  return { ...row, revoked_at };
}
