/** examples/http.yml, and what the page of http@v1 shows, ask this machine, which takes a policy that names it. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOn } from '../tools/code-blocks/blocks.ts';
import { folderWith, root } from './command.ts';
import { openWorkflow } from './example-runs.ts';
import { stepsOf, workflowOf } from './node-page.ts';

const archive = 'x'.repeat(3000);
const policy = JSON.stringify({
  version: 1,
  require: { confinement: 1 },
  rules: [
    { plugin: 'built-in', allow: 'requested', profile: 'host' },
    {
      plugin: 'http',
      allow: {
        net: [
          { url: 'http://127.0.0.1:*/**', methods: ['*'], headers: ['Authorization'], secrets: ['*'], private: true },
        ],
      },
    },
  ],
});

let origin: string;
const server = createServer((request, response) => void answer(request, response));
const asked: { readonly line: string; readonly authorization: string | undefined; readonly body: string }[] = [];
let busy = 0;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  // Node types the chunks of a byte stream as any.
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const line = `${request.method} ${request.url}`;
  asked.push({ line, authorization: request.headers.authorization, body: Buffer.concat(chunks).toString() });
  const newest = { version: '1.4.0', path: '/archive', sha256: digestOf(archive), draft: false };
  busy -= 1;
  if (busy >= 0) response.writeHead(503, { 'retry-after': '0' }).end();
  else if (line === 'GET /releases/newest') response.end(JSON.stringify(newest));
  else if (line === 'GET /archive') response.writeHead(302, { location: '/files/app.tar' }).end();
  else if (line === 'GET /files/app.tar') response.end(archive);
  else if (line === 'GET /health') response.end('{"state":"ready"}');
  else if (line === 'GET /releases/tool.tar.gz') response.writeHead(302, { location: `${origin}/files/tool` }).end();
  else if (line === 'GET /files/tool') response.end('hello');
  else response.writeHead(request.method === 'POST' ? 201 : 404).end();
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const place = (cwd: string) => ({
  cwd,
  state: folderWith({}),
  policy: join(folderWith({ 'policy.yaml': policy }), 'policy.yaml'),
});

it('http.yml downloads the newest release and reports it, by a token that nobody sees', async () => {
  asked.length = 0;
  busy = 1;
  await using example = await openWorkflow(place(join(root, 'examples')), 'http.yml');
  const { summary, says } = await example.run({ inputs: { api: origin }, secrets: { TOKEN: 'correct-horse' } });
  expect(summary).toMatchObject({ status: 'success' });
  expect(says.join('\n')).toContain('version 1.4.0 has 3000 bytes');
  expect(asked.map(({ line }) => line)).toEqual([
    'GET /releases/newest',
    'GET /releases/newest',
    'GET /archive',
    'GET /files/app.tar',
    'POST /reports',
  ]);
  expect(asked.at(-1)).toMatchObject({
    authorization: 'Bearer correct-horse',
    body: expect.stringContaining('filename="report.txt"\r\nContent-Type: text/plain\r\n\r\n3000\n'),
  });
  expect(JSON.stringify([summary, says])).not.toContain('correct-horse');
});

describe('the page of http@v1', () => {
  const expected: readonly string[] = ['page/1: ready after ', 'page/1: 5 tools/tool.tar.gz', ''];
  const shown = stepsOf(blocksOn('plugins/http/README.md', { language: 'yaml', begins: '- ' })).map(
    (steps, index) => [steps, expected[index]] as const,
  );

  it('shows three examples', () => expect(shown).toHaveLength(expected.length));

  it.each(shown)('%s', async (steps, says) => {
    busy = 0;
    const local = steps.replaceAll(/https:\/\/[a-z]+\.example\.com/g, origin).replace(`[${origin}]`, `["${origin}"]`);
    await using workflow = await openWorkflow(place(folderWith({ 'page.yml': workflowOf(local) })), 'page.yml');
    const secrets = { API_TOKEN: 'correct-horse', API_PASSWORD: 'battery-staple' };
    const ran = await workflow.run({ secrets });
    expect(ran.summary.status).toBe('success');
    expect(ran.says.join('\n')).toContain(says);
    expect(JSON.stringify([ran.summary, ran.says])).not.toMatch(/correct-horse|battery-staple/);
  });
});
