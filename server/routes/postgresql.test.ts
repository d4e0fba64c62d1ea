/** The REST contract once more, over PostgreSQL: what the tests beside this one say is run with records and shipped logs there. */
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { useTestPostgres } from '../../storage/records/testing/places.ts';
import { startPostgres } from '../../storage/records/testing/postgres.ts';

const folder = import.meta.dirname;
// Those have no records.
const elsewhere = new Set(['postgresql', 'health', 'host-calls', 'catalogue']);
const suites = globSync('*.test.ts', { cwd: folder })
  .map((file) => basename(file, '.test.ts'))
  .filter((name) => !elsewhere.has(name))
  .sort();

const postgres = (await needs('postgres')) ? await startPostgres({ durable: false }) : undefined;
let databases = 0;
if (postgres !== undefined) {
  useTestPostgres({
    createDatabase() {
      databases += 1;
      return postgres.createDatabase();
    },
  });
}
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(postgres === undefined)('the REST contract on PostgreSQL', () => {
  describe.each(suites)('%s', async (suite) => {
    await import(join(folder, `${suite}.test.ts`));
  });

  it('was there', () => {
    expect(databases).toBeGreaterThan(suites.length);
  });
});
