import { nameTaken } from '../failures.ts';
import { identifier, insert, type Operation, type Sql, type SqlRow, sql } from '../sql.ts';
import { textFrom } from '../text.ts';

/** Tables whose rows have a name of their own in their tenant, and what people call a row. */
const kinds = { schedules: 'schedule', webhooks: 'webhook', api_keys: 'key' } as const;
export type NamedTable = keyof typeof kinds;

/**
 * Writes a row. CONFLICT where another one of its tenant has the name. Rows of before names were so may share one: of these the oldest has
 * it, `sole_name` says.
 */
export function* insertNamed(table: NamedTable, row: SqlRow): Operation<void> {
  const made = yield sql`${insert(table, [{ ...row, sole_name: 1 }])}
    ON CONFLICT (tenant, name) WHERE sole_name = 1 DO NOTHING RETURNING id`;
  if (made.length > 0) return;
  const name = textFrom(row, 'name');
  const others = yield sql`SELECT id FROM ${identifier(table)}
    WHERE tenant = ${textFrom(row, 'tenant')} AND name = ${name} AND sole_name = 1`;
  throw taken(table, name, others);
}

/** Gives a row another name, if it isn't its own already. CONFLICT as {@link insertNamed}. */
export function* rename(table: NamedTable, id: string, name: string): Operation<void> {
  const rows: Sql = identifier(table);
  const others = yield sql`SELECT other.id AS id FROM ${rows} AS own JOIN ${rows} AS other ON other.tenant = own.tenant
    WHERE own.id = ${id} AND own.name <> ${name} AND other.name = ${name} AND other.sole_name = 1`;
  if (others.length > 0) throw taken(table, name, others);
  yield sql`UPDATE ${rows} SET name = ${name}, sole_name = 1 WHERE id = ${id} AND name <> ${name}`;
}

function taken(table: NamedTable, name: string, others: readonly SqlRow[]): Error {
  const [other] = others;
  return nameTaken({ kind: kinds[table], name, ...(other === undefined ? {} : { id: textFrom(other, 'id') }) });
}
