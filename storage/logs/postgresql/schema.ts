import type { Dialect, Migration } from '../../records/schema.ts';

/** The table of what was applied to those of shipped logs. */
export const logsHistory = 'waterflow_log_migrations';

function shipped({ text, integer }: Dialect): readonly string[] {
  return [
    // Whoever writes to a run holds its row until the commit.
    `CREATE TABLE shipped_runs (
      run ${text} PRIMARY KEY,
      last_position ${integer} NOT NULL,
      attempts ${integer} NOT NULL
    )`,
    // `address` stands for the step's attempt, whose names may be longer than an index takes.
    `CREATE TABLE shipped_attempts (
      run ${text} NOT NULL,
      number ${integer} NOT NULL,
      address ${text} NOT NULL,
      job ${text} NOT NULL,
      step ${text} NOT NULL,
      job_attempt ${integer} NOT NULL,
      attempt ${integer} NOT NULL,
      next ${integer} NOT NULL,
      bytes ${integer} NOT NULL,
      PRIMARY KEY (run, number),
      UNIQUE (run, address)
    )`,
    `CREATE TABLE shipped_segments (
      run ${text} NOT NULL,
      position ${integer} NOT NULL,
      attempt_number ${integer} NOT NULL,
      sequence ${integer} NOT NULL,
      at ${integer} NOT NULL,
      stream ${text} NOT NULL,
      text ${text} NOT NULL,
      PRIMARY KEY (run, position)
    )`,
  ];
}

/** All of them, in order. */
export const logMigrations: readonly Migration[] = [{ number: 1, name: 'shipped logs', statements: shipped }];
