/** A site in production whose nodes are killed one after another, while runs go on and more come. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { waterflow } from '../command.ts';
import { needs } from '../require.ts';
import { openSite, type Site } from './site.ts';
import { temporalName } from './temporal.ts';

const lines = 12;
/** Two jobs of some seconds, of which the second needs what the first gave, and a secret. */
const workflow = `
name: long
on: manual
jobs:
  first:
    runs-on: work
    lost-after: 15s
    retry: { attempts: 10 }
    outputs: { word: "\${{ steps.count.outputs.word }}" }
    steps:
      - id: count
        run: |
          for i in $(seq 1 ${lines}); do echo "first $i"; sleep 1; done
          echo "word=green" >> "$WATERFLOW_OUTPUT"
  second:
    needs: first
    runs-on: work
    lost-after: 15s
    retry: { attempts: 10 }
    steps:
      - run: |
          for i in $(seq 1 ${lines}); do echo "second $i $WORD \${#TOKEN}"; sleep 1; done
        env: { TOKEN: "\${{ secrets.TOKEN }}", WORD: "\${{ needs.first.outputs.word }}" }
`;
const token = 'abcdefgh';

const tell = (what: string): void => void process.stdout.write(`${what}\n`);
const isThere = (await Promise.all((['postgres', 'nginx', 'temporal-server'] as const).map(needs))).every(Boolean);

/** Submits until a server takes it, as clients do, once for one key. */
async function submit({ ask }: Site): Promise<string> {
  const key = randomUUID();
  const body = JSON.stringify({ workflow, secrets: { TOKEN: token } });
  const patienceMs = 120_000;
  const pauseMs = 500;
  for (let waited = 0; waited < patienceMs; waited += pauseMs) {
    const headers = { 'idempotency-key': key };
    const answer = await ask('/v1/workflows', { method: 'POST', body, headers }).catch(() => undefined);
    if (answer?.status === 201 || answer?.status === 200) return ((await answer.json()) as { readonly id: string }).id; // As the API says.
    if (answer !== undefined && answer.status < 500) throw new Error(`refused: ${await answer.text()}`);
    await sleep(pauseMs);
  }
  throw new Error('no server takes it');
}

/** What the API says of a run, in so far as it is looked at here. */
interface Shown {
  readonly status: string;
  readonly jobs: Readonly<Record<string, { readonly attempt?: number; readonly attempts?: readonly unknown[] }>>;
}

async function shown({ ask }: Site, run: string): Promise<Shown | undefined> {
  const answer = await ask(`/v1/workflows/${run}`).catch(() => undefined);
  return answer?.ok === true ? ((await answer.json()) as Shown) : undefined; // As the API says.
}

/** Resolves when a run has come to an end, with its status. */
async function ended(site: Site, run: string): Promise<string> {
  const patienceMs = 300_000;
  const pauseMs = 1000;
  for (let waited = 0; waited < patienceMs; waited += pauseMs) {
    const status = (await shown(site, run))?.status;
    if (status !== undefined && !['queued', 'running', 'waiting', 'paused'].includes(status)) return status;
    await sleep(pauseMs);
  }
  return `${(await shown(site, run))?.status} after ${patienceMs / 1000} s`;
}

/** Each job's lines, all of its last attempt in their order: no line is missing there, and none is there twice. */
async function expectWholeLog({ ask }: Site, run: string): Promise<void> {
  const answer = await ask(`/v1/workflows/${run}/logs`, { headers: { accept: 'application/x-ndjson' } });
  const records = (await answer.text())
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { text?: string; job?: string; job_attempt?: number; stream?: string });
  for (const [job, more] of [
    ['first', ''],
    ['second', ` green ${token.length}`],
  ] as const) {
    const own = records.filter((record) => record.job === job && record.stream === 'stdout');
    const last = Math.max(...own.map(({ job_attempt: attempt = 1 }) => attempt));
    const texts = own.filter(({ job_attempt: attempt = 1 }) => attempt === last).map(({ text = '' }) => text.trimEnd());
    expect(texts, `${run} ${job}`).toEqual(Array.from({ length: lines }, (_, index) => `${job} ${index + 1}${more}`));
  }
}

describe.skipIf(!isThere)('a site in production', () => {
  it('lets nobody in without a certificate, whatever they speak to', async () => {
    const site = await openSite(tell);
    for (const url of [site.url, ...site.serverUrls]) {
      await expect(fetch(url)).rejects.toThrow('fetch failed');
      expect(await site.trusting(url)).toMatch(/certificate|closed|reset|alert/iu);
    }
    for (const address of [site.temporalHost, '127.77.0.1:7233', '127.77.0.1:7234', '127.77.0.2:7235']) {
      await expect(Connection.connect({ address, connectTimeout: 2000 })).rejects.toThrow('Failed to connect');
      const tls = {
        serverNameOverride: temporalName,
        serverRootCACertificate: readFileSync(join(site.by.folder, 'ca.pem')),
      };
      await expect(Connection.connect({ address, tls, connectTimeout: 2000 })).rejects.toThrow('Failed to connect');
    }
    const [plain = ''] = site.databaseUrl.split('?');
    const client = new Client({ connectionString: plain });
    client.on('error', () => {});
    await expect(client.connect()).rejects.toThrow(/no encryption|pg_hba/u);
  });

  it('finishes every run, though one node of each kind after another is killed', async () => {
    const site = await openSite(tell);
    for (const [name, node] of site.nodes) {
      const before = [await submit(site), await submit(site)];
      await expect
        .poll(async () => (await shown(site, String(before[0])))?.status, { timeout: 60_000 })
        .toBe('running');
      const began = performance.now();
      await node.kill(name === 'postgresql' ? 'SIGQUIT' : 'SIGKILL');
      // Nobody takes anything without the database or the way to it.
      const isOnly = name === 'postgresql' || name === 'nginx';
      if (isOnly) await sleep(3000).then(() => node.start());
      const during = await submit(site);
      tell(`${name} was killed: the next run was taken after ${Math.round(performance.now() - began)} ms`);
      // Temporal's nodes take some seconds to notice that one is gone: runs that need it go on when it is back.
      const meanwhile = isOnly || name.startsWith('temporal') ? 'success' : await ended(site, during);
      expect(meanwhile, `${name} is away`).toBe('success');
      if (!isOnly) await node.start();
      const all = [...before, during];
      const statuses = await Promise.all(all.map(async (run) => ({ run, status: await ended(site, run) })));
      tell(`  ${statuses.map(({ status }) => status).join(', ')} after ${Math.round(performance.now() - began)} ms`);
      expect(statuses.map(({ status }) => status)).toEqual(statuses.map(() => 'success'));
      for (const { run } of statuses) await expectWholeLog(site, run);
    }
    for (const state of site.agentStates) {
      const verified = await waterflow(['audit', 'verify', '--all', '--state', state]);
      tell(`${state}: ${verified.stdout.trim()}${verified.stderr.trim()}`);
      expect(verified.code).toBe(0);
    }
  });
});
