import type { Added, KeyRow, KeyRows } from '../port.ts';
import { assignments, type Operation, type Sql, type SqlRow, sql } from '../sql.ts';
import { numberFrom, optional, textFrom } from '../text.ts';
import { claiming } from './claims.ts';
import { insertNamed } from './names.ts';

export function* addKey(row: KeyRow, more: Parameters<KeyRows['add']>[1] = {}): Operation<Added> {
  return yield* claiming(more.claim, row, function* () {
    if (more.takesName === true) yield* freeName(row, sql`1 = 1`);
    else yield* passName(row, yield* freeName(row, isOver(row.created_at)));
    yield* insertNamed('api_keys', {
      id: row.id,
      prefix: row.prefix,
      hash: row.hash,
      name: row.name,
      tenant: row.tenant,
      role: row.role,
      created_at: row.created_at,
      expires_at: row.expires_at ?? null,
      revoked_at: row.revoked_at ?? null,
      last_used_at: row.last_used_at ?? null,
    });
  });
}

function isOver(now: number): Sql {
  return sql`(revoked_at IS NOT NULL OR expires_at <= ${now})`;
}

/** The key with the name of the new one has it no more, where it is so. Gives when that key was made. */
function* freeName({ tenant, name }: KeyRow, which: Sql): Operation<number | undefined> {
  const [freed] = yield sql`UPDATE api_keys SET sole_name = 0
    WHERE tenant = ${tenant} AND name = ${name} AND sole_name = 1 AND ${which} RETURNING created_at`;
  return freed === undefined ? undefined : numberFrom(freed, 'created_at');
}

/** The name of a key that is over is that of the newest one that took its place and still holds: keys were rotated before names were sole. */
function* passName({ tenant, name, created_at: now }: KeyRow, after: number | undefined): Operation<void> {
  if (after === undefined) return;
  yield sql`UPDATE api_keys SET sole_name = 1 WHERE id = (
      SELECT id FROM api_keys WHERE tenant = ${tenant} AND name = ${name} AND created_at > ${after}
        AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${now})
      ORDER BY created_at DESC, id DESC LIMIT 1
    )`;
}

export function* keysByPrefix(prefix: string): Operation<readonly KeyRow[]> {
  const found = yield sql`SELECT * FROM api_keys WHERE prefix = ${prefix} ORDER BY created_at, id`;
  return found.map(fromColumns);
}

export function* listKeys(tenant: string | undefined): Operation<readonly KeyRow[]> {
  const found =
    tenant === undefined
      ? yield sql`SELECT * FROM api_keys ORDER BY created_at, id`
      : yield sql`SELECT * FROM api_keys WHERE tenant = ${tenant} ORDER BY created_at, id`;
  return found.map(fromColumns);
}

export function* updateKey(id: string, changes: Parameters<KeyRows['update']>[1]): Operation<boolean> {
  const { expires_at, revoked_at, last_used_at } = changes;
  const columns = {
    id,
    ...(expires_at === undefined ? {} : { expires_at }),
    ...(revoked_at === undefined ? {} : { revoked_at }),
    ...(last_used_at === undefined ? {} : { last_used_at }),
  };
  const changed = yield sql`UPDATE api_keys SET ${assignments(columns)} WHERE id = ${id} RETURNING id`;
  return changed.length > 0;
}

function fromColumns(row: SqlRow): KeyRow {
  return {
    id: textFrom(row, 'id'),
    prefix: textFrom(row, 'prefix'),
    hash: textFrom(row, 'hash'),
    name: textFrom(row, 'name'),
    tenant: textFrom(row, 'tenant'),
    // Only addKey() writes it.
    role: textFrom(row, 'role') as KeyRow['role'],
    created_at: numberFrom(row, 'created_at'),
    ...optional(row, 'expires_at', numberFrom),
    ...optional(row, 'revoked_at', numberFrom),
    ...optional(row, 'last_used_at', numberFrom),
  };
}
