import { afterAll, describe } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { startPostgres } from '../records/testing/postgres.ts';
import { describeProjection } from './contract/projection-contract.ts';

const postgres = (await needs('postgres')) ? await startPostgres({ durable: false }) : undefined;
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(postgres === undefined)('PostgreSQL', () => {
  describeProjection('PostgreSQL', async () => ({
    place: { url: (await postgres?.createDatabase()) ?? '' },
    // The whole cluster goes in the end.
    remove: () => undefined,
  }));
});
