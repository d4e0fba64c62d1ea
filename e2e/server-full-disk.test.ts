/** A server whose disk is full, and has room again. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mountSmallDisk } from '../storage/contract/small-disk.ts';
import { type GuardedServer, guardedServer } from './guarded-server.ts';

const workflow = 'name: small\non: manual\njobs: { work: { steps: [{ run: echo hi }] } }\n';

/** Takes all room that there is. */
function fill(file: string): void {
  const descriptor = openSync(file, 'w');
  try {
    for (const size of [65_536, 4_096, 1]) {
      try {
        for (;;) writeSync(descriptor, Buffer.alloc(size));
      } catch {
        // No room for so much.
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

/** A part of a run's log, as an agent ships it. */
const partOf = (run: unknown): string => {
  const of = { run, job: 'work', step: '0', job_attempt: 1, attempt: 1, sequence: 1, stream: 'stdout' };
  return `${JSON.stringify({ ...of, at: '2026-11-30T08:00:00.000Z', text: 'x'.repeat(200_000) })}\n`;
};

const endOf = async (server: GuardedServer, run: unknown): Promise<unknown> =>
  (await server.ask(`/v1/workflows/${String(run)}`)).body['status'];

it('says that it is full and when to try again, is not ready meanwhile, and goes on without a restart', {
  timeout: 120_000,
}, async (context) => {
  using disk = mountSmallDisk({ bytes: 8 * 1024 * 1024 });
  if (disk === undefined) {
    context.skip();
    return;
  }
  const server = await guardedServer({ state: join(disk.folder, 'state') });
  const agents = await server.key('agent');
  const submit = () => server.ask('/v1/workflows', { body: workflow, type: 'application/yaml' });
  const { status, body } = await submit();
  expect(status).toBe(201);
  await expect.poll(() => endOf(server, body['id'])).toBe('success');
  expect((await server.ask('/readyz')).status).toBe(200);

  const much = join(disk.folder, 'much');
  fill(much);
  const tried = [
    ...(await Promise.all(Array.from({ length: 20 }, submit))),
    await server.ask('/v1/schedules', { body: { workflow, name: 'n', cron: '0 0 1 1 *' } }),
    await server.ask('/v1/webhooks', { body: { workflow: workflow.replace('manual', 'webhook'), name: 'n' } }),
    await server.ask('/v1/keys', { body: { name: 'n', role: 'agent' } }),
    await server.ask('/v1/agent/blobs', { key: agents, body: Buffer.alloc(100_000), type: 'application/octet-stream' }),
    await server.ask('/v1/agent/logs', { key: agents, body: partOf(body['id']), type: 'application/x-ndjson' }),
    await server.ask(`/v1/workflows/${String(body['id'])}/rerun`, { body: {} }),
  ];
  for (const answer of tried) {
    expect([answer.status, answer.body['code'], answer.headers.get('retry-after'), answer.text]).toEqual([
      503,
      'STORAGE_FULL',
      '5',
      answer.text,
    ]);
  }
  await expect.poll(async () => (await server.ask('/readyz')).text).toContain('"storage"');
  // What needs nothing written goes on.
  expect((await server.ask('/healthz')).status).toBe(200);
  expect((await server.ask('/v1/workflows')).status).toBe(200);
  expect((await server.ask('/v1/validate', { body: workflow, type: 'application/yaml' })).status).toBe(200);

  rmSync(much);
  await expect.poll(async () => (await server.ask('/readyz')).status).toBe(200);
  const again = await submit();
  expect(again.status).toBe(201);
  await expect.poll(() => endOf(server, again.body['id'])).toBe('success');
  server.process.kill('SIGTERM');
  const { code, stderr } = await server.process.ended;
  expect(code).toBe(0);
  expect(stderr).not.toContain('"INTERNAL"');
});
