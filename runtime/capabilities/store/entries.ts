import type { DatabaseSync } from 'node:sqlite';
import { assertNever, type Json } from '../../../schemas/index.ts';
import { CallFailure, type KeyPattern, type StoreBound, type StoreChange } from '../capability.ts';
import type { StoreDatabase } from './database.ts';
import type { StoreRequest, StoreResults, StoreScope } from './protocol.ts';
import { coversKey, textOfPatterns } from './rules.ts';

/** The most that one plugin keeps in one tenant, whatever its entries say: the agent's own bound. */
const ownBound: StoreBound = { patterns: [{ kind: 'prefix', prefix: '' }], bytes: 256 * 1024 ** 2, keys: 20_000 };
/** Behind every character that a key can have: the end of the keys with a prefix. */
const afterAll = '\u{7f}';

/** Carries out one request. What it changed is on disk when this resolves. */
export function carryOut(database: StoreDatabase, request: StoreRequest): Promise<StoreResults[StoreRequest['do']]> {
  switch (request.do) {
    case 'get':
      return database.read((open) => readValue(open, request));
    case 'set':
      return database.change((open) => setValue(open, request));
    case 'delete':
      return database.change((open) => deleteValue(open, request));
    case 'list':
      return database.read((open) => listKeys(open, request));
    default:
      return assertNever(request);
  }
}

type Requested<What extends StoreRequest['do']> = Extract<StoreRequest, { readonly do: What }>;

function readValue(database: DatabaseSync, { scope, now, key }: Requested<'get'>): StoreResults['get'] {
  const row = database
    .prepare(`SELECT value, version, expires_at FROM entries WHERE scope = ${scopeId} AND key = ? AND ${alive}`)
    .get(scope.tenant, scope.plugin, key, now);
  if (row === undefined) return undefined;
  const expires = row['expires_at'];
  return {
    value: parsed(row['value']),
    version: Number(row['version']),
    expires_at_ms: expires === null ? null : Number(expires),
  };
}

function setValue(database: DatabaseSync, { scope, now, change, bounds }: Requested<'set'>): StoreResults['set'] {
  const id = ensureScope(database, scope);
  removeExpired(database, id, now);
  const current = versionOf(database, id, change.key);
  if (change.expected !== undefined && change.expected !== current) return { kind: 'conflict', version: current };
  requireRoom(database, { id, change, bounds: [...bounds, ownBound] });
  const version = nextVersion(database, id);
  database
    .prepare('INSERT OR REPLACE INTO entries (scope, key, bytes, version, expires_at, value) VALUES (?, ?, ?, ?, ?, ?)')
    .run(
      id,
      change.key,
      bytesOf(change),
      version,
      change.ttl_ms === undefined ? null : now + change.ttl_ms,
      change.text,
    );
  return { kind: 'set', version };
}

function deleteValue(database: DatabaseSync, { scope, now, key, expected }: Requested<'delete'>): boolean {
  const id = ensureScope(database, scope);
  removeExpired(database, id, now);
  const current = versionOf(database, id, key);
  if (current === null || (expected !== undefined && expected !== current)) return false;
  database.prepare('DELETE FROM entries WHERE scope = ? AND key = ?').run(id, key);
  return true;
}

function listKeys(database: DatabaseSync, request: Requested<'list'>): StoreResults['list'] {
  const { scope, now, prefix, page } = request;
  return database
    .prepare(
      `SELECT key, version, bytes FROM entries WHERE scope = ${scopeId} AND key >= ? AND key < ? AND key > ? AND ${alive} ORDER BY key LIMIT ?`,
    )
    .all(scope.tenant, scope.plugin, prefix, prefix + afterAll, page.after, now, page.limit)
    .map((row) => ({ key: String(row['key']), version: Number(row['version']), bytes: Number(row['bytes']) }));
}

const scopeId = '(SELECT id FROM scopes WHERE tenant = ? AND plugin = ?)';
const alive = '(expires_at IS NULL OR expires_at > ?)';

function ensureScope(database: DatabaseSync, { tenant, plugin }: StoreScope): number {
  database.prepare('INSERT OR IGNORE INTO scopes (tenant, plugin, version) VALUES (?, ?, 0)').run(tenant, plugin);
  return Number(database.prepare('SELECT id FROM scopes WHERE tenant = ? AND plugin = ?').get(tenant, plugin)?.['id']);
}

function removeExpired(database: DatabaseSync, id: number, now: number): void {
  database.prepare('DELETE FROM entries WHERE scope = ? AND expires_at <= ?').run(id, now);
}

/** Versions never come again, not even after a deletion: whoever compares with an old one must not succeed. */
function nextVersion(database: DatabaseSync, id: number): number {
  const row = database.prepare('UPDATE scopes SET version = version + 1 WHERE id = ? RETURNING version').get(id);
  return Number(row?.['version']);
}

function versionOf(database: DatabaseSync, id: number, key: string): number | null {
  const row = database.prepare('SELECT version FROM entries WHERE scope = ? AND key = ?').get(id, key);
  return row === undefined ? null : Number(row['version']);
}

/** Every bound that is about the key holds with the new value in the old one's place. */
function requireRoom(
  database: DatabaseSync,
  { id, change, bounds }: { readonly id: number; readonly change: StoreChange; readonly bounds: readonly StoreBound[] },
): void {
  for (const { patterns, bytes, keys } of bounds) {
    if (!coversKey(patterns, change.key)) continue;
    const used = othersUnder(database, id, { patterns, key: change.key });
    const usedKeys = used.keys + 1;
    const usedBytes = used.bytes + bytesOf(change);
    const what = textOfPatterns(patterns);
    if (usedKeys > keys) throw overQuota(`${what} may hold ${keys} keys, and this would make ${usedKeys}`);
    if (usedBytes > bytes) throw overQuota(`${what} may hold ${bytes} bytes, and this would make ${usedBytes}`);
  }
}

/** How much lies under the patterns beside the key itself; what several of them cover counts once. */
function othersUnder(
  database: DatabaseSync,
  id: number,
  { patterns, key }: { readonly patterns: readonly KeyPattern[]; readonly key: string },
): { readonly keys: number; readonly bytes: number } {
  const conditions = patterns.map((pattern) => (pattern.kind === 'key' ? 'key = ?' : '(key >= ? AND key < ?)'));
  const values = patterns.flatMap((pattern) =>
    pattern.kind === 'key' ? [pattern.key] : [pattern.prefix, pattern.prefix + afterAll],
  );
  const row = database
    .prepare(
      `SELECT count(*) AS keys, sum(bytes) AS bytes FROM entries WHERE scope = ? AND key <> ? AND (${conditions.join(' OR ')})`,
    )
    .get(id, key, ...values);
  return { keys: Number(row?.['keys']), bytes: Number(row?.['bytes'] ?? 0) };
}

function overQuota(message: string): CallFailure {
  return new CallFailure('LIMIT_EXCEEDED', message, { remedy: 'Delete keys, or raise `quota` of the store entries.' });
}

/** Keys are ASCII. */
function bytesOf({ key, text }: StoreChange): number {
  return key.length + Buffer.byteLength(text);
}

function parsed(value: unknown): Json {
  try {
    // Only set() writes there, and it writes JSON.
    return JSON.parse(String(value)) as Json;
  } catch {
    throw new CallFailure('FAILED', "the agent's store is damaged: a value is no JSON");
  }
}
