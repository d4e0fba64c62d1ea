import { describe, expect, it, onTestFinished } from 'vitest';
import type { JsonObject } from '../../schemas/index.ts';
import { type Answer, type ApiServer, startApi, textOf } from '../schedules/testing/api.ts';
import { handClock } from '../schedules/testing/hand-clock.ts';
import { keysRoutes } from './keys.ts';
import { schedulesRoutes } from './schedules.ts';
import { webhooksRoutes } from './webhooks.ts';

const workflow = 'name: nightly\non: webhook\njobs: { a: { steps: [{ run: make }] } }\n';
const dayMs = 24 * 60 * 60_000;

/** What makes something with a name, and what of the answer is shown once. */
const kinds = [
  { path: '/v1/schedules', list: 'schedules', body: { workflow, cron: '@daily', name: 'one' } },
  { path: '/v1/webhooks', list: 'webhooks', body: { workflow, name: 'one' }, once: 'secret' },
  { path: '/v1/keys', list: 'keys', body: { name: 'one', role: 'viewer' }, once: 'key' },
] as const;

async function world(): Promise<ApiServer & { readonly later: (ms: number) => void }> {
  const clock = handClock(Date.parse('2026-01-09T06:30:00Z'));
  const api = await startApi(
    (parts) => [...schedulesRoutes(parts), ...webhooksRoutes(parts), ...keysRoutes(parts)],
    clock,
  );
  onTestFinished(() => api[Symbol.asyncDispose]());
  return { ...api, later: (ms) => clock.advance(ms) };
}

const replayed = ({ headers }: Answer) => headers.get('idempotency-replayed');

describe.each(kinds)('POST $path', ({ path, list, body, ...rest }) => {
  const once = 'once' in rest ? rest.once : undefined;
  const headers = { 'Idempotency-Key': 'key-1' };
  const count = async ({ ask }: Pick<ApiServer, 'ask'>) =>
    ((await ask('GET', path)).body[list] as readonly JsonObject[]).length;

  it('makes one thing of requests with the same Idempotency-Key, and shows what is secret once', async () => {
    const here = await world();
    const answers = await Promise.all([1, 2, 3].map(() => here.ask('POST', path, { body, headers })));
    const first = answers.find((answer) => replayed(answer) === null);
    const later = await here.ask('POST', path, {
      body: Object.fromEntries(Object.entries(body).toReversed()),
      headers,
    });
    const { [once ?? '']: secret, ...shown } = first?.body ?? {};
    expect(typeof secret).toBe(once === undefined ? 'undefined' : 'string');
    for (const answer of [...answers.filter((other) => other !== first), later]) {
      expect([answer.status, answer.body, replayed(answer)]).toEqual([201, shown, 'true']);
      expect(answer.headers.get('location')).toBe(first?.headers.get('location'));
    }
    expect(await count(here)).toBe(1);
  });

  it('refuses another request with the key, until a day has passed', async () => {
    const here = await world();
    await here.ask('POST', path, { body, headers });
    const other = { ...body, name: 'two' };
    expect(await here.ask('POST', path, { body: other, headers })).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_CONFLICT' },
    });
    here.later(dayMs);
    expect((await here.ask('POST', path, { body: other, headers })).status).toBe(201);
  });

  it('refuses a name that another one has, and says which', async () => {
    const here = await world();
    const first = await here.ask('POST', path, { body });
    const refused = await here.ask('POST', path, { body });
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'CONFLICT', remedy: expect.stringContaining('another name') },
    });
    const [made] = [first.body['schedules'] ?? first.body].flat() as readonly JsonObject[];
    expect(textOf(refused.body['detail'])).toContain(textOf(made?.['id']));
    expect(await count(here)).toBe(1);
    expect((await here.ask('POST', path, { body, headers: { 'x-test-tenant': 'other' } })).status).toBe(201);
  });
});

it.each(kinds.slice(0, 2))('POST $path says that what was made is gone, and does not make it again', async (kind) => {
  const { path, list, body } = kind;
  const { ask } = await world();
  const headers = { 'Idempotency-Key': 'key-1' };
  const first = await ask('POST', path, { body, headers });
  const [made] = [first.body['schedules'] ?? first.body].flat() as readonly JsonObject[];
  await ask('DELETE', `${path}/${textOf(made?.['id'])}`);
  const again = await ask('POST', path, { body, headers });
  expect(again).toMatchObject({ status: 409, body: { code: 'CONFLICT', remedy: expect.stringContaining('new Idem') } });
  expect((await ask('GET', path)).body[list]).toEqual([]);
});

it.each(kinds.slice(0, 2))('PATCH $path refuses a name that another one has', async ({ path, list, body }) => {
  const { ask } = await world();
  await ask('POST', path, { body });
  await ask('POST', path, { body: { ...body, name: 'two' } });
  const [one, two] = (await ask('GET', path)).body[list] as readonly { readonly id: string; readonly name: string }[];
  const last = one?.name === 'two' ? one : two;
  expect(await ask('PATCH', `${path}/${last?.id}`, { body: { name: 'one' } })).toMatchObject({
    status: 409,
    body: { code: 'CONFLICT' },
  });
  expect((await ask('PATCH', `${path}/${last?.id}`, { body: { name: 'two' } })).status).toBe(200);
});

it('a key is rotated under its name, and a revoked one leaves it free', async () => {
  const { ask } = await world();
  const body = { name: 'ci', role: 'viewer' };
  const first = await ask('POST', '/v1/keys', { body });
  const rotated = await ask('POST', `/v1/keys/${textOf(first.body['id'])}/rotate`, { body: {} });
  expect([rotated.status, rotated.body['name']]).toEqual([201, 'ci']);
  expect((await ask('POST', '/v1/keys', { body })).status).toBe(409);
  await ask('DELETE', `/v1/keys/${textOf(rotated.body['id'])}`);
  expect((await ask('POST', '/v1/keys', { body })).status).toBe(201);
});

it('labels of a schedule are on its runs', async () => {
  const { ask, scheduling } = await world();
  const labels = { team: 'infra', 'cost/center': 'a, b' };
  const { body } = await ask('POST', '/v1/schedules', { body: { workflow, cron: '@daily', labels } });
  const [schedule] = body['schedules'] as readonly JsonObject[];
  expect(schedule).toMatchObject({ labels });
  const path = `/v1/schedules/${textOf(schedule?.['id'])}`;
  await ask('POST', `${path}/trigger`);
  const changed = await ask('PATCH', path, { body: { labels: { team: 'web' } } });
  expect(changed.body).toMatchObject({ labels: { team: 'web' } });
  await ask('POST', `${path}/trigger`);
  const { rows } = await scheduling.parts.records.runs.list({}, { limit: 9 });
  expect(rows.map((row) => row.labels)).toEqual(expect.arrayContaining([labels, { team: 'web' }]));
  const wrong = await ask('POST', '/v1/schedules', { body: { workflow, cron: '@daily', labels: { 'a b': 'x' } } });
  expect([wrong.status, wrong.body['errors']]).toEqual([
    400,
    [expect.objectContaining({ code: 'INVALID_VALUE', message: expect.stringContaining('the key `a b` of `labels`') })],
  ]);
});
