import { WaterflowFailure } from '../../schemas/index.ts';
import type { Dialect, Migration } from './schema.ts';
import { identifier, insert, type Operation, type Sql, sql } from './sql.ts';

/** Of what was applied to the tables of the records, and when. */
export const recordsHistory = 'waterflow_migrations';

const createTable = (dialect: Dialect, history: string) =>
  `CREATE TABLE IF NOT EXISTS ${history} (
    number ${dialect.integer} PRIMARY KEY,
    name ${dialect.text} NOT NULL,
    applied_at ${dialect.integer} NOT NULL
  )${dialect.table}`;

/**
 * Brings a database's tables to the form that this program knows, forward only. Whoever carries it out lets one process do so at
 * a time. STORAGE_FAILED where a newer program has been there; then nothing is changed. `history`: the table of what was applied, a
 * name of its own for each list of migrations.
 */
export function* migrate(
  migrations: readonly Migration[],
  at: { readonly dialect: Dialect; readonly place: string; readonly now: number; readonly history?: string },
): Operation<void> {
  const { history = recordsHistory } = at;
  yield constant(createTable(at.dialect, history));
  const [applied] = yield sql`SELECT max(number) AS last FROM ${identifier(history)}`;
  const last = Number(applied?.['last'] ?? 0);
  refuseNewer(last, migrations, at.place);
  for (const migration of migrations) {
    if (migration.number <= last) continue;
    for (const statement of migration.statements(at.dialect)) yield constant(statement);
    yield insert(history, [{ number: migration.number, name: migration.name, applied_at: at.now }]);
  }
}

/** STORAGE_FAILED where more was applied than a list has. */
export function refuseNewer(last: number, migrations: readonly Migration[], place: string): void {
  const known = migrations.at(-1)?.number ?? 0;
  if (last <= known) return;
  throw new WaterflowFailure({
    code: 'STORAGE_FAILED',
    message: `the records in ${place} have form ${last}; this version of waterflow knows forms up to ${known}`,
    remedy: 'A newer waterflow has used them: start that version, or a newer one. There is no way back but a backup.',
  });
}

function constant(text: string): Sql {
  return { parts: [text], values: [] };
}
