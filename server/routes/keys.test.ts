import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthenticator } from '../auth/authenticator.ts';
import { createCallRecorder } from '../auth/call-record.ts';
import { createKeyHasher } from '../auth/key-hash.ts';
import { issueKey, type NewKey } from '../auth/keys.ts';
import { type AuthTestParts, openAuthParts } from '../auth/testing/auth-parts.ts';
import { startServer, type TestServer } from '../testing/start-server.ts';
import { callsRoutes } from './calls.ts';
import { keysRoutes } from './keys.ts';

let parts: AuthTestParts;
let server: TestServer;
const apiKey = 'e2f1d0c9b8a7968574635241302f1e0d';

beforeEach(async () => {
  parts = await openAuthParts();
  const config = { host: '127.0.0.1', corsOrigins: [], apiKey };
  server = await startServer({
    routes: (made) => [...keysRoutes(made), ...callsRoutes(made)],
    parts: { records: parts.records, clock: parts.clock },
    authenticate: createAuthenticator({ ...parts, config }),
  });
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await parts[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function ask(
  method: string,
  path: string,
  { key = apiKey, body }: { readonly key?: string; readonly body?: object } = {},
): Promise<Answer> {
  const answer = await fetch(new URL(path, server.url), {
    method,
    headers: { 'x-api-key': key, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

async function given(key: Partial<NewKey>): Promise<{ readonly key: string; readonly id: string }> {
  const tools = { keys: parts.records.keys, hasher: createKeyHasher(), now: () => parts.clock.now() };
  const { row, text } = await issueKey({ name: 'given', tenant: 'default', role: 'viewer', ...key }, tools);
  return { key: text, id: row.id };
}

describe('/v1/keys', () => {
  it('makes a key, shows it once, and takes it from then on', async () => {
    const made = await ask('POST', '/v1/keys', { body: { name: 'ci', role: 'admin', expires_in: '90d' } });
    expect(made).toEqual({
      status: 201,
      body: {
        id: expect.stringMatching(/^key_[0-9a-z]{26}$/u),
        key: expect.stringMatching(/^wf_\w{8}_\w{43}$/u),
        prefix: String(made.body['key']).slice(0, 11),
        name: 'ci',
        tenant_id: 'default',
        role: 'admin',
        status: 'valid',
        created_at: '2030-01-01T00:00:00.000Z',
        expires_at: '2030-04-01T00:00:00.000Z',
      },
    });
    const listed = await ask('GET', '/v1/keys', { key: String(made.body['key']) });
    expect(listed).toMatchObject({
      status: 200,
      body: { keys: [{ id: made.body['id'], name: 'ci', status: 'valid' }] },
    });
    expect(JSON.stringify(listed.body)).not.toMatch(/scrypt|hash|"key"/u);
  });

  it('revokes a key at once, and says so again', async () => {
    const { key, id } = await given({ role: 'admin' });
    expect((await ask('GET', '/v1/keys', { key })).status).toBe(200);
    const revoked = await ask('DELETE', `/v1/keys/${id}`);
    expect(revoked).toMatchObject({ status: 200, body: { status: 'revoked', revoked_at: '2030-01-01T00:00:00.000Z' } });
    expect(await ask('GET', '/v1/keys', { key })).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    expect(await ask('DELETE', `/v1/keys/${id}`)).toEqual(revoked);
  });

  it('replaces a key, and lets the old one work for its grace', async () => {
    const { key, id } = await given({ role: 'admin', name: 'deployer' });
    const rotated = await ask('POST', `/v1/keys/${id}/rotate`, { body: { grace: '10m' } });
    expect(rotated).toMatchObject({ status: 201, body: { name: 'deployer', role: 'admin' } });
    expect((await ask('GET', '/v1/keys', { key })).status).toBe(200);
    parts.clock.advance(10 * 60_000);
    expect((await ask('GET', '/v1/keys', { key })).status).toBe(401);
    expect((await ask('GET', '/v1/keys', { key: String(rotated.body['key']) })).status).toBe(200);
    expect(await ask('POST', `/v1/keys/${id}/rotate`)).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
  });

  it('has a grace of a day where nobody says another', async () => {
    const { key, id } = await given({ role: 'admin' });
    expect((await ask('POST', `/v1/keys/${id}/rotate`)).status).toBe(201);
    parts.clock.advance(86_400_000 - 1);
    expect((await ask('GET', '/v1/keys', { key })).status).toBe(200);
    parts.clock.advance(1);
    expect((await ask('GET', '/v1/keys', { key })).status).toBe(401);
  });

  it.each<[string, object, number]>([
    ['no name', { role: 'viewer' }, 400],
    ['an empty name', { name: '', role: 'viewer' }, 400],
    ['a name that breaks lines', { name: 'a\nb', role: 'viewer' }, 400],
    ['a name that turns text around', { name: 'a\u202eb', role: 'viewer' }, 400],
    ['an unknown role', { name: 'a', role: 'root' }, 400],
    ['a tenant that is none', { name: 'a', role: 'viewer', tenant_id: '../x' }, 400],
    ['what nobody knows', { name: 'a', role: 'viewer', hash: 'x' }, 400],
    ['an expiry that is none', { name: 'a', role: 'viewer', expires_in: 'soon' }, 422],
    ['an expiry at once', { name: 'a', role: 'viewer', expires_in: '0s' }, 422],
    ['an expiry in a century', { name: 'a', role: 'viewer', expires_in: '36500d' }, 422],
  ])('refuses a key with %s', async (_, body, status) => {
    expect(await ask('POST', '/v1/keys', { body })).toMatchObject({ status, body: { code: 'INVALID_INPUT' } });
    expect(await parts.records.keys.list()).toEqual([]);
  });

  it('refuses a grace that is none, or of months', async () => {
    const { id } = await given({});
    for (const [grace, status] of [
      ['soon', 422],
      ['31d', 422],
      ['', 400],
    ] as const) {
      expect((await ask('POST', `/v1/keys/${id}/rotate`, { body: { grace } })).status).toBe(status);
    }
  });
});

describe('who may manage keys', () => {
  it.each(['viewer', 'operator', 'approver', 'agent'] as const)('is not %s', async (role) => {
    const { key, id } = await given({ role });
    for (const [method, path, body] of [
      ['GET', '/v1/keys', undefined],
      ['POST', '/v1/keys', { name: 'mine', role: 'admin' }],
      ['POST', `/v1/keys/${id}/rotate`, {}],
      ['DELETE', `/v1/keys/${id}`, undefined],
      ['GET', '/v1/calls', undefined],
    ] as const) {
      const answer = await ask(method, path, { key, ...(body === undefined ? {} : { body }) });
      expect(answer).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    }
  });

  it('is an admin in its own tenant: keys of others are not there, and none is made for them', async () => {
    const { key } = await given({ tenant: 'acme', role: 'admin' });
    const { id } = await given({ tenant: 'other', role: 'admin', name: 'secret name' });
    const missing = 'key_00000000000000000000000000';
    for (const [method, path] of [
      ['DELETE', '/v1/keys/ID'],
      ['POST', '/v1/keys/ID/rotate'],
    ] as const) {
      const [one, other] = [
        await ask(method, path.replace('ID', id), { key }),
        await ask(method, path.replace('ID', missing), { key }),
      ];
      expect(one.status).toBe(404);
      expect({ ...one.body, request_id: '' }).toEqual({ ...other.body, request_id: '' });
    }
    expect((await ask('GET', '/v1/keys', { key })).body).toMatchObject({ keys: [{ tenant_id: 'acme' }] });
    for (const tenant_id of ['other', '*', 'ACME']) {
      const answer = await ask('POST', '/v1/keys', { key, body: { name: 'a', role: 'viewer', tenant_id } });
      expect(answer).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    }
  });

  it('is an admin of all tenants everywhere', async () => {
    const { key } = await given({ tenant: '*', role: 'admin' });
    const { id } = await given({ tenant: 'other' });
    const unnamed = await ask('POST', '/v1/keys', { key, body: { name: 'a', role: 'agent' } });
    expect(unnamed).toMatchObject({ status: 422, body: { errors: [{ pointer: '/tenant_id' }] } });
    const made = await ask('POST', '/v1/keys', { key, body: { name: 'a', role: 'agent', tenant_id: 'third' } });
    expect(made).toMatchObject({ status: 201, body: { tenant_id: 'third', role: 'agent' } });
    expect((await ask('GET', '/v1/keys', { key })).body).toMatchObject({ keys: { length: 3 } });
    expect((await ask('DELETE', `/v1/keys/${id}`, { key })).status).toBe(200);
  });
});

describe('/v1/calls', () => {
  beforeEach(async () => {
    const record = createCallRecorder(parts.records, parts.log, parts.clock);
    const call = { method: 'GET', route: '/v1/workflows', status: 200, duration_ms: 3, remote: '203.0.113.7' };
    const at = Date.UTC(2029, 0, 1);
    record.record({ ...call, request: 'req_1', at, tenant: 'default', by: 'key_1' });
    record.record({ ...call, request: 'req_2', at: at + 1_000, tenant: 'default', by: 'key_2', target: 'run-1' });
    record.record({ ...call, request: 'req_3', at: at + 2_000, tenant: 'other', by: 'key_3' });
    record.record({ ...call, request: 'req_4', at: at + 3_000, tenant: undefined, by: undefined, status: 401 });
    await record[Symbol.asyncDispose]();
  });

  const requests = ({ body }: Answer) =>
    (body['calls'] as readonly { readonly request_id: string }[]).map(({ request_id }) => request_id);

  it('shows an admin the calls of its tenant, page by page', async () => {
    const first = await ask('GET', '/v1/calls?limit=1');
    expect(first.body).toEqual({
      calls: [
        {
          request_id: 'req_2',
          at: '2029-01-01T00:00:01.000Z',
          tenant_id: 'default',
          by: 'key_2',
          method: 'GET',
          route: '/v1/workflows',
          target: 'run-1',
          status: 200,
          duration_ms: 3,
          remote: '203.0.113.7',
        },
      ],
      next_cursor: expect.any(String),
    });
    const second = await ask('GET', `/v1/calls?limit=1&cursor=${String(first.body['next_cursor'])}`);
    expect(requests(second)).toEqual(['req_1']);
    expect(second.body).not.toHaveProperty('next_cursor');
  });

  it('finds those of a time and of somebody', async () => {
    expect(requests(await ask('GET', '/v1/calls?by=key_1'))).toEqual(['req_1']);
    expect(requests(await ask('GET', '/v1/calls?from=2029-01-01T00:00:01Z'))).toEqual(['req_2']);
    expect(requests(await ask('GET', '/v1/calls?until=2029-01-01T00:00:01Z'))).toEqual(['req_1']);
  });

  it('shows all, and those of nobody, to an admin of all tenants', async () => {
    const { key } = await given({ tenant: '*', role: 'admin' });
    expect(requests(await ask('GET', '/v1/calls', { key }))).toEqual(['req_4', 'req_3', 'req_2', 'req_1']);
    expect(requests(await ask('GET', '/v1/calls?tenant_id=other', { key }))).toEqual(['req_3']);
  });

  it('says by its name which key it was, also of one that is revoked', async () => {
    const { id, key } = await given({ tenant: 'default', role: 'admin' });
    const record = createCallRecorder(parts.records, parts.log, parts.clock);
    const call = { method: 'GET', route: '/v1/workflows', status: 200, duration_ms: 3, remote: '203.0.113.7' };
    record.record({ ...call, request: 'req_5', at: Date.UTC(2029, 0, 2), tenant: 'default', by: id });
    await record[Symbol.asyncDispose]();
    const { body } = await ask('GET', `/v1/keys`, { key });
    const keys = body['keys'] as readonly { readonly id: string; readonly name: string }[];
    const named = { calls: [{ by: id, by_name: keys.find((one) => one.id === id)?.name }] };
    expect((await ask('GET', `/v1/calls?by=${id}`)).body).toMatchObject(named);
    await ask('DELETE', `/v1/keys/${id}`);
    expect((await ask('GET', `/v1/calls?by=${id}`)).body).toMatchObject(named);
  });

  it('shows nobody the calls of another tenant', async () => {
    expect((await ask('GET', '/v1/calls?tenant_id=other')).status).toBe(403);
    expect((await ask('GET', '/v1/calls?by=key_3')).body).toEqual({ calls: [] });
  });

  it.each([
    ['limit=0', 400],
    ['limit=501', 400],
    ['from=yesterday', 400],
    ['from=2016-12-31T23:59:60Z', 422],
    ['cursor=x', 400],
    ['who=me', 400],
  ])('refuses ?%s', async (query, status) => {
    expect(await ask('GET', `/v1/calls?${query}`)).toMatchObject({ status, body: { code: 'INVALID_INPUT' } });
  });
});
