import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';
import type { Digest, RunId } from '../../schemas/index.ts';
import { type Blobs, openBlobs } from '../../storage/blobs/index.ts';
import { openShippedLogs, type ShippedLogs } from '../../storage/logs/index.ts';
import { shippedLogsPlaceIn } from '../../storage/records/testing/places.ts';
import { testAdmin } from '../testing/start-server.ts';
import { agentRoutes } from './agent.ts';

let folder: string;
let shippedLogs: ShippedLogs;
let blobs: Blobs;
let server: ServerWithEngine;
let run: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waterflow-agent-'));
  shippedLogs = await openShippedLogs(await shippedLogsPlaceIn(folder));
  blobs = await openBlobs({ folder: join(folder, 'blobs') });
  server = await startServerWithEngine({
    routes: (parts) => agentRoutes({ ...parts, shippedLogs, blobs }),
    principals: {
      viewer: { ...testAdmin, role: 'viewer' },
      agent: { ...testAdmin, role: 'agent' },
      stranger: { ...testAdmin, role: 'agent', tenant: 'other' },
    },
  });
  run = await server.submit(
    'name: x\non: manual\njobs: { a: { runs-on: local, steps: [{ uses: sleep@v1, with: { duration: 1ms } }] } }',
  );
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await shippedLogs[Symbol.asyncDispose]();
  await blobs[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const segment = (sequence: number, more: object = {}) => ({
  run,
  job: 'a',
  step: '0',
  job_attempt: 1,
  attempt: 1,
  sequence,
  at: '2026-01-01T00:00:00.000Z',
  stream: 'stdout',
  text: `text ${sequence}\n`,
  ...more,
});

async function ship(lines: readonly unknown[], by = 'agent') {
  const response = await fetch(`${server.url}/v1/agent/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', 'x-test-by': by },
    body: lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
  });
  const body: Readonly<Record<string, unknown>> = JSON.parse(await response.text());
  return { status: response.status, body };
}

async function textsOf(step: string): Promise<readonly string[]> {
  const texts: string[] = [];
  // The server gave it.
  for await (const part of shippedLogs.read(run as RunId, 0)) if (part.step === step) texts.push(part.text);
  return texts;
}

describe('logs that an agent ships', () => {
  it('are taken in order, with word of what comes next; repeats are harmless, gaps are not', async () => {
    const wanted = (sequence: number) => ({
      wanted: [{ run, job: 'a', step: '0', job_attempt: 1, attempt: 1, sequence }],
    });
    expect(await ship([segment(1), segment(2)])).toEqual({ status: 200, body: wanted(3) });
    expect(await ship([segment(2), segment(3)])).toEqual({ status: 200, body: wanted(4) });
    expect(await ship([segment(6)])).toMatchObject({ status: 409, body: { code: 'CONFLICT', ...wanted(4) } });
    expect(await ship([segment(4, { text: '\u0000\u001b[2J"\u2028' })])).toEqual({ status: 200, body: wanted(5) });
    expect(await textsOf('0')).toEqual(['text 1\n', 'text 2\n', 'text 3\n', '\u0000\u001b[2J"\u2028']);
  });

  it('are refused as a whole where a line is wrong, with its number', async () => {
    const wrong = [
      '{"run":',
      'null',
      segment(2, { sequence: 0 }),
      segment(2, { at: 'now' }),
      segment(2, { stream: 'stdin' }),
      segment(2, { secret: 'x' }),
      segment(2, { run: '../x' }),
      '',
    ];
    for (const line of wrong) {
      const { status, body } = await ship([segment(1, { step: 'refused' }), line]);
      expect(status).toBe(422);
      expect(body['detail']).toContain('line 2');
    }
    expect(await textsOf('refused')).toEqual([]);
  });

  it('are taken from agents alone, and for runs of their tenant', async () => {
    expect((await ship([segment(1, { step: 'other' })], 'viewer')).status).toBe(403);
    const theirs = await ship([segment(1, { step: 'other' })], 'stranger');
    const none = await ship([segment(1, { run: `run-${'0'.repeat(26)}` })], 'stranger');
    expect([theirs.status, none.status]).toEqual([404, 404]);
    expect(theirs.body['code']).toBe(none.body['code']);
    expect(await textsOf('other')).toEqual([]);
  });

  it('have batches of a bounded size', async () => {
    const { status } = await ship([segment(1, { step: 'large', text: 'x'.repeat(1024 * 1024) })]);
    expect(status).toBe(413);
  });
});

describe('blobs that an agent ships', () => {
  const content = randomBytes(300_000);
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const put = async (query: string, body: Buffer) => {
    const response = await fetch(`${server.url}/v1/agent/blobs${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', 'x-test-by': 'agent' },
      body: new Uint8Array(body),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };

  it('are kept by their digest', async () => {
    expect(await put('', content)).toEqual({ status: 201, body: { digest, size: content.length } });
    expect(await put(`?digest=${digest}`, content)).toEqual({ status: 201, body: { digest, size: content.length } });
    expect(await blobs.has(digest as Digest)).toBe(true); // It has a digest's form.
  });

  it('are not kept where they are not what was named', async () => {
    const other = `sha256:${'0'.repeat(64)}`;
    expect(await put(`?digest=${other}`, content)).toMatchObject({ status: 422, body: { code: 'INVALID_INPUT' } });
    expect(await blobs.has(other as Digest)).toBe(false); // It has a digest's form.
    expect((await put('?digest=sha256:short', content)).status).toBe(400);
  });
});
