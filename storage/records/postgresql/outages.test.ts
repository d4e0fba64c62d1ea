import { Client } from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import { exampleClaim, exampleRun } from '../contract/samples.ts';
import { errorOf, storeAt } from '../contract/store.ts';
import { startSubmitter } from '../contract/submitter.ts';
import { openRecords } from '../open.ts';
import { startCuttingProxy } from '../testing/cutting-proxy.ts';
import { startPostgres, type TestPostgres } from '../testing/postgres.ts';

const available = await needs('postgres');
// Synced to disk: what it acknowledged has to outlive its own crash.
const postgres: TestPostgres | undefined = available ? await startPostgres({ durable: true }) : undefined;
afterAll(() => postgres?.[Symbol.asyncDispose]());

async function newUrl(): Promise<string> {
  return (await postgres?.createDatabase()) ?? '';
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

const remove = () => undefined;

describe.skipIf(!available)('PostgreSQL that goes away', () => {
  it('fails what is asked with a remedy, and is used again once it is back', async () => {
    await using store = await storeAt({ place: { url: await newUrl() }, remove });
    const records = await store.open();
    const rows = [exampleRun(), exampleRun()] as const;
    await records.runs.submit(rows[0]);
    await postgres?.stop('fast');
    const error = { code: 'STORAGE_FAILED', remedy: expect.stringContaining('DATABASE_URL') };
    expect(await errorOf(records.check())).toMatchObject(error);
    expect(await errorOf(records.runs.submit(rows[1]))).toMatchObject(error);
    await postgres?.start();
    await records.check();
    expect(await records.runs.submit(rows[1])).toEqual({ kind: 'created' });
    expect(await records.runs.count({})).toEqual({ accepted: 2 });
  });

  it('and comes back in between is not noticed', async () => {
    await using store = await storeAt({ place: { url: await newUrl() }, remove });
    const records = await store.open();
    await Promise.all(Array.from({ length: 20 }, () => records.runs.submit(exampleRun())));
    await postgres?.stop('fast');
    await postgres?.start();
    await Promise.all(Array.from({ length: 20 }, () => records.runs.submit(exampleRun())));
    expect(await records.runs.count({})).toEqual({ accepted: 40 });
  });

  it('loses nothing that was acknowledged when it crashes together with the server', async () => {
    const place = { url: await newUrl() };
    await using store = await storeAt({ place, remove });
    const submitter = startSubmitter(place);
    await new Promise<void>((resolve) => {
      submitter.child.stdout?.on('data', () => {
        if (submitter.acknowledged.length >= 100) resolve();
      });
    });
    submitter.child.kill('SIGKILL');
    await postgres?.stop('immediate');
    await submitter.ended;
    await postgres?.start();
    const { runs } = await store.open();
    const { rows } = await runs.list({}, { limit: 100_000 });
    const kept = new Set<string>(rows.map((row) => row.run));
    expect(submitter.acknowledged.filter((run) => !kept.has(run))).toEqual([]);
  });

  it('drops single connections, and what was not yet committed is carried out again', async () => {
    const url = await newUrl();
    await using store = await storeAt({ place: { url }, remove });
    await using proxy = await startCuttingProxy(url);
    await using records = await openRecords({ url: proxy.url });
    proxy.cutAt('INSERT INTO runs');
    const submitted = records.runs.submit(exampleRun(), exampleClaim());
    await expect.poll(proxy.cut).toBeGreaterThan(0);
    proxy.cutAt(undefined);
    expect(await submitted).toEqual({ kind: 'created' });
    expect(await (await store.open()).runs.count({})).toEqual({ accepted: 1 });
  });

  it('during a commit leaves open how that ended, and says so', async () => {
    const url = await newUrl();
    await using store = await storeAt({ place: { url }, remove });
    await using proxy = await startCuttingProxy(url);
    await using records = await openRecords({ url: proxy.url });
    // The whole statement: BEGIN names an isolation level that ends so, too.
    proxy.cutAt('COMMIT\0');
    const row = exampleRun();
    expect(await errorOf(records.runs.submit(row, exampleClaim()))).toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('during the commit'),
      remedy: expect.stringContaining('Idempotency-Key'),
    });
    expect(proxy.cut()).toBe(1);
    proxy.cutAt(undefined);
    expect(await records.runs.submit(row, exampleClaim())).toEqual({ kind: 'created' });
    expect(await (await store.open()).runs.count({})).toEqual({ accepted: 1 });
  });

  it('is cut off where it takes too long, and its connection is used on', async () => {
    const url = await newUrl();
    await using _store = await storeAt({ place: { url }, remove });
    await using records = await openRecords({ url: `${url}&statement_timeout=300` });
    const row = exampleRun();
    await records.runs.submit(row);
    const holder = new Client({ connectionString: url });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE runs');
    expect(await errorOf(records.runs.update(row.run, { status: 'queued' }))).toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('timeout'),
      remedy: expect.stringContaining('busy'),
    });
    await holder.end();
    await records.runs.update(row.run, { status: 'queued' });
    expect((await records.runs.get(row.run))?.status).toBe('queued');
  });
});

describe.skipIf(!available)('PostgreSQL that does not answer', () => {
  it('is given up after a time, and its connection is not used again', async () => {
    const url = await newUrl();
    await using _store = await storeAt({ place: { url }, remove });
    await using records = await openRecords({ url: `${url}&query_timeout=300` });
    const row = exampleRun();
    await records.runs.submit(row);
    const holder = new Client({ connectionString: url });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE runs');
    expect(await errorOf(records.runs.update(row.run, { status: 'queued' }))).toMatchObject({
      code: 'STORAGE_FAILED',
      remedy: expect.stringContaining('busy'),
    });
    expect(await records.keys.list()).toEqual([]);
    await holder.end();
    expect((await records.runs.get(row.run))?.status).toBe('accepted');
  });
});

describe.skipIf(!available)('a server that does not fit', () => {
  it('is refused where its databases keep no Unicode', async () => {
    const url = await newUrl();
    await administer(url, "CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0");
    expect(await errorOf(openRecords({ url: url.replace(/test_\d+/, 'ascii') }))).toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('SQL_ASCII'),
      remedy: expect.stringContaining('UTF8'),
    });
  });

  it('is refused where commits are not synced', async () => {
    const url = await newUrl();
    const name = /test_\d+/.exec(url)?.[0];
    await administer(url, `ALTER DATABASE ${name} SET synchronous_commit = off`);
    expect(await errorOf(openRecords({ url }))).toMatchObject({
      code: 'STORAGE_FAILED',
      remedy: expect.stringContaining('synchronous_commit = on'),
    });
  });

  it('keeps what lies in its database already, where names are taken', async () => {
    const url = await newUrl();
    await administer(url, 'CREATE TABLE runs (other TEXT)');
    expect(await errorOf(openRecords({ url }))).toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('already exists'),
    });
    await administer(url, 'SELECT other FROM runs');
  });
});

describe('a URL', () => {
  it('that leads nowhere fails with a remedy, and its password is in no message', async () => {
    const nowhere = 'postgresql://user:s3cret-word@127.0.0.1:1/db';
    const error = await errorOf(openRecords({ url: nowhere }));
    expect(error).toMatchObject({ code: 'STORAGE_FAILED', remedy: expect.stringContaining('is reachable') });
    expect(error.message).toContain('127.0.0.1:1/db');
    expect(JSON.stringify(error)).not.toContain('s3cret-word');
  });

  it.each(['mysql://user:s3cret-word@h/db', 'postgresql://user:s3cret-word@[/db', 'postgres.sock', ''])(
    'that is none is refused: %s',
    async (url) => {
      const error = await errorOf(openRecords({ url }));
      expect(error).toMatchObject({ code: 'STORAGE_FAILED', remedy: expect.stringContaining('postgresql://USER') });
      expect(JSON.stringify(error)).not.toContain('s3cret-word');
    },
  );
});
