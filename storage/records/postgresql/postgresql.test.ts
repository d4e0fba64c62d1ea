import { afterAll, describe } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import { describeRecords } from '../contract/records-contract.ts';
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
