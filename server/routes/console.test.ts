import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConsoleFile } from '../console/files.ts';
import { sendRaw } from '../testing/raw-socket.ts';
import { startServer } from '../testing/start-server.ts';
import { consoleRoutes } from './console.ts';

function fileOf(text: string, type: string): ConsoleFile {
  return { bytes: Buffer.from(text), gzipped: gzipSync(text), type };
}

const files = new Map([
  ['index.html', fileOf('<!doctype html>', 'text/html; charset=utf-8')],
  ['assets/main-12ab.js', fileOf('export {}', 'text/javascript; charset=utf-8')],
]);
let server: Awaited<ReturnType<typeof startServer>>;
beforeAll(async () => {
  server = await startServer({
    routes: () => consoleRoutes({ file: (path) => Promise.resolve(files.get(path)) }),
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${server.url}${path}`, { headers, redirect: 'manual' });

describe('the console', () => {
  it('is at /ui/, to which /ui leads, also behind a proxy that shows the server in a folder', async () => {
    const answer = await get('/ui');
    expect([answer.status, answer.headers.get('location')]).toEqual([308, 'ui/']);
    const page = await get('/ui/');
    expect([page.status, page.headers.get('content-type'), await page.text()]).toEqual([
      200,
      'text/html; charset=utf-8',
      '<!doctype html>',
    ]);
  });

  it('is found by browsers at the top, where there is nothing for others', async () => {
    const asked = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    const answer = await get('/?from=mail', { accept: asked });
    expect([answer.status, answer.headers.get('location'), answer.headers.get('vary')]).toEqual([
      302,
      'ui/',
      expect.stringContaining('Accept'),
    ]);
    for (const accept of ['*/*', 'application/json']) {
      const refused = await get('/', { accept });
      expect([refused.status, refused.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    }
  });

  it('is there whatever stands in the query', async () => {
    expect((await get('/ui/?utm_source=mail&x')).status).toBe(200);
    expect((await get('/ui?x')).status).toBe(308);
  });

  it('may run nothing inline, evaluate nothing, ask no other host and be in no frame', async () => {
    const { headers } = await get('/ui/');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        'trusted-types waterflow-console',
      ]),
    );
    // What a worker may do, its own file says: nothing.
    const { headers: ofPart } = await get('/ui/assets/main-12ab.js');
    expect(ofPart.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*|data:|blob:/u);
    expect(Object.fromEntries(headers)).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(headers.get('set-cookie')).toBeNull();
  });

  it('has parts that browsers keep, since their names change with them; the page itself they ask for each time', async () => {
    expect((await get('/ui/assets/main-12ab.js')).headers.get('cache-control')).toBe(
      'public, max-age=31536000, immutable',
    );
    expect((await get('/ui/')).headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    ['gzip', true],
    ['br, gzip;q=0.5', true],
    ['gzip;q=0', false],
    ['identity', false],
  ])('is compressed for who takes that: %s', async (accepted, isCompressed) => {
    const { host } = new URL(server.url);
    const raw = await sendRaw(
      server.url,
      `GET /ui/assets/main-12ab.js HTTP/1.1\r\nHost: ${host}\r\nAccept-Encoding: ${accepted}\r\nConnection: close\r\n\r\n`,
    );
    expect(raw.includes('Content-Encoding: gzip\r\n')).toBe(isCompressed);
    expect(raw).toContain('Vary: Accept-Encoding\r\n');
  });

  it('gives nothing that is no part of it', async () => {
    for (const path of [
      '/ui/assets/none.js',
      '/ui/assets/..%2f..%2fpackage.json',
      '/ui/assets/.env',
      '/ui/index.html',
    ]) {
      expect((await get(path)).status, path).toBe(404);
    }
  });
});
