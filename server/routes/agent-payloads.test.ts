import { hash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';
import type { Digest, RunId } from '../../schemas/index.ts';
import { type KeptPayloads, openPayloads } from '../../storage/payloads/index.ts';
import { recordsPlaceIn } from '../../storage/records/testing/places.ts';
import { testAdmin } from '../testing/start-server.ts';
import { agentRoutes } from './agent.ts';

let folder: string;
let payloads: KeptPayloads;
let server: ServerWithEngine;
let run: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waterflow-payloads-'));
  payloads = await openPayloads(await recordsPlaceIn(folder));
  server = await startServerWithEngine({
    routes: (parts) => agentRoutes({ ...parts, payloads }),
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
  await payloads[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const digestOf = (bytes: Uint8Array): string => `sha256:${hash('sha256', bytes, 'hex')}`;

interface Asking {
  readonly of?: string;
  readonly by?: string;
  readonly body?: Buffer;
}

async function ask(digest: string, { of = run, by = 'agent', body }: Asking = {}) {
  const response = await fetch(`${server.url}/v1/agent/runs/${of}/payloads/${digest}`, {
    method: body === undefined ? 'GET' : 'PUT',
    headers: { 'x-test-by': by, ...(body === undefined ? {} : { 'content-type': 'application/octet-stream' }) },
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  });
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}

describe('payloads that are too large for Temporal', () => {
  it('come back as they went, whatever is in them', async () => {
    const body = randomBytes(2 * 1024 * 1024 + 1);
    expect((await ask(digestOf(body), { body })).status).toBe(204);
    expect((await ask(digestOf(body), { body })).status).toBe(204);
    const { status, bytes } = await ask(digestOf(body));
    expect([status, bytes.equals(body)]).toEqual([200, true]);
  });

  it('are not kept where they are not what was named', async () => {
    const named = digestOf(Buffer.from('named'));
    expect((await ask(named, { body: Buffer.from('sent') })).status).toBe(422);
    expect(await payloads.get(run as RunId, named as Digest)).toBeUndefined(); // The server gave the one, and the other is one.
    expect((await ask('sha256:short')).status).toBe(404);
  });

  it('are for agents alone, and for runs of their tenant', async () => {
    const body = Buffer.from('ours');
    await ask(digestOf(body), { body });
    expect((await ask(digestOf(body), { by: 'viewer' })).status).toBe(403);
    const theirs = await ask(digestOf(body), { by: 'stranger' });
    const none = await ask(digestOf(body), { by: 'stranger', of: `run-${'0'.repeat(26)}` });
    expect([theirs.status, none.status]).toEqual([404, 404]);
    expect(theirs.bytes.toString()).toContain('RUN_NOT_FOUND');
    expect((await ask(digestOf(body), { by: 'stranger', body })).status).toBe(404);
    expect((await ask(digestOf(Buffer.from('another')))).status).toBe(404);
  });
});
