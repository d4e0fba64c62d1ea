import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import { describeRecords } from '../contract/records-contract.ts';
import { openRecords } from '../open.ts';
import { startPostgres } from '../testing/postgres.ts';

// Commits are synced: one of the tests kills what writes.
const postgres = (await needs('postgres')) ? await startPostgres({ durable: false }) : undefined;
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(postgres === undefined)('PostgreSQL', () => {
  describeRecords('PostgreSQL', async () => ({
    place: { url: (await postgres?.createDatabase()) ?? '' },
    // The whole cluster goes in the end.
    remove: () => undefined,
  }));
});

describe.skipIf(postgres === undefined)('the password for PostgreSQL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-pgpass-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => vi.unstubAllEnvs());

  it('is that of PGPASSFILE where the URL has none, and the driver has nothing to warn of', async () => {
    const url = new URL((await postgres?.createDatabase()) ?? '');
    await askForPasswords(url.href);
    url.username = 'asked';
    const file = join(folder, 'pgpass');
    writeFileSync(file, 'elsewhere:*:*:*:wrong\n*:*:*:asked:open sesame\n', { mode: 0o600 });
    vi.stubEnv('PGPASSFILE', file);
    const warnings: Error[] = [];
    const note = (warning: Error): number => warnings.push(warning);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    await using records = await openRecords({ url: url.href });
    await records.check();
    expect(warnings).toEqual([]);

    vi.stubEnv('PGPASSFILE', join(folder, 'none'));
    await expect(openRecords({ url: url.href })).rejects.toMatchObject({
      message: expect.stringContaining('asks for the password of asked, and none is given'),
    });
    url.password = 'open sesame';
    await using others = await openRecords({ url: url.href });
    await others.check();
  });
});

/** Makes a user `asked`, who has to give a password and owns the database. */
async function askForPasswords(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query("CREATE ROLE asked LOGIN SUPERUSER PASSWORD 'open sesame'");
  const { rows } = await client.query<{ hba_file: string }>('SHOW hba_file');
  const lines = "SELECT unnest(ARRAY['local all asked scram-sha-256', 'local all all trust'])";
  await client.query(`COPY (${lines}) TO '${rows[0]?.hba_file}'`);
  await client.query('SELECT pg_reload_conf()');
  await client.end();
}
