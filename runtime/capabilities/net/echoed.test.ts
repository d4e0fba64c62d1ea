import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeTestScope } from '../testing/call.ts';
import { watchForSecrets } from './echoed.ts';
import { local, request, serve } from './testing/request.ts';

const value = 'hunter2/"Zebra';
const entries = [{ ...local, secrets: ['T'], auth: { basic: { user: 'me', password: 'T' } } }];

describe('a response to a file that repeats a secret which went out', () => {
  test.each<[string, (outgoing: ServerResponse) => void]>([
    ['as it is', (outgoing) => outgoing.end(`got ${value}`)],
    ['in JSON', (outgoing) => outgoing.end(JSON.stringify({ got: value }))],
    ['in a URL', (outgoing) => outgoing.end(`/?got=${encodeURIComponent(value)}`)],
    ['compressed', (outgoing) => outgoing.setHeader('content-encoding', 'gzip').end(gzipSync(`got ${value}`))],
    ['behind much else', (outgoing) => outgoing.end(`${'x'.repeat(300_000)}${value}${'x'.repeat(300_000)}`)],
  ])('%s fails, and leaves the file as it was', async (_what, answer) => {
    await using server = await serve((_incoming, outgoing) => answer(outgoing));
    await using scope = makeTestScope({ secrets: { T: value } });
    writeFileSync(join(scope.workspace, 'x'), 'before');
    const headers = { 'x-token': scope.secrets.placeholder('T') ?? '' };
    const asked = request(
      scope,
      { url: server.origin, headers, response: { file: 'x' } },
      { entries: [{ ...local, secrets: ['T'] }] },
    );
    await expect(asked).rejects.toMatchObject({ code: 'FAILED', message: expect.stringContaining('`T`') });
    expect(readdirSync(scope.workspace)).toEqual(['x']);
    expect(readFileSync(join(scope.workspace, 'x'), 'utf8')).toBe('before');
  });

  test('as a signature sends it fails', async () => {
    await using server = await serve((incoming, outgoing) => outgoing.end(incoming.headers.authorization));
    await using scope = makeTestScope({ secrets: { T: value } });
    const asked = request(scope, { url: server.origin, response: { file: 'x' } }, { entries });
    await expect(asked).rejects.toMatchObject({ code: 'FAILED', message: expect.stringContaining('`T`') });
    expect(existsSync(join(scope.workspace, 'x'))).toBe(false);
  });

  test('is kept byte for byte where it does not, or where the secret stayed here', async () => {
    const content = Buffer.concat([
      Buffer.from(value.slice(1)),
      Buffer.from([0, 255, 13]),
      Buffer.alloc(500_000, value.slice(0, -1)),
    ]);
    await using server = await serve((incoming, outgoing) => outgoing.end(incoming.url === '/own' ? value : content));
    await using scope = makeTestScope({ secrets: { T: value } });
    const headers = { 'x-token': scope.secrets.placeholder('T') ?? '' };
    const sent = { url: server.origin, headers, response: { file: 'x' } };
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(await request(scope, sent, { entries: [{ ...local, secrets: ['T'] }] })).toMatchObject({ sha256 });
    expect(readFileSync(join(scope.workspace, 'x')).equals(content)).toBe(true);
    await request(scope, { url: `${server.origin}/own`, response: { file: 'own' } });
    expect(readFileSync(join(scope.workspace, 'own'), 'utf8')).toBe(value);
  });
});

describe('watchForSecrets', () => {
  test('finds a value wherever chunks end, and nothing else', async () => {
    await using scope = makeTestScope({ secrets: { T: 'abab', U: 'cabc' } });
    const finds = (texts: readonly string[]): boolean => {
      const watch = watchForSecrets({ scope, used: new Set(['T', 'U']), encoded: new Map() });
      try {
        for (const text of texts) watch(Buffer.from(text));
        return false;
      } catch {
        return true;
      }
    };
    const chunks = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 4 }), { maxLength: 8 });
    fc.assert(
      fc.property(chunks, (texts) => {
        expect(finds(texts)).toBe(/abab|cabc/.test(texts.join('')));
      }),
      { numRuns: 2000 },
    );
  });
});
