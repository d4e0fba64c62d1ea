import type { Dialect, Migration } from '../records/schema.ts';

/** The table of what was applied to those of the projection. */
export const projectionHistory = 'waterflow_projection_migrations';

function projected({ text, integer, table }: Dialect): readonly string[] {
  return [
    // Changed with every report, so it is kept narrow. Whoever writes to a run holds its row until the commit.
    `CREATE TABLE projected_runs (
      run ${text} PRIMARY KEY,
      last ${integer} NOT NULL,
      removed ${integer} NOT NULL
    )${table}`,
    'CREATE INDEX projected_runs_removed ON projected_runs (run) WHERE removed = 1',
    `CREATE TABLE projected_records (run ${text} PRIMARY KEY, record ${text} NOT NULL)${table}`,
    // `machine` stands for a job, whose key may be longer than an index takes; `run` is the run's own.
    `CREATE TABLE projected_machines (
      run ${text} NOT NULL,
      machine ${text} NOT NULL,
      last ${integer} NOT NULL,
      PRIMARY KEY (run, machine)
    )${table}`,
    // `bytes` of the event, before it, so that SQLite finds the one without reading the other.
    `CREATE TABLE projected_entries (
      run ${text} NOT NULL,
      sequence ${integer} NOT NULL,
      bytes ${integer} NOT NULL,
      job ${text},
      event ${text} NOT NULL,
      PRIMARY KEY (run, sequence)
    )${table}`,
    // `name` stands for a key of any length.
    `CREATE TABLE projected_values (
      run ${text} NOT NULL,
      name ${text} NOT NULL,
      at ${integer} NOT NULL,
      value ${text} NOT NULL,
      PRIMARY KEY (run, name)
    )${table}`,
  ];
}

/** All of them, in order. */
export const projectionMigrations: readonly Migration[] = [
  { number: 1, name: 'projected runs', statements: projected },
  {
    number: 2,
    name: 'how often values of a run were set',
    // Who watches a run hears of these, too.
    statements: ({ integer }) => [`ALTER TABLE projected_runs ADD COLUMN sets ${integer} NOT NULL DEFAULT 0`],
  },
];
