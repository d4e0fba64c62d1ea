import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../engine/port.ts';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { mountSmallDisk } from '../../storage/contract/small-disk.ts';
import type { Records } from '../../storage/records/port.ts';
import { connectRaw } from '../testing/raw-socket.ts';
import { startServer, type TestServer } from '../testing/start-server.ts';
import { healthRoutes } from './health.ts';

const noRun = new WaterflowFailure({ code: 'RUN_NOT_FOUND', message: 'there is no such run', remedy: 'None.' });

interface Parts {
  readonly check: Records['check'];
  readonly info: Engine['info'];
}

/** A server whose parts answer as a test says; nobody is let in. */
function watched({ check, info }: Partial<Parts>, state?: AbsolutePath): Promise<TestServer> {
  return startServer({
    config: state === undefined ? {} : { state },
    routes: healthRoutes,
    // Readiness asks of them nothing but this.
    parts: {
      records: { check: check ?? (() => Promise.resolve()) } as Records,
      engine: { info: info ?? (() => Promise.reject(noRun)) } as Engine,
    },
    authenticate: () =>
      Promise.reject(new WaterflowFailure({ code: 'UNAUTHENTICATED', message: 'no', remedy: 'Send a key.' })),
  });
}

async function ask(url: string, path: string): Promise<readonly [number, unknown]> {
  const answer = await fetch(`${url}${path}`);
  return [answer.status, await answer.json()];
}

describe('anybody may ask whether the server', () => {
  test('runs', async () => {
    await using server = await watched({});
    expect(await ask(server.url, '/healthz')).toEqual([200, { status: 'ok' }]);
  });

  test('is ready', async () => {
    await using server = await watched({});
    expect(await ask(server.url, '/readyz')).toEqual([200, { status: 'ready', missing: [] }]);
  });

  test('is not ready for want of its records or its engine, and what exactly is wrong is in the log', async () => {
    await using server = await watched({
      check: () => Promise.reject(new Error('no route to 10.1.2.3:5432')),
      info: () => Promise.reject(new Error('EIO')),
    });
    expect(await ask(server.url, '/readyz')).toEqual([
      503,
      {
        status: 'not_ready',
        missing: [
          { part: 'records', reason: 'the records can not be reached' },
          { part: 'engine', reason: 'the engine can not be reached' },
        ],
      },
    ]);
    expect(JSON.stringify(server.logged)).toContain('10.1.2.3:5432');
    expect(await ask(server.url, '/healthz')).toEqual([200, { status: 'ok' }]);
  });

  test('is not ready where its state folder takes nothing, and ready again when it does', async (context) => {
    using disk = mountSmallDisk({ bytes: 256 * 1024 });
    if (disk === undefined) {
      context.skip();
      return;
    }
    // It is an absolute path.
    await using server = await watched({}, disk.folder as AbsolutePath);
    expect(await ask(server.url, '/readyz')).toEqual([200, { status: 'ready', missing: [] }]);
    writeFileSync(join(disk.folder, 'much'), Buffer.alloc(224 * 1024));
    const missing = [{ part: 'storage', reason: 'the state folder takes nothing that is written' }];
    await expect.poll(() => ask(server.url, '/readyz')).toEqual([503, { status: 'not_ready', missing }]);
    rmSync(join(disk.folder, 'much'));
    await expect.poll(async () => (await ask(server.url, '/readyz'))[0]).toBe(200);
    expect(readdirSync(disk.folder)).toEqual([]);
  });

  test('is not ready where the records do not answer', async () => {
    await using server = await watched({ check: () => new Promise(() => {}) });
    const [status, body] = await ask(server.url, '/readyz');
    expect(status).toBe(503);
    expect(body).toMatchObject({ missing: [{ part: 'records' }] });
  });

  test('as often as they like: the parts are asked once a second', async () => {
    let checks = 0;
    await using server = await watched({
      check: () => {
        checks += 1;
        return Promise.resolve();
      },
    });
    await Promise.all(Array.from({ length: 50 }, () => ask(server.url, '/readyz')));
    expect(checks).toBeLessThanOrEqual(2);
  });
});

test('a server that shuts down is not ready any more, and says so on the connections that it still has', async () => {
  const server = await watched({});
  using connection = await connectRaw(server.url);
  // Begun before the shutdown, so that the connection isn't idle; complete only after it.
  connection.write('GET /readyz HTTP/1.1\r\nHost: a\r\n\r\nGET /readyz HTTP/1.1\r\nHost: a\r\n');
  await connection.until('"ready"');
  const closed = server.close();
  connection.write('\r\n');
  expect(await connection.until('not_ready')).toContain('the server is shutting down');
  await closed;
});
