import type { Dialect, Migration } from '../records/schema.ts';

/** The table of what was applied to those of shipped host calls. */
export const callsHistory = 'waterflow_call_migrations';

function shippedCalls({ text, integer, table }: Dialect): readonly string[] {
  return [
    // Whoever writes to a run holds its row until the commit.
    `CREATE TABLE shipped_call_runs (run ${text} PRIMARY KEY, last_position ${integer} NOT NULL)${table}`,
    `CREATE TABLE shipped_call_chains (
      run ${text} NOT NULL,
      chain ${text} NOT NULL,
      agent ${text} NOT NULL,
      next ${integer} NOT NULL,
      PRIMARY KEY (run, chain)
    )${table}`,
    `CREATE TABLE shipped_call_entries (
      run ${text} NOT NULL,
      position ${integer} NOT NULL,
      chain ${text} NOT NULL,
      sequence ${integer} NOT NULL,
      line ${text} NOT NULL,
      PRIMARY KEY (run, position)
    )${table}`,
  ];
}

/** All of them, in order. */
export const callMigrations: readonly Migration[] = [
  { number: 1, name: 'shipped host calls', statements: shippedCalls },
];
