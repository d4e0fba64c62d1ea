import { describe, expect, it, onTestFinished } from 'vitest';
import type { JsonObject } from '../../schemas/index.ts';
import { newId } from '../ids.ts';
import { type Answer, type ApiServer, startApi, textOf } from '../schedules/testing/api.ts';
import { type HandClock, handClock } from '../schedules/testing/hand-clock.ts';
import { endAll, startsOf } from '../schedules/testing/scheduling.ts';
import { schedulesRoutes } from './schedules.ts';

const workflow = 'name: nightly\njobs: { a: { steps: [{ run: make }] } }\n';
const withTimes = `on:\n  schedule:\n    - cron: '30 6 * * mon-fri'\n      timezone: Europe/Berlin\n    - { cron: '@daily', overlap: queue, catch-up: 6h }\n${workflow}`;
const day = 24 * 60 * 60_000;

interface World extends ApiServer {
  readonly clock: HandClock;
  /** Makes one schedule and gives its id. */
  readonly make: (body?: JsonObject) => Promise<string>;
  readonly starts: (id: string) => Promise<readonly string[]>;
}

async function world(): Promise<World> {
  const clock = handClock(Date.parse('2026-01-09T06:30:00Z'));
  const api = await startApi(schedulesRoutes, clock);
  onTestFinished(() => api[Symbol.asyncDispose]());
  return {
    ...api,
    clock,
    make: async (body = {}) => {
      const answer = await api.ask('POST', '/v1/schedules', { body: { workflow, cron: '0 * * * *', ...body } });
      expect(answer.status).toBe(201);
      return answer.headers.get('location')?.replace('/v1/schedules/', '') ?? '';
    },
    starts: (id) => startsOf(api.scheduling.parts.records, { id }),
  };
}

function problems({ body }: Answer): unknown {
  return (body['errors'] as readonly JsonObject[]).map(({ code, message }) => `${textOf(code)} ${textOf(message)}`);
}

describe('POST /v1/schedules', () => {
  it("makes a schedule for each entry of the file's `on.schedule`", async () => {
    const { ask } = await world();
    const answer = await ask('POST', '/v1/schedules', { body: { workflow: withTimes } });
    expect(answer).toMatchObject({
      status: 201,
      body: {
        schedules: [
          {
            name: 'nightly (1)',
            cron: '30 6 * * mon-fri',
            timezone: 'Europe/Berlin',
            overlap: 'skip',
            catch_up_ms: 0,
            paused: false,
            tenant_id: 'default',
            created_by: 'test',
            next_run_at: '2026-01-12T05:30:00.000Z',
          },
          { name: 'nightly (2)', cron: '0 0 * * *', timezone: 'UTC', overlap: 'queue', catch_up_ms: 21_600_000 },
        ],
        warnings: [],
      },
    });
    expect((await ask('GET', '/v1/schedules')).body).toEqual({ schedules: answer.body['schedules'] });
  });

  it('takes the times that are given, and shows the next five starts', async () => {
    const { ask, make } = await world();
    const id = await make({
      name: 'reports',
      cron: '@hourly',
      timezone: 'Asia/Kolkata',
      overlap: 'cancel',
      catch_up: 'PT1H',
      vars: { region: 'eu' },
    });
    expect(await ask('GET', `/v1/schedules/${id}`)).toMatchObject({
      status: 200,
      body: {
        name: 'reports',
        cron: '0 * * * *',
        overlap: 'cancel',
        catch_up_ms: 3_600_000,
        vars: { region: 'eu' },
        next_runs: [7, 8, 9, 10, 11].map((hour) => `2026-01-09T${String(hour).padStart(2, '0')}:30:00.000Z`),
        last_runs: [],
      },
    });
  });

  it.each([
    [{ cron: '61 * * * *' }, ['INVALID_VALUE `cron`: `61` in the minutes is no number from 0 to 59']],
    [{ cron: '0 0 31 2 *' }, ['INVALID_VALUE `cron`: `0 0 31 2 *` never comes: no such month has that day']],
    [
      { cron: '* * * *', timezone: 'Mars/Base', catch_up: '2 days' },
      [
        expect.stringContaining('this one has 4'),
        'INVALID_VALUE `timezone`: there is no time zone "Mars/Base"',
        'INVALID_VALUE `catch_up` must be a duration of a year at most, or false',
      ],
    ],
  ])('answers 422 to %j', async (given, expected) => {
    const { ask } = await world();
    const answer = await ask('POST', '/v1/schedules', { body: { workflow, ...given } });
    expect([answer.status, answer.body['code']]).toEqual([422, 'INVALID_INPUT']);
    expect(problems(answer)).toEqual(expected);
  });

  it.each([
    [{ cron: '@daily', overlap: 'replace' }, ['INVALID_VALUE `overlap` must be one of skip, queue, cancel']],
    [{ cron: '@daily', jitter: 5 }, ['UNKNOWN_KEY unknown key `jitter`']],
  ])('answers 400 to %j', async (given, expected) => {
    const { ask } = await world();
    const answer = await ask('POST', '/v1/schedules', { body: { workflow, ...given } });
    expect(answer.status).toBe(400);
    expect(problems(answer)).toEqual(expected);
  });

  it('answers 422 where neither the file nor the request says when', async () => {
    const { ask } = await world();
    const answer = await ask('POST', '/v1/schedules', { body: { workflow } });
    expect(answer).toMatchObject({ status: 422, body: { detail: expect.stringContaining('no `cron` was given') } });
    const wrong = await ask('POST', '/v1/schedules', {
      body: { workflow, cron: '* * *', timezone: 'x', catch_up: 'y' },
    });
    expect(wrong.body['errors']).toMatchObject([
      { pointer: '/cron' },
      { pointer: '/timezone' },
      { pointer: '/catch_up' },
    ]);
  });

  it('answers 422 to a workflow that is wrong, to inputs that do not fit, and to secrets that nobody could give', async () => {
    const { ask } = await world();
    const refused = (text: string, more: JsonObject = {}) =>
      ask('POST', '/v1/schedules', { body: { workflow: text, cron: '@daily', ...more } });
    expect(await refused('jobs: { a: { stesp: [] } }\n')).toMatchObject({
      status: 422,
      body: { code: 'UNKNOWN_KEY', line: 1 },
    });
    const inputs = 'on: { manual: { inputs: { tag: { required: true }, count: { type: number } } } }\n';
    expect(await refused(`${inputs}${workflow}`)).toMatchObject({ status: 422, body: { code: 'MISSING_INPUT' } });
    expect(await refused(`${inputs}${workflow}`, { inputs: { tag: 'v1', count: 'x' } })).toMatchObject({
      status: 422,
      body: { code: 'WRONG_TYPE' },
    });
    const secret = 'jobs: { a: { steps: [{ run: make, env: { T: "${{ secrets.TOKEN }}" } }] } }\n';
    expect(await refused(secret)).toMatchObject({
      status: 422,
      body: {
        code: 'SECRET_MISSING',
        detail: expect.stringContaining('TOKEN'),
        remedy: expect.stringContaining("secrets.TOKEN || ''"),
      },
    });
    expect((await ask('GET', '/v1/schedules')).body).toEqual({ schedules: [] });
  });
});

describe('a schedule', () => {
  it('is paused and resumed, and makes up for nothing then', async () => {
    const { ask, make, clock, scheduling, starts } = await world();
    const id = await make({ catch_up: '24h' });
    const paused = await ask('PATCH', `/v1/schedules/${id}`, { body: { paused: true } });
    expect(paused).toMatchObject({ status: 200, body: { paused: true, next_runs: [] } });
    clock.advance(3 * 60 * 60_000);
    await scheduling.settle();
    expect(await ask('PATCH', `/v1/schedules/${id}`, { body: { paused: false } })).toMatchObject({
      body: { paused: false, next_run_at: '2026-01-09T10:00:00.000Z' },
    });
    clock.advance(31 * 60_000);
    await scheduling.settle();
    expect(await starts(id)).toEqual(['01-09T10:00']);
    expect((await ask('GET', `/v1/schedules/${id}`)).body).toMatchObject({
      last_runs: [{ status: 'queued', scheduled_at: '2026-01-09T10:00:00.000Z' }],
    });
  });

  it('has other times, another workflow and other inputs when they are changed', async () => {
    const { ask, make, clock, scheduling } = await world();
    const id = await make();
    const other = 'name: weekly\non: { manual: { inputs: { tag: {} } } }\njobs: { b: { steps: [{ run: make }] } }\n';
    const changes = { workflow: other, inputs: { tag: 'v2' }, cron: '45 * * * *', catch_up: false, name: 'other' };
    expect(await ask('PATCH', `/v1/schedules/${id}`, { body: changes })).toMatchObject({
      status: 200,
      body: { name: 'other', cron: '45 * * * *', timezone: 'UTC', inputs: { tag: 'v2' } },
    });
    clock.advance(15 * 60_000);
    await scheduling.settle();
    const { rows } = await scheduling.parts.records.runs.list({}, { limit: 5 });
    expect(rows).toMatchObject([{ workflow: 'weekly', request: { inputs: { tag: 'v2' } } }]);
    expect((await ask('PATCH', `/v1/schedules/${id}`, { body: { cron: '* *' } })).status).toBe(422);
    for (const body of [{}, { files: {} }, { name: 'two\nlines' }]) {
      expect((await ask('PATCH', `/v1/schedules/${id}`, { body })).status).toBe(400);
    }
    expect((await ask('PATCH', `/v1/schedules/${id}`, { body: { inputs: { tga: 'v3' } } })).status).toBe(422);
  });

  it('is triggered out of turn, once for one key', async () => {
    const { ask, make, starts } = await world();
    const id = await make({ paused: true });
    const answer = await ask('POST', `/v1/schedules/${id}/trigger`);
    expect(answer).toMatchObject({ status: 201, body: { status: 'queued' } });
    expect(answer.headers.get('location')).toBe(`/v1/workflows/${textOf(answer.body['id'])}`);
    const headers = { 'Idempotency-Key': 'one' };
    const again = [1, 2].map(() => ask('POST', `/v1/schedules/${id}/trigger`, { headers }));
    const [one, other] = await Promise.all(again);
    expect(one?.body).toEqual(other?.body);
    const replayed = [one, other].map((repeated) => repeated?.headers.get('idempotency-replayed'));
    expect(new Set(replayed)).toEqual(new Set(['true', null]));
    expect(await starts(id)).toEqual(['triggered', 'triggered']);
    const another = await make({ name: 'another' });
    expect(await ask('POST', `/v1/schedules/${another}/trigger`, { headers })).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_CONFLICT' },
    });
  });

  it('is removed, and its runs stay', async () => {
    const { ask, make, starts } = await world();
    const id = await make();
    await ask('POST', `/v1/schedules/${id}/trigger`);
    expect((await ask('DELETE', `/v1/schedules/${id}`)).status).toBe(204);
    expect((await ask('DELETE', `/v1/schedules/${id}`)).status).toBe(404);
    expect(await starts(id)).toEqual(['triggered']);
  });

  it('is listed page by page', async () => {
    const { ask, make, clock } = await world();
    const ids: string[] = [];
    for (let made = 0; made < 3; made += 1) {
      ids.push(await make({ name: `schedule ${made}` }));
      clock.advance(1);
    }
    const first = await ask('GET', '/v1/schedules?limit=2');
    const cursor = textOf(first.body['next_cursor']);
    const second = await ask('GET', `/v1/schedules?limit=2&cursor=${cursor}`);
    const shown = [first, second].flatMap(({ body }) =>
      (body['schedules'] as readonly JsonObject[]).map(({ id }) => id),
    );
    expect(new Set(shown)).toEqual(new Set(ids));
    expect(shown).toHaveLength(3);
    expect(second.body['next_cursor']).toBeUndefined();
    const headers = { 'x-test-tenant': 'other' };
    expect((await ask('GET', `/v1/schedules?cursor=${cursor}`, { headers })).status).toBe(422);
    expect((await ask('GET', `/v1/schedules?cursor=${cursor}&name=a`)).status).toBe(422);
  });

  it('is found by its name', async () => {
    const { ask, make } = await world();
    const id = await make({ name: 'one' });
    await make({ name: 'one and more' });
    expect((await ask('GET', '/v1/schedules?name=one')).body).toMatchObject({ schedules: [{ id }] });
    expect((await ask('GET', '/v1/schedules?name=On')).body).toEqual({ schedules: [] });
  });

  it("is another tenant's: as if it were not there", async () => {
    const { ask, make } = await world();
    const id = await make();
    const headers = { 'x-test-tenant': 'other' };
    const words = ({ status, body }: Answer) => ({ status, ...body, request_id: '' });
    for (const [method, path, body] of [
      ['GET', ''],
      ['PATCH', '', { paused: true }],
      ['DELETE', ''],
      ['POST', '/trigger'],
      ['POST', '/backfill', { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }],
    ] as const) {
      const theirs = await ask(method, `/v1/schedules/${id}${path}`, { headers, body });
      const nobodys = await ask(method, `/v1/schedules/${newId('sch')}${path}`, { headers, body });
      expect(theirs.status).toBe(404);
      expect(words(theirs)).toEqual(words(nobodys));
    }
    expect((await ask('GET', '/v1/schedules', { headers })).body).toEqual({ schedules: [] });
    expect((await ask('GET', '/v1/schedules?tenant_id=default', { headers })).status).toBe(403);
    const everybody = { 'x-test-tenant': '*' };
    expect((await ask('GET', `/v1/schedules/${id}`, { headers: everybody })).status).toBe(200);
    const made = { workflow, cron: '@daily', tenant_id: 'other' };
    expect((await ask('POST', '/v1/schedules', { body: made })).status).toBe(403);
    expect((await ask('POST', '/v1/schedules', { body: made, headers: everybody })).status).toBe(201);
    expect((await ask('GET', '/v1/schedules', { headers })).body['schedules']).toHaveLength(1);
  });
});

describe('POST /v1/schedules/{id}/backfill', () => {
  it('starts the runs of times that have passed, each once', async () => {
    const { ask, make, starts, scheduling } = await world();
    const id = await make();
    const span = { from: '2026-01-08T22:00:00Z', to: '2026-01-09T02:00:00Z' };
    const shorter = { ...span, to: '2026-01-09T00:30:00Z' };
    expect((await ask('POST', `/v1/schedules/${id}/backfill`, { body: shorter })).body['runs']).toMatchObject([
      { scheduled_at: '2026-01-08T22:00:00.000Z', repeated: false },
      { scheduled_at: '2026-01-08T23:00:00.000Z', repeated: false },
      { scheduled_at: '2026-01-09T00:00:00.000Z', repeated: false },
    ]);
    const both = await Promise.all([1, 2].map(() => ask('POST', `/v1/schedules/${id}/backfill`, { body: span })));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect((await starts(id)).toSorted()).toEqual([
      '01-08T22:00',
      '01-08T23:00',
      '01-09T00:00',
      '01-09T01:00',
      '01-09T02:00',
    ]);
    // What is to come is started all the same.
    await endAll(scheduling.parts, { id });
    // With other inputs they are other runs.
    await ask('PATCH', `/v1/schedules/${id}`, { body: { vars: { changed: true } } });
    const again = await ask('POST', `/v1/schedules/${id}/backfill`, { body: shorter });
    expect(again.body['runs']).toMatchObject([{ repeated: false }, { repeated: false }, { repeated: false }]);
  });

  it('starts a thousand runs in the order of their times', async () => {
    const { ask, make, starts } = await world();
    const id = await make({ cron: '* * * * *', timezone: 'Europe/Berlin' });
    const body = { from: '2026-01-08T00:00:00Z', to: '2026-01-08T16:39:00Z' };
    expect((await ask('POST', `/v1/schedules/${id}/backfill`, { body })).body['runs']).toHaveLength(1000);
    const started = await starts(id);
    expect([started.length, started[0], started.at(-1)]).toEqual([1000, '01-08T00:00', '01-08T16:39']);
    expect(started).toEqual(started.toSorted((one, other) => (one < other ? -1 : 1)));
  });

  it('takes a thousand starts at most, and none that is to come', async () => {
    const { ask, make, clock } = await world();
    const id = await make({ cron: '* * * * *' });
    const now = clock.now();
    const time = (ms: number) => new Date(ms).toISOString();
    for (const [span, words] of [
      [{ from: time(now - day), to: time(now) }, 'more than 1000'],
      [{ from: time(now), to: time(now + 60_000) }, 'in the future'],
      [{ from: time(now), to: time(now - 60_000) }, 'after `to`'],
      [{ from: '2016-12-31T23:59:60Z', to: time(now) }, 'no such time'],
      [{ from: '0000-01-01T00:00:00Z', to: '0000-01-03T00:00:00Z' }, 'more than 1000'],
    ] as const) {
      const answer = await ask('POST', `/v1/schedules/${id}/backfill`, { body: span });
      expect(answer).toMatchObject({ status: 422, body: { detail: expect.stringContaining(words) } });
    }
  });
});
