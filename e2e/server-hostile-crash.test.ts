/** A server that is killed while agents ship logs and blobs. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type GuardedServer, guardedServer } from './guarded-server.ts';

const workflow =
  'name: shipped\non: manual\njobs: { work: { steps: [{ uses: sleep@v1, with: { duration: 10m } }] } }\n';
const type = 'application/x-ndjson';

function batch(run: string, from: number, count: number): string {
  const lines = Array.from({ length: count }, (_, index) => ({
    run,
    job: 'work',
    step: '0',
    job_attempt: 1,
    attempt: 1,
    sequence: from + index,
    at: '2026-01-01T00:00:00Z',
    stream: 'stdout',
    text: `line ${from + index}\n`,
  }));
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** The sequence that the server wants next. */
function wantedOf(body: Readonly<Record<string, unknown>>): number {
  const [wanted] = body['wanted'] as readonly { readonly sequence: number }[]; // As the document says.
  return wanted?.sequence ?? Number.NaN;
}

/** Ships batch after batch until the server is gone; the sequence that the last answer wanted. */
async function shipping(server: GuardedServer, agent: string, run: string): Promise<number> {
  let next = 1;
  try {
    for (;;) {
      const { status, text, body } = await server.ask('/v1/agent/logs', {
        key: agent,
        body: batch(run, next, 50),
        type,
      });
      if (status !== 200) throw new Error(`${status}: ${text}`);
      next = wantedOf(body);
    }
  } catch (cause) {
    // A server that was killed hangs up.
    if (cause instanceof TypeError) return next;
    throw cause;
  }
}

/** Ships blobs until the server is gone; the digests of those that it acknowledged, and of the one that was on its way. */
async function blobbing(
  server: GuardedServer,
  agent: string,
): Promise<{ readonly kept: string[]; readonly lost: string }> {
  const kept: string[] = [];
  let lost = '';
  try {
    for (;;) {
      const content = randomBytes(300_000);
      lost = `sha256:${createHash('sha256').update(content).digest('hex')}`;
      const type = 'application/octet-stream';
      const { status, text } = await server.ask(`/v1/agent/blobs?digest=${lost}`, { key: agent, body: content, type });
      if (status !== 201) throw new Error(`${status}: ${text}`);
      kept.push(lost);
    }
  } catch (cause) {
    if (cause instanceof TypeError) return { kept, lost };
    throw cause;
  }
}

/** A blob of which a half is sent. */
function halfOfBlob(server: GuardedServer, agent: string): void {
  const headers = {
    authorization: `Bearer ${agent}`,
    'content-type': 'application/octet-stream',
    'content-length': 1_000_000,
  };
  const sent = request(new URL('/v1/agent/blobs', server.url), { method: 'POST', headers });
  sent.on('error', () => {});
  sent.write(randomBytes(500_000));
}

it('keeps what it acknowledged, and nothing of what it did not, over several lives', { timeout: 120_000 }, async () => {
  let server = await guardedServer();
  const [admin, agent] = [await server.key('admin'), await server.key('agent')];
  const { body } = await server.ask('/v1/workflows', { key: admin, body: { workflow } });
  const run = String(body['id']);
  const blobs = join(server.state, 'blobs');
  const incoming = join(blobs, 'incoming');
  const kept: string[] = [];
  for (let life = 0; life < 3; life += 1) {
    const logs = shipping(server, agent, run);
    const uploads = [blobbing(server, agent), blobbing(server, agent)];
    halfOfBlob(server, agent);
    // In the midst of all of them.
    await expect.poll(() => readdirSync(incoming).length).toBeGreaterThan(0);
    await new Promise((resolve) => void setTimeout(resolve, 500 + life * 300));
    const [next] = await Promise.all([server.startAnew(), logs]);
    server = next;
    expect(readdirSync(incoming)).toEqual([]);
    for (const { kept: acknowledged } of await Promise.all(uploads)) kept.push(...acknowledged);
    // Of each batch all or nothing is there, and nothing that was acknowledged is missing.
    const there = await server.ask('/v1/agent/logs', { key: agent, body: batch(run, 1, 1), type });
    expect(wantedOf(there.body)).toBeGreaterThanOrEqual(await logs);
    expect((wantedOf(there.body) - 1) % 50).toBe(0);
  }
  expect(kept.length).toBeGreaterThan(3);
  const file = (digest: string): string => join(blobs, digest.slice(7, 9), digest.slice(7));
  for (const digest of kept) expect([digest, existsSync(file(digest))]).toEqual([digest, true]);
  // Whatever lies under a digest is whole.
  for (const prefix of readdirSync(blobs).filter((name) => name.length === 2)) {
    for (const name of readdirSync(join(blobs, prefix))) {
      expect(
        createHash('sha256')
          .update(readFileSync(join(blobs, prefix, name)))
          .digest('hex'),
      ).toBe(name);
    }
  }
});
