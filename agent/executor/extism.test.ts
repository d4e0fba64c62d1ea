import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { startHttp } from '../built-in/testing/http-world.ts';
import { createTestAgent, repository, type TestAgent } from './testing/agent.ts';

const supervisor = sharedSupervisor();
const module = readFileSync(join(repository, 'runtime/testing/extism/modules/rust.wasm'));
const uses = './plugins/p';
const mebibyte = 1024 * 1024;

/** An agent with the plugin of Extism's kit for Rust, called by one of its functions; `more` is of its manifest. */
async function agentWith(
  entry: string,
  { net = [], more = '' }: { readonly net?: readonly object[]; readonly more?: string } = {},
): Promise<TestAgent> {
  const rule = {
    plugin: 'approved',
    allow: { net: [{ url: 'http://127.0.0.1:*/**', methods: ['*'], headers: ['*'], secrets: ['*'], private: true }] },
  };
  const agent = await createTestAgent({
    supervisor: supervisor(),
    approve: [uses],
    policy: JSON.stringify({ version: 1, require: { confinement: 0 }, rules: [rule] }),
    secrets: { TOKEN: 'the-real-token' },
  });
  const permissions = JSON.stringify({ net: net.map((rule) => ({ ...rule, private: true, reason: 'is asked' })) });
  const manifest = `name: p\nversion: 1.0.0\ndescription: Of another world.\nruntime: wasm\nabi: extism\nmain: p.wasm\nentry: ${entry}\n`;
  agent.plugin('p', { 'p.wasm': module, 'plugin.yaml': `${manifest}permissions: ${permissions}\n${more}` });
  return agent;
}

const site: RequestListener = (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
  if (pathname.startsWith('/moved/')) response.writeHead(302, { location: pathname.slice('/moved'.length) }).end();
  else if (pathname === '/missing') response.writeHead(404, { 'x-why': 'gone' }).end('nothing here');
  else if (pathname === '/large') response.end(Buffer.alloc(Number(searchParams.get('bytes')), 'x'));
  else response.setHeader('x-kind', 'greeting').setHeader('content-type', 'text/plain').end(`hello from ${pathname}`);
};

describe("a plugin of Extism, by its kit's HTTP", () => {
  const asked = (url: string, more: object = {}) => ({ input: JSON.stringify({ url, ...more }) });
  const answerOf = (outputs: unknown): unknown => JSON.parse((outputs as { readonly output: string }).output); // As the plugin gives it.

  it('gets the status, the headers and the body, and each request is recorded as net', async () => {
    await using server = await startHttp(site);
    await using agent = await agentWith('request', { net: [{ url: `${server.url}/**` }] });
    const { result } = await agent.run({ uses, with: asked(`${server.url}/a`) });
    expect(result).not.toHaveProperty('error');
    expect(answerOf(result.outputs)).toEqual({
      status: 200,
      headers: expect.objectContaining({ 'x-kind': 'greeting', 'content-type': 'text/plain' }),
      body: 'hello from /a',
    });
    expect(agent.recorded).toMatchObject([
      { call: { capability: 'net', args: { url: `${server.url}/a` } }, decision: 'allowed' },
    ]);
  });

  it('gets another status than 2xx as an answer', async () => {
    await using server = await startHttp(site);
    await using agent = await agentWith('request', { net: [{ url: `${server.url}/**` }] });
    const { result } = await agent.run({ uses, with: asked(`${server.url}/missing`) });
    expect(answerOf(result.outputs)).toMatchObject({ status: 404, headers: { 'x-why': 'gone' }, body: 'nothing here' });
  });

  it('sends method, headers and body where they are granted', async () => {
    await using server = await startHttp(site);
    await using agent = await agentWith('request', {
      net: [{ url: `${server.url}/**`, methods: ['POST'], headers: ['X-Kind'] }],
    });
    const { result } = await agent.run({
      uses,
      with: asked(`${server.url}/a`, { method: 'POST', headers: { 'X-Kind': 'k' }, body: 'ü' }),
    });
    expect(result).not.toHaveProperty('error');
    expect(server.requests).toMatchObject([{ method: 'POST', path: '/a', headers: { 'x-kind': 'k' }, body: 'ü' }]);
  });

  it.each([
    ['another path', '/b', {}],
    ['another method', '/a', { method: 'DELETE' }],
    ['a header', '/a', { headers: { 'X-Other': 'x' } }],
  ])('is denied %s, and the step says by which rule', async (_, path, more) => {
    await using server = await startHttp(site);
    await using agent = await agentWith('request', { net: [{ url: `${server.url}/a` }] });
    const { result } = await agent.run({ uses, with: asked(`${server.url}${path}`, more) });
    expect(result).toMatchObject({
      outcome: 'failure',
      class: 'denied',
      error: { code: 'DENIED', rule: expect.stringContaining('manifest') },
    });
    expect(server.requests).toEqual([]);
  });

  it('follows a redirect as far as its target is granted', async () => {
    await using server = await startHttp(site);
    await using agent = await agentWith('request', {
      net: [{ url: `${server.url}/moved/*` }, { url: `${server.url}/a` }],
    });
    const { result } = await agent.run({ uses, with: asked(`${server.url}/moved/a`) });
    expect(answerOf(result.outputs)).toMatchObject({ status: 200, body: 'hello from /a' });
    const refused = await agent.run({ uses, with: asked(`${server.url}/moved/b`) });
    expect(refused.result).toMatchObject({ class: 'denied', error: { code: 'DENIED' } });
    expect(server.requests.map(({ path }) => path)).not.toContain('/b');
  });

  it('gets answers of up to 8 MiB, and sends bodies of up to 6 MiB', async () => {
    await using server = await startHttp((request, response) =>
      request.method === 'POST' ? response.end(String(server.requests.at(-1)?.body.length)) : site(request, response),
    );
    const net = [{ url: `${server.url}/**`, methods: ['GET', 'POST'] }];
    await using measuring = await agentWith('measure', { net, more: 'limits: { memory: 128MiB }' });
    const measure = (bytes: number) => measuring.run({ uses, with: { input: `${server.url}/large?bytes=${bytes}` } });
    expect((await measure(8 * mebibyte)).result).toMatchObject({ outputs: { output: String(8 * mebibyte) } });
    expect((await measure(8 * mebibyte + 1)).result).toMatchObject({
      error: { message: expect.stringContaining('larger than 8388608 bytes') },
    });

    const more =
      'inputs: { bytes: { type: integer } }\nconfig: { bytes: "${{ inputs.bytes }}" }\nlimits: { memory: 128MiB }';
    await using sending = await agentWith('upload', { net, more });
    const upload = (bytes: number) => sending.run({ uses, with: { input: server.url, bytes } });
    expect((await upload(5 * mebibyte)).result).toMatchObject({ outputs: { output: String(5 * mebibyte) } });
    expect((await upload(7 * mebibyte)).result).toMatchObject({
      error: { message: expect.stringContaining('larger than 8 MiB') },
    });
  });
});

describe('the configuration of a plugin of Extism', () => {
  it("has a step's inputs in it, and is without those that weren't given", async () => {
    const more =
      'inputs: { name: { type: string }, list: { type: array } }\nconfig: { greeting: "hi ${{ inputs.name }}!", list: "${{inputs.list}}" }';
    await using agent = await agentWith('setting', { more });
    const setting = async (input: string, given: object) =>
      (await agent.run({ uses, with: { input, ...given } })).result.outputs;
    expect(await setting('greeting', { name: 'Ada' })).toEqual({ output: 'hi Ada!' });
    expect(await setting('greeting', {})).toEqual({ output: '(none)' });
    expect(await setting('list', { list: [1, 'a'] })).toEqual({ output: '[1,"a"]' });
  });

  it('holds placeholders of secrets, whose values go out where that is granted', async () => {
    await using server = await startHttp(site);
    const more = 'inputs: { token: { type: string } }\nconfig: { token: "${{ inputs.token }}" }';
    await using reading = await agentWith('setting', { more });
    const token = '${{ secrets.TOKEN }}';
    const { result } = await reading.run({ uses, with: { input: 'token', token } });
    expect(JSON.stringify(result)).not.toContain('the-real-token');
    const net = [{ url: `${server.url}/**`, headers: ['Authorization'], secrets: ['TOKEN'] }];
    await using sending = await agentWith('request', { net });
    const input = JSON.stringify({ url: server.url, headers: { Authorization: 'Bearer TOKEN' } }).replace(
      'TOKEN',
      token,
    );
    expect((await sending.run({ uses, with: { input } })).result).toMatchObject({ outcome: 'success' });
    expect(server.requests[0]?.headers.authorization).toBe('Bearer the-real-token');
  });
});

describe('a plugin of Extism that goes too far', () => {
  it.each([
    ['hoards', '60s', 'OUT_OF_MEMORY'],
    ['spins', '1s', 'TIMEOUT'],
  ])('%s until it is ended', async (entry, timeout, code) => {
    await using agent = await agentWith(entry, { more: `limits: { timeout: ${timeout} }` });
    expect((await agent.run({ uses })).result).toMatchObject({ outcome: 'failure', error: { code } });
  });
});
