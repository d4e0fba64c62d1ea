import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, type TestAgent } from '../executor/testing/agent.ts';

const secrets = { TOKEN: 'correct-horse-battery' };
const supervisor = sharedSupervisor();
let agent: TestAgent;
let server: Server;
let url: string;
/** What the server was sent since the test began. */
let requests: {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}[];

beforeAll(async () => {
  agent = await createTestAgent({ supervisor: supervisor(), secrets });
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
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const { method = '', url: path = '', headers } = request;
  requests.push({ method, path, headers, body: Buffer.concat(chunks).toString() });
  switch (path) {
    case '/json':
      response.setHeader('content-type', 'application/json').end('{"healthy":true}');
      return;
    case '/missing':
      response.writeHead(404).end('not here');
      return;
    case '/moved':
      response.writeHead(302, { location: `${url}/json` }).end();
      return;
    case '/echo':
      response.end(headers.authorization);
      return;
    case '/never':
      return;
    default:
      response.end('plain');
  }
}

const http = (path: string, inputs: JsonObject = {}) =>
  agent.run({ uses: 'http@v1', with: { url: `${url}${path}`, ...inputs } });

describe('http@v1', () => {
  it('gives status, headers, body and, where it is JSON, its value', async () => {
    expect((await http('/json')).result).toMatchObject({
      outcome: 'success',
      outputs: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: '{"healthy":true}',
        json: { healthy: true },
      },
    });
    expect((await http('/plain')).result).toMatchObject({ outputs: { body: 'plain', json: null } });
  });

  it('sends method, headers and a body as text or as JSON', async () => {
    await http('/plain', { method: 'POST', headers: { 'X-Number': 7 }, body: { a: [1] } });
    await http('/plain', { method: 'PUT', headers: { 'Content-Type': 'text/csv' }, body: 'a,b' });
    expect(requests).toMatchObject([
      { method: 'POST', headers: { 'x-number': '7', 'content-type': 'application/json' }, body: '{"a":[1]}' },
      { method: 'PUT', headers: { 'content-type': 'text/csv' }, body: 'a,b' },
    ]);
  });

  it('fails on a status that was not expected, and says what came', async () => {
    const { result } = await http('/missing');
    expect(result).toMatchObject({
      outcome: 'failure',
      error: { code: 'STEP_FAILED', message: expect.stringMatching(/answered 404, expected 2xx: not here/) },
    });
    expect((await http('/missing', { expect: ['2xx', 404] })).result).toMatchObject({
      outcome: 'success',
      outputs: { status: 404 },
    });
  });

  it('reports a redirect and does not follow it', async () => {
    const { result } = await http('/moved');
    expect(result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining(`redirects to ${url}/json`) },
    });
    expect(requests).toHaveLength(1);
    expect((await http('/moved', { expect: '3xx' })).result).toMatchObject({ outputs: { status: 302 } });
  });

  it('sends a secret in a header, and neither shows nor records it', async () => {
    const { result, log } = await http('/echo', { headers: { authorization: 'Bearer ${{ secrets.TOKEN }}' } });
    expect(requests[0]?.headers.authorization).toBe(`Bearer ${secrets.TOKEN}`);
    expect(result).toMatchObject({ outcome: 'success' });
    expect(JSON.stringify([result, log, agent.recorded, agent.results])).not.toContain(secrets.TOKEN);
  });

  it('ends a request that takes too long', async () => {
    const { result } = await http('/never', { timeout: '100ms' });
    expect(result).toMatchObject({
      outcome: 'failure',
      error: {
        message: expect.stringContaining('did not answer within 100 ms'),
        remedy: expect.stringContaining('`timeout`'),
      },
    });
  });

  it.each([
    ['allows what is requested', 'allow: requested'],
    ['names the address and nothing more', 'allow: { net: [{ url: "http://127.0.0.1:*/**" }] }'],
  ])('reaches no private address where the policy only %s', async (_, allow) => {
    const policy = `version: 1
require: { confinement: 0 }
rules: [{ plugin: http, ${allow} }]`;
    await using strict = await createTestAgent({ supervisor: supervisor(), policy });
    const refused = await strict.run({ uses: 'http@v1', with: { url: `${url}/json` } });
    expect(refused.result).toMatchObject({ class: 'denied', error: { message: expect.stringContaining('private') } });
    expect(refused.result).toMatchObject({ error: { remedy: expect.stringContaining('policy') } });
    expect(requests).toEqual([]);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/',
    'http://0177.0.0.1/',
    'http://[::ffff:127.0.0.1]/',
    'http://localhost/',
  ])('does not reach %s', async (address) => {
    const policy = `version: 1
require: { confinement: 0 }
rules: [{ plugin: http, allow: requested }]`;
    await using strict = await createTestAgent({ supervisor: supervisor(), policy });
    const { result } = await strict.run({ uses: 'http@v1', with: { url: address } });
    expect(result).toMatchObject({ outcome: 'failure', class: 'denied' });
  });

  it.each([
    { url: 'file:///etc/passwd' },
    { url: 'nonsense' },
    { timeout: 'soon' },
    { expect: 'fine' },
    { expect: ['2xx', 'fine'] },
    { 'retry-on': 'busy' },
    { 'retry-wait': 'a while' },
    { method: 'CONNECT' },
  ])('refuses %j before anything is sent', async (inputs) => {
    expect((await http('/json', inputs)).result).toMatchObject({ outcome: 'failure' });
    expect(requests).toEqual([]);
  });

  it('is given no wider grant by what stands in the URL', async () => {
    const { result } = await http('/**', { expect: 200 });
    expect(result).toMatchObject({ outcome: 'success' });
    expect(requests).toMatchObject([{ path: '/**' }]);
  });
});
