import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { startProxy, type TestProxy } from '../../runtime/capabilities/net/testing/proxy.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, repository, type TestAgent } from '../executor/testing/agent.ts';
import { httpPolicy, startHttp, startNginx, type TestHttp, type TestNginx } from './testing/http-world.ts';

const supervisor = sharedSupervisor();
const hasNginx = await needs('nginx');
const token = 'xoxb-correct-horse';
let agent: TestAgent;
let proxy: TestProxy;
let nginx: TestNginx;
let server: TestHttp;
let secrets: Readonly<Record<string, string>>;
beforeAll(async () => {
  proxy = await startProxy();
  server = await startHttp((request, response) => response.end(request.headers.authorization ?? 'nobody'));
  secrets = { TOKEN: token, WRONG: 'battery staple' };
  if (hasNginx) {
    nginx = await startNginx();
    writeFileSync(join(nginx.site, 'file'), 'for robots');
    // Read once, with the first request of this process.
    process.env['WATERFLOW_CA_FILE'] = nginx.authority;
    const { client, stranger, login } = nginx;
    secrets = {
      ...secrets,
      PASSWORD: login.password,
      CERT: client.certificate,
      KEY: client.key,
      STRANGER: stranger.certificate,
      STRANGER_KEY: stranger.key,
    };
  }
  agent = await createTestAgent({
    supervisor: supervisor(),
    secrets,
    policy: httpPolicy([proxy.name]),
    approve: ['./plugins/bare'],
  });
});
afterAll(async () => {
  if (hasNginx) await nginx[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await agent[Symbol.asyncDispose]();
});
beforeEach(() => {
  proxy.asked.length = 0;
  proxy.refusal = undefined;
});

const http = (inputs: JsonObject, of = agent) => of.run({ uses: 'http@v1', with: inputs });
/** All that is kept of what ran so far. */
const kept = (...more: readonly unknown[]): string =>
  JSON.stringify([...more, agent.recorded, agent.results]) + readFileSync(agent.auditFile, 'utf8');

it('http@v1 sends a token that nobody sees, not even when it comes back', async () => {
  const { result, log } = await http({ url: server.url, token: '${{ secrets.TOKEN }}' });
  expect(result).toMatchObject({ outcome: 'success' });
  expect(server.requests.at(-1)?.headers.authorization).toBe(`Bearer ${token}`);
  expect(kept(result, log)).not.toContain(token);
});

describe.runIf(hasNginx)('http@v1 logs in at nginx', () => {
  const login = (password: string, more: JsonObject = {}) =>
    http({ url: `${nginx.http}/private/file`, user: nginx.login.user, password, ...more });
  const basic = () => Buffer.from(`${nginx.login.user}:${nginx.login.password}`).toString('base64');

  it('by a password that nobody sees in any form', async () => {
    const { result, log } = await login('${{ secrets.PASSWORD }}');
    expect(result).toMatchObject({ outcome: 'success', outputs: { body: 'for robots' } });
    expect(kept(result, log)).not.toContain(nginx.login.password);
    expect(kept(result, log)).not.toContain(basic());
  });

  it('not by a wrong one, which isn’t shown either', async () => {
    const { result, log } = await login('${{ secrets.WRONG }}');
    expect(result).toMatchObject({
      outcome: 'failure',
      outputs: { status: 401 },
      error: { message: expect.stringContaining('answered 401'), remedy: expect.stringContaining('credentials') },
    });
    expect(kept(result, log)).not.toContain('battery staple');
  });

  it('not by a password that is written out', async () => {
    expect((await login('plain')).result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining('not the placeholder of a secret') },
    });
  });

  it('not where no entry lets the secret go there, and no placeholder goes out', async () => {
    const policy = httpPolicy().replaceAll('"secrets":["*"]', '"secrets":["OTHER"]');
    await using strict = await createTestAgent({ supervisor: supervisor(), secrets, policy });
    await using listening = await startHttp((_request, response) => response.end());
    for (const inputs of [
      { token: '${{ secrets.TOKEN }}' },
      { user: 'robot', password: '${{ secrets.TOKEN }}' },
      { headers: { 'X-Api-Key': 'key ${{ secrets.TOKEN }}' } },
      { headers: { Accept: '${{ secrets.TOKEN }}' } },
    ]) {
      expect((await http({ url: listening.url, ...inputs }, strict)).result).toMatchObject({
        outcome: 'failure',
        class: 'denied',
        error: {
          code: 'DENIED',
          message: expect.stringContaining('`TOKEN`'),
          rule: expect.any(String),
          remedy: expect.any(String),
        },
      });
    }
    expect(listening.requests).toEqual([]);
  });

  it('not where the policy keeps the secret from it', async () => {
    const rules = JSON.parse(httpPolicy()) as { rules: JsonObject[] };
    const policy = JSON.stringify({
      ...rules,
      rules: [{ plugin: 'http', deny: { secrets: [{ names: ['PASSWORD'] }] } }, ...rules.rules],
    });
    await using strict = await createTestAgent({ supervisor: supervisor(), secrets, policy });
    const { result } = await http(
      { url: `${nginx.http}/private/file`, user: 'robot', password: '${{ secrets.PASSWORD }}' },
      strict,
    );
    expect(result).toMatchObject({ outcome: 'failure' });
    expect(JSON.stringify(result)).not.toContain(basic());
  });

  it('by a certificate that its authority has signed', async () => {
    const mutual = (certificate: string, key: string) =>
      http({ url: `${nginx.https}/mutual`, 'client-certificate': certificate, 'client-key': key });
    const { result, log } = await mutual('${{ secrets.CERT }}', '${{ secrets.KEY }}');
    expect(result).toMatchObject({ outcome: 'success', outputs: { body: 'CN=robot' } });
    const shown = kept(result, log);
    for (const line of nginx.client.key.split('\n').filter((text) => text.length > 30))
      expect(shown).not.toContain(line);
    expect((await mutual('${{ secrets.STRANGER }}', '${{ secrets.STRANGER_KEY }}')).result).toMatchObject({
      outcome: 'failure',
      outputs: { status: 400 },
    });
    expect((await mutual('${{ secrets.CERT }}', '${{ secrets.STRANGER_KEY }}')).result).toMatchObject({
      error: { message: expect.stringContaining('are not a certificate and its unencrypted private key') },
    });
    expect((await http({ url: `${nginx.https}/mutual` })).result).toMatchObject({ outputs: { status: 403 } });
  });

  it('of no server whose certificate nobody vouches for', async () => {
    const port = new URL(nginx.https).port;
    expect((await http({ url: `https://localhost:${port}/site/file` })).result).toMatchObject({ outcome: 'success' });
    // The certificate is for localhost and 127.0.0.1.
    expect((await http({ url: `https://127.0.0.2:${port}/site/file`, timeout: '10s' })).result).toMatchObject({
      outcome: 'failure',
    });
  });
});

describe('http@v1 by a proxy', () => {
  it('goes where the policy names the proxy', async () => {
    const { result } = await http({ url: `${server.url}/x`, proxy: proxy.name, token: '${{ secrets.TOKEN }}' });
    expect(result).toMatchObject({ outcome: 'success', outputs: { status: 200 } });
    expect(proxy.asked).toMatchObject([{ line: `GET ${server.url}/x` }]);
  });

  it.runIf(hasNginx)('shows it nothing of what goes over https', async () => {
    const url = `${nginx.https}/private/file`;
    const login = { user: nginx.login.user, password: '${{ secrets.PASSWORD }}' };
    expect((await http({ url, proxy: proxy.name, ...login })).result).toMatchObject({
      outputs: { body: 'for robots' },
    });
    expect(proxy.asked).toMatchObject([{ line: `CONNECT ${new URL(nginx.https).host}` }]);
    expect(JSON.stringify(proxy.asked)).not.toContain('Basic');
  });

  it('goes nowhere where the policy only allows what is requested, or names another', async () => {
    for (const policy of [
      httpPolicy(),
      httpPolicy(['proxy.example:3128']),
      JSON.stringify({ version: 1, require: { confinement: 0 }, rules: [{ plugin: 'built-in', allow: 'requested' }] }),
    ]) {
      await using strict = await createTestAgent({ supervisor: supervisor(), policy });
      const { result } = await http({ url: 'http://93.184.216.34/', proxy: proxy.name }, strict);
      expect(result).toMatchObject({ class: 'denied', error: { message: expect.stringContaining('proxy') } });
    }
    expect(proxy.asked).toEqual([]);
  });

  it('says what the proxy says', async () => {
    proxy.refusal = 407;
    expect((await http({ url: server.url, proxy: proxy.name })).result).toMatchObject({
      outputs: { status: 407 },
      error: { remedy: expect.stringContaining('login') },
    });
    const { result } = await http({ url: 'https://127.0.0.1:1/', proxy: proxy.name });
    expect(result).toMatchObject({ error: { message: expect.stringContaining('refuses a connection') } });
  });
});

it('http@v1 can do nothing without its permissions: its code has no other way', async () => {
  const folder = join(repository, 'plugins/http');
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const sources = ['body', 'duration', 'expectation', 'index', 'inputs', 'json-path', 'retry-after', 'status'];
  const manifest = read('plugin.yaml')
    .replace(/^permissions:\n(?: .*\n)+/m, '')
    .replace('name: http', 'name: bare');
  agent.plugin('bare', {
    'plugin.yaml': manifest,
    ...Object.fromEntries(sources.map((name) => [`${name}.ts`, read(`${name}.ts`)])),
  });
  const before = server.requests.length;
  const { result, calls } = await agent.run({ uses: './plugins/bare', with: { url: server.url } });
  expect(result).toMatchObject({ outcome: 'failure' });
  expect(calls.filter(({ capability }) => capability === 'net')).toEqual([]);
  expect(server.requests).toHaveLength(before);
});
