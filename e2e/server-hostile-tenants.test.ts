/** What somebody of one tenant gets of another one's things: what anybody gets of things that aren't there. */
import { expect, it } from 'vitest';
import { type GuardedAsk, type GuardedServer, guardedServer } from './guarded-server.ts';

const workflow = `
name: private
on: { schedule: [{ cron: "0 0 1 1 *" }], webhook: {}, manual: {} }
jobs:
  work:
    steps:
      - run: echo "classified words"
      - uses: approval@v1
        with: { approvers: [] }
`;

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly body: object | undefined;
}

/** Every operation whose path names a thing of a tenant, but for those of agents, with the body that its document gives as an example. */
async function operationsOf(server: GuardedServer): Promise<readonly Operation[]> {
  const { body } = await server.ask('/openapi.json');
  // The document is one of OpenAPI.
  const paths = body['paths'] as Record<
    string,
    Record<string, { requestBody?: { content: Record<string, { example?: object }> } }>
  >;
  return Object.entries(paths)
    .filter(([path]) => path.includes('{id}') && !path.startsWith('/v1/agent/'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { requestBody }]) => ({
        method: method.toUpperCase(),
        path,
        body: requestBody && (requestBody.content['application/json']?.example ?? {}),
      })),
    );
}

/** What is made by a tenant, by the part of the path that leads to it. */
async function thingsOf(server: GuardedServer, admin: string): Promise<Readonly<Record<string, string>>> {
  const make = async (path: string, body: object): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await server.ask(path, { key: admin, body });
    expect([path, answer.status, answer.text]).toEqual([path, 201, answer.text]);
    return answer.body;
  };
  const { id: run } = await make('/v1/workflows', { workflow });
  const { schedules } = await make('/v1/schedules', { workflow, name: 'nightly' });
  const [schedule] = schedules as readonly { readonly id: string }[]; // As the document says.
  const { id: webhook } = await make('/v1/webhooks', { workflow, name: 'hook' });
  const { id: key } = await make('/v1/keys', { name: 'program', role: 'viewer' });
  return {
    workflows: String(run),
    schedules: String(schedule?.id),
    webhooks: String(webhook),
    keys: String(key),
  };
}

/** Of the same form, and nobody's. */
function unknownLike(id: string): string {
  return `${id.slice(0, -6)}${id.endsWith('000000') ? '111111' : '000000'}`;
}

it("another tenant's things are answered as if they were not there, by every operation", async () => {
  const server = await guardedServer();
  const [acme, other] = [await server.key('admin', 'acme'), await server.key('admin', 'other')];
  const things = await thingsOf(server, acme);
  const operations = await operationsOf(server);
  expect(operations.length).toBeGreaterThan(18);
  for (const { method, path, body } of operations) {
    const id = things[path.split('/')[2] ?? ''];
    if (id === undefined) throw new Error(`nothing is made for ${path}`);
    const asking = async (of: string): Promise<unknown> => {
      const ask: GuardedAsk = { key: other, method, ...(body === undefined ? {} : { body }) };
      const { status, text, headers } = await server.ask(path.replace('{id}', of), ask);
      const names = [...headers.keys()].filter((name) => name !== 'ratelimit');
      return { status, names, text: text.replaceAll(of, 'ID').replaceAll(/req_[0-9a-z]{26}/gu, 'REQUEST') };
    };
    const theirs = await asking(id);
    // What anybody may deliver to is told apart by its signature, and by nothing else.
    const status = path.endsWith('/deliveries') ? 401 : 404;
    expect([method, path, theirs]).toMatchObject([method, path, { status }]);
    expect([method, path, theirs]).toEqual([method, path, await asking(unknownLike(id))]);
  }
  // All of it is as it was, for its own tenant.
  for (const kind of ['workflows', 'schedules', 'webhooks']) {
    const { status } = await server.ask(`/v1/${kind}/${things[kind]}`, { key: acme });
    expect([kind, status]).toEqual([kind, 200]);
  }
  const { body: keys } = await server.ask('/v1/keys', { key: acme });
  expect(JSON.stringify(keys)).toContain(things['keys']);
});

it("lists, filters and words have nothing of another tenant's", async () => {
  const server = await guardedServer();
  const [acme, other] = [await server.key('admin', 'acme'), await server.key('admin', 'other')];
  const things = await thingsOf(server, acme);
  const lists = ['workflows', 'schedules', 'webhooks', 'keys', 'calls', 'agents', 'queues', 'plugins'];
  for (const list of lists) {
    const { status, text } = await server.ask(`/v1/${list}`, { key: other });
    expect([list, status]).toEqual([list, 200]);
    for (const id of [...Object.values(things), 'acme', 'classified', 'nightly']) expect(text).not.toContain(id);
  }
  for (const query of ['tenant=acme', 'tenant_id=acme', 'tenant=*']) {
    const { status, text } = await server.ask(`/v1/workflows?${query}`, { key: other });
    expect([query, status === 200 && text.includes(things['workflows'] ?? ''), status < 500]).toEqual([
      query,
      false,
      true,
    ]);
  }
  for (const tenant_id of ['acme', '*', '../acme', '']) {
    const { status } = await server.ask('/v1/workflows', { key: other, body: { workflow, tenant_id } });
    expect([tenant_id, [400, 403, 422].includes(status)]).toEqual([tenant_id, true]);
  }
  // What an agent ships goes to runs of its own tenant.
  const agent = await server.key('agent', 'other');
  const line = { run: things['workflows'], job: 'work', step: '0', job_attempt: 1, attempt: 1, sequence: 1 };
  const segment = { ...line, at: '2026-01-01T00:00:00Z', stream: 'stdout', text: 'forged\n' };
  const shipped = (run: string) =>
    server.ask('/v1/agent/logs', {
      key: agent,
      body: JSON.stringify({ ...segment, run }),
      type: 'application/x-ndjson',
    });
  const entry = `{"sequence":1,"previous":"${'0'.repeat(64)}","kind":"open"}\n`;
  const calls = (run: string) =>
    server.ask(`/v1/agent/runs/${run}/calls?agent=x&chain=${'0'.repeat(64)}`, {
      key: agent,
      body: entry,
      type: 'application/x-ndjson',
    });
  const payload = (run: string) => `/v1/agent/runs/${run}/payloads/sha256:${'0'.repeat(64)}`;
  const got = (run: string) => server.ask(payload(run), { key: agent });
  const put = (run: string) =>
    server.ask(payload(run), { key: agent, method: 'PUT', body: Buffer.from('x'), type: 'application/octet-stream' });
  for (const asking of [shipped, calls, got, put]) {
    const [theirs, nobodys] = [await asking(String(line.run)), await asking(unknownLike(String(line.run)))];
    expect([theirs.status, nobodys.status]).toEqual([404, 404]);
    expect([theirs.body['code'], nobodys.body['code']]).toEqual(['RUN_NOT_FOUND', 'RUN_NOT_FOUND']);
  }
});

it('roles may what their table says over the wire, and no more', async () => {
  const server = await guardedServer();
  const keys = {
    viewer: await server.key('viewer'),
    approver: await server.key('approver'),
    operator: await server.key('operator'),
    agent: await server.key('agent'),
  };
  const tried: Readonly<Record<string, readonly string[]>> = {
    'GET /v1/workflows': ['viewer', 'approver', 'operator'],
    'POST /v1/workflows': ['operator'],
    'POST /v1/schedules': ['operator'],
    'POST /v1/webhooks': ['operator'],
    'GET /v1/keys': [],
    'POST /v1/keys': [],
    'GET /v1/calls': [],
    'POST /v1/agent/blobs': ['agent'],
  };
  for (const [what, allowed] of Object.entries(tried)) {
    const [method = '', path = ''] = what.split(' ');
    for (const [role, key] of Object.entries(keys)) {
      const type = path.endsWith('blobs') ? 'application/octet-stream' : 'application/json';
      const { status } = await server.ask(path, { key, method, ...(method === 'GET' ? {} : { body: '{}', type }) });
      expect([what, role, status === 403]).toEqual([what, role, !allowed.includes(role)]);
    }
  }
});
