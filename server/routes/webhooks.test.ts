import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JsonObject } from '../../schemas/index.ts';
import type { RunRow } from '../../storage/records/port.ts';
import { newId } from '../ids.ts';
import { type Answer, type ApiServer, startApi, textOf } from '../schedules/testing/api.ts';
import { type HandClock, handClock } from '../schedules/testing/hand-clock.ts';
import { keyFileName } from '../webhooks/seal.ts';
import { sign } from '../webhooks/signature.ts';
import { webhooksRoutes } from './webhooks.ts';

const workflow = [
  'name: release',
  'on:',
  '  manual: { inputs: { tag: { required: true }, dry-run: { type: boolean }, where: { default: staging } } }',
  '  webhook:',
  "    filter: webhook.body.action == 'published' && webhook.headers.X-Event == 'release'",
  '    inputs: { tag: "${{ webhook.body.release.tag }}", dry-run: "${{ vars.dry }}", where: "${{ webhook.body.where }}" }',
  'jobs: { a: { steps: [{ run: make }] } }',
  '',
].join('\n');
/** Starts a run of whatever comes. */
const simple =
  'on: { manual: { inputs: { seen: { type: json } } }, webhook: { inputs: { seen: "${{ webhook }}" } } }\njobs: { a: { steps: [{ run: make }] } }\n';
const published = { action: 'published', release: { tag: 'v3' } };

interface World extends ApiServer {
  readonly clock: HandClock;
  /** Makes a webhook. */
  readonly make: (body?: JsonObject) => Promise<{ readonly id: string; readonly secret: string }>;
  readonly deliver: (webhook: { readonly id: string; readonly secret?: string }, sent?: Sent) => Promise<Answer>;
  readonly runs: () => Promise<readonly RunRow[]>;
}

interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

async function world(): Promise<World> {
  const clock = handClock(Date.parse('2026-01-09T06:30:00Z'));
  const api = await startApi(webhooksRoutes, clock);
  onTestFinished(() => api[Symbol.asyncDispose]());
  return {
    ...api,
    clock,
    make: async (body = {}) => {
      const answer = await api.ask('POST', '/v1/webhooks', { body: { workflow, ...body } });
      expect(answer.status).toBe(201);
      return { id: textOf(answer.body['id']), secret: textOf(answer.body['secret'] ?? body['secret']) };
    },
    deliver: ({ id, secret = '' }, { body = published, headers = {} } = {}) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const signature = sign(Buffer.from(text), secret, Math.floor(clock.now() / 1000));
      const sent = { 'X-Waterflow-Signature': signature, 'X-Event': 'release', ...headers };
      return api.ask('POST', `/v1/webhooks/${id}/deliveries`, { body: text, headers: sent });
    },
    runs: async () => (await api.scheduling.parts.records.runs.list({}, { limit: 100 })).rows,
  };
}

it('labels of a webhook are on its runs', async () => {
  const { ask, deliver, runs } = await world();
  const secret = 'chosen-by-the-owner';
  const made = await ask('POST', '/v1/webhooks', { body: { workflow, secret, labels: { team: 'infra' } } });
  expect(made.body).toMatchObject({ labels: { team: 'infra' } });
  const id = textOf(made.body['id']);
  await deliver({ id, secret });
  expect((await runs()).map(({ labels }) => labels)).toEqual([{ team: 'infra' }]);
  const changed = await ask('PATCH', `/v1/webhooks/${id}`, { body: { labels: { team: 'web' } } });
  expect(changed.body).toMatchObject({ labels: { team: 'web' } });
});

describe('POST /v1/webhooks', () => {
  it('shows a secret that it made up once, and keeps it sealed', async () => {
    const { ask, make, server, scheduling } = await world();
    const { id, secret } = await make();
    expect(secret).toMatch(/^[\w-]{43}$/);
    const { body } = await ask('GET', `/v1/webhooks/${id}`);
    expect(body).toEqual({
      id,
      tenant_id: 'default',
      name: 'release',
      vars: {},
      labels: {},
      paused: false,
      delivery_url: `https://waterflow.example.com/v1/webhooks/${id}/deliveries`,
      created_at: '2026-01-09T06:30:00.000Z',
      created_by: 'test',
    });
    expect((await ask('GET', '/v1/webhooks')).body).toEqual({ webhooks: [body] });
    const row = await scheduling.parts.records.webhooks.get(id);
    expect(row?.sealed_secret).toMatch(/^v1\./);
    expect(JSON.stringify([row, server.logged])).not.toContain(secret);
    const { state } = server.parts.config;
    expect(readdirSync(state)).toContain(keyFileName);
    expect(readFileSync(join(state, keyFileName), 'utf8')).not.toContain(secret);
  });

  it('takes a secret, and does not repeat it', async () => {
    const { ask, deliver } = await world();
    const secret = 'chosen-by-the-owner';
    const answer = await ask('POST', '/v1/webhooks', { body: { workflow, secret } });
    expect(JSON.stringify(answer.body)).not.toContain(secret);
    expect((await deliver({ id: textOf(answer.body['id']), secret })).status).toBe(202);
    expect((await ask('POST', '/v1/webhooks', { body: { workflow, secret: 'short' } })).status).toBe(400);
  });

  it('answers 422 to a workflow that no request can start', async () => {
    const { ask } = await world();
    for (const [text, code] of [
      ['jobs: { a: { steps: [{ run: make }] } }\n', 'MISSING_KEY'],
      ['on: webhook\njobs: { a: { stesp: [] } }\n', 'UNKNOWN_KEY'],
      ['on: webhook\njobs: { a: { steps: [{ run: x, env: { T: "${{ secrets.T }}" } }] } }\n', 'SECRET_MISSING'],
    ]) {
      expect(await ask('POST', '/v1/webhooks', { body: { workflow: text } })).toMatchObject({
        status: 422,
        body: { code },
      });
    }
  });
});

describe('a delivery', () => {
  it('starts a run with the inputs that the workflow takes from it', async () => {
    const { make, deliver, runs } = await world();
    const webhook = await make({ vars: { dry: true }, name: 'releases' });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const answer = await deliver(webhook, { headers: { traceparent } });
    const [run, ...others] = await runs();
    expect([answer.status, answer.body, others]).toEqual([202, { id: run?.run }, []]);
    expect(run).toMatchObject({
      tenant: 'default',
      workflow: 'release',
      origin: { kind: 'webhook', id: webhook.id, by: 'releases', traceparent },
      request: { inputs: { tag: 'v3', 'dry-run': true, where: 'staging' }, vars: { dry: true } },
    });
  });

  it("starts nothing where the workflow's filter is false, and may do so once that has changed", async () => {
    const { ask, make, deliver, runs } = await world();
    const webhook = await make();
    const drafted = { body: { ...published, action: 'drafted' } };
    expect(await deliver(webhook, drafted)).toMatchObject({ status: 200, body: { skipped: true, reason: 'filter' } });
    expect(await deliver(webhook, { headers: { 'X-Event': 'push' } })).toMatchObject({ body: { reason: 'filter' } });
    expect(await runs()).toEqual([]);
    const changes = { workflow: workflow.replace('published', 'drafted') };
    expect((await ask('PATCH', `/v1/webhooks/${webhook.id}`, { body: changes })).status).toBe(200);
    expect((await deliver(webhook, drafted)).status).toBe(202);
  });

  it('starts one run, however often it comes', async () => {
    const { make, deliver, runs, clock } = await world();
    const webhook = await make();
    const answers = await Promise.all(Array.from({ length: 5 }, () => deliver(webhook)));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      200, 200, 200, 200, 202,
    ]);
    expect(answers.filter(({ body }) => body['reason'] === 'repeated')).toHaveLength(4);
    clock.advance(1000);
    expect((await deliver(webhook)).status).toBe(202);
    expect(await runs()).toHaveLength(2);
  });

  it('of GitHub is known by its id, and may be a form', async () => {
    const { ask, make, runs } = await world();
    const { id, secret } = await make();
    const deliver = (body: string, delivery: string, type: string) =>
      ask('POST', `/v1/webhooks/${id}/deliveries`, {
        body,
        headers: {
          'Content-Type': type,
          'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
          'X-GitHub-Delivery': delivery,
          'X-Event': 'release',
        },
      });
    const json = JSON.stringify(published);
    expect((await deliver(json, 'one', 'application/json')).status).toBe(202);
    expect((await deliver(json, 'one', 'application/json')).body).toEqual({ skipped: true, reason: 'repeated' });
    const form = new URLSearchParams({ payload: json }).toString();
    expect((await deliver(form, 'two', 'application/x-www-form-urlencoded')).status).toBe(202);
    expect(await runs()).toHaveLength(2);
  });

  it('shows expressions what was sent, but for what could let somebody in', async () => {
    const { make, deliver, runs } = await world();
    const webhook = await make({ workflow: simple });
    const headers = {
      Authorization: 'Bearer abc',
      Cookie: 'a=b',
      'X-Api-Key': 'abc',
      'Content-Type': 'text/plain; charset=utf-8',
    };
    expect((await deliver(webhook, { body: 'só', headers })).status).toBe(202);
    const [run] = await runs();
    expect(run?.request.inputs).toMatchObject({
      seen: { body: 'só', headers: { 'content-type': 'text/plain; charset=utf-8', 'x-event': 'release' } },
    });
    expect(JSON.stringify(run)).not.toMatch(/abc|a=b|x-waterflow-signature|authorization/);
  });

  it('is answered by what is wrong with it, if it is signed', async () => {
    const { make, deliver, server, ask, runs } = await world();
    const webhook = await make();
    expect(await deliver(webhook, { body: { action: 'published' } })).toMatchObject({
      status: 422,
      body: { code: 'MISSING_INPUT', detail: expect.stringContaining('tag') },
    });
    expect((await deliver(webhook, { body: '{"action": "published"' })).status).toBe(400);
    expect((await deliver({ id: webhook.id, secret: 'x' }, { body: '{"action": "published"' })).status).toBe(401);
    const large = {
      ...published,
      filling: 'x'.repeat(1024 * 1024 - JSON.stringify({ ...published, filling: '' }).length),
    };
    expect((await deliver(webhook, { body: large })).status).toBe(202);
    expect((await deliver(webhook, { body: { ...large, filling: `${large.filling}x` } })).status).toBe(413);
    const bytes = Buffer.from([0x22, 0xff, 0x22]);
    const signature = sign(bytes, webhook.secret, Date.parse('2026-01-09T06:30:00Z') / 1000);
    const answer = await fetch(`${server.url}/v1/webhooks/${webhook.id}/deliveries`, {
      method: 'POST',
      headers: { 'X-Waterflow-Signature': signature, 'Content-Type': 'application/json' },
      body: bytes,
    });
    expect(answer.status).toBe(400);
    expect(await runs()).toHaveLength(1);
    expect((await ask('GET', `/v1/webhooks/${webhook.id}/deliveries`)).status).toBe(405);
  });

  it('is refused alike where the webhook is not there, is paused, or did not sign it', async () => {
    const { ask, make, deliver, runs, server } = await world();
    const webhook = await make();
    const paused = await make({ name: 'paused', paused: true });
    const wrong = { 'X-Waterflow-Signature': 't=1,v1=00' };
    const refused = [
      await deliver({ id: newId('whk'), secret: webhook.secret }),
      await deliver({ id: 'no-id', secret: webhook.secret }),
      await deliver({ id: '%00', secret: webhook.secret }),
      await deliver(paused),
      await deliver({ ...webhook, secret: paused.secret }),
      await deliver(webhook, { headers: wrong }),
      await deliver({ id: newId('whk') }, { headers: wrong }),
      await deliver(webhook, { headers: { 'X-Waterflow-Signature': '' } }),
      await ask('POST', `/v1/webhooks/${webhook.id}/deliveries`, { body: published }),
    ];
    const seen = refused.map(({ status, headers, body }) => ({
      status,
      headers: [...headers.keys()].toSorted((one, other) => (one < other ? -1 : 1)),
      length: headers.get('content-length'),
      body: { ...body, request_id: '' },
    }));
    expect(seen[0]).toMatchObject({ status: 401, body: { code: 'WEBHOOK_REFUSED' } });
    for (const other of seen) expect(other).toEqual(seen[0]);
    expect(await runs()).toEqual([]);
    // Without its key file no secret can be opened: the log says so, the answer doesn't.
    rmSync(join(server.parts.config.state, keyFileName));
    const next = await startApi(
      (parts) => webhooksRoutes({ ...parts, records: server.parts.records }),
      handClock(Date.now()),
    );
    onTestFinished(() => next[Symbol.asyncDispose]());
    const answer = await next.ask('POST', `/v1/webhooks/${webhook.id}/deliveries`, {
      body: published,
      headers: {
        'X-Waterflow-Signature': sign(
          Buffer.from(JSON.stringify(published)),
          webhook.secret,
          Math.floor(Date.now() / 1000),
        ),
      },
    });
    expect({ ...answer.body, request_id: '' }).toEqual(seen[0]?.body);
    expect(JSON.stringify(next.server.logged)).toContain('another key');
  });
});

describe('a webhook', () => {
  it('is paused, changed and removed', async () => {
    const { ask, make, deliver, runs } = await world();
    const webhook = await make();
    const path = `/v1/webhooks/${webhook.id}`;
    expect((await ask('PATCH', path, { body: { paused: true, name: 'other' } })).body).toMatchObject({
      paused: true,
      name: 'other',
    });
    expect((await deliver(webhook)).status).toBe(401);
    await ask('PATCH', path, { body: { paused: false } });
    const rotated = await ask('PATCH', path, { body: { rotate_secret: true } });
    const secret = textOf(rotated.body['secret']);
    expect((await deliver(webhook)).status).toBe(401);
    expect((await deliver({ ...webhook, secret })).status).toBe(202);
    await ask('PATCH', path, { body: { secret: 'chosen-by-the-owner' } });
    expect((await deliver({ ...webhook, secret })).status).toBe(401);
    expect(
      (await ask('PATCH', path, { body: { workflow: 'on: manual\njobs: { a: { steps: [{ run: x }] } }\n' } })).status,
    ).toBe(422);
    expect((await ask('DELETE', path)).status).toBe(204);
    expect((await ask('GET', path)).status).toBe(404);
    expect((await deliver({ ...webhook, secret: 'chosen-by-the-owner' })).status).toBe(401);
    expect(await runs()).toHaveLength(1);
  });

  it("is another tenant's: as if it were not there", async () => {
    const { ask, make } = await world();
    const { id } = await make();
    const headers = { 'x-test-tenant': 'other' };
    for (const [method, body] of [['GET'], ['PATCH', { paused: true }], ['DELETE']] as const) {
      const theirs = await ask(method, `/v1/webhooks/${id}`, { headers, body });
      const nobodys = await ask(method, `/v1/webhooks/${newId('whk')}`, { headers, body });
      expect(theirs.status).toBe(404);
      expect({ ...theirs.body, request_id: '' }).toEqual({ ...nobodys.body, request_id: '' });
    }
    expect((await ask('GET', '/v1/webhooks', { headers })).body).toEqual({ webhooks: [] });
    expect((await ask('POST', '/v1/webhooks', { headers, body: { workflow, tenant_id: 'default' } })).status).toBe(403);
  });
});
