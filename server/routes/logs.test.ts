import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, linesOf, type StreamEvent } from '../../e2e/log-client.ts';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';
import { testAdmin } from '../testing/start-server.ts';
import { eventsRoutes } from './events.ts';
import { logsRoutes } from './logs.ts';

let server: ServerWithEngine;
beforeAll(async () => {
  server = await startServerWithEngine({
    routes: (parts) => [...logsRoutes(parts), ...eventsRoutes(parts)],
    principals: { stranger: { ...testAdmin, tenant: 'other' } },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${server.url}/v1/workflows/${path}`, { headers });

const workflow = (steps: string): string => `name: logs
on: manual
jobs:
  build:
    runs-on: local
    steps:
${steps}`;

const printing = workflow(`
      - id: first
        run: |
          printf 'one\\ntwo\\n'; printf 'no line end'
      - id: second
        run: |
          printf 'data: forged\\n\\nevent: end\\r\\033[31mred\\n' >&2
`);

async function ended(text: string): Promise<string> {
  const run = await server.submit(text);
  expect(await server.reach(run)).toMatchObject({ status: 'success' });
  return run;
}

async function gathered<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('logs of a run', () => {
  it('are lines of JSON, text, or events, as they are asked for', async () => {
    const run = await ended(printing);
    const ndjson = await get(`${run}/logs`);
    expect(ndjson.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await gathered(linesOf(ndjson))).map((line) => JSON.parse(line));
    expect(lines.map(({ step, stream, text }) => [step, stream, text])).toEqual([
      ['first', 'stdout', 'one'],
      ['first', 'stdout', 'two'],
      ['first', 'stdout', 'no line end'],
      ['second', 'stderr', 'data: forged'],
      ['second', 'stderr', ''],
      ['second', 'stderr', 'event: end\r\u001b[31mred'],
    ]);
    const text = await get(`${run}/logs`, { accept: 'text/plain' });
    expect(text.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await text.text()).toContain('[build/first] no line end\n[build/second] data: forged\n');
    const sse = await get(`${run}/logs?format=sse`, { accept: 'text/plain' });
    expect(sse.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = await gathered(eventsOf(sse));
    expect(events.map(({ event }) => event)).toEqual([...lines.map(() => 'message'), 'end']);
    expect(events.slice(0, -1).map(({ data }) => JSON.parse(data))).toEqual(lines);
    expect(JSON.parse(events.at(-1)!.data)).toEqual({ run, status: 'success' });
  });

  it('go on behind any line, by position and by Last-Event-ID', async () => {
    const run = await ended(printing);
    const lines = await gathered(linesOf(await get(`${run}/logs`)));
    for (const [index, line] of lines.entries()) {
      const { position } = JSON.parse(line);
      expect(await gathered(linesOf(await get(`${run}/logs?after=${position}`)))).toEqual(lines.slice(index + 1));
      const again = await get(`${run}/logs?format=sse&tail=1`, { 'last-event-id': position });
      const events = (await gathered(eventsOf(again))).filter(({ event }) => event === 'message');
      expect(events.map(({ data }) => data)).toEqual(lines.slice(index + 1));
    }
  });

  it('are selected', async () => {
    const run = await ended(printing);
    const texts = async (query: string): Promise<readonly string[]> =>
      (await gathered(linesOf(await get(`${run}/logs?${query}`)))).map((line) => JSON.parse(line).text);
    expect(await texts('step=first')).toEqual(['one', 'two', 'no line end']);
    expect(await texts('job=build&tail=1')).toEqual(['event: end\r\u001b[31mred']);
    expect(await texts('attempt=2')).toEqual([]);
    expect(await texts('search=T')).toEqual(['two', 'data: forged', 'event: end\r\u001b[31mred']);
    expect(await texts('search=ENDRED')).toEqual(['event: end\r\u001b[31mred']);
    expect(await texts('search=t&tail=1')).toEqual(['event: end\r\u001b[31mred']);
    expect(await texts('search=no+line+end&step=first')).toEqual(['no line end']);
    expect(await texts('search=%22')).toEqual([]);
    expect(await texts('search=t&limit=2')).toEqual(['two', 'data: forged']);
    expect(await texts('limit=1')).toEqual(['one']);
    expect(await texts('since=1h')).toHaveLength(6);
    expect(await texts(`since=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual([]);
  });

  it('are followed while the run goes on, from before it begins, each line soon after it was written', async () => {
    const run = await server.submit(
      workflow(`
      - id: slow
        run: |
          for i in 1 2 3 4; do date +%s%3N; sleep 0.2; done
`),
    );
    const delays: number[] = [];
    const events: StreamEvent[] = [];
    for await (const event of eventsOf(await get(`${run}/logs`, { accept: 'text/event-stream' }))) {
      events.push(event);
      if (event.event === 'message') delays.push(Date.now() - Number(JSON.parse(event.data).text));
    }
    expect(delays).toHaveLength(4);
    expect(Math.max(...delays)).toBeLessThan(1000);
    expect(events.at(-1)).toMatchObject({ event: 'end', data: JSON.stringify({ run, status: 'success' }) });
  });

  it('end after so many lines although more may come, and go on behind them', async () => {
    const run = await server.submit(
      workflow(`
      - run: printf 'apple\\npear\\napple pie\\n'
      - { id: review, uses: approval@v1, with: { message: "Ship it?" } }
`),
    );
    const found = await gathered(eventsOf(await get(`${run}/logs?format=sse&search=apple&limit=2`)));
    expect(found.map(({ event }) => event)).toEqual(['message', 'message', 'end']);
    const [first] = found;
    const behind = await gathered(linesOf(await get(`${run}/logs?search=apple&limit=1&after=${first!.id}`)));
    expect(behind.map((line) => JSON.parse(line).text)).toEqual(['apple pie']);
  });

  it('are refused in the same words for a run of another tenant and for none', async () => {
    const run = await ended(printing);
    const none = `run-${'0'.repeat(26)}`;
    for (const path of ['logs', 'events', 'events?at=1']) {
      const [theirs, no] = await Promise.all(
        [run, none].map(async (id) => {
          const response = await get(`${id}/${path}`, { 'x-test-by': 'stranger', 'x-request-id': 'req-same' });
          return `${response.status} ${(await response.text()).replaceAll(id, 'ID')}`;
        }),
      );
      expect(theirs).toMatch(/^404 /u);
      expect(theirs).toBe(no);
    }
  });

  it.each([
    ['after=nonsense', 400],
    ['since=yesterday', 422],
    ['tail=-1', 400],
    ['tail=10001', 400],
    ['search=', 400],
    [`search=${'x'.repeat(1001)}`, 400],
    ['search=%00', 422],
    ['search=%1B%5B31m', 422],
    ['limit=0', 400],
    ['format=xml', 400],
    ['follow=maybe', 400],
    ['stepp=x', 400],
  ])('refuses ?%s', async (query, status) => {
    const run = await ended(printing);
    const response = await get(`${run}/logs?${query}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it.each(['logs', 'events'])('refuses to go on in %s behind what never was', async (path) => {
    const run = await ended(printing);
    for (const last of ['x', '0'.repeat(64), '1.2.3.4']) {
      expect((await get(`${run}/${path}`, { 'last-event-id': last })).status).toBe(400);
    }
    expect((await get(`${run}/${path}`, { 'last-event-id': '' })).status).toBe(200);
  });
});

describe('events of a run', () => {
  it('are listed, followed, and taken up again', async () => {
    const run = await ended(printing);
    const lines = (await gathered(linesOf(await get(`${run}/events`)))).map((line) => JSON.parse(line));
    expect(lines.map(({ sequence }) => sequence)).toEqual(lines.map((_, index) => index + 1));
    expect(lines.map(({ type }) => type)).toEqual(expect.arrayContaining(['step_started', 'step_finished']));
    const middle = Math.floor(lines.length / 2);
    const sse = await get(`${run}/events`, { accept: 'text/event-stream', 'last-event-id': String(middle) });
    const events = await gathered(eventsOf(sse));
    expect(events.slice(0, -1).map(({ id, data }) => [id, JSON.parse(data)])).toEqual(
      lines.slice(middle).map((line) => [String(line.sequence), line]),
    );
    expect(events.at(-1)!.event).toBe('end');
    expect(await gathered(linesOf(await get(`${run}/events?after=${lines.length - 1}`)))).toHaveLength(1);
  });

  it('lead to the run as it was after each of them', async () => {
    const run = await ended(printing);
    const events = (await gathered(linesOf(await get(`${run}/events`)))).map((line) => JSON.parse(line));
    const finished = events.find(({ type }) => type === 'step_finished').sequence;
    const at = async (sequence: number) => JSON.parse(await (await get(`${run}/events?at=${sequence}`)).text());
    const before = await at(finished - 1);
    expect(before).toMatchObject({
      id: run,
      status: 'running',
      jobs: { build: { steps: { first: { status: 'running' } } } },
    });
    expect(before.ended_at).toBeUndefined();
    const after = await at(finished);
    expect(after.jobs.build.steps.first).toMatchObject({ status: 'success' });
    expect(await at(events.length)).toMatchObject({ status: 'success' });
    // The run itself gives the same.
    expect(JSON.parse(await (await get(`${run}?at=${finished}`)).text())).toEqual(after);
    const refused = ['at=0', `at=${events.length + 1}`, 'at=1&wait=1s'].map((query) => get(`${run}?${query}`));
    expect((await Promise.all(refused)).map(({ status }) => status)).toEqual([400, 422, 422]);
  });
});
