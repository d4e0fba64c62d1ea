import { createHmac, randomBytes } from 'node:crypto';
import type { Logger } from 'winston';
import type { KeyRow, KeyRows } from '../../storage/records/port.ts';
import type { ServerClock } from '../parts.ts';
import type { KeyHasher } from './key-hash.ts';
import { readKeyText } from './key-text.ts';
import type { Principal } from './principal.ts';
import { unauthenticated } from './refusals.ts';

/** What checking keys needs. */
export interface KeyCheckParts {
  readonly keys: KeyRows;
  readonly hasher: KeyHasher;
  readonly clock: Pick<ServerClock, 'now'>;
  readonly log: Pick<Logger, 'warn'>;
}

/** So long a key that was right isn't hashed again. Whether it is still valid is looked up each time. */
const rememberedMs = 5 * 60_000;
const mostRemembered = 1_000;
/** A key's last use is written at most so often. */
const lastUseMs = 60_000;

/** Checks API keys. A text that is no key, or a wrong, expired or revoked one is UNAUTHENTICATED. */
export function createKeyCheck(parts: KeyCheckParts): (text: string) => Promise<Principal> {
  const secretCheck = createSecretCheck(parts);
  const noteUse = createUseNotes(parts);
  return async (text) => {
    const key = readKeyText(text);
    if (key === undefined) throw unauthenticated('what was sent is neither an API key nor a token');
    // Read anew each time, so that a revocation holds at once, whichever process it was made in.
    const row = await secretCheck(text, await parts.keys.byPrefix(key.prefix));
    const now = parts.clock.now();
    requireUsable(row, now);
    noteUse(row, now);
    return { id: row.id, name: row.name, tenant: row.tenant, role: row.role, by: 'api-key' };
  };
}

/** Finds whose key a text is. An unknown prefix takes as long as a wrong secret, and is told in the same words. */
function createSecretCheck({
  hasher,
  clock,
}: KeyCheckParts): (text: string, rows: readonly KeyRow[]) => Promise<KeyRow> {
  // Of keys, only what nobody can make without this key is kept in memory.
  const mask = randomBytes(32);
  const known = new Map<string, { readonly hash: string; readonly until: number }>();
  const checking = new Map<string, Promise<string | undefined>>();
  const remember = (masked: string, hash: string): void => {
    const [oldest] = known.keys();
    if (known.size >= mostRemembered && oldest !== undefined) known.delete(oldest);
    known.set(masked, { hash, until: clock.now() + rememberedMs });
  };
  const matching = async (text: string, hashes: readonly string[]): Promise<string | undefined> => {
    let found: string | undefined;
    for (const hash of hashes) if (await hasher.matches(text, hash)) found = hash;
    return found;
  };
  return async (text, rows) => {
    const masked = createHmac('sha256', mask).update(text).digest('base64');
    const earlier = known.get(masked);
    if (earlier !== undefined && earlier.until <= clock.now()) known.delete(masked);
    const fresh = known.get(masked)?.hash;
    const knownRow = rows.find((row) => row.hash === fresh);
    if (knownRow !== undefined) return knownRow;
    // Requests that come at once with one key wait for one check.
    const hashes = rows.length === 0 ? [hasher.ofNoKey] : rows.map((row) => row.hash);
    const pending = checking.get(masked) ?? matching(text, hashes);
    checking.set(masked, pending);
    const hash = await pending.finally(() => checking.delete(masked));
    const row = rows.find((candidate) => candidate.hash === hash);
    if (row === undefined) throw unauthenticated('the API key is wrong');
    remember(masked, row.hash);
    return row;
  };
}

function requireUsable({ prefix, revoked_at, expires_at }: KeyRow, now: number): void {
  const remedy = 'Make a new one: `waterflow keys new`, or POST /v1/keys.';
  if (revoked_at !== undefined) throw unauthenticated(`the API key wf_${prefix}_… is revoked`, remedy);
  if (expires_at !== undefined && expires_at <= now) {
    throw unauthenticated(`the API key wf_${prefix}_… expired at ${new Date(expires_at).toISOString()}`, remedy);
  }
}

/** Writes when a key was last used, beside the request: nobody waits for it, and nothing fails with it. */
function createUseNotes({ keys, log }: KeyCheckParts): (row: KeyRow, now: number) => void {
  const writing = new Set<string>();
  return ({ id, last_used_at }, now) => {
    if (writing.has(id) || now - (last_used_at ?? 0) < lastUseMs) return;
    writing.add(id);
    keys
      .update(id, { last_used_at: now })
      .catch((cause: unknown) => void log.warn('the last use of an API key was not written', { key: id, cause }))
      .finally(() => void writing.delete(id));
  };
}
