/** What servers promise, once more with PostgreSQL: the suites of the server's process are run with DATABASE_URL. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { useTestPostgres } from '../storage/records/testing/places.ts';
import { startPostgres } from '../storage/records/testing/postgres.ts';
import { waterflow } from './command.ts';
import { needs } from './require.ts';
import { serverPlace } from './server-process.ts';

const suites = ['server', 'server-crash'];

const postgres = (await needs('postgres')) ? await startPostgres({ durable: false }) : undefined;
if (postgres !== undefined) useTestPostgres(postgres);
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(postgres === undefined)('with PostgreSQL', () => {
  describe.each(suites)('%s', async (suite) => {
    await import(join(import.meta.dirname, `${suite}.test.ts`));
  });

  it('the tables are made by `waterflow migrate`, too', async () => {
    const env = { DATABASE_URL: (await postgres?.createDatabase()) ?? '' };
    const { state } = serverPlace();
    const check = ['migrate', '--check', '--json', '--state', state];
    expect(await waterflow(check, { env })).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('waterflow_log_migrations'),
    });
    for (let times = 0; times < 2; times += 1) {
      const migrated = await waterflow(['migrate', '--json', '--state', state], { env });
      expect(migrated).toMatchObject({ code: 0, stdout: expect.stringContaining('"driver":"postgresql"') });
    }
    expect(await waterflow(check, { env })).toMatchObject({ code: 0, stdout: expect.stringContaining('"pending":[]') });
  });
});
