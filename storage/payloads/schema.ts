import type { Dialect, Migration } from '../records/schema.ts';

/** The table of what was applied to that of payloads. */
export const payloadsHistory = 'waterflow_payload_migrations';

function payloads({ text, table }: Dialect): readonly string[] {
  return [
    // `content` is base64: what both databases take alike.
    `CREATE TABLE run_payloads (
      run ${text} NOT NULL,
      digest ${text} NOT NULL,
      content ${text} NOT NULL,
      PRIMARY KEY (run, digest)
    )${table}`,
  ];
}

/** All of them, in order. */
export const payloadMigrations: readonly Migration[] = [{ number: 1, name: 'payloads of runs', statements: payloads }];
