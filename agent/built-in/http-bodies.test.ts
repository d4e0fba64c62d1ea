import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, type TestAgent } from '../executor/testing/agent.ts';
import { httpPolicy, startHttp, startNginx, type TestHttp, type TestNginx } from './testing/http-world.ts';

const secrets = { TOKEN: 'correct-horse-battery' };
const supervisor = sharedSupervisor();
const hasNginx = await needs('nginx');
let agent: TestAgent;
let server: TestHttp;
let nginx: TestNginx;
beforeAll(async () => {
  agent = await createTestAgent({ supervisor: supervisor(), secrets, policy: httpPolicy() });
  server = await startHttp((_request, response) => response.end('thanks'));
  if (hasNginx) nginx = await startNginx();
});
afterAll(async () => {
  if (hasNginx) await nginx[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await agent[Symbol.asyncDispose]();
});
beforeEach(() => {
  server.requests.length = 0;
});

const at = (path: string): string => join(agent.claim.workspace, path);
const post = (inputs: JsonObject) =>
  agent.run({ uses: 'http@v1', with: { url: server.url, method: 'POST', ...inputs } });

describe('what http@v1 sends', () => {
  it('is a form', async () => {
    expect((await post({ form: { 'a b': 'ü&=+', n: 7, list: ['x', true] } })).result).toMatchObject({
      outcome: 'success',
    });
    expect(server.requests).toMatchObject([{ headers: { 'content-type': 'application/x-www-form-urlencoded' } }]);
    expect([...new URLSearchParams(server.requests[0]?.body)]).toEqual([
      ['a b', 'ü&=+'],
      ['n', '7'],
      ['list', 'x'],
      ['list', 'true'],
    ]);
  });

  it('is a form with files of the workspace, however they are called', async () => {
    mkdirSync(at('out ä'), { recursive: true });
    writeFileSync(at('out ä/re port.csv'), 'a,b\n1,2\n');
    writeFileSync(at('*.bin'), 'x'.repeat(200_000));
    const multipart = [
      { name: 'title', value: 'Überblick' },
      { name: 'report', file: 'out ä/re port.csv', 'content-type': 'text/csv' },
      { name: 'raw', file: '*.bin', filename: 'other name.bin' },
    ];
    expect((await post({ multipart })).result).toMatchObject({ outcome: 'success' });
    const [request] = server.requests;
    const headers = { 'content-type': request?.headers['content-type'] ?? '' };
    const form = await new Response(request?.body ?? '', { headers }).formData();
    const files = ['report', 'raw'].map((name) => form.get(name)).filter((value) => value instanceof File);
    expect(form.get('title')).toBe('Überblick');
    expect(files.map(({ name, type, size }) => ({ name, type, size }))).toEqual([
      { name: 're port.csv', type: 'text/csv', size: 8 },
      { name: 'other name.bin', type: 'application/octet-stream', size: 200_000 },
    ]);
  });

  it('is a file, as it is', async () => {
    writeFileSync(at('ünï code.txt'), 'line\n');
    await post({ 'body-file': 'ünï code.txt', headers: { 'Content-Type': 'text/plain' } });
    expect(server.requests).toMatchObject([{ headers: { 'content-type': 'text/plain' }, body: 'line\n' }]);
  });

  it.each<[string, JsonObject]>([
    ['a file outside of the workspace', { 'body-file': '../secrets' }],
    ['a file of the machine', { 'body-file': '/etc/hostname' }],
    ['what a link leads to', { 'body-file': 'link' }],
    ['a file outside, in a form', { multipart: [{ name: 'a', file: '../secrets' }] }],
    ['what a link leads to, in a form', { multipart: [{ name: 'a', file: 'link' }] }],
    ['a file that is not there', { 'body-file': 'missing' }],
    ['two bodies', { body: 'a', form: { a: 'b' } }],
    ['a type with another header in it', { multipart: [{ name: 'a', value: 'b', 'content-type': 'a/b\r\nX: y' }] }],
  ])('is never %s', async (_what, inputs) => {
    if (!existsSync(at('link'))) symlinkSync('/etc/hostname', at('link'));
    expect((await post(inputs)).result).toMatchObject({ outcome: 'failure' });
    expect(server.requests).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['a form', { form: { client_secret: '${{ secrets.TOKEN }}' } }],
    ['a form with files', { multipart: [{ name: 'client_secret', value: '${{ secrets.TOKEN }}' }] }],
    ['a text', { body: 'x ${{ secrets.TOKEN }}' }],
    ['JSON', { body: { login: ['${{ secrets.TOKEN }}'] } }],
  ])('is never a secret in %s, nor its placeholder: the step says what to do', async (_what, inputs) => {
    expect((await post(inputs)).result).toMatchObject({
      outcome: 'failure',
      error: {
        message: expect.stringContaining("the secret `TOKEN` can't stand in the body of a request"),
        remedy: expect.stringMatching(/`token`.*`headers`.*`run@v1`/),
      },
    });
    expect(server.requests).toEqual([]);
  });

  it('goes to no URL with a secret in it, nor with its placeholder', async () => {
    for (const path of ['/${{ secrets.TOKEN }}', '/?key=${{ secrets.TOKEN }}']) {
      expect((await post({ url: `${server.url}${path}` })).result).toMatchObject({
        class: 'denied',
        error: {
          message: expect.stringContaining('the secret `TOKEN` may not stand in the URL'),
          remedy: expect.stringContaining('header'),
        },
      });
    }
    expect(server.requests).toEqual([]);
  });

  it('goes out with any method that may be granted, and with no other', async () => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'PURGE']) {
      expect((await post({ method })).result).toMatchObject({ outcome: 'success' });
    }
    expect(server.requests.map(({ method }) => method)).toEqual([
      'GET',
      'HEAD',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'PROPFIND',
      'PURGE',
    ]);
    expect((await post({ method: 'CONNECT' })).result).toMatchObject({ error: { code: 'INVALID_INPUT' } });
  });

  it('goes out once for each of a hundred steps at a time', async () => {
    const runs = await Promise.all(Array.from({ length: 100 }, (_, index) => post({ body: { index } })));
    expect(runs.filter(({ result }) => result.outcome !== 'success')).toEqual([]);
    expect(new Set(server.requests.map(({ body }) => body)).size).toBe(100);
  });
});

describe.runIf(hasNginx)('http@v1 and a server of files', () => {
  it('puts a file there, copies it, and removes it', async () => {
    writeFileSync(at('app.tar'), 'y'.repeat(3_000_000));
    const dav = (path: string, inputs: JsonObject) => post({ url: `${nginx.http}/dav/${path}`, ...inputs });
    expect((await dav('a%20b/app.tar', { method: 'PUT', 'body-file': 'app.tar' })).result).toMatchObject({
      outputs: { status: 201 },
    });
    expect(readFileSync(join(nginx.dav, 'a b/app.tar'), 'utf8')).toBe('y'.repeat(3_000_000));
    const copied = await dav('a%20b/app.tar', { method: 'COPY', headers: { Destination: '/dav/copy.tar' } });
    expect(copied.result).toMatchObject({ outputs: { status: 204 } });
    expect(existsSync(join(nginx.dav, 'copy.tar'))).toBe(true);
    expect((await dav('copy.tar', { method: 'DELETE' })).result).toMatchObject({ outputs: { status: 204 } });
    expect(existsSync(join(nginx.dav, 'copy.tar'))).toBe(false);
    expect((await dav('gone', { method: 'DELETE', expect: ['2xx', 404] })).result).toMatchObject({
      outcome: 'success',
    });
  });
});
