import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, repository, type TestAgent } from '../executor/testing/agent.ts';

const secrets = { HOOK: 'T0p-secret_hook', TOKEN: 'xoxb-correct-horse' };
/** As an operator lets it post to this machine, and the example of docs/capabilities.md does for http. */
const policy = `version: 1
require: { confinement: 0 }
rules:
  - plugin: notify
    allow:
      net: [{ url: "http://127.0.0.1:*/**", methods: [POST], headers: ["*"], secrets: ["*"], url-secrets: ["*"], private: true }]
  - { plugin: built-in, allow: requested }
  - { plugin: approved, allow: requested }
`;
const supervisor = sharedSupervisor();
let agent: TestAgent;
let server: Server;
let url: string;
/** What the server was sent since the test began. */
let requests: { readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: JsonObject }[];
/** The server's next answers; the last one again and again. */
let answers: ((response: ServerResponse) => void)[];
/** Told of each request. */
let arrived: PromiseWithResolvers<IncomingMessage>;

beforeAll(async () => {
  agent = await createTestAgent({ supervisor: supervisor(), secrets, policy, approve: ['./plugins/bare'] });
  server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await agent[Symbol.asyncDispose]();
});
beforeEach(() => {
  requests = [];
  answers = [(response) => response.end('ok')];
  arrived = Promise.withResolvers();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  requests.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text) });
  const next = answers.length > 1 ? answers.shift() : answers[0];
  arrived.resolve(request);
  next?.(response);
}

const status =
  (code: number, body = '', headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(code, headers).end(body);
const notify = (inputs: JsonObject, more: { readonly signal?: AbortSignal } = {}) =>
  agent.run({ uses: 'notify@v1', with: { message: 'It is done: ünï 😀', ...inputs }, ...more });
const toSlack = (inputs: JsonObject = {}) =>
  notify({ via: 'slack', url: `${url}/services/T1/\${{ secrets.HOOK }}`, ...inputs });
/** All that is kept of what ran so far. */
const kept = (...more: readonly unknown[]): string =>
  JSON.stringify([...more, agent.recorded, agent.results]) + readFileSync(agent.auditFile, 'utf8');

describe('notify@v1 by webhook', () => {
  it('posts what happened, and of which run', async () => {
    const { result } = await notify({
      via: 'webhook',
      url: `${url}/events`,
      title: 'Release',
      status: 'success',
      fields: { version: '1.4.0', hosts: 3 },
      headers: { 'X-Event': 'release' },
    });
    expect(result).not.toHaveProperty('error');
    expect(result).toMatchObject({ outcome: 'success', outputs: { status: 200, attempts: 1 } });
    expect(requests).toMatchObject([
      {
        path: '/events',
        headers: { 'content-type': 'application/json; charset=utf-8', 'x-event': 'release' },
        body: {
          title: 'Release',
          message: 'It is done: ünï 😀',
          status: 'success',
          fields: { version: '1.4.0', hosts: 3 },
          run: { workflow: 'test', job: 'job', step: 'step', attempt: 1 },
        },
      },
    ]);
    expect(requests[0]?.headers['idempotency-key']).toContain('job');
  });

  it('posts a payload of the step’s own, with a token that nobody sees', async () => {
    const payload = { event: 'deploy', nested: [1, null, 'ä'] };
    const { result, log } = await notify({ via: 'webhook', url, payload, token: '${{ secrets.TOKEN }}' });
    expect(result).toMatchObject({ outcome: 'success' });
    expect(requests).toMatchObject([{ headers: { authorization: `Bearer ${secrets.TOKEN}` }, body: payload }]);
    expect(kept(result, log)).not.toContain(secrets.TOKEN);
  });

  it.each<[string, JsonObject, string]>([
    ['a token', { token: '${{ secrets.TOKEN }}' }, 'the secret `TOKEN` is not in its `secrets`'],
    ['a header', { headers: { 'X-Key': '${{ secrets.TOKEN }}' } }, 'the secret `TOKEN` is not in its `secrets`'],
    ['the message', { message: '${{ secrets.TOKEN }}' }, "the secret `TOKEN` can't stand in the body of a request"],
  ])('posts nothing with a secret that may not go there, as %s', async (_what, inputs, says) => {
    const strict = policy.replace(', secrets: ["*"]', '');
    await using other = await createTestAgent({ supervisor: supervisor(), secrets, policy: strict });
    const step = { uses: 'notify@v1', with: { message: 'done', via: 'webhook', url, ...inputs } };
    expect((await other.run(step)).result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining(says), remedy: expect.any(String) },
    });
    expect(requests).toEqual([]);
  });

  it('waits as long as a busy server asks it to, and posts the same again', async () => {
    answers = [status(429, '', { 'retry-after': '0' }), status(503, '', { 'retry-after': '0' }), status(200)];
    const { result } = await notify({ via: 'webhook', url });
    expect(result).toMatchObject({ outcome: 'success', outputs: { attempts: 3 } });
    expect(new Set(requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it('gives up after as many attempts as it may make, or where the wait would be too long', async () => {
    answers = [status(503, 'down', { 'retry-after': '0' })];
    const { result } = await notify({ via: 'webhook', url, retries: 1 });
    expect(result).toMatchObject({
      outcome: 'failure',
      outputs: { status: 503, attempts: 2 },
      error: { code: 'STEP_FAILED', message: expect.stringContaining('answered 503 (2 times): down') },
    });
    answers = [status(429, '', { 'retry-after': '3600' })];
    expect((await notify({ via: 'webhook', url })).result).toMatchObject({
      error: { message: expect.stringContaining('asks to wait 3600 s') },
    });
    expect(requests).toHaveLength(3);
  });

  it.each([
    ['is none', (response: ServerResponse) => response.socket?.resetAndDestroy()],
    [
      'ends before it is whole',
      (response: ServerResponse) => response.writeHead(200, { 'content-length': 9 }).destroy(),
    ],
  ])('fails clearly where the answer %s, and posts once', async (_what, act) => {
    answers = [(response) => void act(response)];
    const { result } = await notify({ via: 'webhook', url });
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('127.0.0.1') } });
    expect(requests).toHaveLength(1);
  });

  it('shows where a redirect leads, and not its path', async () => {
    answers = [status(302, '', { location: 'https://other.example/services/secret' })];
    const { result } = await notify({ via: 'webhook', url });
    expect(result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringMatching(/redirects to https:\/\/other\.example, which/) },
    });
  });

  it('ends at once when it is cancelled, with its connection', async () => {
    answers = [() => undefined];
    const cancelling = new AbortController();
    const running = notify({ via: 'webhook', url }, { signal: cancelling.signal });
    const request = await arrived.promise;
    const closed = once(request.socket, 'close');
    cancelling.abort();
    expect((await running).result).toMatchObject({ outcome: 'cancelled' });
    await closed;
    expect(requests).toHaveLength(1);
  });
});

describe('notify@v1 in many steps at a time', () => {
  it('posts each of them once', async () => {
    const messages = Array.from({ length: 30 }, (_, index) => `message ${index}`);
    const runs = await Promise.all(messages.map((message) => notify({ via: 'webhook', url, message })));
    expect(runs.filter(({ result }) => result.outcome !== 'success')).toEqual([]);
    expect(requests).toHaveLength(messages.length);
    expect(new Set(requests.map(({ body }) => body['message']))).toEqual(new Set(messages));
  });

  it('ends a wait for a busy server when it is cancelled', async () => {
    const asked = Promise.withResolvers<void>();
    answers = [(response) => response.writeHead(429, { 'retry-after': '59' }).end(() => asked.resolve())];
    const stop = new AbortController();
    const running = notify({ via: 'webhook', url }, { signal: stop.signal });
    await asked.promise;
    stop.abort();
    expect((await running).result).toMatchObject({ outcome: 'cancelled' });
    expect(requests).toHaveLength(1);
  });
});

describe('notify@v1 to Slack', () => {
  it('posts to a hook whose secret part nobody sees', async () => {
    const { result, log } = await toSlack({ title: 'Build', status: 'failure', link: 'https://ci.example.com/7' });
    expect(result).toMatchObject({ outcome: 'success', outputs: { status: 200 } });
    expect(requests).toMatchObject([
      {
        path: `/services/T1/${secrets.HOOK}`,
        body: { attachments: [{ title: 'Build', title_link: 'https://ci.example.com/7', text: 'It is done: ünï 😀' }] },
      },
    ]);
    expect(kept(result, log)).not.toContain(secrets.HOOK);
  });

  it('keeps the hook to itself where the server repeats it in a failure', async () => {
    answers = [status(404, `no_service: /services/T1/${secrets.HOOK}`)];
    const { result, log } = await toSlack();
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('no_service') } });
    expect(kept(result, log)).not.toContain(secrets.HOOK);
  });

  it('posts to a channel by a token, and gives the message’s id', async () => {
    answers = [status(200, '{"ok":true,"channel":"C1","ts":"1700000000.000100"}')];
    const { result } = await toSlack({
      url: `${url}/api/chat.postMessage`,
      token: '${{ secrets.TOKEN }}',
      channel: 'C1',
    });
    expect(result).toMatchObject({ outcome: 'success', outputs: { message_id: '1700000000.000100' } });
    expect(requests).toMatchObject([
      { headers: { authorization: `Bearer ${secrets.TOKEN}` }, body: { channel: 'C1' } },
    ]);
  });

  it('fails where the answer is 200 and says that it failed, with what to do', async () => {
    answers = [status(200, '{"ok":false,"error":"not_in_channel"}')];
    const { result } = await toSlack({ token: '${{ secrets.TOKEN }}', channel: 'C1' });
    expect(result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining('not_in_channel'), remedy: expect.stringContaining('invite') },
    });
    expect(kept(result)).not.toContain(secrets.TOKEN);
  });

  it('calls nobody by what stands in a message', async () => {
    await toSlack({ message: '<!channel> <https://evil.example|the build>' });
    expect(requests[0]?.body['text']).toBe('&lt;!channel&gt; &lt;https://evil.example|the build&gt;');
  });
});

describe('notify@v1 posts nothing', () => {
  it.each<[string, JsonObject, string]>([
    ['to a private address that the policy doesn’t name', { url: 'http://10.0.0.1/x' }, 'DENIED'],
    ['to the address that hands out credentials', { url: 'http://169.254.169.254/latest' }, 'DENIED'],
    ['by a URL with a password', { url: 'http://a:b@127.0.0.1/x' }, 'INVALID_INPUT'],
    ['by a URL that is a secret as a whole', { url: '${{ secrets.HOOK }}' }, 'INVALID_INPUT'],
  ])('%s', async (_what, inputs, code) => {
    const { result } = await notify({ via: 'webhook', ...inputs });
    expect(result).toMatchObject({ outcome: 'failure', error: { code } });
  });

  it.each<[string, () => JsonObject]>([
    ['with a header that breaks off', () => ({ url, headers: { 'X-A\r\nHost': 'x' } })],
    ['with a header’s value that breaks off', () => ({ url, headers: { 'X-A': 'x\r\nX-B: y' } })],
    ['with a header of another kind', () => ({ url, headers: { Cookie: 'x' } })],
    ['with inputs of another way', () => ({ url, to: 'a@example.com' })],
    ['to something else than http', () => ({ url: 'file:///etc/passwd' })],
    ['without an address', () => ({})],
  ])('%s', async (_what, inputs) => {
    expect((await notify({ via: 'webhook', ...inputs() })).result).toMatchObject({ outcome: 'failure' });
    expect(requests).toEqual([]);
  });

  it('where the policy allows what is requested, and names no private address', async () => {
    const strict = `version: 1
require: { confinement: 0 }
rules: [{ plugin: built-in, allow: requested }]`;
    await using other = await createTestAgent({ supervisor: supervisor(), secrets, policy: strict });
    const { result } = await other.run({ uses: 'notify@v1', with: { via: 'slack', message: 'x', url } });
    expect(result).toMatchObject({ class: 'denied', error: { message: expect.stringContaining('private') } });
    expect(requests).toEqual([]);
  });

  it('without its permissions: its code has no other way', async () => {
    const read = (file: string): string => readFileSync(join(repository, 'plugins/notify', file), 'utf8');
    const sources = ['index.ts', 'inputs.ts', 'post.ts', 'slack.ts', 'webhook.ts', 'email.ts'];
    const manifest = read('plugin.yaml')
      .replace(/^permissions:\n(?: .*\n)+/m, '')
      .replace('name: notify', 'name: bare');
    agent.plugin('bare', {
      'plugin.yaml': manifest,
      ...Object.fromEntries(sources.map((file) => [file, read(file)])),
    });
    const { result, calls } = await agent.run({
      uses: './plugins/bare',
      with: { via: 'webhook', message: 'x', url },
    });
    expect(result).toMatchObject({ outcome: 'failure' });
    expect(calls.filter(({ capability }) => capability === 'net')).toEqual([]);
    expect(requests).toEqual([]);
  });
});
