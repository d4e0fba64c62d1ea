import { afterAll, describe, expect, it } from 'vitest';
import { startPostgres } from '../storage/records/testing/postgres.ts';
import { waterflow } from './command.ts';
import { needs } from './require.ts';
import { begunStep, endedRun, portOf, serverPlace } from './server-process.ts';

const postgres = (await needs('postgres')) ? await startPostgres({ durable: false }) : undefined;
afterAll(() => postgres?.[Symbol.asyncDispose]());

const slow = `
name: slow
on: manual
jobs:
  work:
    steps:
      - run: echo before
      - uses: sleep@v1
        with: { duration: 5s }
      - run: echo after
`;

describe.skipIf(postgres === undefined)('a server with PostgreSQL', () => {
  it('makes its tables, and loses nothing when it is killed', async () => {
    const env = { DATABASE_URL: (await postgres?.createDatabase()) ?? '' };
    const place = serverPlace({ 'slow.yml': slow });
    const migrated = await waterflow(['migrate', '--json', '--state', place.state], { env });
    expect(migrated).toMatchObject({ code: 0, stdout: expect.stringContaining('"driver":"postgresql"') });

    const first = await place.begin({ env });
    const following = place.start(first, 'submit', 'slow.yml', '--follow');
    await following.saying('[work/0] before');
    const run = /run-[0-9a-z]{26}/u.exec(following.stderr)?.[0] ?? '';
    await begunStep(first, run, '1');
    first.process.kill('SIGKILL');
    await first.process.ended;
    const second = await place.begin({ env, port: portOf(first) });
    const { code, stdout } = await following.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('[work/2] after') });
    expect(await endedRun(second, run)).toMatchObject({ status: 'success', workflow: 'slow' });
  });
});
